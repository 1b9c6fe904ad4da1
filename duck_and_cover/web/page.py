"""The studio's page: files of this package over the API, without a byte from elsewhere."""

from __future__ import annotations

from importlib.resources import files

from fastapi import FastAPI
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

# The browser holds the page to it: nothing is loaded from, or sent to, any other address.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


def add_page(app: FastAPI) -> None:
    """Serve the page at `/`, its files under `static/`, and the package's fonts."""
    folder = files("duck_and_cover")
    html = (folder / "web" / "static" / "index.html").read_text(encoding="utf-8")

    @app.get("/", include_in_schema=False)
    async def page() -> HTMLResponse:
        return HTMLResponse(html, headers=HEADERS)

    app.mount("/static", StaticFiles(packages=[("duck_and_cover.web", "static")]), "static")
    app.mount("/fonts", StaticFiles(packages=[("duck_and_cover", "fonts")]), "fonts")
