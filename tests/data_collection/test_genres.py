"""Lists of genres: the one that comes with the project, how lists are read, and how they grow."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from data_collection.genres import fold, merge, read_genres, write_genres
from duck_and_cover.data.synthetic.grammars import GRAMMARS
from duck_and_cover.errors import UsageError
from tests.data_collection.prepared import Prepared, prepared

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "data" / "genres.txt"
KNOWN = {
    "ambient": "ambient",
    "bass": "hip hop",
    "death metal": "metal",
    "drum and bass": "electronic",
    "electropop": "pop",
    "ska": "reggae",
    "techno": "electronic",
}


def shipped_lines() -> list[str]:
    return SHIPPED.read_bytes().decode("utf-8").removesuffix("\n").split("\n")


def test_the_shipped_list_is_long_sorted_and_has_each_genre_once() -> None:
    names = [line.split("\t")[0] for line in shipped_lines()]
    assert len(names) >= 1500
    assert names == sorted(names)
    twice = [name for name, times in Counter(map(fold, names)).items() if times > 1]
    assert not twice


def test_the_shipped_list_is_written_as_it_is_read() -> None:
    for line in shipped_lines():
        assert line == unicodedata.normalize("NFC", line).lower(), line
        name, family = line.split("\t")
        assert name and family and line.split() == line.replace("\t", " ").split(" "), line
    assert list(read_genres(SHIPPED).items()) == [
        tuple(line.split("\t")) for line in shipped_lines()
    ]


def test_the_shipped_families_are_few_and_none_is_small() -> None:
    families = Counter(line.split("\t")[1] for line in shipped_lines())
    assert 15 <= len(families) <= 40
    assert min(families.values()) >= 10, families


def test_the_shipped_list_has_the_genres_of_the_drawn_covers() -> None:
    assert set(GRAMMARS) <= set(read_genres(SHIPPED))


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("thrash metal", "metal"),
        ("boom bap", "hip hop"),
        ("bossa nova", "brazilian"),
        ("dhrupad", "south asian"),
        ("gregorian chant", "religious"),
    ],
)
def test_a_listener_finds_a_genre_in_its_family(name: str, family: str) -> None:
    assert read_genres(SHIPPED)[name] == family


@pytest.mark.parametrize(
    ("content", "genres"),
    [
        (b"jazz\nblues\n", {"jazz": "", "blues": ""}),
        (b"bebop\tjazz\nswing\n", {"bebop": "jazz", "swing": ""}),
        (b"\n# of all kinds\n  # more\n\njazz\n \t \n", {"jazz": ""}),
        (b"\xef\xbb\xbfjazz\r\ndelta blues\tblues\r\n", {"jazz": "", "delta blues": "blues"}),
        (b"  Hip   Hop \t  Hip  Hop \n", {"hip hop": "hip hop"}),
        (b"jazz\tfirst\nblues\nJAZZ\tsecond\n", {"jazz": "first", "blues": ""}),
        (b"\tjazz\nblues", {"blues": ""}),
        ("Rai\u0308\nYE\u0301-YE\u0301\n".encode(), {"ra\u00ef": "", "y\u00e9-y\u00e9": ""}),
    ],
    ids=["plain", "families", "passed over", "windows", "untidy", "twice", "tab", "nfc"],
)
def test_lists_are_read(tmp_path: Path, content: bytes, genres: dict[str, str]) -> None:
    path = tmp_path / "genres.txt"
    path.write_bytes(content)
    assert list(read_genres(path).items()) == list(genres.items())


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "cannot be read: No such file"),
        (b"", "no genres in it"),
        (b"# jazz\n\n", "no genres in it"),
        (b"jazz\nra\xef\n", r"is not UTF-8 text \(byte 8\)"),
        ("jazz\n".encode("utf-16"), "is not UTF-8 text"),
    ],
    ids=["missing", "empty", "comments", "latin-1", "utf-16"],
)
def test_what_is_no_list_is_refused_by_name(
    tmp_path: Path, content: bytes | None, why: str
) -> None:
    path = tmp_path / "genres.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=f"genres.txt: .*{why}"):
        read_genres(path)


def test_spellings_of_one_genre_are_equal() -> None:
    spellings = ["post-punk", "Post Punk", "POST_PUNK", " post  -  punk ", "post\u2010punk"]
    assert {fold(name) for name in spellings} == {"post punk"}
    assert fold("Rai\u0308") == fold("ra\u00ef")
    assert fold("black \u2019n\u2019 roll") == fold("black 'n' roll")
    assert fold("stra\u00dfenrap") == fold("STRASSENRAP")
    assert fold("r&b") != fold("rb")
    assert fold(" - ") == ""


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("melodic death metal", "metal"),
        ("melodic death-metal", "metal"),
        ("ambient techno", "electronic"),
        ("drum and bass revival", "electronic"),
        ("ambient death metal opera", "metal"),
        ("metal machine", "metal"),
        ("nostalgiapop", "pop"),
        ("polska", "other"),
        ("gagaku", "other"),
    ],
)
def test_a_new_genre_joins_the_family_its_name_tells(name: str, family: str) -> None:
    merged, added = merge(KNOWN, [name])
    assert added == [name]
    assert merged == KNOWN | {name: family}


def test_only_what_is_new_in_every_spelling_is_added() -> None:
    names = ["Drum_and-Bass", "TECHNO", "Hard  Techno", "hard-techno", "", " - ", "dub"]
    merged, added = merge(KNOWN, names)
    assert added == ["hard techno", "dub"]
    assert merged == KNOWN | {"hard techno": "electronic", "dub": "other"}
    assert merge(merged, names) == (merged, [])


def test_a_list_without_families_tells_none() -> None:
    assert merge({"metal": ""}, ["death metal"])[0] == {"metal": "", "death metal": "other"}


def test_what_is_written_is_read_again_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "genres.txt"
    write_genres(path, {"ra\u00ef": "african", "blues": "", "be bop": "jazz"}, ["# a heading"])
    text = path.read_bytes().decode("utf-8")
    assert text == "# a heading\nbe bop\tjazz\nblues\nra\u00ef\tafrican\n"
    assert read_genres(path) == {"be bop": "jazz", "blues": "", "ra\u00ef": "african"}
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "genres.txt"
    folder.mkdir()  # no file can take its place
    with pytest.raises(UsageError, match="genres.txt: cannot be written: "):
        write_genres(folder, {"jazz": ""})
    assert list(tmp_path.iterdir()) == [folder]


def update(folder: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What `update-genres` does in a folder, with MusicBrainz somewhere else."""
    here = {"MUSICBRAINZ_URL": f"{url}/ws/2", "PYTHONPATH": str(ROOT), "no_proxy": "127.0.0.1"}
    return subprocess.run(
        [sys.executable, "-m", "data_collection.genres", *arguments],
        cwd=folder,
        env=os.environ | here,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )


def listed(folder: Path) -> Path:
    path = folder / "genres.txt"
    path.write_text("# mine\ntechno\telectronic\ndeath metal\tmetal\n", encoding="utf-8")
    return path


def test_the_command_adds_what_the_service_has(tmp_path: Path) -> None:
    path = listed(tmp_path)
    body = "acid techno\nDeath-Metal\nbaião\nmelodic death metal\ntechno\n".encode()
    with prepared(Prepared(body=body)) as server:
        done = update(tmp_path, server.url, "genres.txt")
        assert server.targets == ["/ws/2/genre/all?fmt=txt"]
        assert (done.returncode, done.stdout) == (
            0,
            "genres.txt: 3 genres added, 5 in all: acid techno, baião, melodic death metal\n",
        )
        text = path.read_text(encoding="utf-8")
        assert text == (
            "# mine\nacid techno\telectronic\nbaião\tother\ndeath metal\tmetal\n"
            "melodic death metal\tmetal\ntechno\telectronic\n"
        )
        assert list(tmp_path.iterdir()) == [path]
        again = update(tmp_path, server.url, "genres.txt")
    assert (again.returncode, again.stdout) == (0, "genres.txt: has all 5 genres of MusicBrainz\n")
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("answer", "code", "why"),
    [
        (Prepared(body=b"<html><body>Sign in to this network</body></html>"), 1, "no list of genr"),
        (Prepared(body=b"\n"), 1, "no list of genres"),
        (Prepared(404), 1, "MusicBrainz: not there"),
        (Prepared(503, headers={"Retry-After": "86400"}), 75, "update-genres genres.txt"),
    ],
    ids=["page", "nothing", "gone", "tomorrow"],
)
def test_without_a_list_the_file_stays_as_it_is(
    tmp_path: Path, answer: Prepared, code: int, why: str
) -> None:
    path = listed(tmp_path)
    before = path.read_bytes()
    with prepared(answer) as server:
        done = update(tmp_path, server.url, "genres.txt")
        assert len(server.targets) == 1
    last = done.stderr.splitlines()[-1]
    assert done.returncode == code
    assert last.startswith("update-genres: ") and why in last
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_command_asks_nobody_without_a_list(tmp_path: Path) -> None:
    with prepared(Prepared(body=b"jazz\n")) as server:
        done = update(tmp_path, server.url, "missing.txt")
        assert not server.targets
    assert done.returncode == 2
    assert done.stderr == "update-genres: missing.txt: cannot be read: No such file or directory\n"
    assert not list(tmp_path.iterdir())
