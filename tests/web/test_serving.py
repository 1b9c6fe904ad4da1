"""The server as a process: its address, and an end that finishes what was begun."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from duck_and_cover.errors import UsageError
from duck_and_cover.web.serving import address, listen, load_models, serve
from duck_and_cover.web.settings import Settings
from tests.web.tiny import tiny_generator

ROOT = Path(__file__).parents[2]


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    """A server on a free port; its first line is its address."""
    command = [sys.executable, "-m", "tests.web.tiny", "secret"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_when_all_under_way_is_answered(
    process: subprocess.Popen[str], end: signal.Signals
) -> None:
    assert process.stdout is not None
    where, token = process.stdout.readline().split("the studio is at http://")[1].split("/?token=")
    assert token.strip() == "secret"
    connection = http.client.HTTPConnection(where, timeout=30)
    connection.request("GET", "/healthz")
    assert connection.getresponse().read()
    body = b'{"n": 4, "size": 300, "typeset": true, "album": "Last Orders"}'
    connection.putrequest("POST", "/v1/covers")
    for name, value in (("Authorization", "Bearer secret"), ("Content-Length", str(len(body)))):
        connection.putheader(name, value)
    connection.putheader("Content-Type", "application/json")
    connection.endheaders(body[:10])
    process.send_signal(end)
    host, port = where.split(":")
    with pytest.raises(ConnectionRefusedError):
        while True:  # until it takes nobody new
            socket.create_connection((host, int(port)), timeout=30).close()
            time.sleep(0.01)
    connection.send(body[10:])
    answer = connection.getresponse()
    assert answer.status == 200
    assert len(json.loads(answer.read())["covers"]) == 4
    connection.close()
    assert process.wait(30) == 0


def test_an_address_that_is_taken_is_a_users_error() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"--port {port}: .*; take another port, or 0"):
            serve({"tiny": tiny_generator()}, port=port)
    with pytest.raises(UsageError, match="--port 70000: take a number from 0"):
        listen("127.0.0.1", 70000)


def test_it_listens_to_this_machine_alone_unless_told() -> None:
    with listen("127.0.0.1", 0) as inner, listen("0.0.0.0", 0) as outer:
        assert inner.getsockname()[0] == "127.0.0.1"
        assert address(inner, Settings(token="a b")).endswith("/?token=a%20b")
        port = outer.getsockname()[1]
        assert address(outer, Settings()) == f"http://127.0.0.1:{port}/"
        assert isinstance(outer, socket.socket)


def test_models_are_called_by_their_folder_or_as_the_user_says(tmp_path: Path) -> None:
    folder = tiny_generator().save_pretrained(tmp_path / "runs" / "jazz" / "generator")
    models = load_models([str(folder), f"again={folder}"])
    assert list(models) == ["jazz", "again"]
    assert models["again"].name == str(folder)
    with pytest.raises(UsageError, match="two models are called jazz: write NAME="):
        load_models([str(folder), str(folder.parent)])
    with pytest.raises(UsageError, match="no such model"):
        load_models(["./nothing"])
