"""How far two sets of covers are apart, and how different the covers of one set are.

Arrays in, numbers out; nothing here knows where the features come from.
"""

import numpy as np
import numpy.typing as npt

Features = npt.NDArray[np.floating]  # (N, D)


def kernel(x: Features, y: Features) -> npt.NDArray[np.float64]:
    """The kernel `(x.y / D + 1)^3` of Binkowski et al. 2018: (N, D), (M, D) -> (N, M)."""
    products: npt.NDArray[np.float64] = (
        x.astype(np.float64) @ y.T.astype(np.float64) / x.shape[1] + 1
    ) ** 3
    return products


def kid(real: Features, fake: Features) -> float:
    """Kernel distance: the unbiased squared MMD of Binkowski et al. 2018, equation 4.

    Args:
        real, fake: (N, D) and (M, D), at least two rows each.
    """
    n, m = len(real), len(fake)
    within_real = kernel(real, real)
    within_fake = kernel(fake, fake)
    return float(
        (within_real.sum() - np.trace(within_real)) / (n * (n - 1))
        + (within_fake.sum() - np.trace(within_fake)) / (m * (m - 1))
        - 2 * kernel(real, fake).mean()
    )


def mean_pairwise_distance(points: Features) -> float:
    """Mean Euclidean distance of all pairs of (N, D), N at least 2."""
    x = points.astype(np.float64)
    squares = (x**2).sum(axis=1)
    gaps = np.maximum(squares[:, None] + squares[None, :] - 2 * x @ x.T, 0)
    n = len(x)
    return float(np.sqrt(gaps)[np.triu_indices(n, 1)].mean())


def mean_structural_similarity(pictures: npt.NDArray[np.uint8], pairs: int, seed: int) -> float:
    """Mean MS-SSIM of random pairs of covers (N, R, R, 3): 1 where all are the same.

    N is at least 2 and R at least 16. Scales as many as a 7x7 window fits, with the weights of
    Wang et al. 2003 scaled to sum to 1.
    """
    import torch
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure as ssim

    side = pictures.shape[1]
    scales = max(1, min(5, (side // 8).bit_length()))
    weights = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])[:scales]
    random = np.random.default_rng(seed)
    left = random.integers(0, len(pictures), pairs)
    right = (left + random.integers(1, len(pictures), pairs)) % len(pictures)  # never itself
    images = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 255
    value = ssim(
        images[left],
        images[right],
        gaussian_kernel=False,
        kernel_size=7,
        data_range=1.0,
        betas=tuple(weights / weights.sum()),
        normalize="relu",
    )
    return float(value)
