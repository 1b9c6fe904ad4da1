"""Captions the covers of a collection and puts them on the Hugging Face Hub as a dataset."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from data_collection import options
from data_collection.collecting import leave_out_examples, stopping_on_signals
from data_collection.rows import check_files, settle_twins
from data_collection.screen import Bars
from data_collection.store import Store, open_store
from duck_and_cover.errors import UsageError
from duck_and_cover.shell import run

log = logging.getLogger(__name__)

NAME = "add-caption-and-upload-to-hf"
app = options.new_app()


@app.command()
def add_caption_and_upload_to_hf(
    folder: Annotated[Path, typer.Option("--from", help="A folder of collect-artist-data.")],
    repo: Annotated[str, typer.Option(help="OWNER/NAME of the dataset on the Hub.")] = "",
    to_disk: Annotated[
        Path | None, typer.Option(help="Write the same files into this folder, upload nothing.")
    ] = None,
    captions: Annotated[
        str, typer.Option(help="template (from the metadata), blip (from the picture) or none.")
    ] = "template",
    public: Annotated[bool, typer.Option("--public", help="For all to see, not only you.")] = False,
    max_shard_size: Annotated[str, typer.Option(help="Of one parquet file.")] = "500MB",
    examples: options.Examples = Path("data/examples"),
    max_wait: options.MaxWait = 60.0,
    backoff: options.Backoff = 1.0,
    debug: options.Debug = False,
) -> None:
    """Caption the covers of a collection and put them on the Hugging Face Hub, privately.

    An upload that was broken off goes on with the same command. The token comes from HF_TOKEN or
    `hf auth login`.

    Example: add-caption-and-upload-to-hf --from data/covers --repo me/covers
    """
    # These read pictures, and what they need is slow to import; --help does without.
    from data_collection.captions import KINDS, blip_captions, caption_for
    from data_collection.publish import parse_size, push, write_to_disk

    options.prepare(debug)
    if bool(repo) == bool(to_disk):
        raise UsageError("give either --repo OWNER/NAME or --to-disk FOLDER")
    if captions not in KINDS:
        raise UsageError(f"--captions '{captions}': give {', '.join(KINDS[:-1])} or {KINDS[-1]}")
    max_bytes = parse_size(max_shard_size)
    patience = options.patience_of(NAME, max_wait, backoff)
    with open_store(folder, create=False) as store, stopping_on_signals(patience), Bars() as bars:
        make_ready(store, examples)
        if captions == "blip":
            blip_captions(
                store, patience=patience, progress=lambda n, all: bars.show("captions", n, all)
            )
        caption = caption_for(store, captions)
        if to_disk:
            write_to_disk(store, to_disk, caption, max_bytes, patience, _shown(bars))
        else:
            push(store, repo, caption, max_bytes, public, patience, _shown(bars))
    typer.echo(f"written: {to_disk}" if to_disk else f"pushed: {repo}")
    typer.echo(f"train with: duck-and-cover train --config progan --data {to_disk or repo}")


def make_ready(store: Store, examples: Path) -> None:
    """Settle what is published: no examples, no picture twice, no file that is gone."""
    leave_out_examples(store, examples)
    check_files(store)
    settle_twins(store)
    if waiting := store.counts_of_covers().get("pending", 0):
        log.warning("%d covers wait for collect-artist-data and are not published yet", waiting)


def _shown(bars: Bars) -> Callable[[int, int, int], None]:
    def show(rows: int, total: int, uploaded: int) -> None:
        bars.show("rows", rows, total, f"{uploaded / 1e6:,.1f} MB sent" if uploaded else "")

    return show


def main() -> None:
    """Run the command."""
    run(app, NAME)


if __name__ == "__main__":
    main()
