"""The styles of genre families: a blackletter for metal, a card for classical music, and so on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from duck_and_cover.generation.layouts import Face, Style

# The first family one of whose words is in a genre's name; a name may hold several, as in
# "ambient techno" or "folk metal", so what marks a sleeve the most comes first.
_WORDS: tuple[tuple[str, str], ...] = (
    ("metal", "metal|grindcore|deathcore|metalcore|doom|sludge|djent"),
    ("psychedelic", r"psychedel\w*|acid rock|prog|progressive rock|krautrock|space rock|stoner"),
    ("jazz", "jazz|be ?bop|bossa|swing|blues|big band|fusion"),
    ("hip hop", "hip ?hop|rap|trap|drill|grime|boom bap|crunk"),
    ("punk", "punk|hardcore|riot grrrl|noise|screamo|emo|ska|grunge"),
    ("ambient", "ambient|drone|new age|downtempo|post rock|shoegaze|slowcore"),
    ("night", "synth ?wave|vapor ?wave|synth ?pop|electro ?pop|city pop|new wave|italo"),
    (
        "electronic",
        r"techno|house|trance|electronic\w*|edm|idm|drum|bass|dub ?step|uk garage|break\w*|"
        r"electro|jungle|glitch|industrial|rave|gabber|acid",
    ),
    (
        "classical",
        r"classical|opera|orchestra\w*|baroque|romantic|chamber|choral|symphon\w*|requiem|"
        r"medieval|renaissance|score|soundtrack|piano",
    ),
    ("country", "country|americana|bluegrass|honky|western|rockabilly|cajun|southern"),
    ("folk", "folk|singer|acoustic|celtic|fado|traditional|world|klezmer|flamenco|chanson"),
    (
        "groove",
        r"reggae\w*|dub|dancehall|soul|funk|disco|latin|salsa|samba|afro\w*|cumbia|highlife|"
        r"tango|mambo|gospel|motown|calypso|merengue|bachata|rumba",
    ),
    ("pop", "pop|r ?& ?b|rnb|dance"),
    ("rock", "rock|indie|alternative|garage|surf|lo ?fi"),
)


def _small(role: str = "sans", size: float = 0.042, spacing: float = 0.2) -> Face:
    """A companion: small spaced capitals."""
    return Face(role, size, lines=3, caps=True, spacing=spacing, leading=1.35)


_CENTRES = ("top", "bottom")
_CORNERS = ("top left", "bottom left", "top right", "bottom right")
STYLES: dict[str, tuple[Style, ...]] = {
    "metal": (
        Style("edges", _small("inscription", 0.052, 0.16), Face("blackletter", 0.3, 2,
              leading=0.82), ("artist",)),
        Style("edges", _small("condensed", 0.06, 0.35), Face("heavy", 0.36, 2, caps=True,
              leading=0.98), ("artist", "title")),
        Style("stack", Face("blackletter", 0.22, 3, leading=0.82), _small("inscription", 0.046),
              _CENTRES, accent=True),
    ),
    "punk": (
        Style("stack", Face("marker", 0.21, 3, leading=0.92), Face("marker", 0.075), ("top left",
              "bottom left"), accent=True),
        Style("band", Face("heavy", 0.25, 2, caps=True, leading=1.02), Face("mono", 0.042)),
        Style("edges", Face("mono", 0.048, 3, caps=True, leading=1.2), Face("condensed", 0.42, 2,
              leading=0.86), ("artist left", "title left"), accent=True),
    ),
    "ambient": (
        Style("stack", _small("geometric", 0.05, 0.42), _small("geometric", 0.03, 0.34),
              ("top", "middle", "bottom")),
        Style("stack", Face("light", 0.062, 3, leading=1.15), Face("light", 0.036), _CORNERS),
        Style("edges", Face("italic", 0.085, 3), _small("geometric", 0.032, 0.4),
              ("artist", "title")),
    ),
    "night": (
        Style("stack", Face("neon", 0.16, 3), _small("neon", 0.046, 0.3), _CENTRES, accent=True),
        Style("edges", Face("wide", 0.12, 3, leading=1.05), _small("light", 0.04, 0.28),
              ("artist", "title"), accent=True),
        Style("stack", Face("swash", 0.17, 3), _small("sans", 0.04, 0.3), ("bottom left",
              "top left"), accent=True),
    ),
    "electronic": (
        Style("stack", Face("mono", 0.052, 4, leading=1.25), Face("mono", 0.052, leading=1.25),
              _CORNERS),
        Style("spine", Face("wide", 0.13, 1), _small("mono", 0.036, 0.1), ("left", "right")),
        Style("edges", Face("wide", 0.15, 3, leading=1.05), _small("mono", 0.036, 0.08),
              ("artist left", "title left")),
        Style("edges", _small("wide", 0.046, 0.1), _small("wide", 0.046, 0.1), ("artist cross",)),
    ),
    "jazz": (
        Style("band", Face("condensed", 0.26, 2, caps=True, leading=0.86), Face("didone", 0.06),
              ("bottom left", "top left"), accent=True),
        Style("stack", Face("grotesk", 0.17, 4, leading=0.94), Face("grotesk", 0.062),
              ("top left", "bottom left"), accent=True),
        Style("edges", Face("didone", 0.2, 3, leading=0.98), _small("geometric", 0.04, 0.24),
              ("artist left", "title left")),
        Style("stack", Face("didone", 0.16, 3), Face("italic", 0.065), _CENTRES, rule=True),
    ),
    "classical": (
        Style("card", _small("inscription", 0.062, 0.06), Face("italic", 0.05), ("top", "middle"),
              rule=True),
        Style("card", Face("roman", 0.085, 4, leading=1.05), _small("inscription", 0.032, 0.14),
              ("top", "middle"), rule=True),
        Style("edges", Face("italic", 0.12, 3), _small("inscription", 0.044, 0.16),
              ("artist", "title")),
        Style("stack", Face("roman", 0.12, 3), Face("italic", 0.055), _CENTRES, rule=True),
    ),
    "hip hop": (
        Style("stack", Face("heavy", 0.4, 2, caps=True, leading=1.0), _small("sans", 0.046),
              ("bottom", "top")),
        Style("stack", Face("graffiti", 0.22, 3), Face("marker", 0.07), _CENTRES, accent=True),
        Style("edges", Face("blackletter", 0.18, 3, leading=0.85), _small("grotesk", 0.05, 0.1),
              ("artist", "title")),
        Style("band", Face("grotesk", 0.16, 2, caps=True, leading=0.95), _small("sans", 0.04)),
    ),
    "country": (
        Style("stack", Face("slab", 0.17, 3, leading=1.05), _small("roman", 0.052, 0.16), _CENTRES,
              rule=True),
        Style("edges", Face("swash", 0.18, 3), _small("slab", 0.04, 0.1), ("artist", "title")),
        Style("card", Face("slab", 0.085, 4, leading=1.1), Face("italic", 0.055), ("top",),
              rule=True),
    ),
    "folk": (
        Style("stack", Face("swash", 0.17, 3), Face("italic", 0.062), _CENTRES),
        Style("edges", Face("roman", 0.14, 3), _small("roman", 0.046, 0.2), ("artist", "title")),
        Style("stack", Face("italic", 0.16, 3, leading=0.95), _small("roman", 0.04, 0.18),
              ("top left", "bottom left"), rule=True),
    ),
    "groove": (
        Style("stack", Face("block", 0.19, 3, caps=True, leading=0.98), _small("sans", 0.046),
              ("top left", "bottom left"), accent=True),
        Style("stack", Face("swash", 0.22, 3, leading=0.98), Face("grotesk", 0.055), _CENTRES,
              accent=True),
        Style("band", Face("slab", 0.17, 2), _small("grotesk", 0.042, 0.08), accent=True),
        Style("edges", Face("grotesk", 0.18, 3, leading=0.92), _small("sans", 0.042),
              ("artist left", "title left"), accent=True),
    ),
    "pop": (
        Style("stack", Face("wide", 0.17, 3, leading=1.0), Face("light", 0.06), ("bottom left",
              "top left"), accent=True),
        Style("edges", Face("condensed", 0.5, 2, caps=True, leading=0.84), _small("sans", 0.042),
              ("artist", "title"), accent=True),
        Style("stack", Face("didone", 0.19, 3, leading=0.95), _small("geometric", 0.04, 0.26),
              _CENTRES),
        Style("spine", Face("grotesk", 0.12, 1), _small("sans", 0.036), ("left", "right"),
              accent=True),
    ),
    "psychedelic": (
        Style("stack", Face("swash", 0.24, 3, leading=0.96), _small("grotesk", 0.046), _CENTRES,
              accent=True),
        Style("edges", Face("slab", 0.16, 3), _small("slab", 0.042, 0.12), ("artist", "title"),
              accent=True),
        Style("stack", Face("inscription", 0.15, 3), _small("inscription", 0.044), _CENTRES),
    ),
    "rock": (
        Style("stack", Face("heavy", 0.34, 3, caps=True, leading=1.02), _small("sans", 0.044),
              ("bottom left", "top left"), accent=True),
        Style("edges", _small("condensed", 0.062, 0.26), Face("condensed", 0.44, 2, leading=0.86),
              ("artist", "title")),
        Style("stack", Face("grotesk", 0.16, 3, leading=0.95), Face("grotesk", 0.058),
              ("top left", "bottom left")),
        Style("edges", Face("slab", 0.15, 3), _small("sans", 0.042), ("artist left",
              "title left")),
    ),
    "plain": (
        Style("stack", Face("grotesk", 0.16, 3, leading=0.95), _small("sans", 0.042),
              ("top left", "bottom left")),
        Style("edges", Face("didone", 0.17, 3), _small("geometric", 0.04, 0.26),
              ("artist", "title")),
        Style("stack", Face("condensed", 0.4, 2, caps=True, leading=0.86), _small("sans", 0.042),
              ("bottom", "top"), accent=True),
        Style("stack", Face("geometric", 0.1, 3, leading=1.05), _small("geometric", 0.036, 0.3),
              _CORNERS),
    ),
}  # fmt: skip

# For names that no other design can hold at a size that is read.
LONG = Style(
    "stack",
    Face("sans", 0.085, 9, leading=1.12),
    Face("sans", 0.05, 6, leading=1.15),
    ("top left", "bottom left"),
)


def family_of(genres: Sequence[str]) -> str:
    """The family of the first genre that belongs to one: a key of `STYLES`."""
    for genre in genres:
        name = re.sub(r"[-_/]+", " ", genre.lower())
        for family, words in _WORDS:
            if re.search(rf"\b(?:{words})\b", name):
                return family
    return "plain"


def styles_for(genres: Sequence[str], seed: int) -> list[Style]:
    """The styles of the genres' family in the order in which a seed tries them."""
    family = family_of(genres)
    styles = list(STYLES[family])
    # Neighbouring seeds show neighbouring styles: four covers are four designs.
    turn = (seed + Random(f"typeset {family}").randrange(len(styles))) % len(styles)
    return [*styles[turn:], *styles[:turn], LONG]
