"""The HTTP API: covers, variations, walks and track lists for programs and for the page."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Query, Request
from starlette.responses import Response

from duck_and_cover import __version__
from duck_and_cover.audio_features import AUDIO_FEATURES
from duck_and_cover.errors import UsageError
from duck_and_cover.generation.cover import Cover
from duck_and_cover.generation.generator import CoverGenerator
from duck_and_cover.web.answers import (
    MEDIA,
    Genres,
    Health,
    MadeCovers,
    ModelCard,
    Models,
    Problem,
    Titles,
    Walk,
    made,
)
from duck_and_cover.web.forms import (
    CoversWanted,
    TitlesWanted,
    VariationsWanted,
    WalkWanted,
)
from duck_and_cover.web.gate import Gate
from duck_and_cover.web.page import add_page
from duck_and_cover.web.problems import add_problems
from duck_and_cover.web.settings import LETTERS, Settings
from duck_and_cover.web.studio import Studio, Titler

# Which answers besides the good one a caller has to expect, and why.
WRONG = {
    400: "The body is no JSON.",
    401: "The token is missing.",
    408: "The body did not come.",
    413: "The body is too large.",
    422: "What is asked for cannot be done; the detail says what can.",
    429: "Too much is waiting: come back after Retry-After seconds.",
    503: "It took too long, or the server is stopping.",
}
PICTURES: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {} for kind in MEDIA.values()}}
}
Asked = TypeVar("Asked", CoversWanted, VariationsWanted)
ABOUT = """Covers from genres, a year, an artist and a title.

The same seed and words give the same cover in any company. Requests that come at once are drawn in
one forward pass. Ask with `Accept: image/png` or `image/jpeg` for one cover as a picture."""

PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
routes = APIRouter(
    responses={status: {"description": why, "content": PROBLEM} for status, why in WRONG.items()}
)


def create_app(
    models: Mapping[str, CoverGenerator],
    settings: Settings | None = None,
    titles: Titler | None = None,
) -> FastAPI:
    """The server's application, with its page.

    Args:
        models: By the names that callers use; the first is asked where none is named.
        settings: Its bounds.
        titles: Who writes track lists; None where nobody does.
    """
    settings = settings or Settings()
    studio = Studio(models, settings, titles)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        # Whoever still waits is answered by this loop, which must therefore not be blocked.
        await asyncio.to_thread(studio.stop)

    app = FastAPI(
        title="duck_and_cover",
        version=__version__,
        description=ABOUT,
        lifespan=life,
        docs_url=None,  # both of these load their scripts from other people's servers
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.studio = studio
    app.include_router(routes)
    add_problems(app)
    add_page(app)
    describe(app)
    app.add_middleware(Gate, settings=settings)
    return app


@routes.post("/v1/covers", response_model=MadeCovers, responses=PICTURES)
async def covers(asked: CoversWanted, request: Request) -> Response:
    """Draw covers of one condition, one a seed."""
    return await drawn(studio_of(request).covers, asked, request)


@routes.post("/v1/variations", response_model=MadeCovers, responses=PICTURES)
async def variations(asked: VariationsWanted, request: Request) -> Response:
    """Draw covers near the one of a seed."""
    return await drawn(studio_of(request).variations, asked, request)


@routes.post("/v1/walk")
async def walk(asked: WalkWanted, request: Request) -> Walk:
    """Draw the pictures on the way from cover to cover."""
    studio = studio_of(request)
    async with asyncio.timeout(studio.settings.seconds):
        frames = await studio.walk(asked)
    name, _ = studio.desk(asked.model)
    encoded = [base64.b64encode(frame).decode() for frame in frames]
    return Walk(model=name, media_type=MEDIA["jpeg"], frames=encoded)


@routes.post("/v1/titles")
async def titles(asked: TitlesWanted, request: Request) -> Titles:
    """Write a track list."""
    studio = studio_of(request)
    async with asyncio.timeout(studio.settings.seconds):
        return Titles(titles=await studio.titles(asked))


@routes.get("/v1/genres")
async def genres(
    request: Request, model: Annotated[str | None, Query(max_length=LETTERS)] = None
) -> Genres:
    """What a model may be asked for."""
    name, desk = studio_of(request).desk(model)
    known, size = desk.generator.vocabulary, desk.generator.config.resolution
    return Genres(
        model=name,
        genres=list(known.genres),
        first_year=known.first_year or None,
        last_year=known.last_year or None,
        audio=list(AUDIO_FEATURES) if known.audio_means else [],
        resolution=size,
    )


@routes.get("/v1/models")
async def models(request: Request) -> Models:
    """The models of this server."""
    studio = studio_of(request)
    cards = []
    for name, desk in studio.desks.items():
        config, known = desk.generator.config, desk.generator.vocabulary
        cards.append(
            ModelCard(
                name=name,
                resolution=config.resolution,
                genres=len(known.genres),
                kimg=config.kimg,
                architecture=config.architecture,
            )
        )
    return Models(models=cards, titles=studio.titler is not None)


@routes.get("/healthz")
async def healthz() -> Health:
    """Whether the server answers; needs no token."""
    return Health(version=__version__)


def studio_of(request: Request) -> Studio:
    """The work behind the app that was asked."""
    studio: Studio = request.app.state.studio
    return studio


async def drawn(
    draw: Callable[[Asked], Awaitable[tuple[list[Cover], list[bytes]]]],
    asked: Asked,
    request: Request,
) -> Response:
    """Covers as JSON, or the only one as a picture where the client would rather have that."""
    studio = studio_of(request)
    preferred = picture_format(request.headers.get("accept", ""), asked.format)
    if preferred is not None:
        if asked.count != 1:
            raise UsageError(f"Accept: a picture holds one cover, not {asked.count}; ask for one")
        asked = asked.model_copy(update={"format": preferred})
    async with asyncio.timeout(studio.settings.seconds):
        found, files = await draw(asked)
    name, _ = studio.desk(asked.model)
    if preferred is None:
        parts = [made(cover, file, asked) for cover, file in zip(found, files, strict=True)]
        return Response(
            MadeCovers(model=name, covers=parts).model_dump_json(), media_type="application/json"
        )
    called = quote(f"{found[0].name}.{preferred}")
    saved_as = {"Content-Disposition": f"inline; filename*=UTF-8''{called}"}
    return Response(files[0], headers=saved_as, media_type=MEDIA[preferred])


def picture_format(accept: str, asked: str) -> str | None:
    """The format of the picture that an Accept header asks for; None where JSON will do.

    The first kind in it that this server has counts, whatever the weights.

    Args:
        asked: The format for `image/*`.
    """
    formats = {media: name for name, media in MEDIA.items()} | {"image/*": asked}
    for part in accept.split(","):
        kind = part.partition(";")[0].strip().lower()
        if kind in formats:
            return formats[kind]
        if kind in ("application/json", "application/*", "*/*"):
            break
    return None


def describe(app: FastAPI) -> None:
    """Complete the OpenAPI by what all answers share: the problem, and the token if one is set."""
    document = app.openapi()
    parts = document["components"]
    parts["schemas"]["Problem"] = Problem.model_json_schema()
    if app.state.studio.settings.token is not None:
        parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
        document["paths"]["/healthz"]["get"]["security"] = []
