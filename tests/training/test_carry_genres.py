"""Genres keep what was learnt of them, in whatever order and families they come again."""

from __future__ import annotations

import pytest
import torch

from duck_and_cover.conditions import Condition, Vocabulary
from duck_and_cover.networks.acgan import ACGANDiscriminator
from duck_and_cover.networks.condition_encoder import ConditionEncoder
from duck_and_cover.networks.progan import ProGANDiscriminator
from duck_and_cover.training.carry_genres import by_genre, carry_genres

ALONE = Vocabulary(("acid jazz", "folk", "free jazz", "polka"), 1950, 2020)
FAMILIES = Vocabulary(("acid jazz", "folk", "free jazz", "polka"), 1950, 2020, (0, 1, 0, 2))
OTHERS = Vocabulary(("free jazz", "folk", "free folk", "ska"), 1950, 2020, (0, 1, 1, 2))
FEW = Vocabulary(("ska", "polka", "acid jazz"), 1950, 2020)


class Network(torch.nn.Module):
    """Nothing but an encoder, whose genres have learnt something."""

    def __init__(self, words: Vocabulary, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.words, self.encoder = words, ConditionEncoder(words.spec, 8)
        for name, tensor in self.state_dict().items():
            if by_genre(name):
                tensor.normal_()

    def embedding(self, *genres: str) -> torch.Tensor:
        assert self.encoder.genres is not None
        found: torch.Tensor = self.encoder.genres(self.words.encode([Condition(genres)]).genres)
        return found


@pytest.mark.parametrize("was", [ALONE, FAMILIES, OTHERS, FEW])
@pytest.mark.parametrize("now", [ALONE, FAMILIES, OTHERS, FEW])
def test_embeddings_go_with_names(was: Vocabulary, now: Vocabulary) -> None:
    old, new, untouched = Network(was, 0), Network(now, 1), Network(now, 1)
    carried = carry_genres(new, old.state_dict(), was, now)
    both = set(was.genres) & set(now.genres)
    assert both and carried == {name for name in new.state_dict() if by_genre(name)}
    for genre in both:
        torch.testing.assert_close(new.embedding(genre), old.embedding(genre))
    for genre in set(now.genres) - both:
        assert not torch.allclose(new.embedding(genre), old.embedding(*both))
    pair = sorted(both)[:2]
    torch.testing.assert_close(new.embedding(*pair), old.embedding(*pair))
    for name, tensor in new.encoder.state_dict().items():
        if not name.startswith("genres."):
            assert torch.equal(tensor, untouched.encoder.state_dict()[name])


def test_a_new_genre_begins_as_its_family() -> None:
    old, new = Network(ALONE, 0), Network(OTHERS, 1)
    torch.nn.init.zeros_(new.encoder.genres.own.weight)  # type: ignore[union-attr]
    carry_genres(new, old.state_dict(), ALONE, OTHERS)
    torch.testing.assert_close(new.embedding("free folk"), old.embedding("folk"))


def test_nothing_is_carried_without_a_common_genre_or_width() -> None:
    old, new = Network(ALONE, 0), Network(Vocabulary(("ska",), 0, 0), 1)
    before = {name: tensor.clone() for name, tensor in new.state_dict().items()}
    assert not carry_genres(new, old.state_dict(), ALONE, new.words)
    narrow = ConditionEncoder(ALONE.spec, 4).state_dict()
    there = {f"encoder.{name}": tensor for name, tensor in narrow.items()}
    assert not carry_genres(new, there, ALONE, FEW)
    assert not carry_genres(new, {}, ALONE, ALONE)
    for name, tensor in new.state_dict().items():
        assert torch.equal(tensor, before[name])


def test_the_head_that_names_genres_goes_along() -> None:
    old, new = (ACGANDiscriminator(16, words.spec, latent=4) for words in (ALONE, FEW))
    assert {n for n in old.state_dict() if by_genre(n)} == {"genre.weight", "genre.bias"}
    ska = new.genre.weight[0].clone()  # type: ignore[union-attr]
    carried = carry_genres(new, old.state_dict(), ALONE, FEW)
    assert carried == {"genre.weight", "genre.bias"}
    with torch.no_grad():
        h = old.features(torch.randn(3, 3, 16, 16))
        was, now = old.genre_logits(h), new.genre_logits(h)
    torch.testing.assert_close(now[:, 1:], was[:, [3, 0]])
    assert torch.equal(new.genre.weight[0], ska)  # type: ignore[union-attr]


def test_the_discriminators_projection_goes_along() -> None:
    old, new = (
        ProGANDiscriminator(8, words.spec, fmap_base=32, fmap_max=8) for words in (ALONE, FEW)
    )
    carried = carry_genres(new, old.state_dict(), ALONE, FEW)
    assert carried == {"encoder.genres.families.weight", "encoder.genres.families.bias"}
