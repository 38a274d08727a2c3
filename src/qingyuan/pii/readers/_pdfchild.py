"""The process that opens a PDF: a few kilobytes can ask PDFium for more memory and time than a machine has.

It is run by its path, with the standard library and PDFium only (:mod:`qingyuan.pii.readers._pdfium` talks to it). A request is one byte
and two numbers, an answer one byte, a length and as many bytes. It bounds itself before it looks at anything, ends with whoever started
it, and after a while without work.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pypdfium2

#: What a request and the head of an answer are: a letter, two numbers; a letter, the length of what follows.
REQUEST, ANSWER = struct.Struct("<cQd"), struct.Struct("<cQ")
#: Requests: open what follows, the lines of a page, its words in one, its picture at a scale, close.
OPEN, TEXT, WORDS, PICTURE, CLOSE = b"o", b"t", b"w", b"p", b"c"
#: Answers: the process is there; done; the page shows nothing; damaged; a password is asked for.
READY, DONE, BLANK, DAMAGED, LOCKED = b"r", b"d", b"b", b"x", b"l"
#: Width, height, bytes of a row and of a pixel, before those of a picture.
SHAPE = struct.Struct("<IIII")
#: Seconds without a request after which the process ends.
IDLE = 60.0


def _address_space() -> int:
    """Return the bytes of address space that are taken; a guess where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[0]) * resource.getpagesize()
    except OSError:
        return 1 << 30


def _bound(kind: int, value: int) -> None:
    """Set a soft bound, no higher than the hard one."""
    _, hard = resource.getrlimit(kind)
    soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(kind, (soft, hard))


def _bound_time(seconds: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    _bound(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + seconds)


def _exactly(count: int) -> bytearray:
    """Return the next bytes of the standard input; the process ends where they do."""
    taken = bytearray(count)
    view, done = memoryview(taken), 0
    while done < count:
        got = os.readv(0, [view[done:]])
        if not got:
            os._exit(0)
        done += got
    return taken


def _answer(kind: bytes, *parts: bytes) -> None:
    for part in (ANSWER.pack(kind, sum(map(len, parts))), *parts):
        view = memoryview(part)
        while view:
            view = view[os.write(1, view) :]


def _text(page: pypdfium2.PdfPage, *, words: bool) -> tuple[bytes, bytes]:
    layer = page.get_textpage()
    try:
        said = str(layer.get_text_range() if words else layer.get_text_bounded())
    finally:
        layer.close()
    blank = not said and next(iter(page.get_objects(max_depth=1)), None) is None
    return BLANK if blank else DONE, said.encode("utf-8", "surrogatepass")


def _picture(page: pypdfium2.PdfPage, scale: float, longest: int) -> tuple[bytes, bytes, bytes]:
    width, height = page.get_size()
    shown = page.render(scale=min(scale, longest / max(width, height, 1.0)), fill_color=(255, 255, 255, 255))
    return DONE, SHAPE.pack(shown.width, shown.height, shown.stride, shown.n_channels), bytes(shown.buffer)


def _serve(room: int, seconds: int) -> None:
    import pypdfium2  # noqa: PLC0415 - found on the path that was handed in

    base = _address_space()
    opened: pypdfium2.PdfDocument | None = None
    _answer(READY)
    while select.select([0], [], [], IDLE)[0]:
        kind, number, scale = REQUEST.unpack(_exactly(REQUEST.size))
        _bound_time(seconds)
        try:
            if kind in {OPEN, CLOSE} and opened is not None:
                opened.close()
                opened = None
            if kind == OPEN:
                _bound(resource.RLIMIT_AS, base + room + 2 * number)
                opened = pypdfium2.PdfDocument(bytes(_exactly(number)))
                _answer(DONE, len(opened).to_bytes(8, "little"))
            elif kind != CLOSE and opened is not None:
                page = opened[number]
                try:
                    _answer(
                        *(
                            _picture(page, scale, 4096)
                            if kind == PICTURE
                            else _text(page, words=kind == WORDS)
                        )
                    )
                finally:
                    page.close()
        except (pypdfium2.PdfiumError, ValueError, TypeError, ArithmeticError) as error:
            said = str(error).lower()
            _answer(LOCKED if "password" in said or "security" in said else DAMAGED)


if __name__ == "__main__":
    with contextlib.suppress(OSError):  # where memory runs out, it is this process that goes
        Path("/proc/self/oom_score_adj").write_bytes(b"1000")
    _bound(resource.RLIMIT_CORE, 0)
    paths, most, longest = json.loads(sys.argv[1])
    _bound_time(longest)
    sys.path += paths
    _serve(most, longest)
