"""The AC-GAN of the album-cover papers: a discriminator that names genre and latent as well.

Odena et al. 2017 (arXiv 1610.09585) gave the discriminator a second head, for the class; Hepburn et
al. 2017 took it to album covers, in whose re-implementations a third one reconstructs the latent.

    generator      z, condition -> dense 4x4 -> [deconv5] a resolution -> picture   as in `dcgan`
    discriminator  [conv5] a resolution -> 4x4 features h -> real or fake | genre | latent

At 64x64 that is one dense layer and four transposed convolutions against four convolutions, and
the widths are the DCGAN's: 4 fmap_max / r channels at resolution r. Leaky ReLU 0.2 follows the
discriminator's convolutions, with batch norm from the second on, and dropout (Odena et al.,
appendix). Each head is one dense layer on all of h. Conditions that have no head, such as the year,
reach the discriminator by its projection alone.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from duck_and_cover.networks.condition_encoder import ConditionSpec, ConditionTensors
from duck_and_cover.networks.dcgan import DCGANGenerator, add_convolutions_down, init_normal
from duck_and_cover.networks.single import ProjectionDiscriminator


class ACGANGenerator(DCGANGenerator):
    """One dense layer and a transposed convolution for every doubling: the DCGAN's."""


class Heads(NamedTuple):
    """What the discriminator says of B pictures, in float32."""

    score: Tensor  # (B,) how real, unbounded
    genres: Tensor  # (B, G) logits
    latent: Tensor  # (B, Z) what it takes for the latent; of no meaning on real covers

    def chunk(self, parts: int) -> list[Heads]:
        """Of minibatches that are stacked along B, one by one."""
        return [Heads(*each) for each in zip(*(t.chunk(parts) for t in self), strict=True)]


class ACGANDiscriminator(ProjectionDiscriminator):
    """A convolution for every halving, and three heads on the last 4x4 features.

    Args:
        resolution, spec, fmap_max: As in the generator.
        latent: The generator's, to reconstruct.
        projection: Whether the condition is projected on the features too. Without it, all that
            the score can know of conditions is what the genre head has made of the features.
        norm: Whether batch norm follows every convolution but the first. It is in the way of a
            penalty on slopes, which are each picture's own.
        dropout: Share of its features that each layer forgets in training (Odena et al.: 0.5).
    """

    def __init__(
        self,
        resolution: int = 64,
        spec: ConditionSpec | None = None,
        fmap_max: int = 1024,
        latent: int = 100,
        projection: bool = False,
        norm: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(resolution, spec, fmap_max, conditional=projection)
        self.latent, genres = latent, spec.n_genres if spec else 0
        add_convolutions_down(self, fmap_max, nn.BatchNorm2d if norm else nn.Identity)
        for layers in (*self.from_rgb.values(), *self.blocks.values()):
            assert isinstance(layers, nn.Sequential)
            layers.append(nn.Dropout(dropout))
        self.genre = nn.Linear(fmap_max * 16, genres) if genres else None
        self.reconstruction = nn.Linear(fmap_max * 16, latent)
        init_normal(self)

    def heads(self, h: Tensor, condition: ConditionTensors) -> Heads:
        """The last features (B, C, 4, 4) and conditions -> what all three heads say.

        `forward` gives the first of them.
        """
        latent: Tensor = self.reconstruction(h.flatten(1)).float()
        return Heads(self.scores(h, condition), self.genre_logits(h), latent)

    @property
    def tells_genres(self) -> bool:
        """Where there are genres: the head is for them."""
        return self.genre is not None

    def genre_logits(self, h: Tensor) -> Tensor:
        """The last features (B, C, 4, 4) -> what the genre head says, (B, G)."""
        logits: Tensor = self.genre(h.flatten(1)) if self.genre else h.new_zeros(len(h), 0)
        return logits.float()

    def genre_fits(self, images: Tensor, condition: ConditionTensors, alpha: float = 1.0) -> Tensor:
        """The genre head's logits (B, G) of pictures (B, 3, R, R), whatever their conditions."""
        return self.genre_logits(self.features(images))
