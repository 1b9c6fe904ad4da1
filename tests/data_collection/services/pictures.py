"""Draws the pictures that the services serve: quickly, and a different one for each album.

A plain JPEG is put together from sixteen stretches, each taken from one of eight drawings that were
compressed once with restart markers, between which JPEG data can be exchanged. So a picture costs
a few microseconds, and 8^16 of them differ to the eye, not in their bytes alone.
"""

from __future__ import annotations

import hashlib
import math
import random
import re
from functools import cache, lru_cache
from io import BytesIO

from PIL import Image, ImageDraw

_STRETCHES, _DRAWINGS = 16, 8
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_SHAPES = {"tall": (454, 640), "banner": (1200, 300), "pixel": (1, 1)}

HTML = (
    b"<html>\n<head><title>500 Internal Server Error</title></head>\n<body>\n"
    b"<center><h1>500 Internal Server Error</h1></center>\n<hr><center>nginx</center>\n"
    b"</body>\n</html>\n\r\n\r\n\r\n\n"
)


def picture(kind: str, art: str, side: int) -> tuple[bytes, str]:
    """A picture's file and media type.

    Args:
        kind: one of albums.SHOWN or NOT_SHOWN, but "absent" and "gone".
        art: the same text gives the same picture.
        side: pixels of its longer side, except that of "pixel".
    """
    match kind:
        case "html":
            return HTML, "image/jpeg"
        case "json":
            return b'{"error": "temporarily out of order"}', "application/json"
        case "empty":
            return b"", "image/jpeg"
        case "truncated":
            whole = jpeg(art, side)
            return whole[: len(whole) // 2], "image/jpeg"
        case "jpeg" | "original-only" | "one-size" | "placeholder":
            return jpeg(art, side), "image/jpeg"
        case _:
            return _odd(kind, art, side)


def jpeg(art: str, side: int) -> bytes:
    """A square JPEG; about 25 KB at 500 pixels."""
    header, stretches = _bank(side)
    choices = int.from_bytes(hashlib.blake2b(art.encode(), digest_size=6).digest())
    parts = [header]
    for place, drawings in enumerate(stretches):
        parts.append(drawings[choices >> 3 * place & 7])
    return b"".join(parts)


@cache
def _bank(side: int) -> tuple[bytes, list[list[bytes]]]:
    """What precedes the picture data, and each stretch as the eight drawings have it."""
    stretch = math.ceil(math.ceil(side / 16) ** 2 / _STRETCHES)
    header, columns = b"", []
    for number in range(_DRAWINGS):
        file = BytesIO()
        drawing = _draw(number).resize((side, side), Image.Resampling.BILINEAR)
        drawing.save(file, "JPEG", quality=85, subsampling="4:2:0", restart_marker_blocks=stretch)
        start = _data_start(file.getvalue())
        header = file.getvalue()[:start]
        columns.append(_stretches(file.getvalue()[start:]))
    return header, [list(stretch) for stretch in zip(*columns, strict=True)]


def _stretches(data: bytes) -> list[bytes]:
    """Picture data cut after each restart marker; within it 0xFF is followed by 0x00 alone."""
    ends = [match.end() for match in _RESTART.finditer(data)]
    return [data[a:b] for a, b in zip([0, *ends], [*ends, len(data)], strict=True)]


def _data_start(file: bytes) -> int:
    """Where a JPEG's picture data begin: after the header of its one scan."""
    scan = file.index(b"\xff\xda")
    return scan + 2 + int.from_bytes(file[scan + 2 : scan + 4])


def _draw(number: int) -> Image.Image:
    """Rectangles under noise, which gives the files their usual size."""
    rng = random.Random(number)
    drawing = Image.new("RGB", (640, 640), tuple(rng.choices(range(256), k=3)))
    pen = ImageDraw.Draw(drawing)
    for _ in range(40):
        x, y = rng.randrange(600), rng.randrange(600)
        corners = (x, y, x + rng.randrange(20, 240), y + rng.randrange(20, 240))
        pen.rectangle(corners, fill=tuple(rng.choices(range(256), k=3)))
    noise = Image.frombytes("RGB", (320, 320), rng.randbytes(320 * 320 * 3))
    return Image.blend(drawing, noise.resize(drawing.size, Image.Resampling.BICUBIC), 0.027)


@lru_cache(maxsize=4096)
def _odd(kind: str, art: str, side: int) -> tuple[bytes, str]:
    """The picture in another mode, format or shape."""
    image = Image.open(BytesIO(jpeg(art, side)))
    if kind in _SHAPES:
        width, height = _SHAPES[kind]
        scale = min(1.0, side / max(width, height))
        shape = max(1, round(width * scale)), max(1, round(height * scale))
        return _encoded(image.resize(shape), "JPEG")
    match kind:
        case "progressive":
            return _encoded(image, "JPEG", progressive=True)
        case "grey":
            return _encoded(image.convert("L"), "JPEG")
        case "cmyk":
            return _encoded(image.convert("CMYK"), "JPEG")
        case "rgba":
            clear = image.convert("RGBA")
            clear.putalpha(Image.linear_gradient("L").resize(image.size))
            return _encoded(clear, "PNG")
        case "palette":
            return _encoded(image.quantize(32), "PNG")
    raise AssertionError(f"no picture of kind {kind}")


def _encoded(image: Image.Image, form: str, progressive: bool = False) -> tuple[bytes, str]:
    file = BytesIO()
    image.save(file, form, quality=85, progressive=progressive)
    return file.getvalue(), f"image/{form.lower()}"
