"""What goes wrong with Spotify: credentials, quotas, outages; and that no secret gets out."""

from __future__ import annotations

import base64
import logging
import re
from pathlib import Path

import pytest

from data_collection.sources.base import Wanted
from data_collection.sources.http import FAILURES_IN_A_ROW, TRIES, Unavailable
from data_collection.sources.spotify import Spotify
from duck_and_cover.errors import DuckAndCoverError, StoppedEarly, UsageError
from tests.data_collection.services import CLIENT_ID, CLIENT_SECRET, Catalogue, Services
from tests.data_collection.spotify.runs import Open, collect, patience


def test_a_used_up_quota_ends_the_run_and_another_goes_on(
    services: Services, opened: Open, catalogue: Catalogue, tmp_path: Path
) -> None:
    services.set(quota=30)
    source = opened(per_genre=1000)
    with pytest.raises(StoppedEarly, match=r"quota.* 13 h 35 min.*go on at 20.*collect --again"):
        collect(tmp_path, source)
    services.clear()
    services.set(quota=None)
    rows = collect(tmp_path, opened(per_genre=1000))
    found = {row["album_id"] for row in rows}
    truth = catalogue.expected("spotify").values()
    assert all(each.ids & found for each in truth if each.cover)
    assert sum(services.hits().values()) < 200, "nothing that was answered is asked again"
    services.clear()
    services.set(quota=0, quota_wait_s=0)
    with pytest.raises(StoppedEarly, match="quota of calls is used up, for about 24 h.*--again"):
        opened()


@pytest.mark.parametrize("missing", ["SPOTIPY_CLIENT_ID", "SPOTIPY_CLIENT_SECRET"])
def test_missing_credentials(opened: Open, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setenv(missing, " ")
    with pytest.raises(UsageError, match=r"CLIENT_ID=\.\.\., SPOTIPY_CLIENT_SECRET=.*dashboard"):
        opened()


def test_wrong_credentials_are_told_from_an_outage(
    services: Services, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTIPY_CLIENT_SECRET", "wrong-secret")
    with pytest.raises(UsageError, match="does not know these SPOTIPY_CLIENT_ID") as wrong:
        opened()
    assert "wrong-secret" not in str(wrong.value)
    services.set(fault_rate=1.0, fault_hits=1000, fault_prefixes=("/accounts",))
    with pytest.raises(StoppedEarly, match="Spotify cannot be used now .*collect --again"):
        opened()


def test_nobody_there(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOTIFY_ACCOUNTS_URL", "http://127.0.0.1:1")
    with pytest.raises(StoppedEarly, match="cannot be used now .*no connection"):
        opened()


def test_a_lapsed_subscription_is_neither(services: Services, opened: Open) -> None:
    services.set(premium_lapsed=True)
    with pytest.raises(DuckAndCoverError, match="Premium subscribers only") as lapsed:
        opened()
    assert type(lapsed.value) is DuckAndCoverError


def test_an_expired_token_is_renewed_once(services: Services, opened: Open) -> None:
    source = opened(genres=("rock",))
    services.expire_tokens()
    assert source.answer(source.first_tasks()[0]).artists
    assert services.counts()["/accounts"] == 2
    services.set(token_lifetime_s=0)
    services.expire_tokens()
    with pytest.raises(DuckAndCoverError, match="a fresh token is refused") as refused:
        source.answer(source.first_tasks()[0])
    assert type(refused.value) is DuckAndCoverError


def test_failures_in_a_row_end_the_run(services: Services, opened: Open) -> None:
    source = opened()
    services.set(fault_rate=1.0, fault_hits=1000, fault_prefixes=("/v1",))
    tasks = source.first_tasks()
    for task in tasks[: FAILURES_IN_A_ROW - 1]:
        with pytest.raises(Unavailable, match=f"Spotify: .*, {TRIES} times"):
            source.answer(task)
    with pytest.raises(StoppedEarly, match="cannot be used now"):
        source.answer(tasks[FAILURES_IN_A_ROW])


def test_a_long_wait_is_not_waited_for(services: Services) -> None:
    services.set(fault_rate=1.0, faults=("retry-1",))
    with pytest.raises(StoppedEarly, match="HTTP 503.*longer than --max-wait.*collect --again"):
        Spotify(Wanted(("rock",)), patience(max_wait=0.5)).start()


def test_an_interruption_takes_effect_before_the_next_call(services: Services) -> None:
    interrupted = patience()
    source = Spotify(Wanted(("rock",)), interrupted)
    source.start()
    services.clear()
    interrupted.stop.set()
    with pytest.raises(StoppedEarly, match="interrupted"):
        source.answer(source.first_tasks()[0])
    assert not services.hits()


def test_no_secret_is_told(
    services: Services, opened: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    services.set(extended=True, fault_rate=0.3)
    collect(tmp_path, opened(genres=("rock", "jazz"), tracks=True))
    assert "Spotify: HTTP 500; try" in caplog.text, "the log tells of what it may"
    told = caplog.text.encode() + b"".join(
        path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()
    )
    sent = {entry["headers"].get("authorization", "") for entry in services.log()} - {""}
    assert any(header.startswith("Bearer ") for header in sent)
    basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode())
    for secret in [basic, CLIENT_SECRET.encode(), *(each.split()[1].encode() for each in sent)]:
        assert secret not in told


def test_every_call_says_who_asks(services: Services, opened: Open) -> None:
    opened()
    agents = {entry["headers"]["user-agent"] for entry in services.log()}
    assert len(agents) == 1 and re.match(r"duck_and_cover/\d", agents.pop())


def test_passwords_for_other_hosts_are_not_sent(
    services: Services, opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passwords = tmp_path / "netrc"
    passwords.write_text("default login someone password elsewhere\n")
    monkeypatch.setenv("NETRC", str(passwords))
    opened()
    kinds = [entry["headers"]["authorization"].split()[0] for entry in services.log()]
    assert kinds[0] == "Basic" and set(kinds[1:]) == {"Bearer"}
