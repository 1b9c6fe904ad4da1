"""The dataset's schema: the one joint between gathering covers and training on them.

    image                             Image             RGB, square, as stored (JPEG or PNG)
    album_id, source                  string            id at its source; one of SOURCES
    album_name, artist_id, artist_name  string          as given, any script
    genres, genre_provenance          list, string      lower-case; one of PROVENANCES
    release_date, release_year        string, int32     as given; FIRST_YEAR..last_year() or null
    tracks                            list of string    track titles, may be empty
    audio_features                    struct of float32 or null
    caption                           string or null    one sentence describing the picture
    image_url, licence_note           string            where it came from, under what terms

A text that is not known is "" where the table says string, null where it says "or null".
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from duck_and_cover.audio_features import AUDIO_FEATURES

if TYPE_CHECKING:
    import datasets

# Rises when a column's meaning changes, so that whatever was derived from covers is made anew.
SCHEMA_VERSION = 1

SPLITS = ("train", "validation", "test")
SOURCES = ("musicbrainz", "spotify", "synthetic", "folder")
PROVENANCES = ("album", "artist", "query")
FIRST_YEAR = 1860

COLUMNS = (
    "image",
    "album_id",
    "source",
    "album_name",
    "artist_id",
    "artist_name",
    "genres",
    "genre_provenance",
    "release_date",
    "release_year",
    "tracks",
    "audio_features",
    "caption",
    "image_url",
    "licence_note",
)


def last_year() -> int:
    """The latest release year taken as true: the next one, since albums are announced ahead."""
    return date.today().year + 1


def features(decode: bool = False) -> datasets.Features:
    """The columns as `datasets` describes them.

    Args:
        decode: whether reading a row decodes its picture. Training never does; a dataset that
            is published for others to look at does.
    """
    # `datasets` takes over a second to import, and most users of this module need a name or two.
    from datasets import Features, Image, List, Value

    text = Value("string")
    types = {name: text for name in COLUMNS}
    types["image"] = Image(decode=decode)
    types["genres"] = types["tracks"] = List(text)
    types["release_year"] = Value("int32")
    types["audio_features"] = {name: Value("float32") for name in AUDIO_FEATURES}
    return Features(types)
