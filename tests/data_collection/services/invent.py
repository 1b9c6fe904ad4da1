"""Invents a catalogue from a seed, with every oddity that the services' data really has."""

from __future__ import annotations

import random
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from tests.data_collection.services.albums import (
    NOT_SHOWN,
    SHOWN,
    VARIOUS_ARTISTS,
    Album,
    Artist,
    mbid,
    spotify_id,
)

GENRES = (
    "rock",
    "pop",
    "jazz",
    "hip hop",
    "hip hop/rap",
    "r&b",
    "rock & roll",
    "drum and bass",
    "thrash metal",
    "post-punk",
    "k-pop",
    "folk",
    "blues",
    "classical",
    "soul",
    "ambient",
    "lo-fi (bedroom)",
    "chanson française",
    'two "tone" ska',
    "reggae",
)
FIRST_YEAR, LAST_YEAR = 1950, 2026
PLACEHOLDERS = 24  # albums that show the placeholder

_NO_GENRES = ("seen live", "favourites", "1001 albums", "female vocalists", "own it on vinyl")
_WORDS = (
    "Silver Night River Paper Engine Winter Garden Hollow Electric Summer Mirror Velvet Distant "
    "Golden Shadow Ocean Broken Crystal Wild Midnight Empty Burning Secret Northern Holy Lost"
).split()
_ODD_NAMES = (
    "AC/DC\\Live",
    "“Héroes” & 'Villains'",
    "🎸 Guitar 🔥",
    "Sigur Rós Söngur",
    "東京事変",
    "Ascenseur pour l'échafaud",
    "CON",
    "../../etc/passwd",
    "...",
    '<b>Bold</b>, "Quoted"',
    "Мелодия",
    "e\u0301tude in NFD",
)
_SUFFIXES = (
    " (Deluxe Edition)",
    " (Remastered)",
    " [2011 Remaster]",
    "",  # the same title again under another id, as for another market
)


def invent(seed: int, count: int) -> list[Album]:
    """About `count` albums; see Catalogue.invent."""
    assert count >= 200, "fewer albums than the oddities need"
    rng = random.Random(seed)
    artists = list(_artists(rng, max(40, count // 5)))
    own = [_album(rng, rng.choice(artists), number) for number in range(count * 5 // 6)]
    own = _with_pictures(rng, _with_partners(artists, own))
    albums = [*own, *_editions(rng, own, count // 12), *_left_out(rng, artists, count // 12)]
    rng.shuffle(albums)
    return albums


def _artists(rng: random.Random, count: int) -> Iterator[Artist]:
    for number in range(count):
        name = f"The {rng.choice(_WORDS)} {rng.choice(_WORDS)}s {number}"
        if number < len(_ODD_NAMES):
            name = _ODD_NAMES[number]
        genres = tuple(rng.sample(GENRES, rng.choice((1, 1, 2, 3))))
        if number % 25 == 24:
            genres = ()
        elif number % 10 == 9:
            genres = tuple(genre.title() for genre in genres)  # Spotify's case is not to be trusted
        yield Artist(name, genres)


def _album(rng: random.Random, artist: Artist, number: int) -> Album:
    title = f"{rng.choice(_WORDS)} {rng.choice(_WORDS)} {number}"
    if number % 40 == 7:
        title = f"{rng.choice(_ODD_NAMES)} {number}"
    elif number % 200 == 11:
        title = (title + " and so on for ever").ljust(180, "…")
    return Album(
        title=title,
        artist=artist,
        tags=_tags(rng, artist, untagged=number % 30 == 13),
        date=_date(rng, number),
        tracks=_tracks(rng),
    )


def _tags(rng: random.Random, artist: Artist, untagged: bool) -> tuple[tuple[str, int], ...]:
    if untagged:
        return ()
    names = {genre.lower() for genre in artist.genres} or {rng.choice(GENRES)}
    genres = sorted(names | set(rng.sample(GENRES, rng.choice((0, 0, 1, 2)))))
    tags = [(genre, rng.randint(1, 12)) for genre in genres]
    tags = [(rng.choice((name, name, name.upper(), name.title())), n) for name, n in tags]
    against = [genre for genre in GENRES if genre not in genres]
    tags += [(rng.choice(against), rng.choice((0, -1)))] * (rng.random() < 0.2)
    tags += [(rng.choice(_NO_GENRES), rng.randint(1, 30))] * (rng.random() < 0.4)
    rng.shuffle(tags)
    return tuple(tags)


def _date(rng: random.Random, number: int) -> str:
    if number % 50 in (3, 4):
        return ("", "0000")[number % 2]
    year = f"{rng.randint(FIRST_YEAR, LAST_YEAR)}"
    month, day = f"{rng.randint(1, 12):02}", f"{rng.randint(1, 28):02}"
    return rng.choice((year, f"{year}-{month}", f"{year}-{month}-{day}", f"{year}-{month}-{day}"))


def _tracks(rng: random.Random) -> tuple[str, ...]:
    count = rng.randint(5, 12)
    titles = [f"{rng.choice(_WORDS)} {rng.choice(_WORDS)} {n}" for n in range(count)]
    titles[0] = rng.choice((*_ODD_NAMES, *titles))
    return tuple(titles)


def _with_partners(artists: list[Artist], albums: list[Album]) -> list[Album]:
    """Credits every fortieth album to one more artist of the same genres, if there is one."""
    alike: dict[tuple[str, ...], list[Artist]] = {}
    for artist in artists:
        alike.setdefault(artist.genres, []).append(artist)
    for place in range(20, len(albums), 40):
        own = albums[place].artist
        partners = tuple(each for each in alike[own.genres] if each is not own)[:1]
        albums[place] = replace(albums[place], partners=partners)
    return albums


def _with_pictures(rng: random.Random, albums: list[Album]) -> list[Album]:
    """Gives one in a hundred, and one at least, each odd picture; two more show the same one."""
    kinds = [kind for kind in SHOWN + NOT_SHOWN if kind not in ("jpeg", "placeholder")]
    odd = kinds * max(1, len(albums) // 100) + ["placeholder"] * PLACEHOLDERS
    order = rng.sample(range(len(albums)), len(albums))
    for place, picture in zip(order, odd, strict=False):
        art = "placeholder" if picture == "placeholder" else ""
        albums[place] = replace(albums[place], picture=picture, art=art or albums[place].id)
    return _with_twins(albums)


def _with_twins(albums: list[Album]) -> list[Album]:
    """Lets the first two plain albums of every tenth artist or so show one picture."""
    plain: dict[str, list[int]] = {}
    for place, album in enumerate(albums):
        if album.picture == "jpeg":
            plain.setdefault(album.artist.id, []).append(place)
    pairs = [places[:2] for places in plain.values() if len(places) > 1]
    for first, second in pairs[::10]:
        albums[second] = replace(albums[second], art=albums[first].art)
    return albums


def _editions(rng: random.Random, albums: list[Album], count: int) -> Iterator[Album]:
    """Reissues, doubles and another spelling in Unicode of albums whose picture can be shown."""
    uses = Counter(album.art for album in albums)
    plain = [a for a in albums if a.picture == "jpeg" and a.tags and uses[a.art] == 1]
    for number, album in enumerate(rng.sample(plain, min(count, len(plain)))):
        suffix = _SUFFIXES[number % len(_SUFFIXES)]
        year = int(album.date[:4] or 0)
        later = f"{min(LAST_YEAR, year + rng.randint(5, 40))}-06" if year else album.date
        yield Album(
            title=unicodedata.normalize("NFD" if number % 2 else "NFC", album.title) + suffix,
            artist=album.artist,
            tags=_tags(rng, album.artist, untagged=False),
            date=later if suffix else album.date,
            tracks=album.tracks + (("Bonus",) if suffix else ()),
            art=album.art if number % 3 == 0 else "",
            edition_of=album.title,
            id=mbid("edition", album.id),
            spotify_id=spotify_id("edition", album.id),
        )


def _left_out(rng: random.Random, artists: list[Artist], count: int) -> Iterator[Album]:
    """EPs, singles, compilations and records by Various Artists, which are no albums of ours."""
    for number in range(count):
        artist = rng.choice(artists)
        album = _album(rng, artist, 10_000_000 + number)
        match number % 5:
            case 0:
                yield replace(album, primary="EP")
            case 1:
                yield replace(album, primary="Single")
            case 2:
                yield replace(album, secondary=("Compilation", "Live"))
            case 3:
                guests = tuple(rng.sample(artists, 5))
                various = replace(album, artist=VARIOUS_ARTISTS, guests=guests)
                yield replace(various, secondary=("Compilation",))
            case _:
                yield replace(album, artist=VARIOUS_ARTISTS, secondary=("Soundtrack",))
