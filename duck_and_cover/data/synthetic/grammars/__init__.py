"""One grammar per genre: how its covers are composed, coloured and lettered."""

from duck_and_cover.data.synthetic.grammars import (
    ambient,
    blues,
    classical,
    country,
    disco,
    drum_and_bass,
    folk,
    hip_hop,
    jazz,
    k_pop,
    psychedelic_rock,
    punk,
    reggae,
    synthwave,
    techno,
    thrash_metal,
)
from duck_and_cover.data.synthetic.grammars.grammar import Grammar, Layout

GRAMMARS: dict[str, Grammar] = {
    module.GRAMMAR.genre: module.GRAMMAR
    for module in (
        ambient,
        blues,
        classical,
        country,
        disco,
        drum_and_bass,
        folk,
        hip_hop,
        jazz,
        k_pop,
        psychedelic_rock,
        punk,
        reggae,
        synthwave,
        techno,
        thrash_metal,
    )
}

__all__ = ["GRAMMARS", "Grammar", "Layout"]
