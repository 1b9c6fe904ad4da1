"""Conditions of genres and years alone, for tests."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from duck_and_cover.networks.condition_encoder import ConditionSpec, ConditionTensors


def spec(n_genres: int) -> ConditionSpec:
    """Genres without families, and nothing else."""
    return ConditionSpec(n_genres)


def given(genres: Tensor, year: Tensor, present: Tensor) -> ConditionTensors:
    """Genres (B, G), years (B,) in [-1, 1], and (B, 2) 1 where these are present."""
    nothing = ConditionTensors.nothing(*genres.shape)
    missing = nothing.present.shape[1] - present.shape[1]
    return nothing._replace(genres=genres, year=year, present=F.pad(present, (0, missing)))
