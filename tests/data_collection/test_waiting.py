"""How long is waited, who decides it, and how a wait ends early."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from data_collection.waiting import A_YEAR, LONGEST_BACKOFF, Patience, duration, retry_after
from duck_and_cover.errors import StoppedEarly


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("48925", 48925.0),
        ("inf", A_YEAR),
        ("1" + "0" * 30, A_YEAR),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0.0),
        ("Wed, 21 Oct 2015 07:28:00", 0.0),
        ("Sat, 01 Jan 9999 00:00:00 GMT", A_YEAR),
        ("soon", None),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
        ("Wed, 21 Oct 99999999999999999999 07:28:00 GMT", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_every_form(text: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": text}) == seconds


def test_retry_after_as_a_date_counts_from_now() -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    asked = retry_after({"Retry-After": then})
    assert asked is not None and 3000 < asked <= 3600


def test_without_the_header_nothing_is_asked() -> None:
    assert retry_after({}) is None
    assert retry_after(None) is None


def test_our_own_waits_double_up_to_a_limit() -> None:
    patience = Patience(max_wait=1e9, backoff=1.0)
    for number, about in ((2, 1.0), (3, 2.0), (5, 8.0)):
        assert 0.75 * about <= patience.before_try(number) <= 1.25 * about
    assert 0.75 * LONGEST_BACKOFF <= patience.before_try(30) <= 1.25 * LONGEST_BACKOFF


def test_a_longer_wait_that_is_asked_for_counts_and_a_shorter_one_does_not() -> None:
    patience = Patience(backoff=4.0)
    assert patience.before_try(2, asked=50.0) == 50.0
    assert patience.before_try(2, asked=0.0) >= 3.0


def test_our_own_waits_never_end_a_run() -> None:
    patience = Patience(max_wait=0.01, backoff=100.0)
    patience.wait(patience.before_try(8))


def test_too_long_a_wait_ends_the_run_and_tells_how_to_go_on() -> None:
    patience = Patience(max_wait=60.0, command="collect --out here")
    with pytest.raises(StoppedEarly) as stopped:
        patience.wait(48_925.0, "the service")
    then = datetime.now().astimezone() + timedelta(seconds=48_925)
    message = str(stopped.value)
    assert "the service: asked to wait 13 h 35 min" in message
    assert f"{then:%Y-%m-%d %H:}" in message or f"{then + timedelta(hours=1):%H:}" in message
    assert message.endswith("collect --out here")


def test_even_for_ever_has_a_date() -> None:
    with pytest.raises(StoppedEarly, match="go on at 2"):
        Patience().check(retry_after({"Retry-After": "inf"}) or 0.0, "the service")


def test_an_interruption_ends_a_wait_at_once() -> None:
    patience = Patience(max_wait=3600.0, command="collect again")
    threading.Timer(0.02, patience.stop.set).start()
    with pytest.raises(StoppedEarly, match="interrupted.*collect again"):
        patience.wait(3600.0, "the service")


def test_a_moment_of_our_own_choosing_has_no_limit() -> None:
    patience = Patience(max_wait=0.0)
    patience.pause(0.001)
    patience.stop.set()
    with pytest.raises(StoppedEarly, match="interrupted"):
        patience.pause(3600.0)


def test_waits_that_a_person_notices_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    patience = Patience()
    patience.wait(0.0, "nothing to tell")
    patience.stop.set()
    with pytest.raises(StoppedEarly):
        patience.wait(45.0, "the service: HTTP 503")
    assert caplog.messages == ["the service: HTTP 503: waiting 45 s"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (119.0, "119 s"), (720.0, "12 min"), (48_925.0, "13 h 35 min")],
)
def test_durations_are_told_in_words(seconds: float, text: str) -> None:
    assert duration(seconds) == text
