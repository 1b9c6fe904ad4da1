"""What a step trains on: covers and their conditions, read one whole draw at a time."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.data import Dataset

from duck_and_cover.conditions import Vocabulary
from duck_and_cover.data.block import Cover, labels_together
from duck_and_cover.data.large import DrawAhead, Pixels
from duck_and_cover.data.pyramid import CoverPyramid
from duck_and_cover.data.sampler import Draw
from duck_and_cover.data.stream_batches import ShownCovers
from duck_and_cover.networks.condition_encoder import ConditionTensors


class Batch(NamedTuple):
    """What one step trains on."""

    images: Tensor  # (B, 3, R, R) uint8
    condition: ConditionTensors
    alpha: float
    images_shown: int  # before the step, in all ranks together
    shown_now: int  # by the step, in all ranks together


class CoverBatches(Dataset[Batch]):
    """A pyramid and its covers' conditions, read one whole draw at a time."""

    def __init__(self, pyramid: CoverPyramid, conditions: ConditionTensors) -> None:
        self.pyramid, self.conditions = pyramid, conditions

    def __getitems__(self, draw: Draw) -> Batch:
        """One rank's batch; PyTorch's fetcher hands the sampler's draw over as it is."""
        rows = torch.from_numpy(draw.indices)
        if isinstance(draw, DrawAhead):
            pixels = draw.wait()
        else:
            pixels = self.pyramid.read(draw.indices, draw.stage.resolution)
        return _batch(draw, pixels, self.conditions.rows(rows))


class StreamBatches(Dataset[Batch]):
    """Covers of a stream and their conditions, once they are decoded."""

    def __init__(self, covers: ShownCovers, vocabulary: Vocabulary) -> None:
        self.covers, self.vocabulary = covers, vocabulary

    def __getitems__(self, draw: Draw) -> Batch:
        """One rank's batch."""
        assert isinstance(draw, DrawAhead)
        pixels = draw.wait()
        shown: list[Cover] = self.covers.take(draw.indices)
        return _batch(draw, pixels, self.vocabulary.tensors(labels_together(shown)))


def _batch(draw: Draw, pixels: Pixels, condition: ConditionTensors) -> Batch:
    stage = draw.stage
    # Channels stay last in memory, which convolutions like.
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    return Batch(images, condition, stage.alpha, draw.images_shown, stage.batch_size)


def as_it_is(batch: Batch) -> Batch:
    """What a loader makes of a batch that is one already."""
    return batch
