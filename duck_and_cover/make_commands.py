"""The commands that make covers with a finished generator, and put it on the Hub.

Heavy imports happen inside, so that help comes at once.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from duck_and_cover.errors import UsageError
from duck_and_cover.generation import SHIPPED
from duck_and_cover.shell import numbers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from duck_and_cover.conditions import Condition
    from duck_and_cover.generation.cover import Cover


Model = Annotated[str, typer.Argument(help="Run or generator folder, or Hub id.")]
Genres = Annotated[
    list[str] | None, typer.Option(help="May be given several times, with weights: jazz=0.7.")
]
Year = Annotated[int | None, typer.Option(help="Of release.")]
Name = Annotated[str, typer.Option(help="Recorded; drawn from if the model reads it.")]
Audio = Annotated[
    list[str] | None, typer.Option(help="A feature, energy=0.9; may be given several times.")
]
Truncation = Annotated[float, typer.Option(help="0: typical covers, 1: all variety.")]
Out = Annotated[Path, typer.Option(help="The folder for the files.")]
Typeset = Annotated[bool, typer.Option(help="Set artist and album on the covers.")]
Size = Annotated[int | None, typer.Option(help="Pixels of the files: 3000 is what shops want.")]
Jpeg = Annotated[bool, typer.Option(help="JPEG files in the place of PNG.")]
Upscaler = Annotated[
    Path | None, typer.Option(help="A network that enlarges, .safetensors. [Lanczos]")
]


def generate(
    model: Model = SHIPPED,
    genre: Genres = None,
    year: Year = None,
    artist: Name = "",
    album: Name = "",
    audio: Audio = None,
    n: Annotated[int, typer.Option(help="How many covers.", min=1, max=10_000)] = 8,
    seed: Annotated[int, typer.Option(help="The first cover's; the others follow.")] = 0,
    truncation: Truncation = 1.0,
    grid: Annotated[bool, typer.Option(help="Only the sheet of all, not each by itself.")] = False,
    typeset: Typeset = False,
    size: Size = None,
    jpeg: Jpeg = False,
    upscaler: Upscaler = None,
    tracks: Annotated[bool, typer.Option(help="A track list beside each cover.")] = False,
    from_milestones: Annotated[
        str | None,
        typer.Option(
            help="Draw with a run's milestones of its full size in turn: all, or 3 for the last 3."
        ),
    ] = None,
    out: Out = Path("covers"),
) -> None:
    """Make covers from a genre and a year.

    Example: duck-and-cover generate --genre jazz --year 1962 --n 8 --seed 1 --out covers/
    """
    from duck_and_cover.generation.allocator import keep_freed_memory
    from duck_and_cover.generation.cover import save_covers
    from duck_and_cover.generation.generator import CoverGenerator
    from duck_and_cover.generation.milestones import in_turn, milestones

    keep_freed_memory()
    asked = _wish(genre, year, artist, album, audio)
    write = _writer(asked, typeset, size, jpeg, upscaler)
    generators = (
        [CoverGenerator.from_pretrained(model)]
        if from_milestones is None
        else milestones(model, from_milestones)
    )
    covers = in_turn(
        generators, range(seed, seed + n), lambda one, seeds: one.make(asked, seeds, truncation)
    )
    ending = ".jpg" if jpeg else ".png"
    for path in save_covers(covers, out, grid=grid, ending=ending, write=write):
        typer.echo(path)
    if tracks:
        for path in _track_lists(covers, out):
            typer.echo(path)


def variations(
    model: Model = SHIPPED,
    seed: Annotated[int, typer.Option(help="Of the cover that the others are near to.")] = 0,
    genre: Genres = None,
    year: Year = None,
    artist: Name = "",
    album: Name = "",
    audio: Audio = None,
    n: Annotated[int, typer.Option(help="How many.", min=1, max=10_000)] = 8,
    strength: Annotated[float, typer.Option(help="0: the same, 1: others altogether.")] = 0.3,
    truncation: Truncation = 1.0,
    typeset: Typeset = False,
    size: Size = None,
    jpeg: Jpeg = False,
    upscaler: Upscaler = None,
    out: Out = Path("variations"),
) -> None:
    """Make covers near that of a seed, made of the same genre and year.

    Example: duck-and-cover variations --seed 7 --genre jazz --year 1962 --strength 0.2
    """
    from duck_and_cover.generation.cover import save_covers
    from duck_and_cover.generation.generator import CoverGenerator

    asked = _wish(genre, year, artist, album, audio)
    write = _writer(asked, typeset, size, jpeg, upscaler)
    generator = CoverGenerator.from_pretrained(model)
    covers = generator.variations(asked, seed, n, strength, truncation)
    for path in save_covers(covers, out, ending=".jpg" if jpeg else ".png", write=write):
        typer.echo(path)


def interpolate(
    model: Model = SHIPPED,
    genre: Genres = None,
    year: Annotated[list[int] | None, typer.Option(help="Likewise.")] = None,
    seed: Annotated[list[int] | None, typer.Option(help="Likewise. [0]")] = None,
    frames: Annotated[int, typer.Option(help="In all.", min=2, max=10_000)] = 60,
    rate: Annotated[float, typer.Option(help="Frames a second.", min=0.1, max=100)] = 20.0,
    closed: Annotated[bool, typer.Option(help="Walk back to the start, for a loop.")] = False,
    truncation: Truncation = 1.0,
    size: Annotated[int, typer.Option(help="Pixels, at least; small ones grow.", min=4)] = 256,
    out: Annotated[Path, typer.Option(help="A .webp, .gif or .mp4.")] = Path("walk.webp"),
) -> None:
    """Walk from cover to cover: options given several times are the stops.

    Example: duck-and-cover interpolate --genre jazz --genre techno --seed 1 --seed 2
    """
    from duck_and_cover.conditions import Condition
    from duck_and_cover.generation.generator import CoverGenerator
    from duck_and_cover.generation.walk import enlarged, padded, save_animation

    count = max(len(each or ()) for each in (genre, year, seed))
    if count < 2:
        raise UsageError("a walk needs two stops: give --genre, --year or --seed twice or more")
    names = [(name.lower(),) if name else () for name in padded(genre or [""], count)]
    years, seeds = padded(year or [None], count), padded(seed or [0], count)
    stops = [
        (Condition(name, when), number)
        for name, when, number in zip(names, years, seeds, strict=True)
    ]
    generator = CoverGenerator.from_pretrained(model)
    walk = generator.interpolate(stops, frames, truncation, closed)
    save_animation((enlarged(picture, size) for picture in walk), out, rate)
    typer.echo(out)


def push(
    model: Annotated[str, typer.Argument(help="Run or generator folder.")],
    repo: Annotated[str, typer.Argument(help="owner/name on the Hub.")],
    public: Annotated[bool, typer.Option(help="For everyone's eyes.")] = False,
    space: Annotated[
        bool, typer.Option(help="In its place a Space of that name: the page with the generator.")
    ] = False,
) -> None:
    """Put a generator on the Hub, with a model card and samples; private unless said otherwise.

    Example: duck-and-cover push runs/x you/covers-gan
    """
    from duck_and_cover.generation.generator import CoverGenerator

    generator = CoverGenerator.from_pretrained(model)
    if space:
        from duck_and_cover.web.space import push_space

        typer.echo(f"pushed: {push_space(generator, repo, private=not public)}")
        typer.echo("the page opens there when the Hub has built it, which takes minutes")
        return
    typer.echo(f"pushed: {generator.push_to_hub(repo, private=not public)}")
    typer.echo(f"draw with: duck-and-cover generate {repo} --n 8 --out covers/")


def _wish(
    genre: list[str] | None, year: int | None, artist: str, album: str, audio: list[str] | None
) -> "Condition":
    """A condition from the words of a command line."""
    from duck_and_cover.generation.generator import wish

    words = genre or []
    weighted = numbers_of(words, "--genre", "jazz=0.7") if any("=" in w for w in words) else words
    return wish(weighted, year, artist, album, numbers_of(audio or (), "--audio", "energy=0.9"))


def _writer(
    asked: "Condition", typeset: bool, size: int | None, jpeg: bool, upscaler: Path | None
) -> "Callable[[Cover, Path], None]":
    """What writes a cover, finished as asked.

    Raises:
        UsageError: Names are to be set, and there are none.
    """
    from duck_and_cover.generation import finish
    from duck_and_cover.generation.cover import Cover
    from duck_and_cover.generation.upscale import load_upscaler

    if typeset and not (asked.artist or asked.album):
        raise UsageError("--typeset sets names on covers: give --artist, --album or both")
    if not (typeset or size or jpeg or upscaler):
        return Cover.save
    grow = load_upscaler(upscaler) if upscaler else None

    def write(cover: Cover, path: Path) -> None:
        finish.save(finish.finished(cover, size, typeset, grow), path, cover)

    return write


def _track_lists(covers: "Sequence[Cover]", folder: Path) -> list[Path]:
    """Write each cover's track list, of its name and seed; a file that is there is kept."""
    from duck_and_cover.generation.cover import free_path
    from duck_and_cover.titles.writer import TitleWriter

    writer, paths = TitleWriter.from_pretrained(), []
    for cover in covers:
        asked = cover.condition
        titles = writer.titles(asked.genres, asked.year, asked.artist, asked.album, seed=cover.seed)
        paths.append(free_path(folder / f"{cover.name}.txt"))
        paths[-1].write_text("".join(f"{title}\n" for title in titles), encoding="utf-8")
    return paths
