"""Weights for tests, since nobody downloads any there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn


def random_inception(path: Path) -> Any:
    """Write weights of the Inception's shape that have learnt nothing; return their network."""
    from torch_fidelity import feature_extractor_inceptionv3 as inception  # type: ignore[import-untyped]

    class Untaught(inception.FeatureExtractorInceptionV3):  # type: ignore[misc]
        def load_state_dict(self, *_: object, **__: object) -> None:
            """Keep what the layers began with."""

    torch.save({}, path)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network: nn.Module = Untaught(
            "untaught", ["2048"], feature_extractor_weights_path=str(path)
        )
    torch.save(network.state_dict(), path)
    return network
