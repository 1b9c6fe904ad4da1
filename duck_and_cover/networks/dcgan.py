"""The deep convolutional GAN of Radford et al. 2016 (arXiv 1511.06434, Figure 1), with conditions.

    resolution  4     8    16   32   64   128
    channels    1024  512  256  128  64   32      4 fmap_max / r, the paper's fmap_max is 1024

    generator      z, condition -> dense 4x4, BN, ReLU -> [deconv5, BN, ReLU] a resolution
                   -> deconv5 to the picture, tanh
    discriminator  conv5, LReLU -> [conv5, BN, LReLU] a resolution -> 4x4, dense -> score

Every convolution has the stride 2. The paper's networks are those of 64x64, whose picture is made
of 128 channels at 32x32; 32, 128 and 256 go on by the same rule, so that the layers of a smaller
network are those of a larger one. Weights begin as N(0, 0.02); as in the official code nothing has
a bias but batch norm, whose gains are N(1, 0.02). It normalises a channel of the reshaped 4x4
features, as the paper's text has it; the official code normalises each of their 16 places.

The condition joins the latent in the generator and is projected on the sum of the last features
in the discriminator (Miyato and Koyama 2018), see `single`.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from duck_and_cover.networks.condition_encoder import ConditionSpec
from duck_and_cover.networks.layers import LRELU_SLOPE
from duck_and_cover.networks.progan import resolutions
from duck_and_cover.networks.single import LatentGenerator, ProjectionDiscriminator

STD = 0.02  # of all weights, and of batch norm's gains about 1 (the paper's section 4)
LEAST = 16  # channels, where a small fmap_max would leave next to none at high resolutions

Norm = Callable[[int], nn.Module]  # channels -> what normalises them


def width_at(resolution: int, fmap_max: int) -> int:
    """Channels at a resolution: `max(4 fmap_max / r, 16)`."""
    return max(4 * fmap_max // resolution, LEAST)


def init_normal(network: nn.Module) -> None:
    """N(0, 0.02) for what multiplies, N(1, 0.02) for batch norm's gains, 0 for biases."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(layer.weight, 0.0, STD)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, STD)


def conv_up(inputs: int, outputs: int) -> nn.ConvTranspose2d:
    """5x5, stride 2: (B, inputs, R, R) -> (B, outputs, 2R, 2R)."""
    return nn.ConvTranspose2d(inputs, outputs, 5, 2, padding=2, output_padding=1, bias=False)


def leaky_relu() -> nn.Module:
    """In the place of its input, a layer's output that nothing else looks at."""
    return nn.LeakyReLU(LRELU_SLOPE, inplace=True)


def conv_down(inputs: int, outputs: int) -> nn.Conv2d:
    """5x5, stride 2: (B, inputs, 2R, 2R) -> (B, outputs, R, R)."""
    return nn.Conv2d(inputs, outputs, 5, 2, padding=2, bias=False)


def add_convolutions_up(network: LatentGenerator, fmap_max: int) -> None:
    """Figure 1 from the 4x4 features on."""
    channels = {r: width_at(r, fmap_max) for r in resolutions(network.resolution // 2)}
    for r, c in channels.items():
        up = [conv_up(channels[r // 2], c)] if r > 4 else []
        network.blocks[str(r)] = nn.Sequential(*up, nn.BatchNorm2d(c), nn.ReLU(inplace=True))
    network.to_rgb[str(network.resolution)] = conv_up(channels[network.resolution // 2], 3)


def add_convolutions_down(network: ProjectionDiscriminator, fmap_max: int, norm: Norm) -> None:
    """The discriminator from the picture to the 4x4 features.

    Args:
        norm: Makes the normalisation of so many channels, from the second convolution on.
    """
    channels = {r: width_at(r, fmap_max) for r in resolutions(network.resolution // 2)}
    first = conv_down(3, channels[network.resolution // 2])
    network.from_rgb[str(network.resolution)] = nn.Sequential(first, leaky_relu())
    for r in reversed(resolutions(network.resolution // 2)[1:]):
        c = channels[r // 2]
        network.blocks[str(r)] = nn.Sequential(conv_down(channels[r], c), norm(c), leaky_relu())


class DCGANGenerator(LatentGenerator):
    """Figure 1's generator.

    Args:
        resolution: A power of two from 16 on.
        spec: What conditions there are; None for nothing but years.
        latent: Length of z, which is U(-1, 1).
        fmap_max: Channels of the 4x4 features, see the module's table.
        condition_width: Length of the encoded condition beside z; 0 builds the paper's
            unconditional network.
    """

    def __init__(
        self,
        resolution: int = 64,
        spec: ConditionSpec | None = None,
        latent: int = 100,
        fmap_max: int = 1024,
        condition_width: int = 64,
    ) -> None:
        super().__init__(resolution, spec, latent, fmap_max, condition_width, uniform=True)
        add_convolutions_up(self, fmap_max)
        init_normal(self)


class DCGANDiscriminator(ProjectionDiscriminator):
    """Section 3's discriminator, with a projection for the condition.

    Args:
        resolution, spec, fmap_max: As in the generator.
        conditional: False builds the paper's unconditional network.
    """

    def __init__(
        self,
        resolution: int = 64,
        spec: ConditionSpec | None = None,
        fmap_max: int = 1024,
        conditional: bool = True,
    ) -> None:
        super().__init__(resolution, spec, fmap_max, conditional)
        add_convolutions_down(self, fmap_max, nn.BatchNorm2d)
        init_normal(self)
