"""Names of artists and albums as tensors: their letters, or what a frozen model makes of them.

Letters are learnt with the GAN, in any script. A sentence model (model2vec: vectors of word pieces,
`pip install 'duck-and-cover[sentences]'`) knows before training that two words mean the same.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from duck_and_cover.errors import UsageError
from duck_and_cover.networks.text_encoder import BEGIN, END, TEXT_LENGTH

Kinds = Sequence[Sequence[str] | None]  # for each kind of name those of B covers; None: not read


def letters(kinds: Kinds, count: int) -> Tensor:
    """Code points (B, kinds, TEXT_LENGTH), int32, 0 after the end."""
    codes = np.zeros((count, len(kinds), TEXT_LENGTH), np.int32)
    for kind, names in enumerate(kinds):
        for row, name in enumerate(names or ()):
            found = code_points(name)
            codes[row, kind, : len(found)] = found
    return torch.from_numpy(codes)


def meanings(kinds: Kinds, count: int, model: str, width: int) -> Tensor:
    """A sentence model's vectors (B, kinds, width) with a mean square of 1, 0 where there is none.

    Args:
        model: A model2vec model's folder or Hub id; it is only asked where there are names.
        width: Of its vectors.

    Raises:
        UsageError: There is no such model, or its vectors have another width.
    """
    found = torch.zeros(count, len(kinds), width)
    for kind, names in enumerate(kinds):
        plain = [_unicode(name) for name in names or ()]
        rows = [row for row, name in enumerate(plain) if name]
        if rows:
            vectors = torch.tensor(_model(model).encode([plain[row] for row in rows])).float()
            if vectors.shape[1] != width:
                raise UsageError(
                    f"{model}: vectors of {vectors.shape[1]} numbers, the model was trained with "
                    f"{width}"
                )
            size = vectors.square().mean(dim=1, keepdim=True).sqrt()
            found[rows, kind] = vectors / size.clamp(min=1e-6)
    return found


def meaning_width(model: str) -> int:
    """How many numbers a sentence model makes of a name.

    Raises:
        UsageError: There is no such model.
    """
    return int(_model(model).dim)


def _unicode(name: str) -> str:
    """Without what is no character, in single spaces."""
    return " ".join(name.encode("utf-8", "replace").decode().split())


@functools.cache
def _model(name: str) -> Any:
    try:
        from model2vec import StaticModel
    except ImportError as error:
        raise UsageError(
            f"names are read by {name}: pip install 'duck-and-cover[sentences]'"
        ) from error
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        return StaticModel.from_pretrained(name)
    except (OSError, ValueError, KeyError, HfHubHTTPError, HFValidationError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise UsageError(f"{name} is no sentence model: {reason}") from error


def code_points(name: str) -> npt.NDArray[np.int32]:
    """A name's first letters as models read them: one form and case, single spaces."""
    plain = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    codes = np.frombuffer(plain.encode("utf-32-le", "replace"), "<u4").astype(np.int32)
    return codes[codes > max(BEGIN, END)][:TEXT_LENGTH]
