"""One sentence a cover: told from its metadata, or by BLIP, which looks at the picture.

A sentence from metadata costs nothing and is made whenever it is asked for. BLIP's cost a second
each on a CPU, so they are kept in the store, batch by batch, and made once.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from data_collection.store import Store
from data_collection.waiting import Patience
from duck_and_cover.data.pictures import UnreadablePicture, decode_cover
from duck_and_cover.errors import DuckAndCoverError, UsageError

if TYPE_CHECKING:
    from PIL import Image

log = logging.getLogger(__name__)

KINDS = ("template", "blip", "none")
BLIP_MODEL = "Salesforce/blip-image-captioning-base"
BLIP_PROMPT = "an album cover showing"
BLIP_TOKENS = 50  # the longest continuation of the prompt
BATCH = 16  # pictures that BLIP looks at together
MOST_GENRES = 3  # that a sentence names

# Line breaks, control characters, halves of surrogates, and the marks that turn the direction of
# writing: an unclosed one in a name would turn the rest of the sentence.
_BREAKS = re.compile(
    r"[ \x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"
)
# What MusicBrainz writes where an album or its artist has no name.
_UNNAMED = frozenset({"", "[unknown]", "[no artist]", "[untitled]", "[no title]"})

# Words that begin with a vowel's sound; what comes first below overrules the letter.
_AN = re.compile(
    r"8|1[18](?!\d)|18\d\d"  # eight, eleven, eighteen, eighteen hundred
    r"|[fhlmnrsx](?![^\W_])"  # letters by their names: r&b, m-base
    r"|(?:nwobhm|[fhlmnrsx][b-df-hj-np-tv-xz]{1,3})(?![^\W_])"  # abbreviations: mpb, rnb
    r"|hour|heir|honest|honou?r"
    r"|(?!(?:u|one|once)\b|uk|us(?:\b|a|b|e)|eu|ew|uto|ugan|uru|uni[cfoqstv])[aeiou]"
)

# How a BERT tokenizer tears words apart, and the way back.
_TORN = (
    (re.compile(r" +([,.;:!?])"), r"\1"),
    (re.compile(r"(?<=\w) ' (?=(?:s|t|re|ve|ll|d|m)\b)"), "'"),
    (re.compile(r"(?<=\w) - (?=\w)"), "-"),
)


def caption_for(
    store: Store, kind: str, model: str = BLIP_MODEL
) -> Callable[[Mapping[str, Any]], str | None]:
    """What gives a row of `iter_rows` its caption.

    Args:
        store: the collection the rows come from.
        kind: `template`; `blip`, with the template where BLIP has said nothing; or `none`.
        model: whose captions `blip` means.

    Raises:
        UsageError: there is no such kind.
    """
    if kind not in KINDS:
        raise UsageError(f"--captions {kind}: choose one of {', '.join(KINDS)}")
    if kind == "none":
        return lambda row: None
    if kind == "template":
        return template_caption
    return lambda row: _kept(store, row["key"], model) or template_caption(row)


def template_caption(row: Mapping[str, Any]) -> str:
    """A sentence from a row's metadata: `The cover of the 1988 thrash metal album "Ride On" by X.`

    It says what is known and leaves out the rest, down to `An album cover.`; names stand as given
    but for line breaks and control characters, which become spaces.

    Args:
        row: the columns of the dataset; any of them may be missing, empty or None.
    """
    title, artist = _name(row.get("album_name")), _name(row.get("artist_name"))
    year = row.get("release_year")
    kind = [str(year)] if year is not None else []
    kind += filter(None, [_listed(row.get("genres") or [])])
    if not (title or artist or kind):
        return "An album cover."
    words = " ".join([*kind, "album"])
    sentence = f"The cover of {'the' if title else _article(words)} {words}"
    sentence += f" {_quoted(title)}" if title else ""
    return _ended(sentence + (f" by {artist}" if artist else ""))


def _name(given: str | None) -> str:
    name = _one_line(given or "")
    return "" if name.casefold() in _UNNAMED else name


def _one_line(text: str) -> str:
    """The text without breaks; spaces of other scripts stay as they are."""
    return _BREAKS.sub(" ", text).strip()


def _listed(genres: list[str]) -> str:
    """`jazz`, `jazz and soul` or `jazz, soul and funk`."""
    names = list(dict.fromkeys(filter(None, map(_one_line, genres))))[:MOST_GENRES]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _quoted(title: str) -> str:
    # A title with straight quotes of its own stands in curved ones.
    return f"“{title}”" if '"' in title else f'"{title}"'


def _article(words: str) -> str:
    """`a` or `an`, by the sound of the first word rather than by its letter."""
    plain = unicodedata.normalize("NFKD", words.casefold())
    return "an" if _AN.match(re.sub(r"[\u0300-\u036f]", "", plain)) else "a"


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?", "…", "。", "！", "？")) else f"{sentence}."


@dataclass(frozen=True)
class Captioned:
    """What a run of BLIP came to: captions made, and covers that could not be read."""

    made: int
    unreadable: int


def blip_captions(
    store: Store,
    model: str = BLIP_MODEL,
    batch_size: int = BATCH,
    patience: Patience | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Captioned:
    """Let BLIP caption every cover of a collection that it has not captioned yet.

    Each batch is stored in one transaction, so a run can be killed and started again: at most one
    batch is made twice. The same picture gets the same caption every time.

    Args:
        store: the collection.
        model: a BLIP captioning model, as a Hub id or a folder.
        batch_size: pictures that stand in memory at a time.
        patience: whose `stop` ends the run after the batch in hand.
        progress: called after each batch with the covers looked at and the covers to look at.

    Raises:
        StoppedEarly: the run was interrupted; all batches before are stored.
        UsageError: the `blip` extra is not installed, or there is no such BLIP model.
        DuckAndCoverError: the model cannot be downloaded now.
    """
    patience = patience or Patience()
    total, seen, made, last = _count_uncaptioned(store, model), 0, 0, ""
    blip = _Blip(model) if total else None
    while blip is not None and (keys := _uncaptioned(store, model, last, batch_size)):
        if patience.stop.is_set():
            raise patience.interrupted()
        pictures = _pictures(store, keys)
        captions = blip.captions(list(pictures.values())) if pictures else []
        _keep(store, model, dict(zip(pictures, captions, strict=True)))
        seen, made, last = seen + len(keys), made + len(captions), keys[-1]
        if progress is not None:
            progress(seen, total)
    return Captioned(made, seen - made)


class _Blip:
    """BLIP and its processor, on the GPU if there is one."""

    def __init__(self, name: str) -> None:
        try:
            from transformers import AutoConfig, BlipForConditionalGeneration, BlipProcessor
        except ImportError as error:
            raise UsageError(
                "--captions blip needs transformers: pip install 'duck-and-cover[blip]'"
            ) from error
        import torch
        from safetensors import SafetensorError

        try:
            # Another architecture would load all the same, with random numbers for weights.
            kinds = AutoConfig.from_pretrained(name).architectures or ["a model of no known kind"]
            if BlipForConditionalGeneration.__name__ not in kinds:
                raise UsageError(f"'{name}' is {kinds[0]}, not a BLIP captioning model")
            self._processor: Any = BlipProcessor.from_pretrained(name)
            model: Any = BlipForConditionalGeneration.from_pretrained(name)
        except (OSError, ValueError, RuntimeError, SafetensorError) as error:
            raise _not_loaded(name, error) from error
        self._model = model.eval().to("cuda" if torch.cuda.is_available() else "cpu")

    def captions(self, pictures: list[Image.Image]) -> list[str]:
        """A sentence for each picture, "" where BLIP sees nothing."""
        import torch

        inputs = self._processor(
            images=pictures, text=[BLIP_PROMPT] * len(pictures), return_tensors="pt"
        ).to(self._model.device, self._model.dtype)
        with torch.inference_mode():
            tokens = self._model.generate(
                **inputs, max_new_tokens=BLIP_TOKENS, do_sample=False, num_beams=1
            )
        # The first token is the sign to begin, which not every tokenizer knows to be special.
        texts = self._processor.batch_decode(tokens[:, 1:], skip_special_tokens=True)
        return [blip_sentence(text) for text in texts]


def _not_loaded(name: str, error: Exception) -> DuckAndCoverError:
    from huggingface_hub.errors import LocalEntryNotFoundError

    # This one means that the Hub was not reached, so that another day it may work.
    later = isinstance(error.__cause__, LocalEntryNotFoundError)
    reason = str(error).strip().partition("\n")[0] or type(error).__name__
    kind = DuckAndCoverError if later else UsageError
    return kind(f"the BLIP model '{name}' cannot be loaded: {reason}")


def blip_sentence(text: str) -> str:
    """A sentence of what BLIP wrote, prompt and all; "" if it added nothing to the prompt."""
    text = " ".join(text.split())
    for torn, whole in _TORN:
        text = torn.sub(whole, text)
    text = text.rstrip(" .,;:-")
    return "" if text in ("", BLIP_PROMPT) else _ended(text[0].upper() + text[1:])


def _pictures(store: Store, keys: list[str]) -> dict[str, Image.Image]:
    """The covers that can be read, by key."""
    pictures = {}
    for key in keys:
        try:
            pictures[key] = decode_cover(store.picture(key))
        except UnreadablePicture as error:
            log.warning("%s has no caption: %s", store.picture(key), error.reason)
    return pictures


_UNCAPTIONED = (
    "FROM covers WHERE state = 'done' AND key > ? AND NOT EXISTS "
    "(SELECT 1 FROM captions WHERE captions.key = covers.key AND kind = ?)"
)


def _count_uncaptioned(store: Store, model: str) -> int:
    found = store.database.execute(f"SELECT count(*) {_UNCAPTIONED}", ["", _kind(model)])
    return int(found.fetchone()[0])


def _uncaptioned(store: Store, model: str, after: str, limit: int) -> list[str]:
    rows = store.database.execute(
        f"SELECT key {_UNCAPTIONED} ORDER BY key LIMIT ?", [after, _kind(model), limit]
    )
    return [key for (key,) in rows]


def _keep(store: Store, model: str, captions: Mapping[str, str]) -> None:
    with store.database as database:
        database.executemany(
            "REPLACE INTO captions VALUES (?, ?, ?)",
            [(key, _kind(model), caption) for key, caption in captions.items()],
        )


def _kept(store: Store, key: str, model: str) -> str | None:
    row = store.database.execute(
        "SELECT caption FROM captions WHERE key = ? AND kind = ?", [key, _kind(model)]
    ).fetchone()
    return None if row is None else str(row[0])


def _kind(model: str) -> str:
    """What the store calls the captions of one model: another's do not mix with them."""
    return f"blip:{model}"
