"""Enlarges by a network that has learnt what small pictures lack: an ESRGAN, a SwinIR and so on.

Such files are what people share as upscalers; `spandrel` knows their architectures. Ours are not
among them: which one suits depends on the covers.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from duck_and_cover.errors import UsageError


class Upscaler:
    """Makes RGB pictures `scale` times as large.

    Args:
        network: float (1, 3, H, W) in [0, 1] -> (1, 3, scale H, scale W).
    """

    def __init__(self, network: Callable[[Tensor], Tensor], scale: int) -> None:
        self.network, self.scale = network, scale

    @torch.inference_mode()
    def __call__(self, picture: Image.Image) -> Image.Image:
        pixels = torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1)[None]
        grown = self.network(pixels / 255).clamp(0, 1)[0].mul(255).round().byte()
        return Image.fromarray(grown.permute(1, 2, 0).numpy())


def load_upscaler(file: Path) -> Upscaler:
    """The network of a file.

    Args:
        file: A `.safetensors`: such files hold numbers alone, and nothing that could be run.

    Raises:
        UsageError: The extra is missing, or the file is no upscaler of RGB pictures.
    """
    if find_spec("spandrel") is None:
        raise UsageError("--upscaler needs its extra: pip install 'duck-and-cover[upscale]'")
    from safetensors import SafetensorError
    from safetensors.torch import load_file
    from spandrel import ImageModelDescriptor, ModelLoader, UnsupportedModelError

    if file.suffix != ".safetensors" or not file.is_file():
        raise UsageError(f"--upscaler {file}: give a .safetensors file that is there")
    try:
        model = ModelLoader("cpu").load_from_state_dict(load_file(file))
    except (SafetensorError, UnsupportedModelError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:160] or "of no architecture that is known"
        raise UsageError(f"--upscaler {file}: {reason}") from error
    colours = (3, 3) == (model.input_channels, model.output_channels)
    if not isinstance(model, ImageModelDescriptor) or not colours or model.scale < 2:
        raise UsageError(f"--upscaler {file}: it does not enlarge RGB pictures")
    return Upscaler(model.eval(), model.scale)
