"""The web of an office at a real port, for tests that drive a browser."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from qingyuan.office.home import Home
from qingyuan.web import ServeSettings, create_app
from qingyuan.web.wire import Wire


@contextlib.contextmanager
def served(home: Home, allowed: frozenset[tuple[str, int]] = frozenset()) -> Iterator[tuple[str, FastAPI]]:
    """Serve ``home`` from a thread; yields the address and the application. ``allowed`` may be captured though it is local."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        settings = ServeSettings(port=port, job_workers=0, max_chunk_bytes=4096, capture_allowed=allowed)
        app = create_app(home, settings)
        server = uvicorn.Server(uvicorn.Config(app, http=Wire, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 120
        while not server.started:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        try:
            yield f"http://localhost:{port}", app
        finally:
            server.should_exit = True
            thread.join(timeout=120)
