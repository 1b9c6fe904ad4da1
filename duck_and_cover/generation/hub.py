"""Models on the Hub: found, fetched and put there."""

from __future__ import annotations

from pathlib import Path

from duck_and_cover.errors import DuckAndCoverError, UsageError
from duck_and_cover.generation import SHIPPED
from duck_and_cover.generation.folder import CONFIG, WEIGHTS, standing


def find_generator(model: str | Path) -> Path:
    """The generator folder that a person means: it, the run around it, a Hub id, or `SHIPPED`."""
    path = Path(model)
    for folder in (path, path / "generator"):
        if (standing(folder) / CONFIG).is_file():
            return folder
    if model == SHIPPED:
        return Path(__file__).parent / SHIPPED
    if path.exists():
        raise UsageError(f"no generator in {path}: name a run or generator folder, or a Hub id")
    if isinstance(model, Path) or not is_hub_id(model):
        raise UsageError(f"no such model: {model}")
    return _download(model)


def is_hub_id(name: str) -> bool:
    """Whether a name looks like `owner/name` on the Hub, and is no folder here."""
    shaped = name.count("/") == 1 and not name.startswith((".", "~", "/"))
    return shaped and not Path(name).exists()


def short_name(model: str) -> str:
    """A model's last part: of its Hub id, its folder or the run around that."""
    parts = [part for part in Path(model).parts if part != "generator"]
    return parts[-1] if parts else model


def _download(repo: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(repo, allow_patterns=[CONFIG, WEIGHTS]))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError) as error:
        reason = " ".join(str(error).split())[:160]
        raise UsageError(f"no such model: {repo} is no folder, and on the Hub: {reason}") from error


def push_folder(
    folder: Path,
    repo: str,
    private: bool = True,
    token: str | None = None,
    space_sdk: str | None = None,
) -> str:
    """Upload a folder as one commit of a model or a Space on the Hub.

    Args:
        repo: `owner/name`; made where it is not there.
        private: Whether a new one is for its owner's eyes alone.
        token: In place of the one that the Hub's own login has kept.
        space_sdk: What a Space is run by, such as `docker`; None for a model.

    Returns:
        Its address.

    Raises:
        UsageError: No such name, or nobody is logged in.
        DuckAndCoverError: The Hub did not take it.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalTokenNotFoundError

    api = HfApi(token=token)
    kind = "space" if space_sdk else "model"
    try:
        made = api.create_repo(
            repo, private=private, exist_ok=True, repo_type=kind, space_sdk=space_sdk
        )
        api.upload_folder(
            repo_id=made.repo_id,
            repo_type=kind,
            folder_path=folder,
            commit_message="A generator of covers",
        )
    except (HFValidationError, LocalTokenNotFoundError) as error:
        raise UsageError(f"push {repo}: {_line(error)}") from error
    except (HfHubHTTPError, OSError) as error:
        raise DuckAndCoverError(f"cannot push to {repo}: {_line(error)}") from error
    return str(made)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
