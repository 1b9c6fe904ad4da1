"""What a year does to a cover: how its colours print and how its sleeve ages, as numbers.

Every quantity runs continuously through the anchor years below, so that two covers a year apart
look a year apart: cream duotones of the fifties, saturated sixties, brown seventies, neon eighties,
muted dirty nineties, glossy two-thousands, flat pastel tens, vivid grainy twenties.
"""

from dataclasses import dataclass, fields
from functools import lru_cache

from duck_and_cover.data.synthetic.palettes import mix
from duck_and_cover.typography import Colour

FIRST_YEAR = 1950
LAST_YEAR = 2027


@dataclass(frozen=True)
class Era:
    """How a year prints. Shares are in 0..1.

    Args:
        black: what the darkest ink becomes.
        white: what bare paper is.
        saturation: 1 leaves colours as drawn.
        border: width of the unprinted edge, as a share of the side.
        wear: scuffed edges and the ring a record presses into its sleeve.
        vignette: darkening of the corners.
        halftone: visibility of the printing dots.
        grain: noise, in levels of 0..255.
        gloss: the shine of a jewel case.
        hinge: width of the jewel case's hinge, as a share of the side.
        airbrush: hot pink sprayed up from the foot.
        aura: a violet light leaking in from a corner.
    """

    black: Colour
    white: Colour
    saturation: float
    border: float
    wear: float
    vignette: float
    halftone: float
    grain: float
    gloss: float
    hinge: float
    airbrush: float = 0.0
    aura: float = 0.0


#      year: black,          white,           satur. border wear  vign. half  grain gloss hinge
_ANCHORS: dict[int, Era] = {
    1950: Era((70, 48, 30), (242, 220, 170), 0.22, 0.066, 0.95, 0.42, 0.55, 5, 0.0, 0.0),
    1957: Era((60, 44, 36), (244, 227, 182), 0.55, 0.052, 0.80, 0.34, 0.65, 5, 0.0, 0.0),
    1964: Era((34, 26, 44), (250, 236, 200), 1.10, 0.036, 0.60, 0.25, 0.80, 4, 0.0, 0.0),
    1970: Era((44, 22, 20), (250, 222, 166), 1.10, 0.018, 0.62, 0.28, 0.60, 5, 0.0, 0.0),
    1976: Era((58, 30, 8), (240, 200, 132), 0.85, 0.000, 0.55, 0.38, 0.40, 7, 0.0, 0.0),
    1982: Era(
        (40, 6, 40), (255, 216, 206), 1.15, 0.000, 0.30, 0.18, 0.20, 4, 0.0, 0.0, airbrush=0.55
    ),
    1988: Era(
        (8, 0, 58), (255, 236, 255), 1.50, 0.000, 0.12, 0.05, 0.10, 2, 0.10, 0.030, airbrush=0.40
    ),
    1993: Era((22, 26, 34), (222, 218, 196), 0.90, 0.000, 0.10, 0.22, 0.0, 8, 0.20, 0.060),
    1998: Era((34, 44, 34), (196, 206, 190), 0.50, 0.000, 0.05, 0.30, 0.0, 10, 0.45, 0.066),
    2003: Era((0, 16, 44), (214, 238, 255), 0.95, 0.000, 0.0, 0.12, 0.0, 3, 1.00, 0.050),
    2009: Era((16, 40, 62), (236, 252, 255), 1.00, 0.000, 0.0, 0.0, 0.0, 1, 0.45, 0.012),
    2015: Era((84, 74, 96), (255, 248, 246), 0.68, 0.034, 0.0, 0.0, 0.0, 0, 0.0, 0.0),
    2021: Era((40, 10, 74), (248, 240, 255), 1.10, 0.000, 0.0, 0.10, 0.0, 8, 0.0, 0.0, aura=0.45),
    2027: Era((0, 8, 4), (228, 255, 240), 1.50, 0.000, 0.0, 0.42, 0.0, 18, 0.0, 0.0, aura=0.90),
}


@lru_cache(maxsize=256)
def era_of(year: int) -> Era:
    """The era between the anchor years around a year; years outside count as the nearest end."""
    years = sorted(_ANCHORS)
    year = max(years[0], min(years[-1], year))
    before = max(anchor for anchor in years if anchor <= year)
    after = min(anchor for anchor in years if anchor >= year)
    if before == after:
        return _ANCHORS[before]
    share = (year - before) / (after - before)
    old, new = _ANCHORS[before], _ANCHORS[after]
    numbers = {
        field.name: getattr(old, field.name)
        + (getattr(new, field.name) - getattr(old, field.name)) * share
        for field in fields(Era)
        if field.name not in ("black", "white")
    }
    return Era(mix(old.black, new.black, share), mix(old.white, new.white, share), **numbers)


def caption_of(year: int) -> str:
    """How a print of this year looks, for captions."""
    looks = (
        (1957, "on yellowed cream card with a worn border"),
        (1968, "in saturated inks on a scuffed sleeve"),
        (1979, "in faded brown and orange print"),
        (1990, "in high-contrast eighties colours"),
        (2000, "in muted, dirty print behind a jewel case"),
        (2010, "with a glossy sheen"),
        (2019, "in flat, washed-out pastels"),
        (LAST_YEAR, "in vivid colours under heavy grain"),
    )
    return next(words for last, words in looks if year <= last)
