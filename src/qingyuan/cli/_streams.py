"""Standard input, output and error as a command meets them: absent, on a full disk, or a pipe that nobody reads any more.

An absent one is given the null device, before anything is opened: the next file, such as the database, would have its number,
and whatever is told there would be written into it. What standard output does not take ends the command with
:class:`UnsaidError`, which no part of the program can mistake for a fault of its own files; what standard error does not take is
dropped, since a command is not to fail because nobody hears how far it is.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

#: The exit code of a command whose reader has gone, as a shell shows a process that SIGPIPE ended.
UNREAD = 141
_FULL = {errno.ENOSPC, errno.EDQUOT}


class UnsaidError(Exception):
    """Standard output takes no more.

    Attributes:
        reader_gone: Whether it is a pipe that nobody reads any more.
        zh: Why, in Chinese.
        en: The same in English.
    """

    def __init__(self, error: OSError) -> None:
        """Keep why."""
        super().__init__(str(error))
        said = error.strerror or str(error)
        self.reader_gone = error.errno == errno.EPIPE
        full = error.errno in _FULL
        self.zh = "磁盘空间不足" if full else said
        self.en = "no space is left on the disk" if full else said


class _Output(io.FileIO):
    """Standard output whose refusals have a name of their own."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise UnsaidError(error) from error


class _Trouble(io.FileIO):
    """Standard error that loses what cannot be written."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def take() -> None:
    """Give absent streams the null device, and let the others tell by :class:`UnsaidError` that they take no more."""
    opened = os.open(os.devnull, os.O_RDWR)
    while opened <= 2:  # noqa: PLR2004 - the number of standard error
        os.set_inheritable(opened, True)
        opened = os.open(os.devnull, os.O_RDWR)
    os.close(opened)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - as long as the process
    sys.stdout = _taken(sys.stdout, 1, _Output)
    sys.stderr = _taken(sys.stderr, 2, _Trouble)


def _taken(stream: TextIO | None, number: int, raw: type[io.FileIO]) -> TextIO:
    """Return the stream of a standard number as one of ours; a stream that is elsewhere is left alone."""
    if stream is None:
        return io.TextIOWrapper(io.BufferedWriter(raw(number, "w", closefd=False)), encoding="utf-8")
    try:
        if stream.fileno() != number or not isinstance(stream, io.TextIOWrapper):
            return stream
    except (OSError, ValueError):  # nothing with a number: a test, or another program that has us
        return stream
    return io.TextIOWrapper(
        io.BufferedWriter(raw(number, "w", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
    )


def flush() -> None:
    """Write out what was said so far.

    Raises:
        UnsaidError: Standard output takes no more.
    """
    sys.stdout.flush()


def give_up() -> None:
    """Let what was not written out go, so that the end of the process does not try again."""
    null = os.open(os.devnull, os.O_WRONLY)
    with contextlib.suppress(OSError, ValueError):
        os.dup2(null, sys.stdout.fileno())
    os.close(null)
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
