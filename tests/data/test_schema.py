"""The schema is what DESIGN promises to those who gather covers and to those who train."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import datasets

from duck_and_cover.audio_features import AUDIO_FEATURES
from duck_and_cover.data import schema


def test_columns_and_their_types() -> None:
    kinds = schema.features()
    assert tuple(kinds) == schema.COLUMNS
    assert kinds["image"] == datasets.Image(decode=False)
    assert kinds["genres"] == kinds["tracks"] == datasets.List(datasets.Value("string"))
    assert kinds["release_year"] == datasets.Value("int32")
    assert kinds["release_date"] == datasets.Value("string")
    assert tuple(kinds["audio_features"]) == AUDIO_FEATURES
    assert len(AUDIO_FEATURES) == 10


def test_published_pictures_are_decoded_on_reading() -> None:
    assert schema.features(decode=True)["image"].decode is True


def test_years_end_with_the_next_one() -> None:
    assert schema.FIRST_YEAR == 1860
    assert schema.last_year() == date.today().year + 1


def test_importing_the_schema_does_not_import_datasets() -> None:
    code = "import sys, duck_and_cover.data.schema; sys.exit('datasets' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
