"""One cover from its address into its file, and what is said where that fails."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from data_collection.fetching import LARGEST, TRIES, Fetcher, Outcome
from data_collection.sources.http import connections
from data_collection.store import CoverJob
from duck_and_cover.errors import DuckAndCoverError
from tests.data_collection.scripted import Reply, Script, scripted
from tests.data_collection.services.pictures import HTML, jpeg, picture

COVER = jpeg("a cover", 100)
SIDE = 120


@pytest.fixture(scope="module")
def running() -> Iterator[Script]:
    with scripted() as server:
        yield server


@pytest.fixture
def server(running: Script) -> Script:
    running.replies.clear()
    running.asked.clear()
    return running


@pytest.fixture
def fetcher(server: Script, tmp_path: Path) -> Iterator[Fetcher]:
    with connections(server.url, per_host=2) as pool:
        yield Fetcher(pool, lambda key: tmp_path / key[:2] / f"{key}.jpg", SIDE, longest=0.5)


def fetch(fetcher: Fetcher, server: Script, *paths: str, attempts: int = 0) -> Outcome:
    urls = tuple(f"{server.url}{path}" for path in paths)
    return fetcher.fetch(CoverJob("abcd", urls, attempts))


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def red_above_blue(width: int = 100, height: int = 100, mode: str = "RGB") -> Image.Image:
    image = Image.new("RGB", (width, height), "blue")
    image.paste("red", (0, 0, width, height // 2))
    return image.convert(mode)


def sideways() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side: to be turned clockwise by a quarter
    return encoded(red_above_blue(), "JPEG", exif=exif)


@pytest.mark.parametrize("progressive", [False, True])
def test_a_square_jpeg_is_stored_byte_for_byte(
    fetcher: Fetcher, server: Script, tmp_path: Path, progressive: bool
) -> None:
    body = encoded(Image.open(BytesIO(COVER)), "JPEG", progressive=progressive)
    server.replies["/a"] = [Reply(body=body)]
    outcome = fetch(fetcher, server, "/a")
    digest = hashlib.sha256(body).hexdigest()
    assert outcome == Outcome("done", url=f"{server.url}/a", digest=digest, size=len(body))
    assert (tmp_path / "ab" / "abcd.jpg").read_bytes() == body
    assert files(tmp_path) == ["abcd.jpg"]


@pytest.mark.parametrize(
    ("body", "side"),
    [
        (encoded(red_above_blue(mode="L"), "JPEG"), 100),
        (encoded(red_above_blue(mode="CMYK"), "JPEG"), 100),
        (encoded(red_above_blue(mode="RGBA"), "PNG"), 100),
        (encoded(red_above_blue(mode="P"), "GIF"), 100),
        (encoded(red_above_blue(SIDE + 1, SIDE + 1), "JPEG"), SIDE),
        (encoded(red_above_blue(1000, 1000), "JPEG"), SIDE),
        (encoded(red_above_blue(99, 100), "JPEG"), 99),
        (encoded(red_above_blue(96, 64), "JPEG"), 64),
        (sideways(), 100),
    ],
    ids="grey cmyk rgba palette larger huge uneven three-to-two sideways".split(),
)
def test_other_pictures_become_square_jpegs(
    fetcher: Fetcher, server: Script, tmp_path: Path, body: bytes, side: int
) -> None:
    server.replies["/a"] = [Reply(body=body)]
    outcome = fetch(fetcher, server, "/a")
    stored = (tmp_path / "ab" / "abcd.jpg").read_bytes()
    assert (outcome.state, outcome.size) == ("done", len(stored))
    assert outcome.digest == hashlib.sha256(stored).hexdigest()
    assert files(tmp_path) == ["abcd.jpg"]
    with Image.open(BytesIO(stored)) as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (side, side))
        here, there = (image.getpixel((side * x // 4, side // 4)) for x in (1, 3))
    assert isinstance(here, tuple) and isinstance(there, tuple)
    if body == sideways():
        assert here[2] > 200 and there[0] > 200  # blue to the left, red to the right
    else:
        assert max(abs(a - b) for a, b in zip(here, there, strict=True)) < 20


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(body=picture("banner", "", 640)[0]), "not square"),
        (Reply(body=encoded(red_above_blue(100, 151), "PNG")), "not square"),
        (Reply(body=picture("pixel", "", 640)[0]), "too small"),
        (Reply(body=encoded(red_above_blue(31, 31), "JPEG")), "too small"),
        (Reply(body=b"x", length=LARGEST + 1), "too large"),
        (Reply(body=bytes(LARGEST + 1), length=-1), "too large"),
        (Reply(404, b"not there"), "no cover"),
        (Reply(410), "no cover"),
    ],
)
def test_what_is_no_cover_is_missing_for_good(
    fetcher: Fetcher, server: Script, tmp_path: Path, reply: Reply, reason: str
) -> None:
    server.replies["/a"] = [reply]
    assert fetch(fetcher, server, "/a") == Outcome("missing", reason)
    assert files(tmp_path) == []
    server.replies["/b"] = [Reply(body=COVER)]
    assert fetch(fetcher, server, "/a", "/b").url == f"{server.url}/b"


def test_a_picture_that_is_no_cover_decides(fetcher: Fetcher, server: Script) -> None:
    server.replies["/banner"] = [Reply(body=picture("banner", "", 640)[0])]
    server.replies["/error"] = [Reply(500)]
    server.replies["/forbidden"] = [Reply(403)]
    for other in ("/gone", "/error", "/forbidden"):
        assert fetch(fetcher, server, "/banner", other) == Outcome("missing", "not square")
    assert fetch(fetcher, server, "/gone", "/error") == Outcome("pending", "HTTP 500")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(500, HTML, {"Content-Type": "image/jpeg"}), "HTTP 500"),
        (Reply(503, headers={"Retry-After": "0"}), "HTTP 503"),
        (Reply(507), "HTTP 507"),
        (Reply(body=COVER[: len(COVER) // 2]), "truncated"),
        (Reply(body=COVER[:-1]), "truncated"),
        (Reply(body=COVER[:-9], length=len(COVER)), "connection broken off"),
        (Reply(body=HTML, headers={"Content-Type": "image/jpeg"}), "not a picture"),
        (Reply(body=b'{"error": "out of order"}'), "not a picture"),
        (Reply(), "empty file"),
        (Reply(302, headers={"Location": "/a"}), "too many redirects"),
        (Reply(body=COVER, drip=True), "no answer in time"),
    ],
)
def test_what_may_be_better_later_stays_pending(
    fetcher: Fetcher, server: Script, tmp_path: Path, reply: Reply, reason: str
) -> None:
    server.replies["/a"] = [reply]
    server.replies["/b"] = [Reply(body=COVER)]
    assert fetch(fetcher, server, "/a", "/b") == Outcome("pending", reason)
    assert files(tmp_path) == []
    assert not server.asked["/b"]
    assert fetch(fetcher, server, "/a", "/b", attempts=TRIES - 1).url == f"{server.url}/b"


def test_a_closed_port_is_worth_another_try(fetcher: Fetcher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    outcome = fetcher.fetch(CoverJob("abcd", (f"http://127.0.0.1:{port}/",), 0))
    assert outcome.state == "pending"
    assert outcome.reason.startswith("no connection")


def test_the_next_address_follows_one_that_refuses(fetcher: Fetcher, server: Script) -> None:
    server.replies["/forbidden"] = [Reply(403)]
    server.replies["/b"] = [Reply(body=COVER)]
    assert fetch(fetcher, server, "/gone", "/forbidden", "/b").state == "done"
    assert fetch(fetcher, server, "/gone", "/forbidden") == Outcome("failed", "HTTP 403")
    assert fetch(fetcher, server) == Outcome("missing", "no cover")


@pytest.mark.parametrize(
    ("status", "header", "asked"),
    [(429, "7", 7.0), (429, "", 0.0), (503, "7", 7.0), (500, "7", None)],
)
def test_a_host_can_ask_to_be_left_alone(
    fetcher: Fetcher, server: Script, status: int, header: str, asked: float | None
) -> None:
    server.replies["/a"] = [Reply(status, headers={"Retry-After": header})]
    assert fetch(fetcher, server, "/a").asked == asked
    # Not even the last try asks such a host for the next address at once.
    last = fetch(fetcher, server, "/a", "/b", attempts=TRIES - 1)
    assert (last.asked, server.asked["/b"]) == (asked, 0 if asked is not None else 1)


def test_redirects_are_followed_and_connections_kept(fetcher: Fetcher, server: Script) -> None:
    for place in range(5):
        server.replies[f"/{place}"] = [Reply(307, headers={"Location": f"/{place + 1}"})]
    server.replies["/5"] = [Reply(body=COVER)]
    before = server.connections
    assert fetch(fetcher, server, "/gone", "/0").state == "done"
    assert fetch(fetcher, server, "/5").state == "done"
    assert server.connections == before + 1


def test_what_a_killed_run_left_is_cleared(
    fetcher: Fetcher, server: Script, tmp_path: Path
) -> None:
    server.replies["/a"] = [Reply(body=COVER)]
    left = tmp_path / "ab" / ".abcd.partial"
    left.parent.mkdir()
    for path in ("/a", "/gone"):
        left.write_bytes(b"half a cov")
        fetch(fetcher, server, path)
        assert files(tmp_path) == ["abcd.jpg"]
    assert (tmp_path / "ab" / "abcd.jpg").read_bytes() == COVER


def test_nothing_is_put_in_place_after_the_end(
    fetcher: Fetcher, server: Script, tmp_path: Path
) -> None:
    server.replies["/a"] = [Reply(body=COVER)]
    fetcher.closing.set()
    assert fetch(fetcher, server, "/a") == Outcome("pending", "interrupted")
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_an_error(
    fetcher: Fetcher, server: Script, tmp_path: Path
) -> None:
    server.replies["/a"] = [Reply(body=COVER)]
    (tmp_path / "ab").write_bytes(b"a file where the folder should be")
    with pytest.raises(DuckAndCoverError, match="abcd.jpg' cannot be written"):
        fetch(fetcher, server, "/a")


def test_a_cover_given_before_tells_whether_the_service_is_alive(
    fetcher: Fetcher, server: Script, tmp_path: Path
) -> None:
    server.replies["/a"] = [Reply(body=COVER)]
    server.replies["/error"] = [Reply(500)]
    server.replies["/page"] = [Reply(body=HTML)]
    alive = {
        path: fetcher.alive(f"{server.url}{path}") for path in ("/a", "/gone", "/error", "/page")
    }
    assert alive == {"/a": True, "/gone": True, "/error": False, "/page": False}
    assert files(tmp_path) == []
