"""How often covers are shown where genres are of unlike sizes: `--balance` as sampling weights.

A cover counts as shares, one for each of its genres, which add up to 1. A genre of n shares has
each of them shown n^-A as often: at A = 0 all covers equally often, at A = 1 all genres, between
them the rare ones more often and never as often as the frequent (A = 0.5 is the square root by
which Mahajan et al. 2018 and the repeat factors of Gupta et al. 2019, LVIS, soften long tails).

And how often covers with labels of their own are shown beside those whose labels are missing or
guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from duck_and_cover.errors import UsageError


def check_balance(balance: float) -> None:
    """Raise a UsageError unless `balance` is from 0 to 1."""
    if not 0 <= balance <= 1:
        raise UsageError(f"balance {balance:g}: take 0 (covers as they come) to 1 (genres alike)")


def genre_weights(
    covers: Sequence[Sequence[str]], known: Sequence[str], balance: float
) -> npt.NDArray[np.float64]:
    """Weights (N,) of the covers, 1 on average; one without a known genre weighs 1.

    Args:
        covers: the genres of each.
        known: the model's vocabulary; other genres have no part.
        balance: A above, 0 to 1.
    """
    vocabulary = set(known)
    named = [vocabulary.intersection(genres) for genres in covers]
    sizes: dict[str, float] = defaultdict(float)
    for genres in named:
        for genre in genres:
            sizes[genre] += 1 / len(genres)
    # Sorted, since a set's order changes from process to process and with it the last digit.
    weights = np.array(
        [
            sum(sizes[g] ** -balance for g in sorted(genres)) / max(len(genres), 1)
            for genres in named
        ]
    )
    labelled = weights > 0
    if not labelled.any():
        return np.ones(len(covers))
    weights[labelled] /= weights[labelled].mean()
    weights[~labelled] = 1.0
    return weights


def check_labelled_share(share: float | None) -> None:
    """Raise a UsageError unless `share` is None or between 0 and 1."""
    if share is not None and not 0 < share < 1:
        raise UsageError(f"labelled_share {share:g}: take a share between 0 and 1, or null")


def labelled_weights(
    weights: npt.NDArray[np.float64], labelled: npt.NDArray[np.bool_], share: float
) -> npt.NDArray[np.float64]:
    """Weights (N,) under which covers that are labelled (N,) make up a share of what is shown.

    Within both kinds the given weights' ratios stay.

    Raises:
        UsageError: All covers are of one kind.
    """
    if labelled.all() or not labelled.any():
        kind = "all" if labelled.any() else "none"
        raise UsageError(f"labelled_share {share:g}: {kind} of the covers have their labels")
    own, other = weights[labelled].sum(), weights[~labelled].sum()
    shown: npt.NDArray[np.float64] = weights * np.where(labelled, share / own, (1 - share) / other)
    return shown * len(weights)
