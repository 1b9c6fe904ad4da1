"""What all tests share: a cache of their own, few threads, tiny synthetic covers."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

# Tiny networks: a second thread only waits for the first.
torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Nothing of the user's cache is read or written; what one test draws, the others find."""
    folder = tmp_path_factory.mktemp("cache")
    before = os.environ.get("DUCK_AND_COVER_CACHE")
    os.environ["DUCK_AND_COVER_CACHE"] = str(folder)
    os.environ["WANDB_MODE"] = "offline"
    yield folder
    if before is None:
        del os.environ["DUCK_AND_COVER_CACHE"]
    else:
        os.environ["DUCK_AND_COVER_CACHE"] = before
