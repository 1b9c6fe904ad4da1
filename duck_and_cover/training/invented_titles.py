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
from duck_and_cover.training.invented_words import STOCK

_SLOTS = "|".join(["ADJ", "NOUN", "NO", "OPUS", *STOCK])
_SLOT = re.compile(rf"(?<![A-Za-z])(?:{_SLOTS})(?![A-Za-z])")
_ARTICLE = re.compile(r"\b([Aa]) (?=[AEIOUÉÅÖ])")

_SHARED = (
    "ADJ NOUN; MOOD NOUN; ADJ THING; MOOD THING; MOOD MANY; MOOD STUFF; The MOOD ONE; The MOOD "
    "MANY; The NOUN and the ONE; NOUN; THING; THING; BEING WHERE; BEING WHEN; DO WHEN; Don’t DO "
    "WHERE; STUFF and STUFF; NOUN of STUFF; MANY of STUFF; ONE of the NOUN; DOING the ONE; DOING "
    "STUFF; DOING MANY; The ONE in PLACE; PLACE WHEN; PLACE WHERE; No STUFF WHEN; My MOOD ONE; "
    "ONE for FIRST; FIRST’s NOUN; Like a ONE; MANY WHERE; Where the MOOD ONE Was; When the ONE "
    "Is BEING WHEN; Never DO WHEN; NOUN & STUFF; GOING to PLACE; Between NOUN and STUFF; Your "
    "MOOD ONE; Your STUFF; NUMBER MOOD MANY; NUMBER MANY WHERE; DAY MANY; DAY; All the MOOD "
    "MANY; So Many MOOD MANY; What the ONE Said to FIRST; Ask the MOOD ONE; A Letter to FIRST "
    "LAST; Song for FIRST WHEN; Goodbye, FIRST LAST; Dear FIRST; A ONE Called FIRST; I Will DO "
    "WHERE; I Can’t DO WHEN; We DO WHEN; Let’s DO WHERE; How to DO WHERE; If You DO WHEN; You "
    "DO, I DO; Some MANY DO; Tell FIRST WHEN; Who Stole the MOOD ONE; Here Comes the MOOD ONE; "
    "The Day the MOOD ONE Died; Every MOOD ONE; Another MOOD ONE; Almost BEING WHERE; Still "
    "BEING WHEN; Only STUFF; ONE WHERE; The ONE WHERE; STUFF WHEN; The MOOD ONE’s Song; Into the "
    "MOOD STUFF; Out of STUFF and MANY; MANY in PLACE; MOOD DAY; Half a ONE of STUFF; Not Enough "
    "STUFF WHERE"
)
# What a genre says beside that.
_OWN = {
    "ambient": "NOUN NO; MOOD NOUN, PLACE; NOUN (for STUFF); MOOD Drift; Slow STUFF; On BEING "
    "WHERE; STUFF Study OPUS; PLACE, WHEN",
    "blues": "ADJ NOUN Blues; PLACE STUFF Blues; My MOOD ONE Done Gone; Got the ADJ MANY; DO, "
    "FIRST, DO; DAY Blues in KEY; Trouble WHERE",
    "classical": "Sonata No. NO in KEY; Quartet in KEY, Op. OPUS; II. Adagio; III. Scherzo; "
    "Symphony No. OPUS: I. Allegro; Prelude in KEY, Op. OPUS; IV. Presto; Nocturne in KEY, Op. "
    "OPUS; Étude: The MOOD ONE; I. Andante; V. Finale; Waltz No. OPUS: The ONE; Fugue in KEY, "
    "Op. OPUS; Song of the ONE, Op. OPUS; Variation OPUS",
    "country": "That Ol’ ADJ NOUN; Take Me Back to PLACE; Her MOOD ONE; STUFF, STUFF and Me; "
    "PLACE NOUN; Pour Me STUFF; Mama’s MOOD ONE; A MOOD ONE in PLACE",
    "disco": "DO WHEN, Baby; MOOD Fever (Extended); ADJ NOUN (Dance Mix); DO to the NOUN; Love "
    "ONE; DAY Night STUFF; Give Me STUFF",
    "drum and bass": "NOUN (VIP); ADJ NOUN (Remix); STUFF 17NO; Sub STUFF; NOUN x NOUN; MOOD Dub",
    "folk": "The MOOD ONE’s Daughter; The ONE o’ PLACE; FIRST and the ONE; Lay Me by the MOOD "
    "NOUN; The MOOD ONE of PLACE; The Ballad of FIRST LAST; As I Walked to PLACE WHEN; NUMBER "
    "MOOD MANY",
    "hip hop": "STUFF (feat. FIRST LAST); NOUN Talk; ADJ THING (Skit); DO for the NOUN; No "
    "STUFF in PLACE; MOOD MANY on Me; PLACE After Hours; DAY in PLACE",
    "jazz": "ONE for FIRST; NOUN in 5; The LAST Walk; FIRST’s MOOD Mood; STUFF Blue; Take the "
    "MOOD NOUN; Waltz for FIRST LAST; A PLACE Nocturne; Blues for FIRST LAST; Minor STUFF",
    "k-pop": "DO DO DO; NOUN!; My STUFF (Inst.); Oh My MOOD ONE; ADJ ADJ; NOUN + STUFF; Hello, "
    "MOOD ONE; Only You WHEN; ADJ STUFF",
    "psychedelic rock": "The MOOD NOUN’s ONE; PLACE STUFF Machine; NOUN Tree; FIRST and the "
    "MOOD Sky; Seven MANY of STUFF; The ONE Who Ate the ONE; MOOD MOOD STUFF",
    "punk": "No More STUFF in PLACE; I Hate the MOOD NOUN; DO or Die; NOUN!; Everybody’s BEING; "
    "PLACE Is BEING; Sick of MOOD MANY; Sack the MOOD ONE; I Don’t Want Your MOOD STUFF; MANY "
    "Suck",
    "reggae": "STUFF Dub; Rise Up, MOOD MANY; DO in PLACE; NOUN Version; Jah STUFF; Natty in "
    "PLACE; One STUFF",
    "synthwave": "NOUN 198NO; STUFF Drive; GOING into the NOUN; ADJ ONE (Night Mix); Sector "
    "OPUS; PLACE 198NO; ADJ MANY; Last Train to PLACE",
    "techno": "NOUN 0NO; STUFF (Dub); ADJ NO; NOUN.STUFF; MOOD STUFF (PLACE Mix); Phase OPUS; "
    "ADJ NOUN NO; NOUN (Edit)",
    "thrash metal": "BEING in the MOOD Blood; MANY of PLACE; ADJ MOOD NOUN; DO to the NOUN; "
    "Gates of MOOD STUFF; The MOOD NOUN Rises; MOOD NOUN of STUFF; Kneel Before the MOOD ONE; "
    "MOOD MANY of War",
}
_OWN_SHARE = 0.35
# Slots that a genre has words of its own for, and the stock that it takes others from.
_GENRE_SLOTS = {"ADJ": "MOOD", "NOUN": "ONE", "PLACE": "PLACE", "FIRST": "FIRST", "LAST": "LAST"}
_OWNED = {"MOOD THING", "MOOD MANY", "NOUN", "ADJ THING"}  # what the artist’s name may stand before
_FOUND_UNDER = {  # other names that shops and archives give such a genre
    "ambient": "drone, new age",
    "blues": "soul, rhythm and blues",
    "classical": "chamber music, modern classical",
    "country": "americana, bluegrass",
    "disco": "funk, dance",
    "drum and bass": "electronic, jungle",
    "folk": "singer-songwriter, indie folk",
    "hip hop": "rap, r&b",
    "jazz": "bebop, swing",
    "k-pop": "pop, dance pop",
    "psychedelic rock": "rock, indie rock, progressive rock",
    "punk": "indie rock, alternative, rock",
    "reggae": "dub, ska",
    "synthwave": "electronic, synth-pop",
    "techno": "house, electronic",
    "thrash metal": "metal, heavy metal",
}

# How many titles a list has: the least and the most, each as likely as it gets by three draws.
_LENGTHS = {"ambient": (4, 9), "classical": (4, 12), "techno": (3, 9), "drum and bass": (4, 12)}
_LENGTHS |= {"jazz": (5, 9), "k-pop": (4, 7), "punk": (10, 17), "hip hop": (10, 18)}
_LENGTHS |= {"thrash metal": (7, 11), "disco": (5, 10)}
_USUAL_LENGTH = (8, 14)


def invented_titles(info: CoverInfo, seed: int = 0) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The genres, one or two, and the track list of a drawn cover; each title once."""
    rng = Random(f"titles {seed} {info.album_id}")
    other = rng.choice(sorted(WORDS)) if rng.random() < 0.2 else info.genre
    nouns = _split(WORDS[info.genre], "noun")
    theme = [word for word in info.album_name.split() if word in nouns]
    family = info.artist_name.split()[-1].capitalize()
    least, most = _LENGTHS.get(info.genre, _USUAL_LENGTH)
    length = round(sum(rng.uniform(least, most) for _ in range(3)) / 3)
    small = info.year >= 2010 and rng.random() < 0.15
    used, titles = set[str](), dict[str, None]()
    while len(titles) < length:
        genre = rng.choice([info.genre, info.genre, other])
        lines = (_OWN[genre] if rng.random() < _OWN_SHARE else _SHARED).split("; ")
        pattern = rng.choice(lines)
        title = _filled(pattern, WORDS[genre], theme, rng)
        words = {word for word in re.findall(r"\w{4,}", title) if word not in theme}
        if (used & words and rng.random() < 0.9) or pattern in used:
            continue
        used |= words | {pattern}
        if pattern in _OWNED and rng.random() < 0.15:
            title = f"{family}’s {title}"
        titles[_of_its_time(title, info.year, rng)] = None
    framed = _framed(list(titles), info.album_name, info.year, rng)
    genres = dict.fromkeys([_named(info.genre, rng), _named(other, rng)])
    return tuple(genres), tuple(title.lower() for title in framed) if small else tuple(framed)


def _named(genre: str, rng: Random) -> str:
    """The genre, now and then by a name it is also found under."""
    return rng.choice(_FOUND_UNDER[genre].split(", ")) if rng.random() < 0.3 else genre


def _filled(pattern: str, words: Words, theme: list[str], rng: Random) -> str:
    """The pattern with its slots filled, each word once; a thing may be a word of the album."""
    taken: set[str] = set()

    def word(slot: re.Match[str]) -> str:
        name = slot.group()
        if name in ("NO", "OPUS"):
            return str(rng.randint(1, 9 if name == "NO" else 130))
        if theme and name == "NOUN" and rng.random() < 0.2:
            chosen = rng.choice(theme)
        elif name in _GENRE_SLOTS and rng.random() < 0.6:
            chosen = rng.choice(_split(words, name))
        else:
            chosen = rng.choice(STOCK[_GENRE_SLOTS.get(name, name)])
        if chosen in taken and name != "DO":
            return word(slot)
        taken.add(chosen)
        return chosen

    return _ARTICLE.sub(r"\1n ", _SLOT.sub(word, pattern))


def _split(words: Words, slot: str) -> list[str]:
    text: str = getattr(words, slot.lower())
    return text.split(", ")


def _of_its_time(title: str, year: int, rng: Random) -> str:
    """Habits of a time: `(Pt. 1)` and mixes."""
    if "(" in title:
        return title
    if year < 1975 and rng.random() < 0.04:
        return f"{title}, Pt. {rng.randint(1, 2)}"
    if 1980 <= year < 2000 and rng.random() < 0.05:
        return f"{title} ({rng.choice(['12-Inch', 'Club', 'Radio', 'Long'])} Version)"
    return title


def _framed(titles: list[str], album: str, year: int, rng: Random) -> list[str]:
    """With what stands at a list's ends, and the title track."""
    if rng.random() < 0.35 and album not in titles:
        titles[rng.randrange(len(titles))] = album
    if year >= 1990 and rng.random() < 0.1:
        titles[0] = "Intro"
    if year >= 1965 and rng.random() < 0.08:
        titles[-1] = rng.choice(["Outro", f"{titles[0]} (Reprise)", "Coda"])
    return titles
