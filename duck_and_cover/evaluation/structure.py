"""How the small structures of two sets of covers differ, at every scale and without any network.

Sliced Wasserstein distances of Karras et al. 2018, section 5: the coarsest level sees composition
and colour, the finest sees edges, texture and noise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from duck_and_cover.data.workers import cpu_count

Pictures = npt.NDArray[np.uint8]  # (N, R, R, 3)
Rows = npt.NDArray[np.integer]  # (N,)

COARSEST = 16  # pixels of a side
PATCH, PATCHES = 7, 128  # pixels of a side; of each picture and level
DIRECTIONS, AT_ONCE = 4 * 128, 4
MOST = 2048  # pictures: a quarter of a million patches, an eighth of the paper's
BATCH = 32
SCALE = 1e3  # the paper's figures are given times a thousand


def sliced_wasserstein(
    real: Pictures,
    fake: Pictures,
    seed: int = 0,
    real_rows: Rows | None = None,
    fake_rows: Rows | None = None,
) -> dict[int, float]:
    """Distance x 1000 of the patches of each level of the Laplacian pyramid, by the level's side.

    From the pictures' resolution R down to 16; nothing for pictures below 16. Of the larger set as
    many are taken as the smaller has, at most 2,048. Patches are normalised by channel within
    each set, so that brightness and contrast of a whole set do not count.

    Args:
        real, fake: (N, R, R, 3) and (M, R, R, 3), R a power of two.
        real_rows, fake_rows: Which of them, without a copy; None for all.
    """
    sets = [
        (x, np.arange(len(x)) if own is None else own)
        for x, own in ((real, real_rows), (fake, fake_rows))
    ]
    count = min(MOST, *(len(own) for _, own in sets))
    random = np.random.default_rng(seed)
    parts = [(x, own[np.sort(random.permutation(len(own))[:count])]) for x, own in sets]
    side = real.shape[1]
    levels = range((side // COARSEST).bit_length())
    return {side >> level: SCALE * _distance(parts, level, seed) for level in levels}


def _distance(parts: Sequence[tuple[Pictures, Rows]], level: int, seed: int) -> float:
    # Patches stand at the same places in both sets, so that a set is at no distance from itself.
    a, b = (_patches(*part, level, np.random.default_rng([seed, level])) for part in parts)
    return _mean_gap(a, b, np.random.default_rng([seed, level, 1]))


def _patches(pictures: Pictures, rows: Rows, level: int, random: np.random.Generator) -> Tensor:
    """Patches (N * 128, 3 * 7 * 7) of one level, normalised by channel, in half precision.

    The rounding, a thousandth of a patch's deviation, is far below what the distance can see.
    """
    patches = torch.empty(len(rows) * PATCHES, 3, PATCH * PATCH, dtype=torch.float16)
    sums, squares = np.zeros(3), np.zeros(3)
    for start in range(0, len(rows), BATCH):
        chosen = _cut(_laplacian(pictures[rows[start : start + BATCH]], level), random)
        sums += chosen.sum(dim=(0, 2)).numpy()
        squares += (chosen**2).sum(dim=(0, 2)).numpy()
        patches[start * PATCHES : (start + BATCH) * PATCHES] = chosen
    mean = sums / (len(patches) * PATCH * PATCH)
    variance = np.maximum(squares / (len(patches) * PATCH * PATCH) - mean**2, 1e-12)
    middle, unit = (torch.from_numpy(x).float()[:, None] for x in (mean, np.sqrt(variance)))
    for start in range(0, len(patches), BATCH * PATCHES):
        part = patches[start : start + BATCH * PATCHES]
        part.copy_((part.float() - middle) / unit)
    return patches.flatten(1)


def _laplacian(pictures: Pictures, level: int) -> Tensor:
    """One level (N, 3, r, r) of the pyramid: 0 the finest; the coarsest keeps its mean."""
    images = torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))).float()
    for _ in range(level):
        images = _halved(images)
    if images.shape[-1] <= COARSEST:
        return images
    return images - _doubled(_halved(images))


def _halved(images: Tensor) -> Tensor:
    """Smooth by [1, 4, 6, 4, 1] / 16 both ways, edges mirrored, and take every second pixel."""
    return _every_second(_every_second(images).mT).mT


def _every_second(images: Tensor) -> Tensor:
    last = images.shape[-2]
    taps = F.pad(images, (0, 0, 2, 2), mode="reflect")
    outer, inner, middle = (
        taps[..., 0:last:2, :] + taps[..., 4::2, :],
        taps[..., 1 : last + 1 : 2, :] + taps[..., 3 : last + 3 : 2, :],
        taps[..., 2 : last + 2 : 2, :],
    )
    return (outer + 4 * inner + 6 * middle) / 16


def _doubled(images: Tensor) -> Tensor:
    """Put zeros between the pixels and smooth as `_halved` does, times four."""
    return _between(_between(images).mT).mT


def _between(images: Tensor) -> Tensor:
    # The mirror beyond the zero that stands last shows the last pixel itself, once more.
    before = torch.cat([images[..., 1:2, :], images[..., :-1, :]], dim=-2)
    after = torch.cat([images[..., 1:, :], images[..., -1:, :]], dim=-2)
    pairs = torch.stack([(before + 6 * images + after) / 8, (images + after) / 2], dim=-2)
    return pairs.flatten(-3, -2)


def _cut(images: Tensor, random: np.random.Generator) -> Tensor:
    """Patches (N * 128, 3, 49) at random places of (N, 3, r, r)."""
    n, channels, side, _ = images.shape
    places = random.integers(0, side - PATCH + 1, (2, n, PATCHES))
    y, x = torch.from_numpy(places)[..., None]
    inner = torch.arange(PATCH)
    offsets = (inner[:, None] * side + inner).flatten()  # (49,)
    index = (y * side + x + offsets).flatten(1)  # (N, 128 * 49)
    flat = images.flatten(2)  # (N, 3, r * r)
    chosen = flat.gather(2, index[:, None].expand(n, channels, -1))
    return chosen.view(n, channels, PATCHES, -1).transpose(1, 2).flatten(0, 1)


def _mean_gap(a: Tensor, b: Tensor, random: np.random.Generator) -> float:
    """Mean over random directions of the distance of two sets (P, 147) projected onto them."""
    total = 0.0
    with ThreadPoolExecutor(cpu_count()) as pool:
        for _ in range(DIRECTIONS // AT_ONCE):
            directions = random.normal(size=(AT_ONCE, a.shape[1]))
            directions /= np.linalg.norm(directions, axis=1, keepdims=True)
            lines = torch.from_numpy(directions).float()
            total += sum(pool.map(_gap, _projected(a, lines), _projected(b, lines)))
    return total / DIRECTIONS


def _projected(patches: Tensor, lines: Tensor) -> Iterator[npt.NDArray[np.float32]]:
    """Positions (P,) of all patches along each line."""
    found = torch.empty(len(lines), len(patches))
    for start in range(0, len(patches), BATCH * PATCHES):
        part = patches[start : start + BATCH * PATCHES]
        torch.mm(lines, part.float().T, out=found[:, start : start + len(part)])
    return iter(found.numpy())


def _gap(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> float:
    """Mean distance of the sorted values of both, which it sorts in place and in parallel."""
    a.sort()
    b.sort()
    return float(np.abs(np.subtract(a, b, out=a), out=a).mean(dtype=np.float64))
