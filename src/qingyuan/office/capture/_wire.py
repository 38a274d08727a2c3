"""HTTP/1.1 as bytes: messages are cut where they end, and not a byte of them is changed."""

from __future__ import annotations

import re
import socket
import ssl
import zlib
from collections.abc import Iterator

import msgspec

#: Bytes of a header block.
HEAD_LIMIT = 512 << 10
_READ = 1 << 16
_PIECE = 1 << 16
_LINE_LIMIT = 16 << 10
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})(?: |\r?\n|$)")
_REQUEST = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP/1\.[01]\r?\n")
_SIZE = re.compile(rb"\s*([0-9A-Fa-f]{1,15})\s*(?:;.*)?\r?\n")
_NO_BODY = frozenset({204, 304})


class WireError(Exception):
    """The other end does not speak HTTP/1.1, or stopped in the middle of a message."""


class Head(msgspec.Struct, frozen=True):
    """A header block.

    Attributes:
        raw: Its bytes, with the empty line.
        status: Status of an answer; 0 of a request.
        method: Method of a request; ``""`` of an answer.
        target: Target of a request.
        fields: Names in lower case, and values.
    """

    raw: bytes
    status: int
    method: str
    target: str
    fields: tuple[tuple[str, str], ...]

    def values(self, name: str) -> list[str]:
        """Return the comma-separated values of a field in lower case."""
        found = ",".join(value for key, value in self.fields if key == name)
        return [value.strip().lower() for value in found.split(",") if value.strip()]

    def first(self, name: str) -> str:
        """Return the first value of a field as it is; ``""`` when there is none."""
        return next((value for key, value in self.fields if key == name), "")


class Stream:
    """Buffered reading from a socket.

    Args:
        connection: The socket, with its timeout set.
    """

    def __init__(self, connection: socket.socket) -> None:
        """Start with nothing read."""
        self.connection = connection
        self._buffer = b""

    def head(self) -> bytes:
        """Return the next header block with its empty line; ``b""`` when the other end closed before it.

        Raises:
            WireError: It is cut off or too long.
            OSError: The connection failed.
        """
        while True:
            ends = [at + len(end) for end in (b"\r\n\r\n", b"\n\n") if (at := self._buffer.find(end)) >= 0]
            if ends:
                return self._take(min(ends))
            if len(self._buffer) > HEAD_LIMIT:
                raise WireError("header block too long")
            if not self._fill():
                if not self._buffer.strip():
                    return b""
                raise WireError("closed inside the header block")

    def line(self) -> bytes:
        """Return the next line with its line feed."""
        while b"\n" not in self._buffer:
            if len(self._buffer) > _LINE_LIMIT or not self._fill():
                raise WireError("closed inside a line, or line too long")
        return self._take(self._buffer.index(b"\n") + 1)

    def some(self, most: int) -> bytes:
        """Return up to ``most`` bytes; ``b""`` when the other end closed."""
        if not self._buffer:
            self._fill()
        return self._take(min(most, len(self._buffer)))

    def pending(self) -> bool:
        """Return whether something can be had that the system does not show as readable."""
        inner = self.connection.pending() if isinstance(self.connection, ssl.SSLSocket) else 0
        return bool(self._buffer) or inner > 0

    def first_byte(self) -> bytes:
        """Look at the next byte without taking it."""
        if not self._buffer:
            return self.connection.recv(1, socket.MSG_PEEK)
        return self._buffer[:1]

    def _take(self, count: int) -> bytes:
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def _fill(self) -> bool:
        data = self.connection.recv(_READ)
        self._buffer += data
        return bool(data)


def parse_head(raw: bytes) -> Head:
    """Read a header block.

    Raises:
        WireError: It begins with neither a request line nor a status line.
    """
    status, method, target = 0, "", ""
    if found := _STATUS.match(raw):
        status = int(found[1])
    elif found := _REQUEST.match(raw):
        method, target = found[1].decode("ascii"), found[2].decode("latin-1")
    else:
        raise WireError("no HTTP/1.1 message")
    fields: list[tuple[str, str]] = []
    for line in raw.decode("latin-1").splitlines()[1:]:
        name, colon, value = line.partition(":")
        if line[:1] in {" ", "\t"} and fields:
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip()}")
        elif colon:
            fields.append((name.strip().lower(), value.strip()))
    return Head(raw, status, method, target, tuple(fields))


def body(stream: Stream, head: Head, *, method: str = "") -> Iterator[tuple[bytes, bytes]]:
    """Yield the body after ``head`` in pieces: bytes as transferred, and what of them is content.

    Args:
        stream: Where it is read from.
        head: Header block of the message.
        method: Method of the request that an answer belongs to; ``""`` for the body of a request.

    Raises:
        WireError: The other end closed before the end.
        OSError: The connection failed or was silent for too long.
    """
    if method and not has_body(head, method):
        return
    if "chunked" in head.values("transfer-encoding"):
        yield from _chunks(stream)
        return
    length = _length(head)
    if length is None:
        if not method:  # a request without a length has no body
            return
        while data := stream.some(_PIECE):
            yield data, data
        return
    while length:
        data = stream.some(min(length, _PIECE))
        if not data:
            raise WireError(f"closed {length} bytes before the end")
        length -= len(data)
        yield data, data


def has_body(head: Head, method: str) -> bool:
    """Return whether an answer to ``method`` with this header block can have a body."""
    return method != "HEAD" and head.status >= 200 and head.status not in _NO_BODY  # noqa: PLR2004 - 1xx has none


def delimits_itself(head: Head, method: str) -> bool:
    """Return whether the end of the answer is seen without the connection closing."""
    return (
        not has_body(head, method)
        or "chunked" in head.values("transfer-encoding")
        or _length(head) is not None
    )


def _length(head: Head) -> int | None:
    values = set(head.values("content-length"))
    if not values:
        return None
    if len(values) != 1 or not (value := values.pop()).isdecimal():
        raise WireError("contradicting lengths")
    return int(value)


def _chunks(stream: Stream) -> Iterator[tuple[bytes, bytes]]:
    while True:
        line = stream.line()
        found = _SIZE.fullmatch(line)
        if not found:
            raise WireError("no chunk size")
        yield line, b""
        left = int(found[1], 16)
        if not left:
            break
        while left:
            data = stream.some(min(left, _PIECE))
            if not data:
                raise WireError("closed inside a chunk")
            left -= len(data)
            yield data, data
        yield stream.line(), b""
    while (line := stream.line()).strip():  # trailers
        yield line, b""
    yield line, b""


class Unpacking:
    """Counts what content unpacks to, to stop a compression bomb before the browser meets it.

    Only gzip and deflate are unpacked: nothing else is asked for.

    Args:
        encodings: Values of ``Content-Encoding``, in their order.
        limit: Most bytes at any stage.
    """

    def __init__(self, encodings: list[str], limit: int) -> None:
        """Prepare one stage for each encoding, the outermost first."""
        known = {"gzip", "x-gzip", "deflate"}
        self.unknown = [name for name in encodings if name not in known | {"identity"}]
        count = 0 if self.unknown else sum(name in known for name in encodings)
        self._stages = [_Stage() for _ in range(count)]
        self._limit = limit

    def feed(self, data: bytes) -> bool:
        """Unpack; return whether all stages are still below the limit."""
        return self._feed(0, data)

    def _feed(self, at: int, data: bytes) -> bool:
        if at == len(self._stages) or not data:
            return True
        stage = self._stages[at]
        for part in stage.unpack(data):
            stage.total += len(part)
            if stage.total > self._limit or not self._feed(at + 1, part):
                return False
        return True


class _Stage:
    def __init__(self) -> None:
        self.total = 0
        self._unpacker: zlib._Decompress | None = zlib.decompressobj(47)  # gzip or zlib
        self._begun = False

    def unpack(self, data: bytes) -> Iterator[bytes]:
        while data and self._unpacker is not None:
            try:
                part = self._unpacker.decompress(data, _PIECE)
            except zlib.error:
                # "deflate" without the zlib header is common; anything else the browser refuses too.
                self._unpacker = None if self._begun else zlib.decompressobj(-15)
                self._begun = True
                continue
            self._begun = True
            data = self._unpacker.unconsumed_tail
            if self._unpacker.eof:
                data, self._unpacker = self._unpacker.unused_data, zlib.decompressobj(47)
                self._begun = False
                if not data:
                    yield part
                    return
            yield part
