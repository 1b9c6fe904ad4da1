"""report.json holds what was found: all of it comes back, and a damaged file says what it lacks."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from duck_and_cover.errors import UsageError
from duck_and_cover.evaluation.report.contents import FILE, REPORT_VERSION, Report
from duck_and_cover.evaluation.report.files import write_whole
from tests.evaluation.made_up import made_up_model, made_up_report


def test_a_report_comes_back_as_it_was(tmp_path: Path) -> None:
    report = made_up_report()
    path = report.write(tmp_path)
    again = Report.read(path)
    assert again.as_json() == report.as_json()
    assert dataclasses.replace(again, models=[]) == dataclasses.replace(report, models=[])
    for found, was in zip(again.models, report.models, strict=True):
        assert (found.confusion, found.years, found.curves) == (
            was.confusion,
            was.years,
            was.curves,
        )
        assert (found.figures, found.flags) == (was.figures, was.flags)
    assert Report.read(tmp_path).made == report.made  # a folder is as good as its file


def test_unknown_numbers_are_null_in_the_file_and_nan_again(tmp_path: Path) -> None:
    report = made_up_report()
    row = next(row for row in report.models[0].genres if row.name == "k-pop")
    assert math.isnan(row.year_error)
    path = report.write(tmp_path)
    text = path.read_text(encoding="utf-8")
    assert "NaN" not in text and "Infinity" not in text
    kept = {row["name"]: row for row in json.loads(text)["models"][0]["genres"]}
    assert kept["k-pop"]["year_error"] is None
    again = next(row for row in Report.read(path).models[0].genres if row.name == "k-pop")
    assert math.isnan(again.year_error)


def test_what_may_be_missing_stays_missing(tmp_path: Path) -> None:
    bare = dataclasses.replace(
        made_up_model("pictures", 0),
        kind="pictures", kimg=None, confusion=None, years=None, pr_curve=None, memorisation=[],
        conditioning=None, discriminator=None, curves=[], pictures={},
    )  # fmt: skip
    report = dataclasses.replace(made_up_report(), models=[bare])
    found = Report.read(report.write(tmp_path)).models[0]
    assert (found.kind, found.kimg, found.confusion, found.years) == ("pictures", None, None, None)


def test_numpys_numbers_and_paths_are_taken(tmp_path: Path) -> None:
    model = made_up_model("m", 0)
    single: Any = np.float32(0.5)  # no float, unlike numpy's double
    figure = dataclasses.replace(model.figures[0], value=single, floor=np.float64(0.25))
    report = dataclasses.replace(
        made_up_report(),
        settings={"n": np.int64(7), "out": Path("report"), "inception": None},
        models=[dataclasses.replace(model, figures=[figure])],
    )
    again = Report.read(report.write(tmp_path))
    assert again.settings == {"n": 7, "out": "report", "inception": None}
    assert (again.models[0].figures[0].value, again.models[0].figures[0].floor) == (0.5, 0.25)


def _damage(found: dict[str, Any], how: str) -> None:
    first = found["models"][0]
    if how == "lacks":
        del first["figures"]
    elif how == "wrong kind":
        first["figures"][0]["value"] = "much"
    elif how == "not a list":
        first["genres"] = {}
    elif how == "unknown word":
        first["figures"][0]["better"] = "sideways"
    elif how == "true is no number":
        first["resolution"] = True


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("lacks", r"models\[0\] lacks 'figures'"),
        ("wrong kind", r"models\[0\]\.figures\[0\]\.value is 'much'"),
        ("not a list", r"models\[0\]\.genres is {}"),
        ("unknown word", r"figures\[0\]\.better is 'sideways'"),
        ("true is no number", r"models\[0\]\.resolution is True"),
    ],
)
def test_a_damaged_file_says_where(how: str, told: str, tmp_path: Path) -> None:
    path = made_up_report(("one",)).write(tmp_path)
    found = json.loads(path.read_text(encoding="utf-8"))
    _damage(found, how)
    path.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(UsageError, match=told):
        Report.read(path)


@pytest.mark.parametrize("text", ["", '{"version": 1, "mo', "[]", '{"models": []}', "\udcff"])
def test_what_is_no_report_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match="not a report"):
        Report.read(path)


def test_a_newer_report_asks_for_a_newer_package(tmp_path: Path) -> None:
    path = dataclasses.replace(made_up_report(("one",)), version=REPORT_VERSION + 1).write(tmp_path)
    with pytest.raises(UsageError, match="update"):
        Report.read(path)


def test_no_report_at_all(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such report"):
        Report.read(tmp_path / "elsewhere")


REWRITER = """
import sys
from pathlib import Path
from duck_and_cover.evaluation.report.files import write_whole
while True:
    for letter in "ab":
        write_whole(Path(sys.argv[1]), letter * 4_000_000)
"""


def test_a_kill_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    with subprocess.Popen([sys.executable, "-c", REWRITER, str(path)]) as writer:
        limit = time.monotonic() + 60
        while not path.exists():
            assert writer.poll() is None and time.monotonic() < limit
        os.kill(writer.pid, signal.SIGKILL)
    text = path.read_text(encoding="utf-8")
    assert len(text) == 4_000_000 and len(set(text)) == 1
    write_whole(path, "new")
    assert [kept.name for kept in tmp_path.iterdir()] == ["page.html"]
    assert path.read_text(encoding="utf-8") == "new"
