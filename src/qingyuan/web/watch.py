"""What surrounds every answer: a limit on bodies, secure headers, one line of log, figures for Prometheus.

Neither the log nor the figures hold an address as asked for (it may name a case), a name, or an IP address: only the
pattern of the route.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qingyuan.errors import QingyuanError
from qingyuan.office.recognition.stopped import STOPPED
from qingyuan.store.schema import COSIGNATURE
from qingyuan.web.errors import too_large

if TYPE_CHECKING:
    from qingyuan.web.desk import Desk

_LOG = logging.getLogger("qingyuan.web")
_STEPS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

#: Where an endpoint leaves the pattern of its route.
ROUTE = "qingyuan.route"
#: What the log says of a browser that went away.
_GONE = 499
#: Largest body of a program, of a form without files, and of what is sent before anybody signed in.
_JSON, _TYPED, _WORDS = 1 << 20, 4 << 20, 64 << 10
#: What comes with a file in one body: the other fields and what parts them.
_AROUND = 5 << 20
_SMALL = ("/sign-in", "/sign-out", "/setup", "/preferences", "/progress", "/portal/open")
_PLAIN = ("/healthz", "/readyz", "/metrics")

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    # What does not say how long it is good for is one person's, now.
    "Cache-Control": "no-store",
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class Metrics:
    """Figures for Prometheus.

    Requests are counted by each process; where several serve one home (``PROMETHEUS_MULTIPROC_DIR``), whichever is asked tells the sum.
    All else is read from the home when it is asked for.

    Args:
        desk: The office.
    """

    kind = CONTENT_TYPE_LATEST

    def __init__(self, desk: Desk) -> None:
        """Make the figures of one application."""
        self._registry = CollectorRegistry()
        self._desk = desk
        self._shared = "PROMETHEUS_MULTIPROC_DIR" in os.environ
        self.requests = Counter(
            "qingyuan_requests", "Requests answered", ["method", "route", "status"], registry=self._registry
        )
        self.seconds = Histogram(
            "qingyuan_request_seconds",
            "Time to the end of an answer",
            ["route"],
            buckets=_STEPS,
            registry=self._registry,
        )
        if not self._shared:
            self._registry.register(_Office(desk))

    def text(self) -> bytes:
        """Return the figures in Prometheus' text format."""
        if not self._shared:
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        registry.register(_Office(self._desk))
        return generate_latest(registry)


class _Office(Collector):
    """Figures that are read from the home: its log, its witnesses, its jobs, its disk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def collect(self) -> Iterator[Metric]:
        """Yield the figures as they are now; while the database is away, that it is."""
        try:
            read = list(self._read())
        except (QingyuanError, SQLAlchemyError):
            read = []
        yield _gauge("qingyuan_database_up", "Whether the database can be read", int(bool(read)))
        yield from read

    def _read(self) -> Iterator[Metric]:
        home = self._desk.home
        head = home.head()
        yield _gauge("qingyuan_log_entries", "Entries of the signed log", head.size if head else 0)
        yield _gauge(
            "qingyuan_log_stopped", "Whether the log is stopped", int((home.path / STOPPED).exists())
        )
        with home.database.read() as connection:
            newest = connection.execute(sa.select(sa.func.max(COSIGNATURE.c.at))).scalar()
        if newest:
            age = home.clock.now() - datetime.fromisoformat(newest)
            yield _gauge(
                "qingyuan_cosignature_age_seconds", "Age of the last cosignature", age.total_seconds()
            )
        yield _gauge(
            "qingyuan_disk_free_bytes", "Space where the home lies", shutil.disk_usage(home.path).free
        )
        jobs = GaugeMetricFamily("qingyuan_jobs", "Jobs by state", labels=["kind", "state"])
        spent = CounterMetricFamily(
            "qingyuan_job_seconds", "Time worked on jobs that are done", labels=["kind"]
        )
        for kind, state, number, seconds in self._desk.jobs.figures():
            jobs.add_metric([kind, state], number)
            if state == "done":
                spent.add_metric([kind], seconds)
        yield jobs
        yield spent


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


def _most(path: str, kind: bytes, limit: int) -> int:
    """Return how many bytes a body may have: what is parsed while everybody waits, or before anybody signed in, is small."""
    if path.startswith("/api/"):
        return min(limit, _JSON)
    if path.startswith(_SMALL):
        return min(limit, _WORDS)
    return min(limit, _TYPED) if kind.startswith(b"application/x-www-form-urlencoded") else limit


class TooLargeError(Exception):
    """A body is larger than it may be.

    Args:
        most: What may be sent there, in bytes.
    """

    def __init__(self, most: int) -> None:
        """Keep ``most``."""
        self.most = most
        super().__init__()


class Watch:
    """The outermost layer.

    Args:
        app: What it surrounds.
        metrics: Where requests are counted.
        limit: Largest body in bytes; uploads go by chunks, which are smaller.
        files: Largest file of the addresses that take one of another size by a form.
        secure: Whether browsers come by TLS, so that they may be told to keep to it.
        failed: What answers when something failed that nobody foresaw.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        limit: int,
        files: Mapping[str, int],
        secure: bool,
        failed: Callable[[Request, Exception], Awaitable[Response]],
    ) -> None:
        """Surround ``app``."""
        self._failed = failed
        self._app = app
        self._metrics = metrics
        self._limit = limit
        self._files = files
        self._headers = dict(HEADERS)
        if secure:
            self._headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0
        taken = 0
        headers = dict(scope["headers"])
        most, named = self._bounds(scope["path"], headers.get(b"content-type", b"").lower())

        async def counted() -> Message:
            """Take in a part of the body, and count it."""
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise TooLargeError(named)
            return message

        async def dressed(message: Message) -> None:
            """Send with our headers."""
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._dress(message)
            await send(message)

        try:
            declared = headers.get(b"content-length", b"0")
            if not declared.isdigit() or int(declared) > most:
                raise TooLargeError(named)  # noqa: TRY301 - answered like a body that turns out too large
            await self._app(scope, counted, dressed)
        except ClientDisconnect:  # nobody is there to be answered
            status = _GONE
        except Exception as error:  # noqa: BLE001 - answered with our headers, and told without its words
            answer = await self._instead(scope, error)
            if not status:
                await answer(scope, receive, dressed)
        finally:
            self._tell(scope, status, time.perf_counter() - began)

    def _bounds(self, path: str, kind: bytes) -> tuple[int, int]:
        """Return how many bytes a body may have, and how many one is told that it may have."""
        most = _most(path, kind, self._limit)
        if path in self._files and most == self._limit:
            return self._files[path] + _AROUND, self._files[path]
        return most, most

    def _dress(self, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in self._headers.items():
            headers.setdefault(name, value)

    async def _instead(self, scope: Scope, error: Exception) -> Response:
        if not isinstance(error, TooLargeError):
            return await self._failed(Request(scope), error)
        told = too_large(error.most)
        if scope["path"].startswith("/api/"):
            return JSONResponse({"error": told.as_dict()}, told.status)
        return await self._failed(Request(scope), told)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get(ROUTE) or getattr(scope.get("route"), "path", "")
        if not route:
            path = scope["path"]
            route = path if path in _PLAIN else "/static/{name}" if path.startswith("/static/") else "?"
        method = scope["method"] if scope["method"] in {"GET", "HEAD", "POST", "PUT", "DELETE"} else "?"
        with contextlib.suppress(
            OSError
        ):  # files of several processes may be swept away: no answer depends on a figure
            self._metrics.requests.labels(method, route, str(status)).inc()
            self._metrics.seconds.labels(route).observe(seconds)
        _LOG.info(
            json.dumps(
                {
                    "event": "request",
                    "method": method,
                    "route": route,
                    "status": status,
                    "ms": round(seconds * 1000, 1),
                }
            )
        )
