"""The Cover Art Archive on loopback: redirects, sizes and every kind of picture."""

from __future__ import annotations

import io

import pytest
import urllib3
from PIL import Image, UnidentifiedImageError

from tests.data_collection.services import (
    VARIOUS_ARTISTS,
    Album,
    Catalogue,
    Services,
)
from tests.data_collection.services.albums import NOT_SHOWN, SHOWN
from tests.data_collection.services.asking import Get


def cover(get: Get, services: Services, album: Album, size: str) -> urllib3.BaseHTTPResponse:
    """What the Cover Art Archive gives at the end of its redirects."""
    reply = get(f"/caa/release-group/{album.id}/front{size}")
    for status in (307, 302):
        if reply.status == 404:
            return reply
        assert reply.status == status
        reply = get(reply.headers["Location"].removeprefix(services.url))
    return reply


def test_covers_have_the_size_asked_for(services: Services, get: Get, catalogue: Catalogue) -> None:
    album = next(a for a in catalogue.albums if a.picture == "jpeg")
    sides = {}
    for size in ("", "-250", "-500", "-1200", "-999"):
        sides[size] = Image.open(io.BytesIO(cover(get, services, album, size).data)).size[0]
    assert sides == {"": 700, "-250": 250, "-500": 500, "-1200": 1200, "-999": 700}
    assert get("/caa/release-group/no-uuid/front").status == 400
    assert get(f"/caa/release-group/{VARIOUS_ARTISTS.id}/front").status == 404


@pytest.mark.parametrize("kind", SHOWN + NOT_SHOWN)
def test_pictures_of_every_kind(
    kind: str, services: Services, get: Get, catalogue: Catalogue
) -> None:
    album = next(a for a in catalogue.albums if a.picture == kind)
    reply = cover(get, services, album, "-500")
    if kind in ("absent", "gone", "original-only"):
        assert reply.status == 404
        whole = cover(get, services, album, "").status == 200
        assert whole == (kind == "original-only")
        return
    assert reply.status == 200
    try:
        image = Image.open(io.BytesIO(reply.data))
        image.load()
    except (OSError, UnidentifiedImageError):
        assert kind in ("truncated", "html", "json", "empty")
        return
    sizes = {"tall": (355, 500), "banner": (500, 125), "pixel": (1, 1)}
    modes = {"grey": "L", "cmyk": "CMYK", "rgba": "RGBA", "palette": "P"}
    assert image.size == sizes.get(kind, (500, 500))
    assert image.mode == modes.get(kind, "RGB")
    assert bool(image.info.get("progressive")) == (kind == "progressive")


def test_pictures_differ_unless_they_shall_not(
    services: Services, get: Get, catalogue: Catalogue
) -> None:
    albums = [a for a in catalogue.albums if a.picture in ("jpeg", "placeholder")][:100]
    pictures = {album.art: cover(get, services, album, "-250").data for album in albums}
    assert len(set(pictures.values())) == len(pictures)
    twin = next(a for a in albums if a.picture == "placeholder")
    assert cover(get, services, twin, "-250").data == pictures["placeholder"]
