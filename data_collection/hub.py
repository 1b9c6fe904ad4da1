"""A dataset's repository on the Hugging Face Hub: what is there, and how to put more there.

The client library asks again by itself where a single request of an upload fails. What it gives up
is asked again here, a few times and interruptibly, and then told in one line.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from data_collection.sources.http import PASSING
from data_collection.waiting import Patience, retry_after
from duck_and_cover.errors import DuckAndCoverError, UsageError

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
    from huggingface_hub.errors import HfHubHTTPError

log = logging.getLogger(__name__)

TRIES = 5
TIMEOUT = 300.0  # seconds without a byte; the Hub takes its time to answer a large commit
_REPO = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_CONFLICTS = frozenset({409, 412})  # another commit came in between
_UNKNOWN = "the Hub does not know this token (HTTP 401): set HF_TOKEN, or run `hf auth login`"

Result = TypeVar("Result")
Known = tuple[str, int]  # a file's SHA-256 and its bytes


class Hub:
    """One dataset's repository.

    Args:
        repo: OWNER/NAME.
        patience: how long to wait between tries, and the signal to stop.
        api: the client to use; None makes one that takes token and address from HF_TOKEN and
            HF_ENDPOINT.

    Raises:
        UsageError: this is no OWNER/NAME, or there is no token.
    """

    def __init__(self, repo: str, patience: Patience, api: HfApi | None = None) -> None:
        from huggingface_hub import HfApi, get_token

        if not _REPO.fullmatch(repo):
            raise UsageError(f"--repo '{repo}': give OWNER/NAME")
        self.repo = repo
        self._patience = patience
        self._api = api or HfApi()
        if not (self._api.token or get_token()):
            raise UsageError("no token for the Hub: set HF_TOKEN, or run `hf auth login`")

    def open(self, public: bool) -> None:
        """Make the repository if it is not there. One that is there keeps its visibility.

        Raises:
            UsageError: it is there for all to see, which was not asked for; or as in `_ask`.
        """
        create = self._api.create_repo
        self._ask(lambda: create(self.repo, repo_type="dataset", private=not public, exist_ok=True))
        private = self._ask(lambda: self._api.dataset_info(self.repo).private)
        if not private and not public:
            raise UsageError(
                f"--repo {self.repo}: it is public on the Hub: give --public if you mean that, "
                "else make it private in its settings or take another name"
            )
        if private and public:
            log.warning("%s is private on the Hub and stays so: see its settings", self.repo)

    def files(self) -> dict[str, Known | None]:
        """What is there, by path; None for small files, which the Hub keeps without a SHA-256."""
        from huggingface_hub.hf_api import RepoFile

        def tree() -> dict[str, Known | None]:
            entries = self._api.list_repo_tree(self.repo, recursive=True, repo_type="dataset")
            return {
                entry.path: (entry.lfs.sha256, entry.lfs.size) if entry.lfs else None
                for entry in entries
                if isinstance(entry, RepoFile)
            }

        return self._ask(tree)

    def put(self, path: str, file: Path) -> None:
        """Upload one file in a commit of its own."""
        self._commit(f"Add {path}", {path: file})

    def finish(self, contents: dict[str, bytes], stale: Sequence[str]) -> None:
        """Put small files there and take stale ones away, all at once."""
        self._commit("Describe the dataset", contents, stale)

    def _commit(
        self, message: str, contents: dict[str, Path] | dict[str, bytes], stale: Iterable[str] = ()
    ) -> None:
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        def commit() -> None:
            # Made anew for each try: the client marks operations that it has begun.
            operations: list[CommitOperationAdd | CommitOperationDelete] = [
                *(CommitOperationAdd(path, content) for path, content in contents.items()),
                *(CommitOperationDelete(path) for path in stale),
            ]
            self._api.create_commit(
                self.repo, operations, commit_message=message, repo_type="dataset"
            )

        self._ask(commit)

    def _ask(self, call: Callable[[], Result]) -> Result:
        """The answer of a call, after as many tries as it takes.

        Raises:
            UsageError: the token or the repository's name will not do.
            DuckAndCoverError: the Hub refuses for another reason.
            StoppedEarly: the Hub cannot be reached, asks for a long wait, or an interruption.
        """
        from huggingface_hub import errors, get_session

        # Of the HTTP library that this version of the client stands on, whichever that is.
        broken: type[Exception] = errors.HTTPError  # type: ignore[attr-defined]
        why = ""
        for number in range(1, TRIES + 1):
            if self._patience.stop.is_set():
                raise self._patience.interrupted()
            asked = None
            try:
                get_session().timeout = TIMEOUT
                return _bare(call)
            except errors.OfflineModeIsEnabled as error:
                raise UsageError("HF_HUB_OFFLINE is set: unset it to reach the Hub") from error
            except errors.HfHubHTTPError as error:
                self._check(error)
                why, asked = _reason(error), retry_after(error.response.headers)
            # The Hub's large-file storage has a client of its own, which raises these three.
            except PermissionError as error:
                raise UsageError(_UNKNOWN) from error
            except (broken, OSError, RuntimeError) as error:
                why = _reason(error)
            except ValueError as error:
                raise DuckAndCoverError(f"the Hub does not take it: {_reason(error)}") from error
            if number < TRIES:
                log.debug("the Hub: %s; try %d of %d", why, number, TRIES)
                self._patience.wait(self._patience.before_try(number + 1, asked), f"the Hub: {why}")
        raise self._patience.down("the Hub", why)

    def _check(self, error: HfHubHTTPError) -> None:
        """Raise what no further try would mend."""
        status = error.response.status_code
        if status in PASSING | _CONFLICTS:
            return
        if status == 401:
            raise UsageError(_UNKNOWN) from error
        if status == 403:
            raise UsageError(
                f"--repo {self.repo}: this token may not write there (HTTP 403): HF_TOKEN must be "
                "one with write access"
            ) from error
        if status == 404:
            raise UsageError(f"--repo {self.repo}: no such dataset (HTTP 404)") from error
        raise DuckAndCoverError(f"the Hub refuses: {_reason(error)}") from error


def _bare(call: Callable[[], Result]) -> Result:
    """A call's answer; its error as it was before the client wrapped it into another."""
    try:
        return call()
    except RuntimeError as error:
        if isinstance(error.__cause__, Exception):
            raise error.__cause__ from None
        raise


def _reason(error: Exception) -> str:
    """The Hub's own words where it has any, in one short line."""
    text = getattr(error, "server_message", None) or str(error) or type(error).__name__
    response = getattr(error, "response", None)
    status = f"HTTP {response.status_code}: " if response is not None else ""
    return status + " ".join(text.split())[:200]
