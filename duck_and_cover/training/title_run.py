"""What happens around the title model's steps: metrics, samples, checkpoints, the exported best."""

from __future__ import annotations

import copy
import logging
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from torch.utils.data import DataLoader

from duck_and_cover.data.workers import progress
from duck_and_cover.errors import StoppedEarly
from duck_and_cover.titles.copies import Copies, Words
from duck_and_cover.titles.draft import Learnt, TrackList
from duck_and_cover.titles.folder import save_titles
from duck_and_cover.titles.habits import Habits
from duck_and_cover.titles.network import TitleNetwork
from duck_and_cover.titles.pieces import Pieces
from duck_and_cover.titles.text import is_long, plain
from duck_and_cover.titles.writer import TitleWriter
from duck_and_cover.training.building import quiet_libraries
from duck_and_cover.training.run import RunFolder, log_to, write_rows
from duck_and_cover.training.saving import tensor_bytes, use_checkpoint_files, written
from duck_and_cover.training.stopping import StopRequests
from duck_and_cover.training.title_lists import TitleList
from duck_and_cover.training.title_module import TitleModule

log = logging.getLogger(__name__)

CHECKPOINT_STEPS = 500  # at the least; at the end of every epoch too
SAMPLED = 32  # lists written for each row of metrics.csv

Lists = Mapping[str, Sequence[TitleList]]


class TitleRun(Callback):
    """metrics.csv, samples/, checkpoints/ and model/ of a run.

    Args:
        run: The folder.
        lists: By split.
        pieces: What they are split into.
        data: Name of the training data.
        advance: Told of each step that is done.
    """

    def __init__(
        self,
        run: RunFolder,
        lists: Lists,
        pieces: Pieces,
        data: str,
        advance: Callable[[int], None],
    ) -> None:
        self.run, self.lists, self.data, self.advance = run, lists, data, advance
        titles = [title for one in lists["train"] for title in one.titles]
        habits = Habits.of([(one.request, one.titles) for one in lists["train"]])
        self.learnt = Learnt(pieces, Copies.of(titles), Words.of(titles), habits)
        self.known = {plain(title) for title in titles}

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """What was done before a resume counts as done."""
        assert isinstance(pl_module, TitleModule)
        self.advance(pl_module.steps_done)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """A row and an export at the end of an epoch, a checkpoint there and in between."""
        assert isinstance(pl_module, TitleModule)
        self.advance(1)
        ended = pl_module.steps_done % pl_module.batches.steps_an_epoch == 0
        if ended:
            self._row(pl_module)
        if ended or pl_module.steps_done % CHECKPOINT_STEPS == 0:
            self.run.save_checkpoint(trainer)

    def _row(self, module: TitleModule) -> None:
        epoch = module.steps_done // module.batches.steps_an_epoch
        loss = module.validate(self.lists["validation"])
        samples = self._samples(module.network)
        novel, novel_long = novelty((one for _, one in samples), self.known)
        row = {
            "epoch": float(epoch),
            "train/loss": module.train_loss(),
            "val/loss": loss,
            "val/perplexity": math.exp(loss),
            "val/novel_titles": novel,
            "val/novel_long_titles": novel_long,
        }
        best = min((earlier["val/loss"] for earlier in module.history), default=math.inf)
        module.history.append(row)
        text = "\n\n".join("\n".join([name, *one.titles]) for name, one in samples)
        (self.run.samples / f"epoch{epoch:03d}.txt").write_text(text + "\n", encoding="utf-8")
        rows = [[repr(value) for value in one.values()] for one in module.history]
        write_rows(self.run.metrics, [list(row), *rows])
        if loss < best:
            folder = self.run.path / "model"
            with written(folder, tensor_bytes(module.network.state_dict())):
                save_titles(folder, module.network, self.learnt, {"name": self.data}, row)
        log.info(
            "epoch %d: perplexity %.3f a character, %.0f %% of titles are new%s",
            epoch,
            row["val/perplexity"],
            100 * novel,
            "" if loss < best else "; an earlier model was better and stays",
        )

    def _samples(self, network: TitleNetwork) -> list[tuple[str, TrackList]]:
        """Lists for validation records, nothing refused for being a copy, with their names."""
        learnt = self.learnt._replace(copies=Copies.of(()))
        writer = TitleWriter(copy.deepcopy(network).cpu(), learnt, {})
        every = max(len(self.lists["validation"]) // SAMPLED, 1)
        chosen = [one.request for one in self.lists["validation"][::every][:SAMPLED]]
        requests = [replace(request, seed=seed) for seed, request in enumerate(chosen)]
        names = [request.prefix().decode(errors="replace").split("\t") for request in requests]
        titles = writer.lists(requests)
        return [("# " + " | ".join(name), one) for name, one in zip(names, titles, strict=True)]


class TitleStops(StopRequests):
    """Saves and raises `StoppedEarly` after the step in which someone asked for it.

    Args:
        run: The run folder.
        deadline: When the time limit is over, by `time.monotonic`; None is never.
    """

    def __init__(self, run: RunFolder, deadline: float | None) -> None:
        super().__init__(lambda trainer, _: run.save_checkpoint(trainer), run.path, deadline, False)
        self.folder = run

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Stop if it is time, and anything is left to do."""
        assert isinstance(pl_module, TitleModule)
        if self.deadline is not None and time.monotonic() >= self.deadline:
            self.asked_by = self.asked_by or "the time limit"
        if self.asked_by and pl_module.steps_done < pl_module.batches.steps:
            self.folder.save_checkpoint(trainer)
            raise StoppedEarly(
                f"stopped by {self.asked_by} after {pl_module.steps_done} of "
                f"{pl_module.batches.steps} steps; go on with: {self.resume_with}"
            )


def novelty(lists: Iterable[TrackList], known: set[str]) -> tuple[float, float]:
    """The shares of titles that the training set does not have, of all and of the long ones.

    Args:
        lists: What was written.
        known: The training set's titles, as `plain` gives them.
    """
    titles = [plain(title) for one in lists for title in one.titles]
    long = [title for title in titles if is_long(title)]
    return _share_new(titles, known), _share_new(long, known)


def _share_new(titles: Sequence[str], known: set[str]) -> float:
    return sum(title not in known for title in titles) / max(len(titles), 1)


def fit(
    module: TitleModule, run: RunFolder, lists: Lists, data: str, deadline: float | None
) -> None:
    """Train from where the run stands to its end.

    Raises:
        StoppedEarly: By a signal or the deadline; what was trained is saved.
    """
    checkpoint = run.checkpoint()
    stops = TitleStops(run, deadline)
    steps = module.batches.steps
    with log_to(run.log), quiet_libraries(), progress("training titles", steps) as advance:
        log.info("training %s on %d lists", run.path, len(lists["train"]))
        trainer = Trainer(
            max_epochs=1,  # of Lightning's; the batches know ours
            devices=1,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            gradient_clip_val=1.0,
            callbacks=[TitleRun(run, lists, module.batches.pieces, data, advance), stops],
        )
        use_checkpoint_files(trainer)
        loader = DataLoader(module.batches, batch_size=None)
        with stops.watching():
            trainer.fit(module, loader, ckpt_path=checkpoint, weights_only=True)
