"""What generators and discriminators of a single resolution share, whatever they are made of.

    generator      z, condition -> dense 4x4 -> blocks -> to_rgb -> tanh
    discriminator  from_rgb -> blocks -> 4x4 features -> score, with the condition projected

Blocks are named by their resolution, so that a larger network can take over those of a smaller one.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from duck_and_cover.networks.base import Discriminator, Generator, Given
from duck_and_cover.networks.condition_encoder import (
    ConditionEncoder,
    ConditionSpec,
    ConditionTensors,
)
from duck_and_cover.networks.layers import pixel_norm

ENCODING = 128  # length of the discriminator's encoded condition, before it meets the features


class LatentGenerator(Generator):
    """z and condition -> dense 4x4 features -> blocks -> picture; subclasses add the latter two.

    Args:
        resolution: R, a power of two.
        spec: What conditions there are; None for nothing but years.
        latent: Length of z.
        fmap_max: Channels of the 4x4 features.
        condition_width: Length of the encoded condition beside z; 0 builds an unconditional
            network.
        uniform: Whether z is U(-1, 1) and not N(0, 1).
        bias: Whether the dense layer has one, of use where no batch norm takes it away.
    """

    def __init__(
        self,
        resolution: int,
        spec: ConditionSpec | None,
        latent: int,
        fmap_max: int,
        condition_width: int,
        uniform: bool,
        bias: bool = False,
    ) -> None:
        super().__init__()
        spec = spec or ConditionSpec()
        self.resolution, self.latent, self.uniform = resolution, latent, uniform
        self.settings: dict[str, Any] = dict(
            resolution=resolution,
            spec=spec.settings(),
            latent=latent,
            fmap_max=fmap_max,
            condition_width=condition_width,
        )
        self.encoder = ConditionEncoder(spec, condition_width) if condition_width else None
        self.base = nn.Linear(latent + condition_width, fmap_max * 16, bias)
        self.blocks = nn.ModuleDict()  # by the resolution that each comes out with
        self.to_rgb = nn.ModuleDict()  # the last one, by R

    def latents(self, z: Tensor, condition: Given, truncation: float = 1.0) -> Tensor:
        """z (B, latent) and conditions as the one vector (B, latent + condition_width).

        The encoding is normalised to a mean square of 1, which N(0, 1) has and U(-1, 1) nearly:
        neither label nor noise can drown the other.
        """
        if self.encoder is None:
            return truncation * z
        return torch.cat([truncation * z, pixel_norm(self.encoded(condition))], dim=1)

    def forward(
        self,
        z: Tensor,
        condition: Given,
        resolution: int | None = None,
        alpha: float = 1.0,
        truncation: float = 1.0,
    ) -> Tensor:
        """z (B, latent), condition of B covers -> pictures (B, 3, R, R) in [-1, 1].

        Args:
            resolution: R or None; this network has no other.
            alpha: 1; it does not fade.
            truncation: Weight of z beside the condition, from 0 to 1.
        """
        assert resolution in (None, self.resolution), (resolution, self.resolution)
        x = self.base(self.latents(z, condition, truncation)).unflatten(1, (-1, 4, 4))
        for block in self.blocks.values():
            x = block(x)
        pictures: Tensor = self.to_rgb[str(self.resolution)](x)
        return torch.tanh(pictures)


class ProjectionDiscriminator(Discriminator):
    """4x4 features of pictures -> scores, with the condition projected on their sum.

    Args:
        resolution: R, a power of two.
        spec: What conditions there are; None for nothing but years.
        fmap_max: Channels of the 4x4 features.
        conditional: False builds an unconditional network.
        bias: Whether the score has one.
    """

    def __init__(
        self,
        resolution: int,
        spec: ConditionSpec | None,
        fmap_max: int,
        conditional: bool,
        bias: bool = False,
    ) -> None:
        super().__init__()
        spec = spec or ConditionSpec()
        self.resolution = resolution
        self.from_rgb = nn.ModuleDict()  # the first one, by R
        self.blocks = nn.ModuleDict()  # by the resolution that each halves
        self.score = nn.Linear(fmap_max * 16, 1, bias)
        self.encoder = ConditionEncoder(spec, ENCODING) if conditional else None
        # The encoder's weights are unit noise and learn slowly at these networks' small steps:
        # what it says of a condition is turned towards the features by a plain layer.
        self.project = nn.Linear(ENCODING, fmap_max) if conditional else None

    def features(self, images: Tensor, batches: int = 1) -> Tensor:
        """Pictures (B, 3, R, R) -> the last features (B, C, 4, 4).

        Args:
            images: `batches` minibatches stacked along B, each with batch statistics of its own.
        """
        parts = []
        for x in images.chunk(batches):
            x = self.from_rgb[str(self.resolution)](x)
            for block in self.blocks.values():
                x = block(x)
            parts.append(x)
        return torch.cat(parts) if batches > 1 else parts[0]

    def forward(
        self, images: Tensor, condition: ConditionTensors, alpha: float = 1.0, batches: int = 1
    ) -> Tensor:
        """Pictures (B, 3, R, R) in [-1, 1] and their conditions -> scores (B,), unbounded, float32.

        `score = w . h + e(condition) . s / sqrt(C)` with h the last features, s their sum over
        the 16 places by 4, and e the projected encoding.

        Args:
            alpha: 1; this network does not fade.
            batches: How many minibatches are stacked along B (reals beside fakes, say).
        """
        return self.scores(self.features(images, batches), condition)

    def scores(self, h: Tensor, condition: ConditionTensors) -> Tensor:
        """The last features (B, C, 4, 4) and conditions -> scores (B,)."""
        scores: Tensor = self.score(h.flatten(1)).squeeze(1).float()
        if self.encoder is not None:
            scores = scores + (self.directions(condition) * self.summed(h)).sum(dim=1)
        return scores

    def matches(self, h: Tensor, condition: ConditionTensors) -> Tensor:
        """How well every picture fits every condition: B pictures, C conditions -> (B, C)."""
        return self.summed(h) @ self.directions(condition).T

    def genre_fits(self, images: Tensor, condition: ConditionTensors, alpha: float = 1.0) -> Tensor:
        """The scores of pictures (B, 3, R, R) under each genre alone: (B, G)."""
        h = self.features(images)
        each = [self.scores(h, condition.with_genre(i)) for i in range(condition.genres.shape[1])]
        return torch.stack(each, dim=1)

    def directions(self, condition: ConditionTensors) -> Tensor:
        """Conditions of B covers -> what is multiplied with the summed features, (B, C)."""
        assert self.encoder is not None and self.project is not None
        directions: Tensor = self.project(self.encoder(condition)).float()
        return directions / math.sqrt(directions.shape[1])

    def summed(self, h: Tensor) -> Tensor:
        """(B, C, 4, 4) -> (B, C), as large as the features are."""
        return h.float().sum(dim=(2, 3)) / 4
