"""The networks of Gulrajani et al. 2017 (WGAN-GP, arXiv 1704.00028), with conditions, in two forms.

    convolutional, the paper's DCGAN without batch norm in the critic
        resolution  4    8    16   32   64       4 fmap_max / r, the official code's fmap_max is 512
        channels    512  256  128  64   32       see `dcgan`

    resnet, the official code's networks for 64x64
        resolution  4    8    16   32   64       8 fmap_max / r, at most the fmap_max
        channels    512  512  256  128  64
        generator   z, condition -> dense 4x4 -> [residual block, up] a resolution
                    -> BN, ReLU, conv3, tanh
        critic      conv3 -> [residual block, down] a resolution -> 4x4, dense -> score

    residual block up     BN, ReLU, up, conv3, BN, ReLU, conv3      beside up, conv1
    residual block down   LN, ReLU, conv3, LN, ReLU, conv3, down    beside down, conv1

Up repeats pixels, down takes means of 2x2. The gradient penalty looks at each picture by itself, so
the critic's normalisation, layer norm over a picture's whole features or none, does so too. Other
powers of two go on by the same rules.
"""

from __future__ import annotations

import math
from typing import Literal

from torch import Tensor, nn

from duck_and_cover.networks.condition_encoder import ConditionSpec
from duck_and_cover.networks.dcgan import (
    Norm,
    add_convolutions_down,
    add_convolutions_up,
    init_normal,
    width_at,
)
from duck_and_cover.networks.layers import downsample, upsample
from duck_and_cover.networks.progan import resolutions
from duck_and_cover.networks.single import LatentGenerator, ProjectionDiscriminator

Form = Literal["convolutional", "resnet"]


def residual_width(resolution: int, fmap_max: int) -> int:
    """Channels of the residual networks: twice the convolutional ones', at most `fmap_max`."""
    return min(2 * width_at(resolution, fmap_max), fmap_max)


class LayerNorm(nn.GroupNorm):
    """Each picture's features (C, R, R) to mean 0 and deviation 1; a gain and a bias a channel."""

    def __init__(self, channels: int) -> None:
        super().__init__(1, channels)


def init_residual(network: nn.Module) -> None:
    """The official code's uniform weights: `+-sqrt(3 s / (fan_in + fan_out))`, biases 0.

    s is 4 for the convolutions of residual blocks, which ReLU halves, and 2 for the rest.
    """
    for name, layer in network.named_modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            within = name.endswith(("conv0", "conv1"))
            nn.init.xavier_uniform_(layer.weight, math.sqrt(2) if within else 1.0)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


class ResidualUp(nn.Module):
    """One resolution more."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norm0, self.norm1 = nn.BatchNorm2d(inputs), nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.conv0 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.conv1 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, R, R) -> (B, outputs, 2R, 2R)."""
        y = self.conv0(upsample(self.relu(self.norm0(x))))
        # Pixels are repeated after the 1x1 convolution: the same numbers for a quarter of the work.
        total: Tensor = upsample(self.shortcut(x)) + self.conv1(self.relu(self.norm1(y)))
        return total


class ResidualDown(nn.Module):
    """One resolution less."""

    def __init__(self, inputs: int, outputs: int, norm: Norm) -> None:
        super().__init__()
        self.norm0, self.norm1 = norm(inputs), norm(inputs)
        self.relu = nn.ReLU()  # not in its place: without norms its input is the shortcut's too
        self.conv0 = nn.Conv2d(inputs, inputs, 3, padding=1, bias=False)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, 2R, 2R) -> (B, outputs, R, R)."""
        y = self.conv0(self.relu(self.norm0(x)))
        y = downsample(self.conv1(self.relu(self.norm1(y))))
        total: Tensor = self.shortcut(downsample(x)) + y
        return total


class WGANGenerator(LatentGenerator):
    """The generator, in either form.

    Args:
        resolution: A power of two from 16 on.
        spec: What conditions there are; None for nothing but years.
        latent: Length of z.
        fmap_max: Channels of the 4x4 features, see the module's tables.
        form: Which of the two.
        condition_width: Length of the encoded condition beside z; 0 builds the paper's
            unconditional network.
        uniform: Whether z is U(-1, 1), as latent optimisation has it, and not N(0, 1).
    """

    def __init__(
        self,
        resolution: int = 64,
        spec: ConditionSpec | None = None,
        latent: int = 128,
        fmap_max: int = 512,
        form: Form = "resnet",
        condition_width: int = 64,
        uniform: bool = False,
    ) -> None:
        biased = form == "resnet"
        super().__init__(resolution, spec, latent, fmap_max, condition_width, uniform, biased)
        self.settings |= dict(form=form, uniform=uniform)
        if form == "convolutional":
            add_convolutions_up(self, fmap_max)
            init_normal(self)
            return
        channels = {r: residual_width(r, fmap_max) for r in resolutions(resolution)}
        for r in resolutions(resolution)[1:]:
            self.blocks[str(r)] = ResidualUp(channels[r // 2], channels[r])
        last = channels[resolution]
        self.to_rgb[str(resolution)] = nn.Sequential(
            nn.BatchNorm2d(last), nn.ReLU(inplace=True), nn.Conv2d(last, 3, 3, padding=1)
        )
        init_residual(self)


class WGANDiscriminator(ProjectionDiscriminator):
    """The critic, in either form, with a projection for the condition.

    Args:
        resolution, spec, fmap_max, form: As in the generator.
        layer_norm: Whether features are normalised, as in the official code's critic of 64x64; that
            of CIFAR-10 does without.
        conditional: False builds the paper's unconditional network.
    """

    def __init__(
        self,
        resolution: int = 64,
        spec: ConditionSpec | None = None,
        fmap_max: int = 512,
        form: Form = "resnet",
        layer_norm: bool = True,
        conditional: bool = True,
    ) -> None:
        super().__init__(resolution, spec, fmap_max, conditional, bias=True)
        norm = LayerNorm if layer_norm else nn.Identity
        if form == "convolutional":
            add_convolutions_down(self, fmap_max, norm)
            init_normal(self)
            return
        channels = {r: residual_width(r, fmap_max) for r in resolutions(resolution)}
        self.from_rgb[str(resolution)] = nn.Conv2d(3, channels[resolution], 3, padding=1)
        for r in reversed(resolutions(resolution)[1:]):
            self.blocks[str(r)] = ResidualDown(channels[r], channels[r // 2], norm)
        init_residual(self)
