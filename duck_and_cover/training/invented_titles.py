"""Invents track lists for the drawn covers: what the title model that is shipped has learnt from.

The covers' own `tracks` are put together from few words: 20,000 covers have 8,000 different titles,
and a model of them could only repeat. Here the genre's words meet a stock that all share, in ways
that belong to genres and times; some words come back within a list, from its album and its artist.
All of it is invented here (CC0), and whatever is a real record's title is so by chance.
"""

from __future__ import annotations

import re
from random import Random

from duck_and_cover.data.synthetic.covers import CoverInfo
from duck_and_cover.data.synthetic.names import WORDS, Words

_THINGS = (
    "Window, Garden, Letter, Mirror, Candle, Harbour, Bridge, Winter, Summer, Tower, Valley, Fire, "
    "Stone, Feather, Ribbon, Engine, Radio, Satellite, Island, Lighthouse, Kingdom, Shadow, Dust, "
    "Stranger, Sister, Brother, Mother, Children, Ghost, Machine, Telephone, Photograph, Anchor, "
    "Compass, Thunder, Water, Ocean, Desert, Mountain, City, Street, Station, Door, Key, Clock, "
    "Hour, Morning, Evening, Night, Sunday, Season, Promise, Secret, Story, Song, Dance, Echo, "
    "Colour, Silence, Gravity, Electricity, Glass, Silver, Iron, Paper, Smoke, Ashes, Salt, Honey, "
    "Blood, Bones, Hands, Eyes, Heart, Tongue, Crown, Knife, Wire, Tide, Wave, Storm, Cloud, Star, "
    "Comet, Planet, Moon, Sun, Horse, Wolf, Fox, Crow, Swallow, Moth, Spider, Whale, Orchid, Ivy, "
    "Cedar, Hollow, Border, Exile, Pilgrim, Soldier, Sailor, Dancer, Angel, Devil, Fool, Hunter"
).split(", ")
_MOODS = (
    "Lost, Last, First, Little, Broken, Empty, Open, Secret, Silent, Sleeping, Burning, Falling, "
    "Frozen, Distant, Familiar, Foreign, Gentle, Hidden, Hungry, Innocent, Invisible, Lonely, "
    "Lucky, Modern, Naked, Narrow, New, Ordinary, Paper, Perfect, Plastic, Private, Red, Restless, "
    "Second, Shallow, Simple, Sudden, Tender, Thin, Tired, Twisted, Unknown, White, Black, Yellow, "
    "Wooden, Young, Bitter, Brave, Careless, Crowded, Deep, Endless, Faithless, Half-Forgotten"
).split(", ")
_DOING = (
    "Running, Waiting, Falling, Dreaming, Counting, Leaving, Breathing, Singing, Drowning, "
    "Walking, Looking, Learning, Burning, Sleeping, Talking, Driving, Building, Chasing, "
    "Holding, Losing, Hiding, Turning, Dancing, Floating, Crawling, Searching, Drifting, "
    "Fading, Rising, Shaking"
).split(", ")
_DO = (
    "Run, Wait, Fall, Dream, Leave, Breathe, Sing, Walk, Stay, Burn, Sleep, Talk, Drive, Dance, "
    "Hide, Turn, Float, Rise, Shine, Move, Remember, Forget, Believe, Surrender, Come Home, Let Go"
).split(", ")
_WHEN = (
    "Tonight, Tomorrow, Again, at Dawn, at Midnight, in June, in November, After Dark, at Noon, "
    "in the Morning, Before the War, All Night Long, on Sunday, One Last Time, Forever, for a While"
).split(", ")
_WHERE = (
    "in the Rain, on the Roof, by the River, Under the Bridge, in the Kitchen, Across the Border, "
    "Behind the Wall, on the Line, in the Mirror, Over the Hills, Down the Road, Inside, Below Zero"
).split(", ")

_STOCK = {"THING": _THINGS, "MOOD": _MOODS, "DOING": _DOING, "DO": _DO, "WHEN": _WHEN}
_STOCK["WHERE"] = _WHERE
_SLOTS = "ADJ|NOUN|PLACE|FIRST|LAST|THING|MOOD|DOING|DO|WHEN|WHERE|NO"
_SLOT = re.compile(rf"(?<![A-Za-z])(?:{_SLOTS})(?![A-Za-z])")

_SHARED = (
    "ADJ NOUN; MOOD NOUN; ADJ THING; MOOD THING; The MOOD NOUN; The NOUN and the THING; NOUN; "
    "THING; DOING WHERE; DOING WHEN; DO WHEN; Don’t DO; NOUN of THING; THING of the NOUN; "
    "DOING the NOUN; THING in PLACE; PLACE WHEN; No THING WHEN; My MOOD NOUN; MOOD, MOOD NOUN; "
    "THING for FIRST; FIRST’s NOUN; Like a THING; THING WHERE; Where the NOUN Was; "
    "When the THING Is DOING; Never DO; THING & NOUN; DOING to PLACE; "
    "Between NOUN and THING; Your THING"
)
# What a genre says beside that: so many lines, so much more often.
_OWN = {
    "ambient": "NOUN NO; MOOD NOUN, PLACE; NOUN (for THING); THING Drift; Slow THING; On DOING",
    "blues": "ADJ NOUN Blues; PLACE THING Blues; My THING Done DO; Got the ADJ THING; "
    "DO, FIRST, DO",
    "classical": "NOUN No. NO in D minor; NOUN in E-flat major, Op. NO; II. THING; III. MOOD NOUN; "
    "NOUN No. NO: I. Allegro; Prelude No. NO; IV. Presto; THING, Op. NO; Étude: The MOOD THING",
    "country": "That Ol’ ADJ NOUN; DO Back to PLACE; Her MOOD NOUN; NOUN, THING and Me; PLACE NOUN",
    "disco": "DO WHEN, Baby; THING Fever (Extended); ADJ NOUN (Dance Mix); DO to the NOUN; "
    "Love THING",
    "drum and bass": "NOUN (VIP); ADJ NOUN (Remix); THING 17NO; Sub THING; NOUN x NOUN; DOING Dub",
    "folk": "The NOUN’s Daughter; The THING o’ PLACE; FIRST and the THING; Lay Me by the NOUN",
    "hip hop": "THING (feat. FIRST LAST); NOUN Talk; ADJ THING (Skit); DO for the NOUN; "
    "No THING Allowed",
    "jazz": "THING for FIRST; NOUN in 5; The LAST Walk; FIRST’s MOOD Mood; THING Blue; "
    "Take the NOUN",
    "k-pop": "DO DO DO; NOUN!; My THING (Inst.); Oh My THING; ADJ ADJ; NOUN + THING; Hello, THING",
    "psychedelic rock": "The MOOD NOUN’s THING; PLACE THING Machine; NOUN Tree; "
    "FIRST and the MOOD Sky",
    "punk": "No More THING; I Hate the NOUN; DO or Die; NOUN!; Everybody’s ADJ; PLACE Is DOING",
    "reggae": "THING Dub; Rise Up THING; DO in PLACE; NOUN Version; Jah THING; Natty in PLACE",
    "synthwave": "NOUN 198NO; THING Drive; DOING into the NOUN; ADJ THING (Night Mix); Sector NO",
    "techno": "NOUN 0NO; THING (Dub); ADJ NO; NOUN.THING; MOOD THING (PLACE Mix); Phase NO",
    "thrash metal": "DOING in Blood; THING of PLACE; ADJ MOOD NOUN; DO to the NOUN; Gates of THING",
}
_OWN_SHARE = 0.35

# How many titles a list has: the least and the most.
_LENGTHS = {"ambient": (4, 9), "classical": (4, 12), "techno": (3, 8), "drum and bass": (4, 12)}
_LENGTHS |= {"jazz": (5, 9), "k-pop": (4, 7), "punk": (11, 17), "hip hop": (11, 17)}
_LENGTHS |= {"thrash metal": (7, 10), "disco": (5, 9)}
_USUAL_LENGTH = (8, 13)


def invented_titles(info: CoverInfo, seed: int = 0) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The genres, one or two, and the track list of a drawn cover; each title once."""
    rng = Random(f"titles {seed} {info.album_id}")
    other = rng.choice(sorted(WORDS)) if rng.random() < 0.2 else info.genre
    theme = [word for word in info.album_name.split() if len(word) > 3 and word[0].isupper()]
    family = info.artist_name.split()[-1]
    length = rng.randint(*_LENGTHS.get(info.genre, _USUAL_LENGTH))
    titles: dict[str, None] = {}
    while len(titles) < length:
        genre = rng.choice([info.genre, other])
        lines = (_OWN[genre] if rng.random() < _OWN_SHARE else _SHARED).split("; ")
        title = _filled(rng.choice(lines), WORDS[genre], theme, rng)
        if rng.random() < 0.03:
            title = f"{family}’s {title.removeprefix('The ')}"
        titles[_of_its_time(title, info.year, rng)] = None
    framed = _framed(list(titles), info.album_name, info.year, rng)
    return tuple(dict.fromkeys([info.genre, other])), tuple(framed)


def _filled(pattern: str, words: Words, theme: list[str], rng: Random) -> str:
    """The pattern with its slots filled; a thing may be a word of the album's name."""

    def word(slot: re.Match[str]) -> str:
        name = slot.group()
        if name == "NO":
            return str(rng.randint(1, 9))
        if theme and name in ("NOUN", "THING") and rng.random() < 0.15:
            return rng.choice(theme)
        return rng.choice(_STOCK.get(name) or _split(words, name))

    return _SLOT.sub(word, pattern)


def _split(words: Words, slot: str) -> list[str]:
    text: str = getattr(words, slot.lower())
    return text.split(", ")


def _of_its_time(title: str, year: int, rng: Random) -> str:
    """Habits of a time: `(Pt. 1)`, mixes, small letters."""
    if year < 1975 and rng.random() < 0.05:
        return f"{title}, Pt. {rng.randint(1, 2)}"
    if 1980 <= year < 2000 and rng.random() < 0.05:
        return f"{title} ({rng.choice(['12-Inch', 'Club', 'Radio', 'Long'])} Version)"
    if year >= 2010 and rng.random() < 0.12:
        return title.lower()
    return title


def _framed(titles: list[str], album: str, year: int, rng: Random) -> list[str]:
    """With what stands at a list's ends, and the title track."""
    if rng.random() < 0.35 and album not in titles:
        titles[rng.randrange(len(titles))] = album
    if year >= 1990 and rng.random() < 0.15:
        titles[0] = "Intro"
    if year >= 1965 and rng.random() < 0.08:
        titles[-1] = rng.choice(["Outro", f"{titles[0]} (Reprise)", "Coda"])
    return titles
