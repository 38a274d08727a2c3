"""A server that does nothing: the floor of the web. It prints its port and answers until its standard input ends."""

from __future__ import annotations

import socket
import sys
import threading

import uvicorn
from fastapi import FastAPI


def main() -> None:
    """Serve one route."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/")
    def nothing() -> dict[str, str]:
        """Answer, in a thread as every page does."""
        return {"answer": "nothing"}

    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, server_header=False))

        def ended() -> None:
            sys.stdin.read()
            server.should_exit = True

        threading.Thread(target=ended, daemon=True).start()
        server.run(sockets=[listening])


if __name__ == "__main__":
    main()
