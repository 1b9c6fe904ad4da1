"""What callers may ask for: the bodies of the API's requests, with examples."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from duck_and_cover.conditions import Condition
from duck_and_cover.generation.generator import wish
from duck_and_cover.web.settings import COVERS, FRAMES, LETTERS, SEED, SIZE

# Control characters have no place in a name, and would end a metadata field early.
Name = Annotated[str, Field(max_length=LETTERS, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
Genre = Annotated[str, Field(min_length=1, max_length=80)]
Weight = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]
Feature = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Seed = Annotated[int, Field(ge=0, le=SEED)]
EXAMPLE: dict[str, Any] = {
    "genres": ["jazz"],
    "year": 1959,
    "artist": "The Duck Quartet",
    "album": "Under the Surface",
}


def example(**more: Any) -> ConfigDict:
    """The settings of a body: nothing unknown, nothing converted, one example."""
    return ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{**EXAMPLE, **more}]}
    )


class Words(BaseModel):
    """What a cover is made from; what is left out is left to the model."""

    model_config = example()
    genres: (
        Annotated[list[Genre], Field(max_length=16)]
        | Annotated[dict[Genre, Weight], Field(max_length=16)]
    ) = Field([], description="Names, or names with weights: {'jazz': 2, 'ambient': 1}.")
    year: Annotated[int, Field(ge=0, le=9999)] | None = Field(None, description="Of release.")
    artist: Name = ""
    album: Name = ""
    audio: dict[str, Feature] = Field({}, max_length=10, description="Audio features by name.")

    def condition(self) -> Condition:
        """The same as the model takes it."""
        given = self.genres
        weighted = isinstance(given, dict) and len(set(given.values())) > 1  # else they say nothing
        names = given if isinstance(given, dict) and weighted else tuple(dict.fromkeys(given))
        return wish(names, self.year, self.artist, self.album, self.audio)


class Wanted(Words):
    """Of which model, and how varied."""

    model: Annotated[str, Field(max_length=LETTERS)] | None = Field(
        None, description="One of /v1/models; the first of them by default."
    )
    truncation: Share = Field(1.0, description="0: typical covers, 1: all variety.")


class Look(BaseModel):
    """How covers are delivered."""

    size: Annotated[int, Field(ge=64, le=SIZE)] | None = Field(
        None, description="Pixels of a side, 300 or more with type; the model's by default."
    )
    typeset: bool = Field(False, description="Set artist and album on the cover.")
    format: Literal["png", "jpeg"] = "png"


class CoversWanted(Wanted, Look):
    """Covers of a condition: `seeds`, or `n` of them from `seed` on."""

    model_config = example(n=4, seed=1, size=600, typeset=True)
    seed: Seed = 0
    n: Annotated[int, Field(ge=1, le=COVERS)] = 1
    seeds: Annotated[list[Seed], Field(min_length=1, max_length=COVERS)] | None = Field(
        None, description="In place of seed and n."
    )

    @property
    def count(self) -> int:
        """How many covers are wanted."""
        return len(self.all_seeds())

    def all_seeds(self) -> list[int]:
        """One a cover."""
        return self.seeds or [(self.seed + i) % (SEED + 1) for i in range(self.n)]


class VariationsWanted(Wanted, Look):
    """Covers near the one of a seed; with `only`, that one of them alone."""

    model_config = example(seed=1, n=8, strength=0.3)
    seed: Seed = 0
    n: Annotated[int, Field(ge=1, le=COVERS)] = 8
    strength: Share = Field(0.3, description="0: the same cover, 1: others altogether.")
    only: Annotated[int, Field(ge=0, lt=COVERS)] | None = Field(
        None, description="The place in the row, from 0, of the one that is wanted."
    )

    @property
    def count(self) -> int:
        """How many covers are wanted."""
        return self.n if self.only is None else 1


class Stop(Words):
    """A cover on a walk."""

    model_config = example(seed=1)
    seed: Seed = 0


class WalkWanted(BaseModel):
    """Pictures on the way from cover to cover."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"stops": [{**EXAMPLE, "seed": 1}, {"seed": 2}]}]},
    )
    model: Annotated[str, Field(max_length=LETTERS)] | None = None
    stops: Annotated[list[Stop], Field(min_length=2, max_length=8)]
    frames: Annotated[int, Field(ge=2, le=FRAMES)] = 24
    size: Annotated[int, Field(ge=64, le=512)] | None = None
    truncation: Share = 1.0


class TitlesWanted(BaseModel):
    """A track list; genres and years may be any."""

    model_config = example(seed=1, clean=True)
    genres: Annotated[list[Genre], Field(max_length=16)] = []
    year: Annotated[int, Field(ge=0, le=9999)] | None = None
    artist: Name = ""
    album: Name = ""
    count: Annotated[int, Field(ge=1, le=40)] | None = Field(
        None, description="How many; by default as many as such an album has."
    )
    seed: Seed = 0
    clean: bool = Field(False, description="Leave out rude words.")
