"""What the progressive GAN's networks are made of: the 4x4 base, and a block a resolution."""

import math

import torch
from torch import Tensor, nn

from duck_and_cover.networks.layers import (
    LRELU_GAIN,
    EqualConv2d,
    EqualConvDown,
    EqualConvUp,
    EqualLinear,
    Style,
    activated,
    downsample,
    leaky_relu_,
)


class GeneratorBase(nn.Module):
    """Latent to 4x4 features: dense, then a 3x3 convolution."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        # The paper's first layer is a 4x4 convolution of a 1x1 input padded by 3, whose fan-in
        # counts 16 times the latent: the same product as this dense layer with a quarter of the
        # gain. Its bias is one a channel, hence added after the reshape.
        self.dense = EqualLinear(inputs, outputs * 16, gain=LRELU_GAIN / 4, bias=False)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.conv = EqualConv2d(outputs, outputs)

    def forward(self, latent: Tensor) -> Tensor:
        """(B, inputs) -> (B, outputs, 4, 4)."""
        x = self.dense(latent).unflatten(1, (-1, 4, 4)) + self.bias[:, None, None]
        return activated(self.conv(activated(x)))


class GeneratorBlock(nn.Module):
    """One resolution more: up, two 3x3 convolutions, with a style behind each of them or none.

    Args:
        latent: Length of what the styles are made from; 0 builds none.
    """

    def __init__(self, inputs: int, outputs: int, latent: int = 0) -> None:
        super().__init__()
        self.conv0 = EqualConvUp(inputs, outputs)
        self.conv1 = EqualConv2d(outputs, outputs)
        self.style0 = Style(latent, outputs) if latent else None
        self.style1 = Style(latent, outputs) if latent else None

    def forward(self, x: Tensor, latent: Tensor) -> Tensor:
        """(B, inputs, R, R), (B, latent) -> (B, outputs, 2R, 2R)."""
        for conv, style in ((self.conv0, self.style0), (self.conv1, self.style1)):
            x = activated(conv(x))
            x = x if style is None else style(x, latent)
        return x


class DiscriminatorBlock(nn.Module):
    """One resolution less: two 3x3 convolutions, down.

    The paper halves after the second activation; `fused` halves within the convolution before it,
    as the official code's `fused_scale` does, at 4/9 of the products.

    Args:
        residual: Whether the halved input is added, repeated where there are more channels: cheaper
            than StyleGAN2's 1x1 convolution of it.
    """

    def __init__(self, inputs: int, outputs: int, fused: bool, residual: bool = False) -> None:
        super().__init__()
        self.conv0 = EqualConv2d(inputs, inputs)
        # Half the variance leaves room for the input's, and the sum is no larger than its terms.
        gain = LRELU_GAIN * math.sqrt(0.5) if residual else LRELU_GAIN
        self.conv1 = (EqualConvDown if fused else EqualConv2d)(inputs, outputs, gain=gain)
        self.fused, self.residual, self.more = fused, residual, outputs - inputs

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, 2R, 2R) -> (B, outputs, R, R)."""
        y = leaky_relu_(self.conv1(leaky_relu_(self.conv0(x))))
        y = y if self.fused else downsample(y)
        if not self.residual:
            return y
        x = downsample(x)
        return y + (torch.cat([x, x[:, : self.more]], dim=1) if self.more else x)
