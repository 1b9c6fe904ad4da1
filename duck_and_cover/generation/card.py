"""The model card that goes with a generator: what it is, what it learnt from, how good it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duck_and_cover.generation.folder import GeneratorConfig

MOST_GENRES = 40  # that are named
SAMPLES = "samples.png"

LIMITS = """It has learnt from the covers named above and from nothing else: what they lack, it
lacks, and their habits are its habits. Faces and lettering are shapes to it. Where the training
covers belong to others, so may what it draws after them: look before you publish."""


def model_card(config: GeneratorConfig, samples: bool = False) -> str:
    """README.md of a generator's folder.

    Args:
        samples: Whether a sheet of samples lies beside it.
    """
    words = config.vocabulary
    genres, span = words["genres"], (words["first_year"], words["last_year"])
    named = ", ".join(genres[:MOST_GENRES])
    more = f", ... ({len(genres)} in all)" if len(genres) > MOST_GENRES else ""
    also = [*words.get("texts", ()), *(["audio features"] if words.get("audio_means") else [])]
    genre = f' --genre "{genres[0]}"' if genres else ""
    year = f" --year {span[1]}" if span[1] else ""
    rows = "\n".join(_rows(config.metrics))
    python = (f"genres={genres[0]!r}, " if genres else "") + (
        f"year={span[1]}, " if span[1] else ""
    )
    return f"""---
library_name: duck-and-cover
tags: [gan, album-covers, unconditional-image-generation, {config.architecture}]
---
# An album-cover generator
{f"{chr(10)}![Samples]({SAMPLES}){chr(10)}" if samples else ""}
Draws covers of {config.resolution} x {config.resolution} pixels after {config.kimg:g} kimg of
training on `{config.data.get("name", "unknown")}` (fingerprint
`{config.data.get("fingerprint", "unknown")}`), a {config.architecture}.

- genres: {named or "none"}{more}
- years: {f"{span[0]} to {span[1]}" if span[1] else "not known"}
- also told of: {", ".join(also) or "nothing"}

## Use

    duck-and-cover generate FOLDER_OR_ID{genre}{year} --n 8 --out covers/

```python
from duck_and_cover import CoverGenerator

covers = CoverGenerator.from_pretrained("FOLDER_OR_ID").generate({python}seeds=range(8))
```

## How good it is

| metric | generated | real covers |
|---|---|---|
{rows or "| none measured | | |"}

These are of a small look in training, and the real covers' kid is its floor: the distance of one
half of them to the other. `duck-and-cover evaluate` looks at more covers in more ways.

## Limits

{LIMITS}

The weights may be used as the training covers' licences allow; duck_and_cover itself is MIT.
"""


def _rows(metrics: Mapping[str, float]) -> Iterator[str]:
    """Of the table: what was measured of its covers, and of real ones."""
    for name, value in metrics.items():
        kind, _, what = name.partition("/")
        if kind == "val":
            real = metrics.get(f"real/{what}")
            yield f"| {what} | {value:.4g} | {'' if real is None else f'{real:.4g}'} |"
