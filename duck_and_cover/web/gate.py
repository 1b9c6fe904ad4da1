"""The door of the server: who may come in, and how much they may carry."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from duck_and_cover.web.problems import problem
from duck_and_cover.web.settings import Settings

COOKIE = "studio_token"
OPEN = ("/healthz",)
ASK = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Token needed</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<form><h1>The studio</h1><p><label>Token <input name="token" type="password" required autofocus
></label> <button>Enter</button></p></form>"""


class Gate:
    """Lets requests through that show the token and are no larger than the settings allow.

    Programs show it as `Authorization: Bearer TOKEN`. Browsers cannot: they are given a cookie for
    `/?token=TOKEN`, and a form to enter it where they come without.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.settings = app, settings
        self._token = (settings.token or "").encode()
        self._cookie = hashlib.sha256(self._token).hexdigest()  # of letters that cookies may have

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; its body is read here as a whole, so that nothing larger gets further."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._stranger(scope)
        if refusal is None:
            body = await self._body(scope, receive)
            if isinstance(body, bytes):
                await self.app(scope, _once(body, receive), send)
                return
            refusal = body
        await refusal(scope, receive, send)

    def _stranger(self, scope: Scope) -> Response | None:
        """The answer to a request that does not show the token, or that has come for its cookie."""
        if self.settings.token is None or scope["path"] in OPEN:
            return None
        headers = Headers(scope=scope)
        kind, _, shown = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and hmac.compare_digest(shown.encode("latin-1"), self._token):
            return None
        if hmac.compare_digest(_cookie(headers).encode(), self._cookie.encode()):
            return None
        if scope["path"] == "/" and scope["method"] == "GET":
            asked = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
            if not hmac.compare_digest(asked.encode("utf-8", "replace"), self._token):
                return HTMLResponse(ASK, 401)
            welcome = RedirectResponse(scope.get("root_path", "") + "/", 303)
            welcome.set_cookie(COOKIE, self._cookie, httponly=True, samesite="strict")
            return welcome
        lacking = "a token is needed: send the header Authorization: Bearer TOKEN"
        return problem(401, lacking, {"WWW-Authenticate": "Bearer"})

    async def _body(self, scope: Scope, receive: Receive) -> bytes | Response:
        most = self.settings.body
        too_large = problem(413, f"a request may have {most} bytes", {"Connection": "close"})
        length = Headers(scope=scope).get("content-length", "0")
        if length.isdecimal() and int(length) > most:
            return too_large
        body = b""
        try:
            async with asyncio.timeout(self.settings.seconds):
                while True:
                    message = await receive()
                    part: bytes = message.get("body", b"")
                    body += part
                    if len(body) > most:
                        return too_large
                    if not message.get("more_body"):
                        return body
        except TimeoutError:
            return problem(408, "the request's body did not come", {"Connection": "close"})


def _once(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives a body that has been read, and then what comes after it."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _cookie(headers: Headers) -> str:
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return cookie.value if cookie else ""
