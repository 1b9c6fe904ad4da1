"""How the services behave: what a test may set before they start and while they run."""

from __future__ import annotations

from dataclasses import dataclass

CLIENT_ID, CLIENT_SECRET = "duck", "quack"  # the only credentials that the accounts service takes

# What may befall an answer, and which answers: those of the interfaces, of pictures, or any.
FAULTS = {
    "retry-0": "any",  # 503, Retry-After: 0
    "retry-1": "any",  # 503, Retry-After: 1
    "retry-date": "any",  # 503, Retry-After as an HTTP date one second ahead
    "error": "any",  # 500, 170 bytes of HTML that call themselves image/jpeg
    "limit": "any",  # 429 without Retry-After
    "reset": "any",  # the connection is reset
    "cut": "any",  # the connection is closed half-way through the body
    "empty": "any",  # 200 without a byte
    "page": "picture",  # 200, HTML that calls itself image/jpeg
    "not-json": "interface",  # 200, HTML that calls itself JSON
}
QUICK_FAULTS = tuple(kind for kind in FAULTS if kind not in ("retry-1", "retry-date"))


@dataclass(frozen=True)
class Options:
    """Everything that can be set.

    Attributes:
        seed: of the faults.
        fault_rate: 0..1; whether a request fails, and how, follows from the seed, the URL and how
            often that URL was asked for, so that it is the same whatever the order of requests.
        faults: the kinds to choose from, names of FAULTS.
        fault_hits: only the first so many requests of a URL may fail.
        fault_prefixes: only paths that begin with one of these fail.
        latency_s: added to each answer, without holding up others.
        changing_totals: the totals that searches tell differ from page to page.
        musicbrainz_per_s: more requests within one second are answered with 503; null for any.
        extended: Spotify's extended mode instead of its development mode.
        premium_lapsed: Spotify refuses everything, for its owner pays no more.
        quota: calls that Spotify answers before it refuses all others; null for any number.
        quota_wait_s: what Retry-After tells from then on.
        token_lifetime_s: what `expires_in` tells and how long tokens are good.
    """

    seed: int = 0
    fault_rate: float = 0.0
    faults: tuple[str, ...] = QUICK_FAULTS
    fault_hits: int = 3
    fault_prefixes: tuple[str, ...] = ("/",)
    latency_s: float = 0.0
    changing_totals: bool = False
    musicbrainz_per_s: int | None = None
    extended: bool = False
    premium_lapsed: bool = False
    quota: int | None = None
    quota_wait_s: int = 48_925
    token_lifetime_s: float = 3600

    def __post_init__(self) -> None:
        assert set(self.faults) <= set(FAULTS), self.faults
