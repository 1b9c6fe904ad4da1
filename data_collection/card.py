"""Says what a published dataset holds, where it comes from and what may be done with it.

The card is the README.md of the dataset. It follows from the rows alone, so that publishing the
same covers again does not change it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from data_collection.counts import Counts, decade_of, ranked
from data_collection.shards import DEFAULT, SIDES, SMALL, Shard
from duck_and_cover import __version__
from duck_and_cover.audio_features import AUDIO_FEATURES
from duck_and_cover.data.schema import SPLITS

CARD, PLOT = "README.md", "counts.png"
MARK = "<!-- a dataset card of duck_and_cover -->"  # by which a folder is known as our own

GENRES_IN_TABLE = 30

_WITNESSES = {
    "album": "what listeners say of the album",
    "artist": "what is said of its artist, for all of the artist's albums",
    "query": "the genre that was searched for when it was found",
}
_COLUMNS = {
    "image": "the cover",
    "album_id, source": "its id, and the service the id belongs to",
    "album_name, artist_id, artist_name": "as the service gives them, in any script",
    "genres": "lower-case names, several or none",
    "genre_provenance": "where the genres come from: `album`, `artist` or `query`",
    "release_date, release_year": "of the earliest edition; the year is null where none is known",
    "tracks": "titles, where they were asked for",
    "audio_features": f"{', '.join(AUDIO_FEATURES)}; null where the service tells none",
    "caption": "one sentence describing the picture, or null",
    "image_url, licence_note": "where the picture was found, and under what terms it stands",
}
_TERMS = {
    "musicbrainz": (
        "MusicBrainz' core data (names, ids, dates) are in the public domain (CC0); its genres and "
        "tags are CC BY-NC-SA 3.0: name MusicBrainz, no commercial use, pass them on alike."
    ),
    "spotify": (
        "Spotify's developer terms forbid training models on its content and passing it on: these "
        "rows are for the eyes of the person who collected them."
    ),
}
_LICENCE_PAGES = {
    "musicbrainz": "https://musicbrainz.org/doc/About/Data_License",
    "spotify": "https://developer.spotify.com/terms",
}


def make_card(counts: Counts, shards: Sequence[Shard], name: str) -> str:
    """The text of README.md.

    Args:
        counts: of the rows in the shards.
        shards: the dataset's files.
        name: what the dataset is loaded by: OWNER/NAME, or a folder.
    """
    sections = [
        f"---\n{_front_matter(counts, shards)}---\n{MARK}\n",
        "# Album covers with genres and years\n",
        _summary(counts),
        f"![How many covers of which genre and decade]({PLOT})\n",
        _load(counts, shards, name),
        "## Columns\n",
        _table(("column", "meaning"), _COLUMNS.items()),
        "## Genres\n",
        _genres(counts),
        "## Decades\n",
        _table(("decade", "covers"), _decades(counts)),
        _rights(counts),
        _biases(counts),
        _removal(),
        f"Collected with duck_and_cover {__version__}.\n",
    ]
    return "\n".join(sections)


def _front_matter(counts: Counts, shards: Sequence[Shard]) -> str:
    import yaml

    source = counts.sources.most_common(1)[0][0]
    configs: list[dict[str, Any]] = []
    for config in SIDES:
        # The number of files is part of the pattern: while a new version is on its way, those of
        # the old one are still the whole of what this card's forerunner names.
        files = {
            s.split: f"{config}/{s.split}-*-of-{s.of:05}.parquet"
            for s in shards
            if s.config == config
        }
        entries = [{"split": split, "path": path} for split, path in files.items()]
        default = {"default": True} if config == DEFAULT else {}
        configs.append({"config_name": config, **default, "data_files": entries})
    page = _LICENCE_PAGES.get(source)
    matter = {
        "pretty_name": "Album covers with genres and years",
        # No licence covers all of it: the data of a service have one, the pictures have none. A
        # card that named the data's alone would seem to grant it for the pictures, too.
        "license": "other",
        "license_name": "metadata-by-source-covers-belong-to-their-owners",
        **({"license_link": page} if page else {}),
        "task_categories": ["unconditional-image-generation", "text-to-image"],
        "tags": ["album-covers", "music", "gan", "duck-and-cover"],
        "size_categories": [_size_category(counts.covers)],
        "configs": configs,
    }
    return yaml.safe_dump(matter, sort_keys=False, allow_unicode=True)


def _size_category(covers: int) -> str:
    limits = {1_000: "n<1K", 10_000: "1K<n<10K", 100_000: "10K<n<100K", 1_000_000: "100K<n<1M"}
    return next((name for limit, name in limits.items() if covers < limit), "1M<n<10M")


def _summary(counts: Counts) -> str:
    years = f", released {min(counts.years)} to {max(counts.years)}" if counts.years else ""
    return (
        f"{counts.covers:,} front covers of albums by {len(counts.artists):,} artists{years}, with "
        f"{len(counts.genres):,} genres. {counts.undated:,} covers have no year, "
        f"{counts.without_genres:,} no genre. The pictures take {counts.size / 1e9:,.2f} GB; the "
        f"configuration `{SMALL}` has all of them at 64 x 64 pixels.\n"
    )


def _load(counts: Counts, shards: Sequence[Shard], name: str) -> str:
    rows = {
        split: sum(s.rows for s in shards if (s.config, s.split) == (DEFAULT, split))
        for split in SPLITS
    }
    return (
        "## How to load it\n\n"
        "```python\n"
        "from datasets import load_dataset\n\n"
        f'covers = load_dataset("{name}")  # the pictures as they were found\n'
        f'small = load_dataset("{name}", "{SMALL}")  # 64 x 64 pixels, PNG\n'
        "```\n\n"
        f"To train on it: `duck-and-cover train --data {name}`, or `--data {name}/{SMALL}`.\n\n"
        + _table(("split", "covers"), [(s, f"{n:,}") for s, n in rows.items() if n])
        + "\nThe splits follow from the artist alone, so that no artist stands in two of them.\n"
    )


def _genres(counts: Counts) -> str:
    by_count = ranked(counts.genres)
    top = [(genre, f"{count:,}") for genre, count in by_count[:GENRES_IN_TABLE]]
    more = f"\nAnd {len(by_count) - len(top):,} more.\n" if len(by_count) > len(top) else ""
    told = [
        (name, f"{counts.provenances[name]:,}", meaning)
        for name, meaning in _WITNESSES.items()
        if counts.provenances[name]
    ]
    return (
        _table(("genre", "covers"), top)
        + more
        + "\nA cover may have several. Who says so:\n\n"
        + _table(("genre_provenance", "covers", "meaning"), told)
    )


def _decades(counts: Counts) -> list[tuple[str, str]]:
    decades: Counter[int] = Counter()
    for year, count in counts.years.items():
        decades[decade_of(year)] += count
    rows = [(f"{decade}s", f"{count:,}") for decade, count in sorted(decades.items())]
    return [*rows, ("not known", f"{counts.undated:,}")] if counts.undated else rows


def _rights(counts: Counts) -> str:
    terms = [_TERMS[source] for source in sorted(counts.sources) if source in _TERMS]
    notes = [(note, f"{count:,}") for note, count in ranked(counts.licences)]
    return (
        "## Rights\n\n"
        "For research and teaching. A cover belongs to whoever made it or had it made, and nothing "
        "here grants a licence for it: do not sell the pictures or pass them off as your own. "
        + " ".join(terms)
        + "\n\n"
        + _table(
            ("source", "covers"), [(s or "not known", f"{n:,}") for s, n in ranked(counts.sources)]
        )
        + "\n"
        + _table(("licence note", "covers"), notes)
    )


def _biases(counts: Counts) -> str:
    share = counts.undated / counts.covers
    return (
        "## Known biases\n\n"
        "- The catalogues know the music of Western Europe and North America best, and recent "
        "music better than old.\n"
        "- Genres are the words of listeners who care to write them: loved niches have many and "
        "fine ones, popular music few and coarse ones.\n"
        f"- Years are missing for {share:.0%} of the covers, more often for little-known albums; "
        "an old album may carry the cover of a later edition.\n"
        "- Faces, nudity, violence and insults stand on album covers and have not been filtered.\n"
    )


def _removal() -> str:
    contact = " ".join(os.environ.get("COLLECT_CONTACT", "").split())
    return (
        "## Removal\n\n"
        "If a cover is yours and should not be here, open a discussion on this dataset's page"
        + (f" or write to {contact}" if contact else "")
        + " and name the album; it will be taken out.\n"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
