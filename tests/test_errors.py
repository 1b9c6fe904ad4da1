"""The error tree: exit codes that shells and schedulers act upon."""

from __future__ import annotations

import pytest

from duck_and_cover.errors import DuckAndCoverError, StoppedEarly, UsageError


@pytest.mark.parametrize(
    ("kind", "code"), [(DuckAndCoverError, 1), (UsageError, 2), (StoppedEarly, 75)]
)
def test_exit_codes(kind: type[DuckAndCoverError], code: int) -> None:
    with pytest.raises(DuckAndCoverError) as caught:
        raise kind("why")
    assert (caught.value.exit_code, str(caught.value)) == (code, "why")


def test_the_tree() -> None:
    assert not issubclass(UsageError, StoppedEarly) and not issubclass(StoppedEarly, UsageError)
    assert DuckAndCoverError.__bases__ == (Exception,)
