"""What was learnt of genres goes with their names, from one vocabulary's networks to another's."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from duck_and_cover.conditions import Vocabulary

# Of the condition encoder: an embedding a family, and what each genre adds to its family's.
FAMILIES = "encoder.genres.families.weight"  # (W, F)
BIAS = "encoder.genres.families.bias"  # (W,)
OWN = "encoder.genres.own.weight"  # (W, G); without it each genre is its own family
HEAD = ("genre.weight", "genre.bias")  # (G, C) and (G,) of a discriminator that names genres


def by_genre(name: str) -> bool:
    """Whether a network's tensor has a row or a column for every genre or family."""
    return name in HEAD or name.startswith("encoder.genres.")


@torch.no_grad()
def carry_genres(
    network: nn.Module, there: Mapping[str, Tensor], was: Vocabulary, now: Vocabulary
) -> set[str]:
    """Give the genres that both vocabularies have what was learnt of them; others stay as they are.

    Args:
        network: Where to.
        there: The weights of the network of the vocabulary `was`, by its names.

    Returns:
        Names of the network's tensors that hold some of it.
    """
    here = {name: tensor for name, tensor in network.state_dict().items() if by_genre(name)}
    if (was.genres, was.families) == (now.genres, now.families):
        same = {n for n, tensor in here.items() if n in there and there[n].shape == tensor.shape}
        for name in same:
            here[name].copy_(there[name])
        return same
    places = [(i, was.genres.index(g)) for i, g in enumerate(now.genres) if g in was.genres]
    if not places:
        return set()
    rows, old = torch.tensor(places).unbind(dim=1)
    return _head(here, there, rows, old) | _embedding(here, there, rows, old, was, now)


def _head(
    here: dict[str, Tensor], there: Mapping[str, Tensor], rows: Tensor, old: Tensor
) -> set[str]:
    fits = {n for n in HEAD if n in here and n in there and here[n].shape[1:] == there[n].shape[1:]}
    for name in fits:
        here[name][rows] = there[name][old]
    return fits


def _embedding(
    here: dict[str, Tensor],
    there: Mapping[str, Tensor],
    columns: Tensor,
    old: Tensor,
    was: Vocabulary,
    now: Vocabulary,
) -> set[str]:
    """Every known genre's whole embedding stays; a family begins as the mean of its known ones."""
    if FAMILIES not in here or FAMILIES not in there or here[BIAS].shape != there[BIAS].shape:
        return set()
    shared = there[FAMILIES][:, torch.tensor(was.families or range(len(was.genres)))]  # (W, G)
    whole = shared + there[OWN] if OWN in there else shared
    begin = shared if OWN in here else whole
    families = torch.tensor(now.families or range(len(now.genres)))[columns]
    for family in set(families.tolist()):
        here[FAMILIES][:, family] = begin[:, old[families == family]].mean(dim=1)
    here[BIAS].copy_(there[BIAS])
    if OWN in here:
        here[OWN][:, columns] = whole[:, old] - here[FAMILIES][:, families]
    return {FAMILIES, BIAS} | ({OWN} & here.keys())
