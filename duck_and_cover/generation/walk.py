"""Between covers: the ways that latents and encoded conditions take, and pictures that move."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import torch
from PIL import Image
from torch import Tensor

from duck_and_cover.errors import UsageError

T = TypeVar("T")
MOVING = (".webp", ".gif", ".mp4")


def slerp(a: Tensor, b: Tensor, share: float) -> Tensor:
    """Along the sphere from a to b (Z,): `sin((1 - s) w) / sin w a + sin(s w) / sin w b`.

    w is the angle between them. Noise of many dimensions lies near a sphere, and what lies on the
    straight line between two draws of it does not.
    """
    cosine = torch.nn.functional.cosine_similarity(a, b, dim=0).clamp(-1, 1)
    angle = float(torch.acos(cosine))
    if angle < 1e-4 or math.pi - angle < 1e-4:  # in line, where the formula divides by nothing
        return torch.lerp(a, b, share)
    return (math.sin((1 - share) * angle) * a + math.sin(share * angle) * b) / math.sin(angle)


def places(stops: int, frames: int, closed: bool = False) -> list[tuple[int, float]]:
    """The stop that each frame comes from, and the share of the way to the next one.

    A share rises as `3 s^2 - 2 s^3`: every stop is left and reached softly.

    Args:
        stops: At least one.
        frames: In all; the first is the first stop, the last one the last stop.
        closed: Whether the way ends just before the first stop instead, to be shown in a loop.
    """
    legs = stops if closed else stops - 1
    found = []
    for frame in range(frames):
        way = legs * frame / max(frames if closed else frames - 1, 1)
        leg = min(int(way), max(legs - 1, 0))
        share = way - leg
        found.append((leg, share * share * (3 - 2 * share)))
    return found


def between(points: Tensor, place: tuple[int, float], round: bool) -> Tensor:
    """The point at a place on the way through points (N, Z), over the sphere or straight."""
    leg, share = place
    a, b = points[leg], points[(leg + 1) % len(points)]
    return slerp(a, b, share) if round else torch.lerp(a, b, share)


def near(z: Tensor, noise: Tensor, strength: float, uniform: bool) -> Tensor:
    """Latents (N, Z) about z (Z,): at strength 0 it is z, at 1 it is the noise (N, Z)."""
    if uniform:
        return torch.lerp(z.expand_as(noise), noise, strength)
    angle = strength * math.pi / 2
    return math.cos(angle) * z + math.sin(angle) * noise


def save_animation(frames: Iterable[Image.Image], path: Path, rate: float = 20.0) -> None:
    """Write frames as WebP, GIF or MP4, by the path's ending.

    Args:
        rate: Frames a second.

    Raises:
        UsageError: Another ending, or MP4 without the package that writes it.
    """
    ending = path.suffix.lower()
    if ending not in MOVING:
        raise UsageError(f"--out {path}: take a file that ends in {', '.join(MOVING)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    if ending == ".mp4":
        _save_mp4(frames, path, rate)
        return
    first, *others = frames
    settings = {"quality": 90, "method": 4} if ending == ".webp" else {"optimize": True}
    first.save(
        path,
        save_all=True,
        append_images=others,
        duration=round(1000 / rate),
        loop=0,
        **settings,
    )


def _save_mp4(frames: Iterable[Image.Image], path: Path, rate: float) -> None:
    try:
        import av
    except ImportError as error:
        raise UsageError(
            "MP4 needs PyAV: pip install 'duck-and-cover[video]', or take a .webp"
        ) from error
    with av.open(str(path), "w", options={"movflags": "faststart"}) as file:
        stream = None
        for frame in frames:
            if stream is None:
                stream = file.add_stream("libx264", rate=round(rate), options={"crf": "16"})
                stream.width, stream.height, stream.pix_fmt = *frame.size, "yuv420p"
            shown = av.VideoFrame.from_image(frame)  # type: ignore[no-untyped-call]
            file.mux(stream.encode(shown))
        if stream is not None:
            file.mux(stream.encode())


def enlarged(picture: Image.Image, side: int) -> Image.Image:
    """A frame of at least `side` pixels, by whole steps, so that small covers can be watched."""
    times = max(-(-side // picture.width), 1)
    size = picture.width * times, picture.height * times
    return picture.resize(size, Image.Resampling.BICUBIC) if times > 1 else picture


def padded(values: Sequence[T], count: int) -> list[T]:
    """The values, at least one, at `count` stops: the last one stays."""
    return [values[min(i, len(values) - 1)] for i in range(count)]
