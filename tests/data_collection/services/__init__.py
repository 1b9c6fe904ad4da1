"""Loopback servers that behave like MusicBrainz, the Cover Art Archive and Spotify.

catalogue = Catalogue.invent()
with serve(catalogue, Options(fault_rate=0.1)) as services:
    collect(services.environment())
truth = catalogue.expected("musicbrainz")
"""

from __future__ import annotations

from tests.data_collection.services.albums import VARIOUS_ARTISTS, Album, Artist
from tests.data_collection.services.catalogue import Catalogue, Expected
from tests.data_collection.services.options import (
    CLIENT_ID,
    CLIENT_SECRET,
    FAULTS,
    QUICK_FAULTS,
    Options,
)
from tests.data_collection.services.running import Services, serve

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "FAULTS",
    "QUICK_FAULTS",
    "VARIOUS_ARTISTS",
    "Album",
    "Artist",
    "Catalogue",
    "Expected",
    "Options",
    "Services",
    "serve",
]
