"""PDFs of others, opened in a process of their own that has bounds.

PDFium expands the forms of a page when it loads it, and forms may name each other: a file of 3 KB asks for more memory than any machine
has. The process that opens it may have :data:`ROOM` bytes and :data:`SECONDS` of processor time for a page; beyond that it ends, the
page is named, and the next one is read by a new process. A process is started when the first PDF is met and kept for the next ones.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from qingyuan.pii.readers import _pdfchild as child

#: Bytes of memory beside what the process itself and twice the file take, and seconds of processor time for one page.
ROOM, SECONDS = 3 << 29, 30
#: Processes kept for later, and how many seconds; they end by themselves after ``child.IDLE``.
_KEPT, _FRESH = 2, child.IDLE / 3
#: Longest answer that is taken: a page of text or a picture.
_MOST = 1 << 28


class PdfError(RuntimeError):
    """A PDF or a page of it was not read."""


class PdfDamagedError(PdfError):
    """PDFium cannot make anything of it."""


class PdfLockedError(PdfError):
    """It asks for a password."""


class PdfTooHeavyError(PdfError):
    """It takes more memory or time than a PDF may; the process that tried has ended."""


class PdfNotStartedError(PdfError):
    """No process can be started, or PDFium does not load in it: not the fault of any file."""


class Pdf:
    """A PDF that is open in a process with bounds.

    Attributes:
        pages: Number of its pages.
    """

    def __init__(self, raw: bytes, check: Callable[[], None] = lambda: None) -> None:
        """Open a PDF.

        Args:
            raw: The file.
            check: Called about every second while something is waited for; what it raises ends the process.

        Raises:
            PdfDamagedError: It is no PDF that can be read.
            PdfLockedError: It asks for a password.
            PdfTooHeavyError: Opening it takes too much.
            PdfNotStartedError: There is no process to open it in.
        """
        self._raw, self._check = raw, check
        self._process: _Process | None = None
        try:
            self.pages = self._open()
        except PdfError:
            self._leave()
            raise

    def __enter__(self) -> Self:
        """Return this PDF."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the process back for the next PDF."""
        self._leave()

    def text(self, number: int) -> tuple[str, bool]:
        """Return the text of a page, and whether the page shows nothing at all.

        Args:
            number: Page, from 1.

        Raises:
            PdfError: As :meth:`__init__`, about this page.
        """
        kind, said = self._of(child.TEXT, number)
        return str(said, "utf-8", "surrogatepass"), kind == child.BLANK

    def words(self, number: int) -> str:
        """Return the text of a page in the order of its content; arguments and errors as :meth:`text`."""
        return str(self._of(child.WORDS, number)[1], "utf-8", "surrogatepass")

    def picture(self, number: int, scale: float) -> npt.NDArray[np.uint8]:
        """Return a page as it looks, ``uint8[height, width, 3]``, blue first.

        Args:
            number: Page, from 1.
            scale: Pixels of a point (1/72 inch); less where a side would be longer than 4096 pixels.

        Raises:
            PdfError: As :meth:`text`.
        """
        _, drawn = self._of(child.PICTURE, number, scale)
        width, height, stride, channels = child.SHAPE.unpack_from(drawn)
        rows = np.frombuffer(drawn, np.uint8, offset=child.SHAPE.size).reshape(height, stride)
        return np.ascontiguousarray(rows[:, : width * channels].reshape(height, width, channels)[:, :, :3])

    def _open(self) -> int:
        self._process = _take()
        _, answer = self._ask(child.OPEN, len(self._raw), 0.0, self._raw)
        return int.from_bytes(answer, "little")

    def _leave(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            try:
                process.ask(child.CLOSE)
            except PdfTooHeavyError:
                return
            _give(process)

    def _of(self, kind: bytes, number: int, scale: float = 0.0) -> tuple[bytes, bytearray]:
        if self._process is None:
            self._open()
        return self._ask(kind, number - 1, scale)

    def _ask(self, kind: bytes, number: int, scale: float, body: bytes = b"") -> tuple[bytes, bytearray]:
        process = self._process
        assert process is not None
        try:
            process.ask(kind, number, scale, body)
            said, answer = process.answer(self._check)
        except BaseException:
            self._process = None
            process.end()
            raise
        if said == child.LOCKED:
            raise PdfLockedError
        if said == child.DAMAGED:
            raise PdfDamagedError
        return said, answer


class _Process:
    """A process that opens PDFs, one at a time."""

    def __init__(self) -> None:
        script = str(Path(child.__file__).resolve())
        paths = [path for path in sys.path if Path(path).is_absolute()]
        told = json.dumps([paths, ROOM, SECONDS])
        try:
            self._popen = subprocess.Popen(  # noqa: S603 - this Python and a script of this package
                [sys.executable, "-I", "-S", script, told],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
        except OSError as error:
            raise PdfNotStartedError(str(error)) from error
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        self._in, self._out = self._popen.stdin, self._popen.stdout
        self.used = time.monotonic()
        try:
            said, _ = self.answer(lambda: None)
        except PdfTooHeavyError:
            said = b""
        if said != child.READY:
            self.end()
            raise PdfNotStartedError("PDFium")

    def ask(self, kind: bytes, number: int = 0, scale: float = 0.0, body: bytes = b"") -> None:
        """Send a request.

        Raises:
            PdfTooHeavyError: The process has ended.
        """
        try:
            for part in (child.REQUEST.pack(kind, number, scale), body):
                view = memoryview(part)
                while view:
                    view = view[os.write(self._in.fileno(), view) :]
        except OSError as error:
            raise PdfTooHeavyError from error
        self.used = time.monotonic()

    def answer(self, check: Callable[[], None]) -> tuple[bytes, bytearray]:
        """Return the kind and the body of the answer.

        Raises:
            PdfTooHeavyError: The process has ended, or says more than a page can.
        """
        kind, count = child.ANSWER.unpack(self._exactly(child.ANSWER.size, check))
        if count > _MOST:
            raise PdfTooHeavyError
        return kind, self._exactly(count, check)

    def _exactly(self, count: int, check: Callable[[], None]) -> bytearray:
        taken = bytearray(count)
        view, done, out = memoryview(taken), 0, self._out.fileno()
        while done < count:
            while not select.select([out], [], [], 1.0)[0]:
                check()
            got = os.readv(out, [view[done:]])
            if not got:
                raise PdfTooHeavyError
            done += got
        return taken

    def idle(self) -> bool:
        """Return whether it waits for work and will not end soon by itself."""
        return time.monotonic() - self.used < _FRESH and self._popen.poll() is None

    def end(self) -> None:
        """End it, whatever it does."""
        self._popen.kill()
        self._popen.wait()
        self.leave()

    def leave(self) -> None:
        """Close this end, and think no more of it."""
        for pipe in (self._in, self._out):
            with contextlib.suppress(OSError):
                pipe.close()
        self._popen.returncode = self._popen.returncode or 0


_kept: list[_Process] = []
_lock = threading.Lock()


def _take() -> _Process:
    """Return a process that waits for work, or a new one."""
    while True:
        with _lock:
            if not _kept:
                break
            process = _kept.pop()
        if process.idle():
            return process
        process.end()
    return _Process()


def _give(process: _Process) -> None:
    with _lock:
        if keep := len(_kept) < _KEPT:
            _kept.append(process)
    if not keep:
        process.end()


@atexit.register
def end_kept() -> None:
    """End the processes that wait for work."""
    while _kept:
        _kept.pop().end()


def _forget() -> None:
    """Leave the processes of the one this was forked from to it."""
    global _lock  # noqa: PLW0603 - the lock may be held by a thread that is not here
    _lock = threading.Lock()
    while _kept:
        _kept.pop().leave()


os.register_at_fork(after_in_child=_forget)
