"""What a reader must know before any figure: faults of a generator that single numbers hide.

Every rule compares with held-out real covers under the same judge, and with chance where covers
are few. Covers of a perfect generator raise nothing but `few-covers`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from duck_and_cover.evaluation.evidence import NAN, Evidence
from duck_and_cover.evaluation.report.contents import Flag

FEW_COVERS = 2048  # below it a covariance of 2,048 features is singular, and FID says little
STANDARD_ERRORS = 3.0  # that a share must differ by, which chance alone does 1 time in 700

# The judge must itself see genres or years in real covers; else their absence proves nothing.
READABLE_GENRES = 0.05  # of accuracy above chance
READABLE_YEARS = 0.3  # of slope
# A tenth of what real covers give above chance is as good as nothing.
NO_EFFECT = 0.1
# What a genre's MS-SSIM moves by from one sample of real covers to the next: the mean over pairs of
# N covers has N independent parts, of a deviation of about 0.15.
SIMILARITY_MARGIN, SIMILARITY_NOISE = 0.05, 0.5
# Two covers of a genre lie at least this share of the real ones' distance apart.
LOW_DIVERSITY = 0.5
REDUCED_DIVERSITY = 0.85
# Where covers look real and yet fill almost nothing of what real covers fill.
LOW_RECALL, SOUND_PRECISION = 0.1, 0.5
TOO_ACCURATE = 0.10  # the acceptance rule: within 10 points of the real covers
HARD_GENRES = 0.6  # real accuracy below it: genres that real covers show only in part
CERTAIN, NEAR = 1e-3, 0.5  # p, and the share of the held-out median that copies stay within
# Years off, beyond what the judge's own error explains.
FAR_OFF, FAR_OFF_YEARS = 1.5, 5.0
SOUND_SLOPE = 0.5  # of the real covers': the year is heard, so that an error is one of its own
NAMED = 3  # genres in a sentence


def flags(evidence: Evidence) -> list[Flag]:
    """All that is wrong, each kind at most once, the gravest first."""
    rules = (
        ("copies", copies),
        ("collapsed", collapsed),
        ("ignores-genre", ignores_genre),
        ("stereotyped", stereotyped),
        ("ignores-year", ignores_year),
        ("wrong-years", wrong_years),
        ("few-covers", few_covers),
    )
    found = ((kind, next(rule(evidence), None)) for kind, rule in rules)
    return [Flag(kind, text) for kind, text in found if text]


def share(value: float) -> str:
    """A share as people read it."""
    return f"{value:.1%}".replace("%", " %") if math.isfinite(value) else "an unknown share"


def copies(e: Evidence) -> Iterator[str]:
    """Generated covers are far nearer to training covers than held-out ones, in all features.

    In all: blurred covers are near to everything in pixels, and plain examples of a genre are near
    to everything in the judge's features.
    """
    near = [
        m for m in e.memorisation if m.p < CERTAIN and m.generated_median < NEAR * m.held_out_median
    ]
    if near and len(near) == len(e.memorisation):
        ratios = " and ".join(
            f"{share(m.generated_median / m.held_out_median)} ({m.features})" for m in near
        )
        yield (
            "The covers repeat training covers: their median distance to the nearest one, as a "
            f"share of the held-out real covers', is {ratios} (p below {CERTAIN:g})."
        )


def collapsed(e: Evidence) -> Iterator[str]:
    """Covers of a genre are more alike than those of the most uniform real genre."""
    most = max((r.real_ms_ssim for r in e.genres if r.real_ms_ssim == r.real_ms_ssim), default=NAN)
    alike = [
        row
        for row in sorted(e.genres, key=lambda row: -row.ms_ssim)
        if row.ms_ssim > most + max(SIMILARITY_MARGIN, SIMILARITY_NOISE / math.sqrt(row.count))
    ]
    if alike:
        names = ", ".join(f"{r.name} ({r.ms_ssim:.2f})" for r in alike[:NAMED])
        yield (
            f"The covers repeat themselves in {len(alike)} of {len(e.genres)} genres: MS-SSIM "
            f"within {names} is above {most:.2f}, that of the most uniform real genre."
        )
    if e.diversity < LOW_DIVERSITY:
        yield (
            "The covers repeat themselves: two of a genre lie only "
            f"{share(e.diversity)} as far apart as two real ones."
        )
    if e.recall < LOW_RECALL and e.precision > SOUND_PRECISION:
        yield (
            "The covers look real but show little of the variety: recall is "
            f"{share(e.recall)} of what one half of the real covers has of the other."
        )


def ignores_genre(e: Evidence) -> Iterator[str]:
    """The genre asked for does not show."""
    above, real = e.accuracy - e.chance, e.real_accuracy - e.chance
    unasked = e.conditioning is not None and "genre" not in e.conditioning.changes
    if unasked or not real > READABLE_GENRES + STANDARD_ERRORS * e.error:
        return
    if above < max(NO_EFFECT * real, 0):
        yield (
            "The genre asked for does not show: the judge finds it in "
            f"{share(e.accuracy)} of the covers, where chance gives {share(e.chance)} and real "
            f"covers {share(e.real_accuracy)}."
        )
    elif e.conditioning and e.conditioning.genre_flip_rate < NO_EFFECT * real:
        yield (
            "The genre asked for does not show: asked for another one, only "
            f"{share(e.conditioning.genre_flip_rate)} of the covers come to be seen as it, where "
            f"the judge knows {share(e.real_accuracy)} of real covers."
        )


def stereotyped(e: Evidence) -> Iterator[str]:
    """Genres are far plainer in the covers than in real ones, at the price of variety."""
    excess = e.accuracy - e.real_accuracy
    plain = e.diversity < REDUCED_DIVERSITY or e.real_accuracy < HARD_GENRES
    if plain and excess > max(TOO_ACCURATE, STANDARD_ERRORS * e.error):
        yield (
            f"The covers are stereotypes: the judge names the genre of {share(e.accuracy)}, and of "
            f"only {share(e.real_accuracy)} of real covers; diversity within a genre is "
            f"{share(e.diversity)} of theirs."
        )


def ignores_year(e: Evidence) -> Iterator[str]:
    """The year asked for does not move the picture."""
    if e.conditioning is None or not e.real_year_slope > READABLE_YEARS:
        return
    slope = e.conditioning.year_slope
    if abs(slope) < NO_EFFECT * e.real_year_slope:
        yield (
            f"The year asked for does not show: ten years later moves the covers by "
            f"{10 * slope:.1f} years as the judge sees them, and real covers by "
            f"{10 * e.real_year_slope:.1f}."
        )


def wrong_years(e: Evidence) -> Iterator[str]:
    """The year moves the picture, but to another year."""
    slope = e.conditioning.year_slope if e.conditioning else NAN
    readable = e.real_year_slope > READABLE_YEARS
    if readable and slope < -NO_EFFECT * e.real_year_slope:
        yield (
            "The years run the wrong way: ten years later looks like "
            f"{-10 * slope:.1f} years earlier to the judge, which is {e.year_error:.1f} years off."
        )
    allowed = max(FAR_OFF * e.real_year_error, e.real_year_error + FAR_OFF_YEARS)
    if not (readable and slope > SOUND_SLOPE * e.real_year_slope):
        return
    if abs(e.year_shift) > allowed or e.year_error > allowed + FAR_OFF_YEARS:
        later = "later" if e.year_shift > 0 else "earlier"
        yield (
            f"The years are wrong: the covers look {e.year_error:.1f} years off what was asked for "
            f"({abs(e.year_shift):.1f} years {later} on the whole), and real covers "
            f"{e.real_year_error:.1f} years off their own."
        )


def few_covers(e: Evidence) -> Iterator[str]:
    """Too few for some figures."""
    if e.count < FEW_COVERS:
        yield (
            f"Only {e.count:,} covers were compared: below {FEW_COVERS:,} FID is not to be "
            "trusted, and the other figures are rough."
        )
