"""The Chrome DevTools Protocol over two pipes: JSON messages that end with a null byte.

One thread reads. Answers wake the caller that waits for them; events go to the handlers of their
session, in the reading thread, which therefore must never wait for an answer itself.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from qingyuan.office.browser.errors import BrowserError, gone, refused, too_slow
from qingyuan.shapes import from_json

T = TypeVar("T")

#: Values of the protocol, as JSON has them.
Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]

#: A message longer than this ends the connection: nothing that we ask for is as long.
MAX_MESSAGE = 768 << 20

_READ = 1 << 20

Handler = Callable[[bytes], None]


class Nothing(msgspec.Struct, frozen=True):
    """An answer of which nothing is read."""


class _Refusal(msgspec.Struct, frozen=True):
    message: str = ""


class _Message(msgspec.Struct, frozen=True):
    id: int | None = None
    method: str = ""
    params: msgspec.Raw = msgspec.Raw(b"{}")
    result: msgspec.Raw = msgspec.Raw(b"{}")
    error: _Refusal | None = None
    sessionId: str = ""  # noqa: N815 - the protocol's name


class _Waiting:
    def __init__(self) -> None:
        self.answered = threading.Event()
        self.message: _Message | None = None


class Connection:
    """A connection to a browser.

    Args:
        answers: Descriptor to read from; owned from now on.
        commands: Descriptor to write to; owned from now on.
    """

    def __init__(self, answers: int, commands: int) -> None:
        """Start reading."""
        self._answers = answers
        self._commands = commands
        self._lock = threading.Lock()
        self._last = 0
        self._waiting: dict[int, _Waiting] = {}
        self._handlers: dict[tuple[str, str], list[Handler]] = {}
        self._at_end: list[Callable[[], None]] = []
        self._fault: BrowserError | None = None
        self.ended = threading.Event()
        self._thread = threading.Thread(target=self._read, name="cdp", daemon=True)
        self._thread.start()

    def send(self, method: str, params: Mapping[str, object] | None = None, session: str = "") -> int:
        """Send a command without waiting for its answer; return its number.

        Raises:
            BrowserError: ``browser.gone``.
        """
        with self._lock:
            return self._send(method, params, session)

    def _send(self, method: str, params: Mapping[str, object] | None, session: str) -> int:
        self._last += 1
        message: dict[str, object] = {"id": self._last, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        data = memoryview(msgspec.json.encode(message) + b"\0")
        if self._commands < 0 or self.ended.is_set():
            raise gone(method)
        try:
            while data:
                data = data[os.write(self._commands, data) :]
        except OSError as error:
            raise gone(method) from error
        return self._last

    def call(
        self,
        method: str,
        params: Mapping[str, object] | None = None,
        *,
        into: type[T],
        session: str = "",
        timeout: float = 30,
    ) -> T:
        """Send a command and return its answer as ``into``.

        Raises:
            BrowserError: ``browser.gone``, ``browser.timeout`` or ``browser.refused``; also for an event
                before it that could not be read.
        """
        if self._fault is not None:
            fault, self._fault = self._fault, None
            raise fault
        waiting = _Waiting()
        with self._lock:
            self._waiting[self._last + 1] = waiting
            try:
                number = self._send(method, params, session)
            except BrowserError:
                self._waiting.pop(self._last, None)
                raise
        try:
            if not waiting.answered.wait(timeout):
                raise too_slow(method, timeout)
        finally:
            with self._lock:
                self._waiting.pop(number, None)
        if waiting.message is None:
            raise gone(method)
        if waiting.message.error is not None:
            raise refused(method, waiting.message.error.message)
        return decode(bytes(waiting.message.result), into)

    def on(
        self, session: str, method: str, into: type[T], handler: Callable[[T], None]
    ) -> Callable[[], None]:
        """Call ``handler`` in the reading thread for each event ``method`` of ``session``; return what ends that."""

        def decoded(params: bytes) -> None:
            handler(decode(params, into))

        def end() -> None:
            with self._lock:
                self._handlers[session, method].remove(decoded)

        with self._lock:
            self._handlers.setdefault((session, method), []).append(decoded)
        return end

    def forget(self, session: str) -> None:
        """Drop the handlers of a session that is over."""
        with self._lock:
            for key in [key for key in self._handlers if key[0] == session]:
                del self._handlers[key]

    def at_end(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call ``wake`` when the connection ends; return what undoes this."""
        with self._lock:
            self._at_end.append(wake)

        def undo() -> None:
            with self._lock:
                self._at_end.remove(wake)

        return undo

    def close(self) -> None:
        """Close our end, and wait until the reader has seen the other end close; the browser must be gone."""
        with self._lock:
            if self._commands >= 0:
                os.close(self._commands)
                self._commands = -1
        self._thread.join()

    def _read(self) -> None:
        pending: list[bytes] = []
        size = 0
        try:
            while block := os.read(self._answers, _READ):
                *whole, rest = block.split(b"\0")
                for part in whole:
                    self._take(b"".join((*pending, part)))
                    pending, size = [], 0
                pending.append(rest)
                size += len(rest)
                if size > MAX_MESSAGE:
                    break
        finally:
            os.close(self._answers)
            self.ended.set()
            with self._lock:
                waiting = list(self._waiting.values())
                wakes = list(self._at_end)
            for one in waiting:
                one.answered.set()
            for wake in wakes:
                wake()

    def _take(self, data: bytes) -> None:
        try:
            message = from_json(data, _Message)
        except msgspec.DecodeError:
            message = from_json(msgspec.json.encode(_whole(json.loads(data))), _Message)
        if message.id is not None:
            with self._lock:
                waiting = self._waiting.get(message.id)
            if waiting is not None:
                waiting.message = message
                waiting.answered.set()
            return
        with self._lock:
            handlers = tuple(self._handlers.get((message.sessionId, message.method), ()))
        if handlers:
            params = bytes(message.params)
            for handler in handlers:
                try:
                    handler(params)
                except BrowserError as error:  # told to whoever calls next; the reader must go on
                    self._fault = error


def decode(data: bytes, into: type[T]) -> T:
    """Read a value of the protocol.

    Raises:
        BrowserError: ``browser.refused``: the browser sent something else.
    """
    try:
        return from_json(data, into)
    except msgspec.MsgspecError as error:
        raise refused(into.__name__, str(error)) from error


def _whole(value: object) -> object:
    """Replace lone surrogates, which JSON text can spell but no text can hold, by U+FFFD."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(one) for key, one in value.items()}
    return value
