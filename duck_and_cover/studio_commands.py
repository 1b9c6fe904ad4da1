"""The commands of the studio: the page with its API, and track lists.

Heavy imports happen inside, so that help comes at once.
"""

from importlib.util import find_spec
from typing import Annotated

import typer

from duck_and_cover.errors import UsageError
from duck_and_cover.generation import SHIPPED


def serve(
    models: Annotated[
        list[str] | None,
        typer.Argument(help="Runs, generator folders, Hub ids; or NAME=MODEL. [the one shipped]"),
    ] = None,
    host: Annotated[
        str, typer.Option(help="0.0.0.0 lets other machines in.", envvar="DUCK_HOST")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes a free one.", min=0, max=65535)] = 7860,
    token: Annotated[str | None, typer.Option(help="What callers must know.")] = None,
) -> None:
    """Serve the page and its API on this machine, until Ctrl-C.

    Example: duck-and-cover serve --port 7860
    """
    if find_spec("fastapi") is None or find_spec("uvicorn") is None:
        raise UsageError("serve needs a web server: pip install 'duck-and-cover[web]'")
    import torch

    from duck_and_cover.generation.allocator import keep_freed_memory
    from duck_and_cover.titles.writer import TitleWriter
    from duck_and_cover.web.serving import load_models
    from duck_and_cover.web.serving import serve as serve_until_stopped
    from duck_and_cover.web.settings import Settings

    keep_freed_memory()
    torch.set_num_threads(1)  # the other processors finish pictures meanwhile
    writer = TitleWriter.from_pretrained(None)
    settings = Settings(token=token)
    serve_until_stopped(load_models(models or [SHIPPED]), host, port, settings, writer, typer.echo)


def titles(
    model: Annotated[
        str | None, typer.Option(help="A folder of `train --config titles`. [the one shipped]")
    ] = None,
    genre: Annotated[list[str] | None, typer.Option(help="May be given several times.")] = None,
    year: Annotated[int | None, typer.Option(help="Of release.")] = None,
    artist: Annotated[str, typer.Option(help="Whose album it is.")] = "",
    album: Annotated[str, typer.Option(help="Its title.")] = "",
    n: Annotated[
        int | None, typer.Option(help="How many. [as many as albums have]", min=1, max=50)
    ] = None,
    seed: Annotated[int, typer.Option(help="The same one writes the same list.", min=0)] = 0,
    clean: Annotated[bool, typer.Option(help="Without a few coarse words.")] = False,
) -> None:
    """Write a track list.

    Example: duck-and-cover titles --genre jazz --year 1959 --artist "Ann Lee" --seed 3
    """
    from duck_and_cover.titles.writer import TitleWriter

    writer = TitleWriter.from_pretrained(model)
    for title in writer.titles(genre or (), year, artist, album, n, seed, clean):
        typer.echo(title)
