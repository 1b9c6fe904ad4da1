"""What callers are given, as the API describes it."""

from __future__ import annotations

import base64
import shlex
from typing import Literal

from pydantic import BaseModel, Field

from duck_and_cover.generation.cover import Cover
from duck_and_cover.web.forms import Look

MEDIA = {"png": "image/png", "jpeg": "image/jpeg"}


class MadeCover(BaseModel):
    """One finished cover."""

    image: str = Field(description="The file, in base64.")
    media_type: str
    name: str = Field(description="For a file, without ending.")
    seed: int
    settings: dict[str, str] = Field(description="As in the file's metadata.")
    command: str = Field(description="Makes it again in a shell.")


class MadeCovers(BaseModel):
    """Covers in the order of their seeds."""

    model: str
    covers: list[MadeCover]


class Walk(BaseModel):
    """A walk's pictures, in base64."""

    model: str
    media_type: str
    frames: list[str]


class Titles(BaseModel):
    """A track list."""

    titles: list[str]


class Genres(BaseModel):
    """What one model may be asked for."""

    model: str
    genres: list[str]
    first_year: int | None
    last_year: int | None
    audio: list[str] = Field(description="Audio features by which it can be asked.")
    resolution: int


class ModelCard(BaseModel):
    """One model of this server."""

    name: str
    resolution: int
    genres: int
    kimg: float
    architecture: str


class Models(BaseModel):
    """The models of this server; the first is asked where none is named."""

    models: list[ModelCard]
    titles: bool = Field(description="Whether track lists can be asked for.")


class Health(BaseModel):
    """That it answers, and which version it is."""

    status: Literal["ok"] = "ok"
    version: str


class Problem(BaseModel):
    """What went wrong, after RFC 9457."""

    type: str
    title: str
    status: int
    detail: str = Field(description="One line for people.")


def made(cover: Cover, file: bytes, look: Look) -> MadeCover:
    """A cover and its finished file, as callers get them."""
    return MadeCover(
        image=base64.b64encode(file).decode(),
        media_type=MEDIA[look.format],
        name=cover.name,
        seed=cover.seed,
        settings=cover.settings,
        command=command_of(cover, look),
    )


def command_of(cover: Cover, look: Look) -> str:
    """The line that makes a cover again in a shell."""
    given = cover.condition
    weights = given.weights or (None,) * len(given.genres)
    options: list[tuple[str, object]] = [
        ("--genre", name if weight is None else f"{name}={_number(weight)}")
        for name, weight in zip(given.genres, weights, strict=True)
    ]
    options += [
        ("--year", given.year),
        ("--artist", given.artist),
        ("--album", given.album),
        *(("--audio", f"{name}={_number(value)}") for name, value in given.audio.items()),
        ("--seed", cover.seed),
        ("--truncation", None if cover.truncation == 1 else _number(cover.truncation)),
    ]
    words = [
        word for name, value in options if value not in (None, "") for word in (name, str(value))
    ]
    how = ["generate", cover.model, *words, "--n", "1"]
    if cover.variation is not None:
        place = (cover.variation[0] - cover.seed - 1) % 2**63
        strength = _number(cover.variation[1])
        how = ["variations", cover.model, *words, "--n", str(place + 1), "--strength", strength]
    how += ["--typeset"] if look.typeset else []
    how += ["--size", str(look.size)] if look.size else []
    return shlex.join(["duck-and-cover", *how])


def _number(value: float) -> str:
    """A number that reads back as the same, and as short as people write it."""
    return repr(float(value)).removesuffix(".0")
