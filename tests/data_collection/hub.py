"""A Hugging Face Hub on the loopback: it takes commits, keeps files and gives them back.

Faults are queued by the kind of request that they strike, `create`, `upload` (of a large file's
bytes) or `commit`: a status to answer with, DROP to break the connection off half-way, HANG to
answer nothing until the Hub is closed, or PASS for a request that nothing happens to.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.data_collection.hub_files import Repo, asked_paths, tree, upload_mode

TOKEN, READ_TOKEN = "hf_may_write", "hf_may_read"
PASS, DROP, HANG = 0, -1, -2


@dataclass
class Hub:
    """All that the server knows.

    Attributes:
        repos: by name, that of a Space with `spaces/` before it.
        uploads: how often the bytes of each SHA-256 arrived.
        faults: by kind of request, what happens to the next ones.
        hanging: set when a request meets HANG.
    """

    url: str = ""
    repos: dict[str, Repo] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    uploads: Counter[str] = field(default_factory=Counter)
    faults: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    hanging: threading.Event = field(default_factory=threading.Event)
    closing: threading.Event = field(default_factory=threading.Event)

    def environment(self, token: str = TOKEN) -> dict[str, str]:
        """What makes a process use this Hub."""
        # The storage behind large files has a protocol of its own, which is not spoken here.
        return {"HF_ENDPOINT": self.url, "HF_TOKEN": token, "HF_HUB_DISABLE_XET": "1"}


@contextmanager
def serve_hub() -> Iterator[Hub]:
    """A Hub without any dataset or model, for as long as the block lasts."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, hub))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=[0.01])  # s between two looks
    thread.start()
    try:
        yield hub
    finally:
        hub.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Broken(Exception):
    """The connection is to be closed without a (whole) answer."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Header and body of an answer are written apart; waiting to join them costs 40 ms each.
    disable_nagle_algorithm = True

    def __init__(self, hub: Hub, *args: Any) -> None:
        self.hub = hub
        super().__init__(*args)

    def _any(self) -> None:
        try:
            path = unquote(urlsplit(self.path).path)
            self._route(path.strip("/").split("/"))
        except (_Broken, ConnectionError):
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = _any

    def _route(self, path: list[str]) -> None:
        match path:
            case ["api", "repos", "create"]:
                self._create()
            case ["api", "validate-yaml"]:
                self._body()
                self._json({"errors": [], "warnings": []})
            case ["objects", sha]:
                self._receive(sha)
            case ["verify"]:
                sent = json.loads(self._body())
                known = self.hub.objects.get(sent["oid"])
                self._json({}, 200 if known and len(known) == sent["size"] else 404)
            case ["api", "datasets" | "models", owner, name, *rest]:
                self._repository(f"{owner}/{name}", rest)
            case ["api", "spaces", owner, name, *rest]:
                self._repository(f"spaces/{owner}/{name}", rest)
            case [*kind, owner, git, "info", "lfs", "objects", "batch"]:
                space = "spaces/" if kind == ["spaces"] else ""
                self._batch(f"{space}{owner}/{git.removesuffix('.git')}")
            case ["datasets", owner, name, "resolve", _, *parts]:
                self._resolve(f"{owner}/{name}", "/".join(parts))
            case [owner, name, "resolve", _, *parts]:
                self._resolve(f"{owner}/{name}", "/".join(parts))
            case _:
                self._json({"error": "no such page"}, 404)

    def _repository(self, name: str, rest: list[str]) -> None:
        body = self._body()
        repo = self._repo(name, writes=rest[:1] in (["preupload"], ["commit"]))
        if repo is None:
            return
        match rest:
            case [] | ["revision", _]:
                self._json({"id": name, "sha": repo.sha, "private": repo.private, "siblings": []})
            case ["tree", _, *folder]:
                self._json(tree(repo, "/".join(folder), "recursive" in self.path.lower()))
            case ["paths-info", _]:
                asked = asked_paths(body)
                self._json([entry for entry in tree(repo, "", True) if entry["path"] in asked])
            case ["preupload", _]:
                files = json.loads(body)["files"]
                self._json({"files": [upload_mode(repo, file) for file in files]})
            case ["commit", _]:
                self._commit(name, repo, body)
            case ["refs"]:
                ref = {"name": "main", "ref": "refs/heads/main", "targetCommit": repo.sha}
                self._json({"branches": [ref], "tags": [], "converts": []})
            case _:
                self._json({"error": "no such page"}, 404)

    def _create(self) -> None:
        asked = json.loads(self._body())
        if self._struck("create"):
            return
        kind = asked.get("type", "model")
        name = f"{'spaces/' if kind == 'space' else ''}{asked['organization']}/{asked['name']}"
        url = f"{self.hub.url}/{'datasets/' if kind == 'dataset' else ''}{name}"
        if (kind == "space") != ("sdk" in asked):
            self._json({"error": "a Space has an SDK, and nothing else has"}, 400)
        elif self._token() != TOKEN:
            self._json({"error": "no"}, 403 if self._token() == READ_TOKEN else 401)
        elif name in self.hub.repos:
            self._json({"url": url}, 409)
        else:
            large = b"*.parquet filter=lfs\n*.safetensors filter=lfs\n"
            attributes = {".gitattributes": large}
            self.hub.repos[name] = Repo(asked.get("visibility") == "private", attributes)
            self._json({"url": url})

    def _batch(self, name: str) -> None:
        asked = json.loads(self._body())
        if self._repo(name, writes=True) is None:
            return
        objects: list[dict[str, Any]] = []
        for entry in asked["objects"]:
            upload = {"href": f"{self.hub.url}/objects/{entry['oid']}"}
            actions = {"upload": upload, "verify": {"href": f"{self.hub.url}/verify"}}
            known = entry["oid"] in self.hub.objects
            objects.append({**entry, **({} if known else {"actions": actions})})
        self._json({"transfer": "basic", "objects": objects})

    def _receive(self, sha: str) -> None:
        if self.hub.faults["upload"][:1] == [DROP]:
            self.rfile.read(int(self.headers["Content-Length"]) // 2)
        content = b"" if self.hub.faults["upload"][:1] == [DROP] else self._body()
        if self._struck("upload"):
            return
        if hashlib.sha256(content).hexdigest() != sha:
            self._json({"error": "these are other bytes"}, 400)
            return
        self.hub.objects[sha] = content
        self.hub.uploads[sha] += 1
        self._json({})

    def _commit(self, name: str, repo: Repo, body: bytes) -> None:
        if self._struck("commit"):
            return
        files = dict(repo.files)
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            match line["key"]:
                case "header":
                    message = value["summary"]
                case "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                case "lfsFile":
                    files[value["path"]] = self.hub.objects[value["oid"]]
                case "deletedFile":
                    del files[value["path"]]
        repo.files = files
        repo.commits.append(message)
        page = name if name.startswith("spaces/") else f"datasets/{name}"
        url = f"{self.hub.url}/{page}/commit/{repo.sha}"
        self._json({"success": True, "commitOid": repo.sha, "commitUrl": url})

    def _resolve(self, name: str, path: str) -> None:
        repo = self._repo(name, writes=False)
        if repo is None:
            return
        if path not in repo.files:
            self._json({"error": "no such file"}, 404, {"X-Error-Code": "EntryNotFound"})
            return
        content = repo.files[path]
        etag = hashlib.sha256(content).hexdigest()
        headers = {"X-Repo-Commit": repo.sha, "ETag": f'"{etag}"', "Accept-Ranges": "bytes"}
        wanted = self.headers.get("Range", "")
        if not wanted:
            self._answer(content, 200, headers)
            return
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start, stop = int(first), min(int(last or len(content)) + 1, len(content))
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(content)}"
        self._answer(content[start:stop], 206, headers)

    def _repo(self, name: str, writes: bool) -> Repo | None:
        """The dataset, if this token may read it or write to it; else the refusal is answered."""
        repo, token = self.hub.repos.get(name), self._token()
        if token and token not in (TOKEN, READ_TOKEN):
            self._json({"error": "no such token"}, 401)
        elif repo is None or (repo.private and not token):
            self._json({"error": "no such dataset"}, 404, {"X-Error-Code": "RepoNotFound"})
        elif writes and token != TOKEN:
            self._json({"error": "read only"}, 403)
        else:
            return repo
        return None

    def _struck(self, kind: str) -> bool:
        """Carry out the next fault of a kind, if there is one."""
        if not self.hub.faults[kind]:
            return False
        fault = self.hub.faults[kind].pop(0)
        if fault == PASS:
            return False
        if fault == HANG:
            self.hub.hanging.set()
            self.hub.closing.wait()
        if fault in (HANG, DROP):
            raise _Broken
        self._json({"error": "not now"}, fault)
        return True

    def _token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _json(
        self, answer: object, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        content = json.dumps(answer).encode()
        self._answer(content, status, {"Content-Type": "application/json", **(headers or {})})

    def _answer(self, content: bytes, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Keep the tests' output clean."""
