"""One request to another host through the proxies of the environment, bounded in time as a whole; redirects are not followed.

The timeout of a socket only sees silence: whoever answers a byte at a time, be it in the handshake or in the head of the answer, would
keep a thread for ever.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any, cast


class _Whole:
    """Cuts off a request that takes too long, from another thread."""

    def __init__(self) -> None:
        self.late = threading.Event()
        self._held: list[socket.socket] = []

    def hold(self, sock: socket.socket) -> None:
        """Remember a socket of the request; it is not begun with when the time is over.

        Raises:
            TimeoutError: It is.
        """
        self._held.append(sock)
        self.check()

    def check(self) -> None:
        """See whether there is time left.

        Raises:
            TimeoutError: There is none.
        """
        if self.late.is_set():
            raise TimeoutError

    def cut(self) -> None:
        """End what is under way, and what would begin."""
        self.late.set()
        for sock in self._held:
            with contextlib.suppress(OSError):  # closed in between
                sock.shutdown(socket.SHUT_RDWR)


class _Plain(http.client.HTTPConnection):
    def __init__(self, host: str, *, whole: _Whole, **options: Any) -> None:
        super().__init__(host, **options)
        self._whole = whole

    def connect(self) -> None:
        """Connect, and tell who minds the time."""
        super().connect()
        self._whole.hold(self.sock)


class _Secure(http.client.HTTPSConnection):
    def __init__(self, host: str, *, whole: _Whole, **options: Any) -> None:
        super().__init__(host, **options)
        self._whole = whole

    def connect(self) -> None:
        """Connect, tell who minds the time, and speak TLS."""
        http.client.HTTPConnection.connect(self)  # through the tunnel of a proxy, where there is one
        self._whole.hold(self.sock)
        name = getattr(self, "_tunnel_host", None) or self.host
        self.sock = secure = ssl.create_default_context().wrap_socket(
            self.sock, server_hostname=name, do_handshake_on_connect=False
        )
        self._whole.hold(secure)
        secure.do_handshake()


class _Handler(urllib.request.HTTPHandler, urllib.request.HTTPSHandler):
    """Opens connections that can be cut off."""

    def __init__(self, whole: _Whole) -> None:
        super().__init__()
        self._whole = whole

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Open without TLS."""
        return self.do_open(cast("Any", _Plain), req, whole=self._whole)

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        """Open with TLS."""
        return self.do_open(cast("Any", _Secure), req, whole=self._whole)


class _Straight(urllib.request.HTTPRedirectHandler):
    """Follows nothing: what is asked for stands where it was said to stand."""

    def redirect_request(self, *_args: object, **_more: object) -> None:
        """Refuse."""


@contextlib.contextmanager
def answered(
    request: urllib.request.Request, *, silence: float, whole: float
) -> Iterator[http.client.HTTPResponse]:
    """Yield the answer to a request, whose body is read within the same time; the caller checked the address.

    Args:
        request: Of ``http`` or ``https``.
        silence: Seconds without a byte, at most.
        whole: Seconds from the beginning to the end of the answer, at most.

    Raises:
        OSError: There is no answer; ``TimeoutError`` when it took too long; ``urllib.error.HTTPError`` when it is a refusal.
        http.client.HTTPException: It is no answer of HTTP.
    """
    bound = _Whole()
    alarm = threading.Timer(whole, bound.cut)
    alarm.daemon = True
    alarm.start()
    try:
        opener = urllib.request.build_opener(_Straight, _Handler(bound))
        with cast("http.client.HTTPResponse", opener.open(request, timeout=silence)) as answer:
            bound.check()  # a head that is cut seems whole
            yield answer
        bound.check()  # and so does an answer without a length
    except (OSError, http.client.HTTPException) as error:
        if bound.late.is_set():
            raise TimeoutError from error
        raise
    finally:
        alarm.cancel()
