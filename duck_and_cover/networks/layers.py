"""The operations and layers that the progressive GAN is made of (Karras et al. 2018).

Each is written as in the paper: weights stay N(0, 1) and are scaled at run time (section 4.1),
features are normalised per pixel (section 4.2), and the batch's own spread is shown to the
discriminator (section 3).
"""

import functools
import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from duck_and_cover.networks import products

LRELU_SLOPE = 0.2
LRELU_GAIN = math.sqrt(2)  # He's constant, as the paper uses it for leaky ReLU layers


def leaky_relu(x: Tensor) -> Tensor:
    """Leaky ReLU with the slope 0.2 that the paper uses everywhere."""
    return F.leaky_relu(x, LRELU_SLOPE)


def leaky_relu_(x: Tensor) -> Tensor:
    """The same in the place of `x`, a layer's output that nothing else looks at.

    Its derivatives need the signs alone, which the output has too: one tensor is kept, not two.
    """
    return F.leaky_relu_(x, LRELU_SLOPE)


def pixel_norm(x: Tensor, eps: float = 1e-8) -> Tensor:
    """Pixelwise feature vector normalisation (section 4.2): `x / sqrt(mean_c(x^2) + eps)`.

    Args:
        x: Features (B, C, H, W), or latents (B, C).
        eps: The paper's 1e-8; half-precision sums want 1e-4.
    """
    # The sum runs in float32 under autocast too: bfloat16 has 8 bits for a sum of 512 squares.
    scale = torch.rsqrt(x.float().square().mean(dim=1, keepdim=True) + eps)
    return x * scale.to(x.dtype)


def activated(x: Tensor) -> Tensor:
    """Leaky ReLU and pixel norm of a generator layer's output, which nothing else looks at."""
    x = leaky_relu_(x)
    last = x.is_contiguous(memory_format=torch.channels_last)
    if x.requires_grad or x.dtype != torch.float32 or not last:
        return pixel_norm(x)
    # Without gradients in its place, and with no copy of the squares; slow in other layouts.
    norm = torch.linalg.vector_norm(x, dim=1, keepdim=True)
    return x.mul_(torch.rsqrt(norm.square_().div_(x.shape[1]).add_(1e-8)))


def minibatch_stddev(x: Tensor, group: int | None = None, batches: int = 1) -> Tensor:
    """Append one channel with the spread of each group of pictures (section 3).

    Args:
        x: Features (B, C, H, W) of `batches` minibatches stacked along B; no group spans two.
        group: Pictures a group; the largest divisor of a minibatch up to it is used. None, the
            paper's choice, takes the whole minibatch.
        batches: How many minibatches are stacked in `x`.

    Returns:
        Features (B, C + 1, H, W).
    """
    each = x.shape[0] // batches
    size = (
        each if group is None else next(g for g in range(min(group, each), 0, -1) if each % g == 0)
    )
    grouped = x.float().reshape(-1, size, *x.shape[1:])  # (B / size, size, C, H, W)
    # The biased variance, with epsilon inside the root: the gradient at zero spread stays finite.
    # By hand: torch's own is slow over few and scattered numbers.
    variance = (grouped - grouped.mean(dim=1, keepdim=True)).square().mean(dim=1)
    spread = (variance + 1e-8).sqrt().mean(dim=(1, 2, 3))  # (B / size,)
    channel = spread.repeat_interleave(size).to(x.dtype)[:, None, None, None]
    return torch.cat([x, channel.expand(-1, 1, *x.shape[2:])], dim=1)


def upsample(x: Tensor) -> Tensor:
    """Twice the resolution by repeating pixels: (B, C, R, R) -> (B, C, 2R, 2R)."""
    return F.interpolate(x, scale_factor=2, mode="nearest")


def smooth_upsample(x: Tensor) -> Tensor:
    """Twice the resolution with lines between the pixels: (B, C, R, R) -> (B, C, 2R, 2R)."""
    return F.interpolate(x, scale_factor=2, mode="bilinear")


def downsample(x: Tensor) -> Tensor:
    """Half the resolution by 2x2 means: (B, C, R, R) -> (B, C, R/2, R/2)."""
    return F.avg_pool2d(x, 2)


def fade(low: Tensor, high: Tensor, alpha: float) -> Tensor:
    """The fade-in of Figure 2: `(1 - alpha) low + alpha high`."""
    return torch.lerp(low, high.to(low.dtype), alpha)


def fade_reals(images: Tensor, alpha: float) -> Tensor:
    """Real pictures (B, 3, R, R) as the fading networks see them: detail weighs `alpha`."""
    if alpha >= 1 or images.shape[-1] <= 4:
        return images
    return fade(upsample(downsample(images)), images, alpha)


Form = Callable[[Tensor, float], Tensor]  # weights and their scale -> what is multiplied with


class KeptKernel:
    """The form that a layer's weights were last brought to, for as long as they stay the same.

    For weights that do not learn: fused optimisers change those that do without a trace. Copies
    of a layer, and what is saved of it, begin with none.
    """

    def __init__(self) -> None:
        self._kept: tuple[Tensor, int, Form, Tensor] | None = None

    def of(self, weight: Tensor, scale: float, form: Form) -> Tensor:
        """`form(weight, scale)`, channels last, from the last call where nothing has changed."""
        if self._kept is not None:
            source, version, kept_form, kernel = self._kept
            same = source.data_ptr() == weight.data_ptr() and version == weight._version
            if same and kept_form is form:
                return kernel
        kernel = form(weight, scale)
        if kernel.dim() == 4:
            kernel = kernel.contiguous(memory_format=torch.channels_last)
        # The weights are held too: nothing else can come to lie where they are.
        self._kept = weight.detach(), weight._version, form, kernel
        return kernel

    def forget(self) -> None:
        """Make the form anew at the next call."""
        self._kept = None

    def __deepcopy__(self, memo: dict[int, object]) -> "KeptKernel":
        return KeptKernel()

    def __reduce__(self) -> tuple[type["KeptKernel"], tuple[()]]:
        return KeptKernel, ()


def plain_kernel(weight: Tensor, scale: float) -> Tensor:
    """Weights (O, I, K, K) as conv2d takes them."""
    return weight * scale


@functools.cache
@torch.inference_mode(False)  # else sampling first would leave a tensor that training cannot use
def _spreading(device: torch.device, dtype: torch.dtype) -> Tensor:
    """Which of a 4x4 kernel's weights each of the 3x3 ones is a part of: (9, 16)."""
    each = F.pad(torch.eye(9).view(9, 3, 3), (1, 1, 1, 1))
    seen = each[:, 1:, 1:] + each[:, 1:, :-1] + each[:, :-1, 1:] + each[:, :-1, :-1]
    return seen.flatten(1).to(device, dtype)


def spread(weight: Tensor) -> Tensor:
    """A 3x3 kernel seen through 2x2 pixels as one 4x4 kernel: (O, I, 3, 3) -> (O, I, 4, 4).

    As one product, for summing shifted kernels takes a dozen passes over them.
    """
    kernel = weight.flatten(2) @ _spreading(weight.device, weight.dtype)
    return kernel.view(*weight.shape[:2], 4, 4)


def up_kernel(weight: Tensor, scale: float) -> Tensor:
    """Weights (O, I, 3, 3) as conv_transpose2d with stride 2 takes them: (I, O, 4, 4)."""
    return spread(weight.flip(2, 3) * scale).transpose(0, 1)


def down_kernel(weight: Tensor, scale: float) -> Tensor:
    """Weights (O, I, 3, 3) as conv2d with stride 2 takes them: (O, I, 4, 4)."""
    return spread(weight * (scale / 4))


class EqualConv2d(nn.Module):
    """Convolution with equalised learning rate (section 4.1): `w * gain / sqrt(fan_in)`."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 3, gain: float = LRELU_GAIN
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.scale = gain / math.sqrt(inputs * kernel**2)
        self.padding = kernel // 2
        self.kept = KeptKernel()

    def kernel(self, form: Form) -> Tensor:
        """The scaled weights in a form; made once where nothing learns."""
        learning = self.training or torch.is_grad_enabled() or self.weight.requires_grad
        if learning or self.weight.is_inference():
            self.kept.forget()
            return form(self.weight, self.scale)
        return self.kept.of(self.weight, self.scale, form)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, R, R) -> (B, outputs, R, R)."""
        if products.pays(x, self.weight, x.shape[-1]):
            return self.biased(products.conv(x, self.kernel(products.same_kernel)))
        return F.conv2d(x, self.kernel(plain_kernel), self.bias, padding=self.padding)

    def biased(self, x: Tensor) -> Tensor:
        """`x + bias`, in its place."""
        return x.add_(self.bias[:, None, None])


class EqualConvUp(EqualConv2d):
    """`conv(upsample(x))` as one transposed convolution: the same numbers, 4/9 of the products."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, R, R) -> (B, outputs, 2R, 2R)."""
        if products.pays(x, self.weight, 2 * x.shape[-1]):
            return self.biased(products.conv_up(x, self.kernel(products.up_kernel)))
        return F.conv_transpose2d(x, self.kernel(up_kernel), self.bias, stride=2, padding=1)


class EqualConvDown(EqualConv2d):
    """`downsample(conv(x))` as one convolution: the same numbers, 4/9 of the products."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, 2R, 2R) -> (B, outputs, R, R)."""
        if products.pays(x, self.weight, x.shape[-1]):
            return self.biased(products.conv_down(x, self.kernel(products.down_kernel)))
        return F.conv2d(x, self.kernel(down_kernel), self.bias, stride=2, padding=1)


class EqualLinear(nn.Module):
    """Dense layer with equalised learning rate (section 4.1): `w * gain / sqrt(fan_in)`."""

    def __init__(
        self, inputs: int, outputs: int, gain: float = LRELU_GAIN, bias: bool = True
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.scale = gain / math.sqrt(inputs)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs) -> (B, outputs)."""
        # Scaled within the product or after it: there are more weights than features.
        if self.bias is None:
            return F.linear(x, self.weight) * self.scale
        return torch.addmm(self.bias, x, self.weight.t(), alpha=self.scale)


class Style(nn.Module):
    """Each picture's own weight of each channel: `x (1 + A latent)`, of deviation 1/2 at first.

    The scale of adaptive instance normalisation (Karras et al. 2019, StyleGAN), or self-modulation
    (Chen et al. 2019) without its shift; features come normalised, by pixel.
    """

    def __init__(self, latent: int, channels: int) -> None:
        super().__init__()
        self.dense = EqualLinear(latent, channels, gain=0.5)

    def forward(self, x: Tensor, latent: Tensor) -> Tensor:
        """(B, channels, R, R), (B, latent) -> (B, channels, R, R); without gradients in place."""
        scale = (1 + self.dense(latent)).to(x.dtype)[:, :, None, None]
        return x * scale if torch.is_grad_enabled() else x.mul_(scale)
