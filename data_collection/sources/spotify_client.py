"""Spotify's client with every wait in our hands, and without a token in any log.

spotipy knows the paths and fetches the tokens. How it takes failures is passed by: it sleeps where
nobody can stop it, calls server errors rate limits, and takes what is no JSON for an answer. So a
hook looks at each answer before spotipy does, and all tries are counted here.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from data_collection.sources.http import (
    FAILURES_IN_A_ROW,
    PASSING,
    REDIRECTS,
    TIMEOUT,
    TRIES,
    NotFound,
    Refused,
    Unavailable,
    address,
    reason,
    user_agent,
)
from data_collection.waiting import Patience, retry_after
from duck_and_cover.errors import DuckAndCoverError, StoppedEarly, UsageError

if TYPE_CHECKING:
    import requests

log = logging.getLogger(__name__)

SPOTIFY = "Spotify"
DASHBOARD = "https://developer.spotify.com/dashboard"

_CREDENTIALS = ("SPOTIPY_CLIENT_ID", "SPOTIPY_CLIENT_SECRET")
# They write requests, with the header that holds the token, into the log.
_TALKATIVE = ("spotipy", "spotipy.client", "spotipy.oauth2", "spotipy.util", "urllib3", "requests")


@dataclass(frozen=True)
class _Failure:
    """Why a try brought nothing.

    Attributes:
        why: a few words.
        status: of the answer; 0 without one.
        asked: seconds that the service asks to wait.
        quota: whether the quota of calls is used up.
        token: whether the token was refused, not a call.
    """

    why: str
    status: int = 0
    asked: float | None = None
    quota: bool = False
    token: bool = False


class _BadAnswer(Exception):
    """An answer that spotipy is not to see."""

    def __init__(self, failure: _Failure) -> None:
        super().__init__(failure.why)
        self.failure = failure


class SpotifyClient:
    """Calls to Spotify, one after the other.

    Args:
        patience: how long to wait, and when to stop.

    Raises:
        UsageError: the credentials are missing.
    """

    def __init__(self, patience: Patience) -> None:
        import requests
        import spotipy  # type: ignore[import-untyped]
        from spotipy.cache_handler import MemoryCacheHandler  # type: ignore[import-untyped]

        client_id, client_secret = _credentials()
        _quiet()
        # A session of one's own keeps spotipy from adding urllib3's retries, which sleep out any
        # `Retry-After`, of a day if need be, even where 429 is not among the statuses to retry.
        session = requests.Session()
        session.headers["User-Agent"] = user_agent()
        session.max_redirects = REDIRECTS
        session.auth = _as_it_is
        session.hooks["response"].append(_look)
        self._patience = patience
        self._failed_in_a_row = 0
        self._token = MemoryCacheHandler()
        tokens = spotipy.SpotifyClientCredentials(
            client_id,
            client_secret,
            requests_session=session,
            requests_timeout=TIMEOUT,
            cache_handler=self._token,
        )
        accounts = address("SPOTIFY_ACCOUNTS_URL", "https://accounts.spotify.com")
        tokens.OAUTH_TOKEN_URL = f"{accounts}/api/token"
        self._spotify = spotipy.Spotify(
            auth_manager=tokens, requests_session=session, requests_timeout=TIMEOUT
        )
        self._spotify.prefix = address("SPOTIFY_API_URL", "https://api.spotify.com/v1") + "/"

    def get(self, part: str, ask: Callable[[Any], Any]) -> Any:
        """The answer to one of spotipy's calls, tried again as often as makes sense.

        Args:
            part: what the answer must hold; one without it counts as a failed try.
            ask: makes the call with the `spotipy.Spotify` that it is given.

        Raises:
            NotFound, Refused, Unavailable: see there.
            UsageError: the credentials are wrong.
            DuckAndCoverError: the app's owner has no Premium any more, or a fresh token is refused.
            StoppedEarly: the quota is used up, a long wait was asked for, the service is down, or
                an interruption.
        """
        renewed, why = False, ""
        for number in range(1, TRIES + 1):
            self._patience.pause(0.0)  # an interruption counts before a call is spent
            answer = self._try(part, ask)
            if not isinstance(answer, _Failure):
                self._failed_in_a_row = 0
                return answer
            why = answer.why
            if answer.status == 401 and not answer.token and not renewed:
                renewed = True
                self._token.save_token_to_cache(None)
                continue
            self._raise_what_no_try_mends(answer)
            if number < TRIES:
                log.debug("%s: %s; try %d of %d", SPOTIFY, why, number, TRIES)
                pause = self._patience.before_try(number + 1, answer.asked)
                self._patience.wait(pause, f"{SPOTIFY}: {why}")
        raise self._given_up(Unavailable(f"{SPOTIFY}: {why}, {TRIES} times"), why)

    def _try(self, part: str, ask: Callable[[Any], Any]) -> Any:
        """An answer, or a _Failure: no error leaves that has passed a request with its token."""
        import requests

        try:
            answer = ask(self._spotify)
        except _BadAnswer as error:
            return error.failure
        except requests.RequestException as error:
            return _Failure(_reason(error))
        # A list is what spotipy has taken out of its answer already.
        if isinstance(answer, list) or (isinstance(answer, dict) and answer.get(part) is not None):
            return answer
        return _Failure(f"an answer without '{part}'")

    def _raise_what_no_try_mends(self, failure: _Failure) -> None:
        status, why = failure.status, failure.why
        if failure.token and status in (400, 401):
            raise UsageError(
                f"{SPOTIFY} does not know these {' and '.join(_CREDENTIALS)}: copy both again "
                f"from {DASHBOARD}"
            )
        if status == 401:
            raise DuckAndCoverError(f"{SPOTIFY}: a fresh token is refused ({why})")
        if status == 403 and "premium" in why.lower():
            raise DuckAndCoverError(
                f"{SPOTIFY} serves apps of Premium subscribers only, and the subscription of this "
                f"app's owner has ended ({why})"
            )
        if status in (404, 410) or (status == 400 and "invalid base62" in why.lower()):
            self._failed_in_a_row = 0
            raise NotFound(f"{SPOTIFY}: not there (HTTP {status})")
        if failure.quota:
            if not failure.asked:
                raise self._patience.down(SPOTIFY, "the quota of calls is used up, for about 24 h")
            self._patience.check(failure.asked, f"{SPOTIFY}: the quota of calls is used up")
        elif status not in PASSING | {0, 200}:
            raise self._given_up(Refused(status, f"{SPOTIFY}: {why}"), why)

    def _given_up(self, error: DuckAndCoverError, why: str) -> DuckAndCoverError | StoppedEarly:
        """The error itself, or the end of the run after too many of them in a row."""
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= FAILURES_IN_A_ROW:
            return self._patience.down(SPOTIFY, why)
        return error


def _credentials() -> tuple[str, str]:
    client_id, client_secret = (os.environ.get(name, "").strip() for name in _CREDENTIALS)
    if not client_id or not client_secret:
        lines = ", ".join(f"{name}=..." for name in _CREDENTIALS)
        raise UsageError(
            f"--source spotify needs credentials: put two lines into .env: {lines}; "
            f"both come with an app that you make at {DASHBOARD}"
        )
    if not (client_id + client_secret).isascii():
        raise UsageError(f"{' or '.join(_CREDENTIALS)} has characters that no such key has")
    return client_id, client_secret


def _quiet() -> None:
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    # Some paths are open to older apps alone; whether to this one is found out, not guessed.
    warnings.filterwarnings("ignore", "You're using", DeprecationWarning, "spotipy")


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep requests from putting a password of ~/.netrc in the place of the token."""
    return request


def _look(response: requests.Response, **_: object) -> None:
    """Let pass redirects and JSON objects; raise _BadAnswer for all else."""
    if response.is_redirect:
        return
    try:
        content = response.json()
    except ValueError:
        content = None
    token = response.request.method == "POST"  # all calls of ours are GET
    if response.status_code == 200:
        needed = {"access_token", "expires_in"} if token else set()
        if isinstance(content, dict) and needed <= set(content):
            return
        raise _BadAnswer(_Failure("an answer that is no JSON object", 200))
    raise _BadAnswer(
        _Failure(
            why=f"HTTP {response.status_code}{_message(content)}",
            status=response.status_code,
            asked=retry_after(response.headers),
            quota=b"QUOTA_EXCEEDED" in response.content,
            token=token,
        )
    )


def _message(content: Any) -> str:
    """The service's own words, as `: words`; its error is a text or an object around one."""
    error = content.get("error") if isinstance(content, dict) else None
    text = error.get("message") or error.get("reason") if isinstance(error, dict) else error
    return f": {' '.join(str(text).split())[:200]}" if text else ""


def _reason(error: requests.RequestException) -> str:
    """A few words for a connection that failed; requests wraps what urllib3 says of it."""
    cause = error.args[0] if error.args else None
    return reason(cause) if isinstance(cause, Exception) else type(error).__name__
