"""One version of each package: two that are installed over each other can leave mixed files."""

import tomllib
from collections import Counter
from pathlib import Path


def test_no_package_is_locked_twice() -> None:
    lock = tomllib.loads((Path(__file__).parents[1] / "poetry.lock").read_text(encoding="utf-8"))
    names = Counter(package["name"] for package in lock["package"])
    assert not [name for name, count in names.items() if count > 1]
