"""The Cover Art Archive: two redirects, then the picture from the Internet Archive's node."""

from __future__ import annotations

import re
import uuid

from tests.data_collection.services.albums import Album
from tests.data_collection.services.catalogue import Catalogue
from tests.data_collection.services.pictures import picture
from tests.data_collection.services.web import Reply, Request, redirect

PREFIX, ARCHIVE = "/caa", "/ia"
THUMBNAILS = ("250", "500", "1200")
ORIGINAL_SIDE = 700  # pixels

_FRONT = re.compile(r"/caa/release-group/([^/]*)/front(?:-(\w*))?")
_ITEM = re.compile(r"/ia/(download|0/items)/mbid-([0-9a-f-]{36})/[^/]*?(?:_thumb(\d+))?\.jpg")


class CoverArtArchive:
    """Answers what is asked below `/caa` and `/ia`.

    Args:
        url: of the whole server, for the redirects.
    """

    def __init__(self, catalogue: Catalogue, url: str) -> None:
        self.url = url
        self.by_id = {album.id: album for album in catalogue.albums}
        self.by_release = {album.release_id: album for album in catalogue.albums}

    def answer(self, request: Request) -> Reply:
        """The reply to a request, whose path begins with PREFIX or ARCHIVE."""
        if front := _FRONT.fullmatch(request.path):
            return self._front(front[1], front[2] or "")
        if item := _ITEM.fullmatch(request.path):
            album = self.by_release.get(item[2])
            if album is None or not _served(album, item[3] or ""):
                return _page(404, "Not Found")
            if item[1] == "download":
                return redirect(302, self.url + request.path.replace("download", "0/items", 1))
            return Reply(200, *picture(album.picture, album.art, int(item[3] or ORIGINAL_SIDE)))
        return _page(404, "Not Found")

    def _front(self, album_id: str, size: str) -> Reply:
        try:
            album = self.by_id.get(str(uuid.UUID(album_id)))
        except ValueError:
            return _page(400, f"invalid MBID specified: {album_id}")
        thumbnail = size if size in THUMBNAILS else ""  # another size silently gives the original
        if album is None or not _served(album, thumbnail):
            return _page(404, "no cover image found")
        item = f"mbid-{album.release_id}"
        name = f"{item}-{int(album.id[:8], 16)}{'_thumb' * bool(thumbnail)}{thumbnail}.jpg"
        return redirect(307, f"{self.url}{ARCHIVE}/download/{item}/{name}")


def _served(album: Album, thumbnail: str) -> bool:
    hidden = album.picture in ("absent", "gone")
    return not (hidden or (thumbnail and album.picture == "original-only"))


def _page(status: int, text: str) -> Reply:
    return Reply(status, f"<!doctype html><h1>{status}</h1><p>{text}".encode(), "text/html")
