"""The application: pages from the table, the API beside them, and what surrounds every answer."""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import AsyncIterator
from urllib.parse import quote

from anyio import CapacityLimiter, fail_after, to_thread
from fastapi import FastAPI
from jinja2 import Environment
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from qingyuan.cases import Refused, choice_lists
from qingyuan.documents import forms
from qingyuan.errors import QingyuanError
from qingyuan.office.home import Home
from qingyuan.office.workers import prepare
from qingyuan.store import AWAY
from qingyuan.web import portal, workbench
from qingyuan.web.api import install
from qingyuan.web.asking import SESSION_COOKIE, Ask
from qingyuan.web.desk import Desk
from qingyuan.web.errors import WebError, bad_request, not_found
from qingyuan.web.pages import environment, load_static
from qingyuan.web.plain import plain_routes
from qingyuan.web.portal import verify
from qingyuan.web.readying import make_ready
from qingyuan.web.receiving import Room, too_slow
from qingyuan.web.returning import ways
from qingyuan.web.routing import PAGES, Page, Table
from qingyuan.web.settings import ServeSettings
from qingyuan.web.stalls import Stalls
from qingyuan.web.telling import tell
from qingyuan.web.typed import resend, texts
from qingyuan.web.watch import ROUTE, Metrics, Watch
from qingyuan.web.whole import whole
from qingyuan.web.words import catalogue
from qingyuan.web.works import QUICK, WORKS

_FILES, _FIELDS, _FIELD = 1000, 10_000, 2 << 20
#: A form that is read whoever sends it, so that what was typed can be shown again; and the length of one that does not say.
_SMALL, _UNSAID = 64 << 10, 1 << 62
#: Pages made at the same time. They share one interpreter: more of them would only take it from each other, at every row that is read.
_AT_ONCE = 2
#: Outsiders make these work hard on a password: so many at a time, and nobody inside waits for them.
_HASHING = ("/sign-in", "/setup")
#: Where everybody may send what is large, so many of them at a time; its own page shows what is refused.
_LARGE = "/verify"
#: What there is before somebody said which office this is.
_BEFORE = frozenset({"/setup", "/preferences"})
#: When to come back while the database is away.
_AWAY_SECONDS = 5
#: Errors of the rooms below that say that a record is not there.
_ABSENT = frozenset({"office.no-such-record", "office.no-such-exhibit", "office.bad-scope"})


def create_app(home: Home, settings: ServeSettings) -> FastAPI:
    """Return the application of an opened home.

    Args:
        home: The office; the caller closes it after the application ended.
        settings: How it is served.
    """
    desk = Desk(home, settings, WORKS, QUICK)
    static = load_static()
    templates = environment()
    metrics = Metrics(desk)
    stalls = Stalls()
    limiter, hashing = CapacityLimiter(_AT_ONCE), CapacityLimiter(_AT_ONCE)
    room = Room(settings.verify_at_once, settings.max_verify_bytes)

    @contextlib.asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        """Close the state of the web when the server ends."""
        if settings.jobs:
            desk.jobs.start()
        stalls.start()
        threading.Thread(target=_warm, args=(home, templates, settings), name="warm", daemon=True).start()
        yield
        stalls.stop()
        await run_in_threadpool(desk.close)

    app = FastAPI(
        title="Qingyuan",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # it would lead to whatever host the request names
        openapi_url="/api/v1/openapi.json",
        lifespan=life,
        routes=[
            Table(
                [
                    *plain_routes(desk, static, metrics),
                    _upload_route(desk, templates),
                    *[_route(page, desk, templates, limiter, hashing, stalls, room) for page in PAGES],
                ]
            )
        ],
    )
    app.state.desk = desk
    install(app, desk)

    async def failed(request: Request, error: Exception) -> Response:
        """Show what went wrong."""
        if request.url.path.startswith("/api/"):
            known = _known(error)
            return JSONResponse({"error": known.as_dict()}, _status(known), _later(known))
        return await run_in_threadpool(_failed_page, desk, templates, request, error)

    for kind in (QingyuanError, HTTPException):
        app.add_exception_handler(kind, failed)
    app.add_middleware(
        GZipMiddleware,
        minimum_size=1024,
        compresslevel=4,
        exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, "application/octet-stream"),
    )
    app.add_middleware(
        Watch,
        metrics=metrics,
        limit=settings.max_body_bytes,
        files={_LARGE: settings.max_verify_bytes},
        secure=settings.secure,
        failed=failed,
    )
    return app


def _warm(home: Home, templates: Environment, settings: ServeSettings) -> None:
    """Read what every page reads, so that nobody waits for it: words, templates, the lists of the law and of the acts, the forms; then let the scanner be loaded."""
    catalogue()
    for name in templates.list_templates():
        templates.get_template(name)
    choice_lists()
    home.law.fields()
    home.law.regulators()
    forms()
    # What is kept for good is not looked through for garbage any more.
    gc.collect()
    gc.freeze()
    if settings.warm:  # other processes compile and load it; here nothing waits
        make_ready()
        prepare()


def _upload_route(desk: Desk, templates: Environment) -> Route:
    async def chunk(request: Request) -> Response:
        """Append a chunk to an upload."""
        request.scope[ROUTE] = "/uploads/{upload}"
        ask = await run_in_threadpool(Ask, desk, templates, request, FormData())
        try:
            offset = await _append(ask, desk.settings.max_chunk_bytes)
        except QingyuanError as error:
            return JSONResponse({"error": error.as_dict()}, _status(error))
        return JSONResponse({"offset": offset})

    return Route("/uploads/{upload}", chunk, methods=["GET", "PUT"])


async def _append(ask: Ask, most: int) -> int:
    """Return the offset of an upload, after what came with a ``PUT`` was appended."""
    request = ask.request
    if not ask.may("material.take"):
        raise ask.desk.guard.refusal("material.take")
    uploads, upload = ask.desk.uploads, request.path_params["upload"]
    if request.method == "GET":
        return (await run_in_threadpool(uploads.get, upload, ask.person)).offset
    ask.check_token()
    offset = whole(request.query_params.get("offset", ""))
    length = whole(request.headers.get("content-length", ""))
    if offset is None or length is None or length > most:
        raise bad_request(
            f"每次最多 {most} 字节，并说明位置", f"send up to {most} bytes, and say where they go"
        )
    return await uploads.append(upload, ask.person, offset, request.stream())


def _route(
    page: Page,
    desk: Desk,
    templates: Environment,
    limiter: CapacityLimiter,
    hashing: CapacityLimiter,
    stalls: Stalls,
    room: Room,
) -> Route:
    at_once = None if page.slow or page.method != "GET" else limiter
    if page.method == "POST" and page.path.startswith(_HASHING):
        at_once = hashing
    watched = at_once is not None
    if page.method == "POST" and page.path == _LARGE:
        at_once = room.working

    async def endpoint(request: Request) -> Response:
        """Let the page answer, in its turn where everybody may send what is large."""
        request.scope[ROUTE] = page.path
        if page.method != "POST" or page.path != _LARGE:
            return await answered(request)
        with room.place(whole(request.headers.get("content-length", ""))):
            return await answered(request)

    async def answered(request: Request) -> Response:
        """Read the form and let the page answer in a thread."""
        form = FormData()
        if page.method == "POST" and (
            page.need == "public"
            or (whole(request.headers.get("content-length", "")) or _UNSAID) <= _SMALL
            or await run_in_threadpool(_is_open, desk, request)
        ):  # of nobody in particular nothing large is read that is not for everybody
            form = await _form(request, desk.settings.verify_seconds if page.path == _LARGE else None)
        try:
            with stalls.answering() if watched else contextlib.nullcontext():
                return await to_thread.run_sync(
                    lambda: _answer(page, Ask(desk, templates, request, form)), limiter=at_once
                )
        finally:
            await form.close()

    methods = ["GET", "HEAD"] if page.method == "GET" else [page.method]
    return Route(page.path, endpoint, methods=methods, name=f"{page.method} {page.path}")


async def _form(request: Request, seconds: float | None) -> FormData:
    """Read a form.

    Raises:
        WebError: It is no form, something in it is too long, or it did not come in time.
    """
    try:
        with fail_after(seconds):
            return await request.form(max_files=_FILES, max_fields=_FIELDS, max_part_size=_FIELD)
    except TimeoutError:
        raise too_slow() from None
    except HTTPException:
        raise bad_request(
            f"表单不完整，或者一项文字超过 {_FIELD >> 20} MB、文件多于 {_FILES} 个，没有提交",
            f"the form is not whole, a text in it is longer than {_FIELD >> 20} MB or there are more than {_FILES} files; nothing was sent",
            code="web.bad-form",
        ) from None


def _is_open(desk: Desk, request: Request) -> bool:
    """Say whether a request comes with a session that is open."""
    return desk.sessions.account(request.cookies.get(SESSION_COOKIE)) is not None


def _answer(page: Page, ask: Ask) -> Response:
    """Let a page answer who may ask for it."""
    try:
        if not ask.desk.home.begun and page.path not in _BEFORE:
            return ask.redirect("/setup")
        if (turned := _turned_away(page, ask)) is not None:
            return turned
        if page.method == "POST":
            ask.check_token()
        if ask.account is not None:
            params = ask.request.path_params
            ask.desk.guard.check(ask.person, page.need, params, ask.given(), ask.field("reason"))
        return page.handler(ask, **ask.request.path_params)
    except QingyuanError as error:
        if error.code in AWAY:
            ask.account = None  # nothing can be looked up for them
        return _error_page(ask, error)


def _turned_away(page: Page, ask: Ask) -> Response | None:
    if ask.may(page.need):
        return None
    if ask.account is not None:
        raise ask.desk.guard.refusal(page.need)
    if not ask.desk.people.any():
        return ask.redirect("/setup")
    if page.method != "GET":
        raise WebError(
            "web.signed-out",
            401,
            zh="登录已失效，没有提交",
            en="you are signed out; nothing was sent",
            remedy_zh="请重新登录后再提交",
            remedy_en="sign in and send it again",
        )
    asked = ask.request.url.path + (f"?{ask.request.url.query}" if ask.request.url.query else "")
    return ask.redirect(f"/sign-in?next={quote(asked)}")


def _failed_page(desk: Desk, templates: Environment, request: Request, error: Exception) -> Response:
    """Show what went wrong; while the database is away, to nobody in particular."""
    try:
        return _error_page(Ask(desk, templates, request, FormData()), error)
    except QingyuanError as again:
        if again.code not in AWAY:
            raise
        return _error_page(Ask(desk, templates, request, FormData(), known=False), again)


def _error_page(ask: Ask, error: Exception) -> Response:
    known = _known(error)
    if ask.request.method == "POST" and ask.request.url.path == _LARGE:
        page = verify.refused(ask, known, _status(known))
    else:
        page = ask.page(
            "error.html",
            _status(known),
            error=known,
            typed=texts(ask),
            again=resend(ask, known),
            ways=ways(ask),
        )
    page.headers.update(_later(known))
    return page


def _later(error: QingyuanError) -> dict[str, str]:
    """Return the header that says when to ask again, where that is known."""
    wait = error.retry if isinstance(error, WebError) else _AWAY_SECONDS if error.code in AWAY else 0
    return {"Retry-After": str(wait)} if wait else {}


def _known(error: Exception) -> QingyuanError:
    """Return whatever was raised as an error of ours; what nobody foresaw is logged and told as such."""
    if isinstance(error, HTTPException):
        if error.status_code == 404:  # noqa: PLR2004 - the one status that has words of its own
            error = not_found()
        else:
            error = WebError("web.http", error.status_code, zh=error.detail, en=error.detail)
    if not isinstance(error, QingyuanError):
        tell("unexpected", error)
        error = WebError(
            "web.unexpected",
            500,
            zh="程序出错，已记入日志；没有留下做了一半的事",
            en="the program failed and the log says how; nothing was left half done",
            remedy_zh="请重试；再次出现时请告知管理员",
            remedy_en="try again; tell the administrator if it comes back",
        )
    return error


def _status(error: QingyuanError) -> int:
    if isinstance(error, WebError):
        return error.status
    if error.code in AWAY:
        return 503
    if isinstance(error, Refused):
        return 409
    return 404 if error.code in _ABSENT else 400


__all__ = ["create_app", "portal", "workbench"]
