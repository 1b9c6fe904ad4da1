"""Which cover an index stands for, and drawing it: `describe_cover`, `draw_cover`, rows.

All randomness comes from generators seeded with text naming the seed and the artist or index, so a
cover is the same bytes alone, in any order, in any process and on any machine.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from PIL import Image

from duck_and_cover.data.synthetic.audio import audio_features
from duck_and_cover.data.synthetic.eras import FIRST_YEAR, LAST_YEAR, caption_of
from duck_and_cover.data.synthetic.grammars import GRAMMARS
from duck_and_cover.data.synthetic.names import WORDS
from duck_and_cover.data.synthetic.page import Page
from duck_and_cover.data.synthetic.printing import age
from duck_and_cover.errors import UsageError

GENRES: tuple[str, ...] = tuple(sorted(GRAMMARS))

ALBUMS_PER_ARTIST = 4

# Half of the longest career: an artist's albums lie at most twice this many years apart.
_REACH = 6


@dataclass(frozen=True)
class CoverInfo:
    """Everything a synthetic cover is drawn from; `draw_cover` is a function of this alone.

    Args:
        album_id: names the seed and the index.
        album_name: invented title.
        artist_id: shared by an artist's albums.
        artist_name: invented name.
        genre: one of `GENRES`.
        year: of release, FIRST_YEAR to LAST_YEAR.
        release_date: year and month, `1988-05`.
        tracks: six to twelve titles.
        caption: one sentence describing the picture.
        audio_features: ten numbers plausible for the genre.
        layout: which composition of the genre's grammar.
        palette: which of its palettes.
    """

    album_id: str
    album_name: str
    artist_id: str
    artist_name: str
    genre: str
    year: int
    release_date: str
    tracks: list[str]
    caption: str
    audio_features: dict[str, float]
    layout: int
    palette: int


def _mirrored(year: int) -> int:
    """A year beyond either end, reflected back inside: keeps years uniform and careers short."""
    if year < FIRST_YEAR:
        return 2 * FIRST_YEAR - 1 - year
    return 2 * LAST_YEAR + 1 - year if year > LAST_YEAR else year


def describe_cover(index: int, seed: int = 0) -> CoverInfo:
    """What the cover at an index of a seed's endless shelf is: names, year, genre, composition."""
    number = index // ALBUMS_PER_ARTIST
    artist = Random(f"artist {seed} {number}")
    genre = artist.choice(GENRES)
    middle = artist.randint(FIRST_YEAR, LAST_YEAR)
    artist_name = WORDS[genre].artist(artist)

    rng = Random(f"album {seed} {index}")
    year = _mirrored(middle + rng.randint(-_REACH, _REACH))
    grammar, words = GRAMMARS[genre], WORDS[genre]
    layout = rng.randrange(len(grammar.layouts))
    palette = rng.randrange(len(grammar.palettes))
    article = "An" if genre[0] in "aeiou" else "A"
    picture, inks = grammar.layouts[layout].caption, grammar.palettes[palette].name
    return CoverInfo(
        album_id=f"synthetic-{seed}-{index}",
        album_name=words.album(rng),
        artist_id=f"synthetic-{seed}-artist-{number}",
        artist_name=artist_name,
        genre=genre,
        year=year,
        release_date=f"{year}-{rng.randint(1, 12):02d}",
        tracks=[words.track(rng) for _ in range(rng.randint(6, 12))],
        caption=f"{article} {genre} cover from {year}: {picture}, in {inks}, {caption_of(year)}.",
        audio_features=audio_features(genre, rng),
        layout=layout,
        palette=palette,
    )


def draw_cover(info: CoverInfo, size: int = 128, lettered: bool = True) -> Image.Image:
    """Draw a cover as an RGB picture of (size, size), size in 32..1024.

    The year changes colours, print and small type, but not the composition: the same cover with
    another year (`dataclasses.replace`) is the same design as that year would have printed it.
    Without letters it is the same design too, free for type that is set later.
    """
    if not 32 <= size <= 1024:
        raise UsageError(f"size: a cover cannot be drawn at {size} pixels; give 32 to 1024")
    rng = Random(f"picture {info.album_id}")
    grammar = GRAMMARS[info.genre]
    colours = grammar.palettes[info.palette].jittered(rng)
    # Drawn at twice the size and averaged down: smooth edges at little cost.
    page = Page(2 * size, rng, colours, info.artist_name, info.album_name, info.year, lettered)
    grammar.layouts[info.layout].draw(page)
    finish = Random(f"print {info.album_id}")
    return age(page.image, size, info.year, finish)


def png_bytes(picture: Image.Image) -> bytes:
    """A picture as a PNG file, compressed quickly."""
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()


def synthetic_rows(
    indices: Sequence[int], seed: int = 0, size: int = 128, lettered: bool = True
) -> Iterator[dict[str, Any]]:
    """Rows of the dataset's columns for the covers at these indices, pictures as PNG bytes."""
    for index in indices:
        info = describe_cover(index, seed)
        yield {
            "image": {"bytes": png_bytes(draw_cover(info, size, lettered)), "path": None},
            "album_id": info.album_id,
            "source": "synthetic",
            "album_name": info.album_name,
            "artist_id": info.artist_id,
            "artist_name": info.artist_name,
            "genres": [info.genre],
            "genre_provenance": "album",
            "release_date": info.release_date,
            "release_year": info.year,
            "tracks": info.tracks,
            "audio_features": info.audio_features,
            "caption": info.caption,
            "image_url": "",
            "licence_note": "CC0-1.0, drawn by duck_and_cover",
        }
