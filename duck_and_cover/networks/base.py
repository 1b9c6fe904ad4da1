"""What every generator and every discriminator here has, whatever it is made of."""

from typing import Any

from torch import Tensor, nn

from duck_and_cover.networks.condition_encoder import ConditionEncoder, ConditionTensors

Given = ConditionTensors | Tensor  # conditions of B covers, or what an encoder made of them (B, W)


class Generator(nn.Module):
    """`generator(z, condition, resolution=None, alpha=1.0, truncation=1.0)` -> (B, 3, R, R).

    Pictures are about [-1, 1]. Networks that do not grow have one resolution, and no use for alpha.
    The condition may be given encoded: what lies between two conditions has no words.

    Attributes:
        settings: The constructor's arguments, as JSON can hold them.
        resolution: The highest, pixels of a side.
        latent: Length of z.
        uniform: Whether z is drawn from U(-1, 1) and not from N(0, 1).
        encoder: Of the condition; None in unconditional networks.
        to_rgb: What makes pictures of features, by their resolution: the top one alone where the
            network does not grow.
    """

    settings: dict[str, Any]
    resolution: int
    latent: int
    uniform: bool = False
    encoder: ConditionEncoder | None
    to_rgb: nn.ModuleDict

    def encoded(self, condition: Given) -> Tensor:
        """Conditions of B covers as (B, W); what is encoded stays as it is."""
        if isinstance(condition, Tensor):
            return condition
        assert self.encoder is not None
        encoded: Tensor = self.encoder(condition)
        return encoded


class Discriminator(nn.Module):
    """`discriminator(pictures, condition, alpha=1.0, batches=1)` -> scores (B,), float32.

    `batches` minibatches may be stacked along B, as reals beside fakes: what looks at a whole
    minibatch looks at each by itself.

    Attributes:
        resolution: The highest, pixels of a side.
        encoder: Of the condition; None where it is not projected.
    """

    resolution: int
    encoder: ConditionEncoder | None

    @property
    def tells_genres(self) -> bool:
        """Where genres are projected; networks with a head for them say so themselves."""
        return self.encoder is not None

    def genre_fits(self, images: Tensor, condition: ConditionTensors, alpha: float = 1.0) -> Tensor:
        """How well each genre fits pictures (B, 3, R, R), the rest of the condition as it is.

        Returns:
            (B, G), larger where a genre fits better.
        """
        raise NotImplementedError
