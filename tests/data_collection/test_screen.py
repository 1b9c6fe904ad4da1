"""What a person sees: bars on a terminal, plain lines elsewhere, and the closing table."""

from __future__ import annotations

import io
import logging
import os
import pty
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from data_collection.screen import Bars, LogLines, table


@contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> Iterator[list[bytes]]:
    """Standard error on a terminal so wide; what was written there is in the list at the end."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(columns))
    for name in ("LINES", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    ours, theirs = pty.openpty()
    written: list[bytes] = []

    def read() -> None:
        # Linux tells the other side's end by an error, others by nothing more to read.
        try:
            while part := os.read(ours, 65536):
                written.append(part)
        except OSError:
            pass

    reader = threading.Thread(target=read)
    reader.start()
    with monkeypatch.context() as patched, open(theirs, "w", encoding="utf-8") as stream:
        patched.setattr(sys, "stderr", stream)
        yield written
    reader.join()
    os.close(ours)


def last_frame(written: list[bytes]) -> list[str]:
    """The lines that are left on the screen in the end, without colours."""
    text = b"".join(written).decode()
    frame = re.split(r"\x1b\[\d*A", text)[-1]
    return [line.rstrip() for line in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", frame).splitlines()]


def show_two(bars: Bars) -> None:
    for number in range(3):
        bars.show("artists", 100 + number, 200, "7 artists found")
        bars.show("audio features", number, None)
    bars.show("artists", 150, 200, "9 artists found")


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_bars_on_a_terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    with terminal(monkeypatch, columns) as written, Bars() as bars:
        show_two(bars)
    lines = [line for line in last_frame(written) if line]
    assert len(lines) == 2 and all(len(line) <= columns for line in lines)
    artists, features = lines
    # Counts and rate have room on any terminal, the rest where there is more.
    assert re.match(r"artists .*150/200 +\d+\.\d/s +(\d:|-:)", artists)
    # On 40 columns the time left stands whole only beside a short rate.
    assert columns < 60 or re.search(r"\d:\d\d:\d\d|-:--:--", artists)
    assert re.match(r"audio features .*2/\?", features)
    assert ("━" in artists) == (columns >= 60)
    assert ("9 artists found" in artists) == (columns >= 80)


def test_the_log_stands_above_the_bars(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = logging.Logger("above")
    log.addHandler(LogLines())
    with terminal(monkeypatch, 80) as written:
        log.warning("before %s", "bars")
        with Bars() as bars:
            bars.show("covers", 1, 2)
            log.warning("waiting [bold]45 s[/bold]")
            sys.stdout.write("a result\n")
            bars.show("covers", 2, 2)
    text = b"".join(written).decode()
    assert text.startswith("before bars\r\n")
    assert re.search(r"waiting \[bold\]45 s\[/bold\] *\r\n", text), "no markup is read into it"
    # The results go where they were sent to.
    assert "a result" not in text and capsys.readouterr().out == "a result\n"


@pytest.mark.parametrize("forced", ["", "FORCE_COLOR"])
def test_plain_lines_in_a_pipe(monkeypatch: pytest.MonkeyPatch, forced: str) -> None:
    if forced:
        monkeypatch.setenv(forced, "1")
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    with Bars() as bars:
        show_two(bars)
        assert not pipe.getvalue(), "not before ten seconds"
    first, second = pipe.getvalue().splitlines()
    assert re.fullmatch(
        r"artists 150/200  \d+\.\d/s  \d+:\d\d:\d\d left  9 artists found", first
    ), first
    assert re.fullmatch(r"audio features 2  \d+\.\d/s", second), second


def test_a_plain_line_at_most_every_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = {"now": 0.0}
    monkeypatch.setattr(time, "monotonic", lambda: clock["now"])
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    with Bars() as bars:
        for second in range(0, 36):
            clock["now"] = float(second)
            bars.show("covers", 100 + second // 20, 1100)
    assert pipe.getvalue().splitlines() == [
        "covers 100/1,100",
        "covers 101/1,100  3.0/min  5:33:00 left",
        "covers 101/1,100  2.0/min  8:19:30 left",
        "covers 101/1,100  1.7/min  9:42:45 left",
    ]


def test_nothing_shown_is_nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    with Bars():
        pass
    assert not pipe.getvalue()


def test_the_closing_table() -> None:
    rows: dict[str, int | str] = {"albums found": 1234567, "covers there": 0, "as": "text"}
    assert table("data/covers", rows).splitlines() == [
        "data/covers",
        "  albums found  1,234,567",
        "  covers there          0",
        "  as                 text",
    ]
    assert table("empty", {}) == "empty"
