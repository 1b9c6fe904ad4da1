"""The progressive GAN of Karras et al. 2018 (arXiv 1710.10196, Table 2), with conditions.

    resolution  4    8    16   32   64   128  256  512  1024
    channels    512  512  512  512  256  128  64   32   16     min(2 fmap_base / r, fmap_max)

    generator      z, condition -> dense 4x4, conv3 -> [up, conv3, conv3] a resolution -> toRGB 1x1
    discriminator  fromRGB 1x1 -> [conv3, conv3, down] a resolution
                   -> stddev, conv3, dense, dense -> score

Leaky ReLU 0.2 follows every convolution, pixel norm every one of the generator; toRGB and the last
dense layer are linear. All resolutions are built at once; growing is the argument `resolution`, and
the newest one is faded in by `alpha` (Figure 2). The condition joins the latent in the generator
and is projected on the last features in the discriminator, so it acts at every resolution. With
`styles` both also scale the channels behind every convolution above 4x4. With `skips` and
`residual` features need not carry the whole picture from layer to layer (Karras et al. 2020,
StyleGAN2, section 4.2):

    skips     picture(R) = smooth_upsample(picture(R / 2)) + toRGB(features(R))
    residual  block(x) = down(conv3(conv3(x))) + down(x)
"""

import math
from typing import Any

import torch
from torch import Tensor, nn

from duck_and_cover.networks.base import Discriminator, Generator, Given
from duck_and_cover.networks.blocks import DiscriminatorBlock, GeneratorBase, GeneratorBlock
from duck_and_cover.networks.condition_encoder import (
    ConditionEncoder,
    ConditionSpec,
    ConditionTensors,
)
from duck_and_cover.networks.layers import (
    EqualConv2d,
    EqualLinear,
    downsample,
    fade,
    leaky_relu_,
    minibatch_stddev,
    pixel_norm,
    smooth_upsample,
    upsample,
)


def resolutions(top: int, start: int = 4) -> list[int]:
    """The powers of two from `start` to `top`: resolutions(32) = [4, 8, 16, 32]."""
    assert top >= start >= 4 and top & (top - 1) == 0 and start & (start - 1) == 0, (start, top)
    return [2**i for i in range(start.bit_length() - 1, top.bit_length())]


def width(resolution: int, fmap_base: int, fmap_max: int) -> int:
    """Channels at a resolution: `min(fmap_base / 2^(log2 r - 1), fmap_max)`."""
    return min(2 * fmap_base // resolution, fmap_max)


class ProGANGenerator(Generator):
    """Table 2's generator.

    Args:
        resolution: The top resolution, a power of two from 4 to 1024.
        spec: What conditions there are; None for nothing but years.
        latent: Length of z.
        fmap_base, fmap_max: Widths, see the module's table.
        condition_width: Length of the encoded condition beside z; 0 builds the paper's
            unconditional network.
        normalize: "latent" normalises z and then joins the condition (the paper's Theano code);
            "joined" normalises both as one vector (its TensorFlow code).
        styles: Whether that vector also scales the channels behind every convolution above 4x4,
            see `Style`; the paper's enters at 4x4 alone.
        skips: Whether every resolution adds to the picture of the one before; in the paper the
            last one makes all of it.
    """

    def __init__(
        self,
        resolution: int = 1024,
        spec: ConditionSpec | None = None,
        latent: int = 512,
        fmap_base: int = 8192,
        fmap_max: int = 512,
        condition_width: int = 128,
        normalize: str = "latent",
        styles: bool = False,
        skips: bool = False,
    ) -> None:
        super().__init__()
        assert normalize in ("latent", "joined"), normalize
        spec = spec or ConditionSpec()
        self.settings: dict[str, Any] = dict(resolution=resolution, spec=spec.settings())
        self.settings |= dict(latent=latent, fmap_base=fmap_base, fmap_max=fmap_max)
        self.settings |= dict(condition_width=condition_width, normalize=normalize, styles=styles)
        self.settings |= dict(skips=skips)
        self.resolution, self.latent, self.normalize = resolution, latent, normalize
        self.skips = skips
        self.encoder = ConditionEncoder(spec, condition_width) if condition_width else None
        channels = {r: width(r, fmap_base, fmap_max) for r in resolutions(resolution)}
        self.base = GeneratorBase(latent + condition_width, channels[4])
        styled = latent + condition_width if styles else 0
        self.blocks, self.to_rgb = nn.ModuleDict(), nn.ModuleDict()
        for r in resolutions(resolution)[1:]:
            self.blocks[str(r)] = GeneratorBlock(channels[r // 2], channels[r], styled)
        for r, outputs in channels.items():
            self.to_rgb[str(r)] = EqualConv2d(outputs, 3, 1, gain=1.0)

    def latents(self, z: Tensor, condition: Given, truncation: float = 1.0) -> Tensor:
        """z (B, latent) and conditions as the one vector (B, latent + condition_width)."""
        if self.encoder is None:
            return truncation * pixel_norm(z)
        encoded = self.encoded(condition)
        if self.normalize == "joined":
            return pixel_norm(torch.cat([truncation * z, encoded], dim=1))
        # The encoding is normalised on its own: neither label nor noise can drown the other.
        return torch.cat([truncation * pixel_norm(z), pixel_norm(encoded)], dim=1)

    def forward(
        self,
        z: Tensor,
        condition: Given,
        resolution: int | None = None,
        alpha: float = 1.0,
        truncation: float = 1.0,
    ) -> Tensor:
        """z (B, latent), condition of B covers -> pictures (B, 3, R, R) about [-1, 1].

        Args:
            resolution: R, the top resolution by default.
            alpha: Weight of R's own toRGB against the upsampled picture of R/2.
            truncation: Weight of z beside the condition, from 0 to 1. The mean of all z is 0 and
                the base's dense layer linear, so this moves its features towards the condition's
                mean.
        """
        target = resolution or self.resolution
        joined = self.latents(z, condition, truncation)
        features = {4: self.base(joined)}
        for r in resolutions(target)[1:]:
            features[r] = self.blocks[str(r)](features[r // 2], joined)
        rgb = self.picture(features, target)
        if alpha < 1 and target > 4:
            rgb = fade(upsample(self.picture(features, target // 2)), rgb, alpha)
        return rgb

    def picture(self, features: dict[int, Tensor], resolution: int) -> Tensor:
        """What the features of each resolution, up to that of the picture, come to."""
        rgb: Tensor = self.to_rgb[str(resolution)](features[resolution])
        if self.skips and resolution > 4:
            rgb = smooth_upsample(self.picture(features, resolution // 2)) + rgb
        return rgb


class ProGANDiscriminator(Discriminator):
    """Table 2's discriminator, with the projection of Miyato and Koyama 2018 for the condition.

    Args:
        resolution, spec, fmap_base, fmap_max: As in the generator.
        conditional: False builds the paper's unconditional network.
        stddev_group: Pictures that share one minibatch statistic; None takes the whole minibatch
            (the paper), 0 shows none: the layer's channel is next to nothing.
        fused: Whether halving is part of the convolution, see `DiscriminatorBlock`.
        classify: Whether a head beside the score tells genres (Odena et al. 2017, AC-GAN).
        residual: Whether the input of every block is added to its output, see `DiscriminatorBlock`.
    """

    def __init__(
        self,
        resolution: int = 1024,
        spec: ConditionSpec | None = None,
        fmap_base: int = 8192,
        fmap_max: int = 512,
        conditional: bool = True,
        stddev_group: int | None = 4,
        fused: bool = False,
        classify: bool = False,
        residual: bool = False,
    ) -> None:
        super().__init__()
        self.resolution, self.stddev_group, self.classify = resolution, stddev_group, classify
        channels = {r: width(r, fmap_base, fmap_max) for r in resolutions(resolution)}
        self.from_rgb, self.blocks = nn.ModuleDict(), nn.ModuleDict()
        for r, inputs in channels.items():
            self.from_rgb[str(r)] = EqualConv2d(3, inputs, 1)
        for r in resolutions(resolution)[1:]:
            self.blocks[str(r)] = DiscriminatorBlock(channels[r], channels[r // 2], fused, residual)
        self.conv = EqualConv2d(channels[4] + 1, channels[4])
        self.dense = EqualLinear(channels[4] * 16, channels[4])
        self.score = EqualLinear(channels[4], 1, gain=1.0)
        # Covers without genres leave nothing to tell.
        labels = spec.n_genres if classify and spec else 0
        self.genre_head = EqualLinear(channels[4], labels, gain=1.0) if labels else None
        self.encoder = (
            ConditionEncoder(spec or ConditionSpec(), channels[4]) if conditional else None
        )

    @property
    def tells_genres(self) -> bool:
        """Whether genres are projected, or have the head."""
        return self.genre_head is not None or super().tells_genres

    def features(self, images: Tensor, alpha: float = 1.0, batches: int = 1) -> Tensor:
        """Pictures (B, 3, R, R) -> the last features (B, width(4))."""
        r = images.shape[-1]
        x = leaky_relu_(self.from_rgb[str(r)](images))
        if r > 4:
            x = self.blocks[str(r)](x)
            if alpha < 1:
                low = leaky_relu_(self.from_rgb[str(r // 2)](downsample(images)))
                x = fade(low, x, alpha)
            for s in reversed(resolutions(r // 2)[1:]):
                x = self.blocks[str(s)](x)
        group = self.stddev_group
        x = minibatch_stddev(x, 1 if group == 0 else group, batches)
        x = leaky_relu_(self.conv(x))
        return leaky_relu_(self.dense(x.flatten(1)))

    def forward(
        self, images: Tensor, condition: ConditionTensors, alpha: float = 1.0, batches: int = 1
    ) -> Tensor:
        """Pictures (B, 3, R, R) in [-1, 1] and their conditions -> scores (B,), unbounded, float32.

        `score = w . h + e(condition) . h / sqrt(C)` with h the last features and e the encoder.

        Args:
            alpha: Weight of R's own fromRGB against that of R/2 on the halved picture.
            batches: How many minibatches are stacked along B (reals beside fakes, say).
        """
        return self.scores(self.features(images, alpha, batches), condition)

    def scores(self, h: Tensor, condition: ConditionTensors) -> Tensor:
        """The last features (B, C) and conditions -> scores (B,)."""
        scores: Tensor = self.score(h).squeeze(1).float()
        if self.encoder is not None:
            projection = (self.encoder(condition).float() * h.float()).sum(dim=1)
            scores = scores + projection / math.sqrt(h.shape[1])
        return scores

    def genre_fits(self, images: Tensor, condition: ConditionTensors, alpha: float = 1.0) -> Tensor:
        """The head's logits (B, G), or scores under each genre alone, the rest as it is."""
        h = self.features(images, alpha)
        if self.genre_head is not None:
            return self.genre_logits(h)
        genres = range(condition.genres.shape[1])
        return torch.stack([self.scores(h, condition.with_genre(i)) for i in genres], dim=1)

    def genre_logits(self, h: Tensor) -> Tensor:
        """What the head makes of the last features (B, C): logits (B, G), float32."""
        assert self.genre_head is not None
        logits: Tensor = self.genre_head(h).float()
        return logits

    def matches(self, h: Tensor, condition: ConditionTensors) -> Tensor:
        """How well every picture fits every condition: (B, C), B conditions -> (B, B)."""
        assert self.encoder is not None
        fits: Tensor = h.float() @ self.encoder(condition).float().T / math.sqrt(h.shape[1])
        return fits
