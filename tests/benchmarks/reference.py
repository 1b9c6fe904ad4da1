"""The yardstick: one progressive-GAN step as a plain script does it, so that ours can be compared.

The fully grown networks of Karras et al. 2018 without conditions; Wasserstein with the gradient
penalty in every step and the drift term, reals and fakes scored one after the other, fakes drawn
anew for the generator, Adam, an average. float32, NCHW, eager; nothing is fused, shared or skipped.
"""

from __future__ import annotations

import copy
import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PENALTY, DRIFT, DECAY = 10.0, 0.001, 0.999
LATENT = 512


def channels(resolution: int, fmap_base: int, fmap_max: int) -> int:
    """The paper's Table 2."""
    return min(2 * fmap_base // resolution, fmap_max)


def activated(x: Tensor) -> Tensor:
    """Leaky ReLU, slope 0.2."""
    return F.leaky_relu(x, 0.2)


def normalized(x: Tensor) -> Tensor:
    """Pixel norm."""
    return x / (x.pow(2).mean(dim=1, keepdim=True) + 1e-8).sqrt()


class Conv(nn.Module):
    """A convolution whose N(0, 1) weights are scaled at run time."""

    def __init__(self, inputs: int, outputs: int, kernel: int, gain: float = math.sqrt(2)) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.kernel, self.scale = kernel, gain / math.sqrt(inputs * kernel * kernel)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, R, R) -> (B, outputs, R, R)."""
        return F.conv2d(x, self.scale * self.weight, self.bias, padding=self.kernel // 2)


class PlainGenerator(nn.Module):
    """z (B, 512) -> pictures (B, 3, R, R)."""

    def __init__(self, resolution: int, fmap_base: int, fmap_max: int) -> None:
        super().__init__()
        c = [channels(4 * 2**i, fmap_base, fmap_max) for i in range(resolution.bit_length() - 2)]
        self.start = Conv(LATENT, 16 * c[0], 1, math.sqrt(2) / 4)
        convs = [Conv(c[0], c[0], 3)]
        for low, high in zip(c, c[1:], strict=False):
            convs += [Conv(low, high, 3), Conv(high, high, 3)]
        self.convs, self.to_rgb = nn.ModuleList(convs), Conv(c[-1], 3, 1, 1.0)

    def forward(self, z: Tensor) -> Tensor:
        """One convolution at 4x4, then two a resolution."""
        x = self.start(normalized(z).reshape(len(z), -1, 1, 1))
        x = normalized(activated(x.reshape(len(z), -1, 4, 4)))
        for number, conv in enumerate(self.convs):
            if number % 2:
                x = F.interpolate(x, scale_factor=2, mode="nearest")
            x = normalized(activated(conv(x)))
        rgb: Tensor = self.to_rgb(x)
        return rgb


class PlainDiscriminator(nn.Module):
    """Pictures (B, 3, R, R) -> scores (B,)."""

    def __init__(self, resolution: int, fmap_base: int, fmap_max: int) -> None:
        super().__init__()
        c = [channels(4 * 2**i, fmap_base, fmap_max) for i in range(resolution.bit_length() - 2)]
        self.from_rgb = Conv(3, c[-1], 1)
        convs: list[Conv] = []
        for high, low in zip(c[:0:-1], c[-2::-1], strict=True):
            convs += [Conv(high, high, 3), Conv(high, low, 3)]
        self.convs = nn.ModuleList(convs)
        self.conv, self.dense = Conv(c[0] + 1, c[0], 3), Conv(16 * c[0], c[0], 1)
        self.score = Conv(c[0], 1, 1, 1.0)

    def forward(self, images: Tensor) -> Tensor:
        """Two convolutions a resolution, the spread of each four pictures, two dense layers."""
        x = activated(self.from_rgb(images))
        for number, conv in enumerate(self.convs):
            x = activated(conv(x))
            if number % 2:
                x = F.avg_pool2d(x, 2)
        groups = x.reshape(4, -1, *x.shape[1:])
        spread = (groups.var(dim=0, unbiased=False) + 1e-8).sqrt().mean(dim=(1, 2, 3)).repeat(4)
        x = torch.cat([x, spread.reshape(-1, 1, 1, 1).expand(-1, 1, 4, 4)], dim=1)
        x = activated(self.conv(x)).reshape(len(x), -1, 1, 1)
        scores: Tensor = self.score(activated(self.dense(x)))
        return scores.flatten()


class PlainStep:
    """A training in which every call is one step on the same made-up pictures."""

    def __init__(
        self, resolution: int, batch: int, fmap_base: int, fmap_max: int, device: str = "cpu"
    ) -> None:
        self.batch, self.device = batch, device
        self.generator = PlainGenerator(resolution, fmap_base, fmap_max).to(device)
        self.discriminator = PlainDiscriminator(resolution, fmap_base, fmap_max).to(device)
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        self.optimizers = [
            torch.optim.Adam(network.parameters(), lr=1e-3, betas=(0.0, 0.99))
            for network in (self.generator, self.discriminator)
        ]
        self.real = torch.rand(batch, 3, resolution, resolution, device=device) * 2 - 1

    def noise(self) -> Tensor:
        """A batch of latents."""
        return torch.randn(self.batch, LATENT, device=self.device)

    def __call__(self) -> None:
        """Discriminator, generator, average."""
        for optimizer, loss in zip(
            self.optimizers[::-1], (self.discriminator_loss, self.generator_loss), strict=True
        ):
            optimizer.zero_grad()
            loss().backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        with torch.no_grad():
            for kept, now in zip(
                self.average.parameters(), self.generator.parameters(), strict=True
            ):
                kept.lerp_(now, 1 - DECAY)

    def discriminator_loss(self) -> Tensor:
        """Wasserstein, gradient penalty, drift."""
        with torch.no_grad():
            fake = self.generator(self.noise())
        mix = torch.rand(self.batch, 1, 1, 1, device=self.device)
        between = (mix * self.real + (1 - mix) * fake).requires_grad_()
        score = self.discriminator(between).sum()
        (gradient,) = torch.autograd.grad(score, between, create_graph=True)
        penalty = (gradient.flatten(1).norm(dim=1) - 1).square().mean()
        on_real, on_fake = self.discriminator(self.real), self.discriminator(fake)
        wasserstein = (on_fake - on_real).mean()
        total: Tensor = wasserstein + DRIFT * on_real.square().mean() + PENALTY * penalty
        return total

    def generator_loss(self) -> Tensor:
        """Wasserstein from the other side."""
        score: Tensor = self.discriminator(self.generator(self.noise()))
        return -score.mean()
