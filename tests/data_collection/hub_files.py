"""The files of one dataset on the loopback Hub, and how its interface speaks of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

LARGE = 1000  # bytes from which a picture is kept by its SHA-256


@dataclass
class Repo:
    """A dataset: its files' contents, and the messages of its commits."""

    private: bool
    files: dict[str, bytes] = field(default_factory=dict)
    commits: list[str] = field(default_factory=list)

    @property
    def sha(self) -> str:
        """Of the newest commit."""
        return hashlib.sha1("\n".join(["", *self.commits]).encode()).hexdigest()


def tree(repo: Repo, folder: str, recursive: bool) -> list[dict[str, Any]]:
    """Files and folders below a folder."""
    entries: dict[str, dict[str, Any]] = {}
    for path, content in sorted(repo.files.items()):
        if folder and not path.startswith(f"{folder}/"):
            continue
        below = path[len(folder) + 1 if folder else 0 :].split("/")
        for depth in range(1, len(below)):
            parent = "/".join(filter(None, [folder, *below[:depth]]))
            if depth == 1 or recursive:
                oid = hashlib.sha1(parent.encode()).hexdigest()
                entries[parent] = {"type": "directory", "oid": oid, "size": 0, "path": parent}
        if len(below) == 1 or recursive:
            entries[path] = _file_entry(path, content)
    return list(entries.values())


def _file_entry(path: str, content: bytes) -> dict[str, Any]:
    entry = {"type": "file", "oid": _git_oid(content), "size": len(content), "path": path}
    if _is_large(path, len(content)):
        sha = hashlib.sha256(content).hexdigest()
        entry["lfs"] = {"oid": sha, "size": len(content), "pointerSize": 134}
    return entry


def upload_mode(repo: Repo, file: dict[str, Any]) -> dict[str, Any]:
    """Whether a file is kept by its SHA-256; the one that is there is told by what it has."""
    path, there = file["path"], repo.files.get(file["path"])
    large = _is_large(path, file["size"])
    answer = {"path": path, "uploadMode": "lfs" if large else "regular", "shouldIgnore": False}
    if there is not None:
        answer["oid"] = hashlib.sha256(there).hexdigest() if large else _git_oid(there)
    return answer


def _is_large(path: str, size: int) -> bool:
    return path.endswith((".parquet", ".safetensors")) or (path.endswith(".png") and size >= LARGE)


def _git_oid(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def asked_paths(body: bytes) -> list[str]:
    """The paths of a form or of a JSON object."""
    if body.startswith(b"{"):
        paths = json.loads(body)["paths"]
        return [paths] if isinstance(paths, str) else list(paths)
    return parse_qs(body.decode())["paths"]
