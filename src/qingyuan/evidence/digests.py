"""Size, SHA-256 and SM3 of content in one pass.

SM3 is the slower of the two by far, so from a few megabytes on it runs in a thread of its own
(:mod:`hashlib` releases the interpreter lock) while the caller reads, hashes and seals the next
block. Small content never starts a thread.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from qingyuan.ledger import sm3_new

#: Bytes read and hashed at a time.
BLOCK = 1 << 20
#: Content from this size on is hashed by two threads.
THREAD_FROM = 4 << 20
#: Blocks that may wait for the second thread: the memory bound.
_WAITING = 8


class Digests(msgspec.Struct, frozen=True):
    """What identifies content.

    Attributes:
        size: Bytes.
        sha256: SHA-256, lower-case hex.
        sm3: SM3 (GB/T 32905), lower-case hex.
    """

    size: int
    sha256: str
    sm3: str


class Hasher:
    """Both digests of a stream of blocks; a context manager, since it may own a thread."""

    def __init__(self, *, thread_from: int = THREAD_FROM) -> None:
        """Start empty; SM3 moves to a second thread when ``thread_from`` bytes have come."""
        self._sha256 = hashlib.sha256()
        self._sm3 = sm3_new()
        self._size = 0
        self._thread_from = thread_from
        self._lane: ThreadPoolExecutor | None = None
        self._waiting: deque[Future[None]] = deque()

    @property
    def size(self) -> int:
        """Return the bytes hashed so far."""
        return self._size

    def update(self, block: bytes) -> None:
        """Hash ``block`` too; it must not change afterwards."""
        self._size += len(block)
        if self._lane is None and self._size >= self._thread_from:
            self._lane = ThreadPoolExecutor(1, thread_name_prefix="sm3")
        if self._lane is None:
            self._sm3.update(block)
        else:
            self._waiting.append(self._lane.submit(self._sm3.update, block))
            while len(self._waiting) > _WAITING:
                self._waiting.popleft().result()
        self._sha256.update(block)

    def digests(self) -> Digests:
        """Return the digests of everything so far, after the second thread has caught up."""
        while self._waiting:
            self._waiting.popleft().result()
        return Digests(self._size, self._sha256.hexdigest(), self._sm3.hexdigest())

    def close(self) -> None:
        """End the second thread, if there is one."""
        if self._lane is not None:
            self._lane.shutdown(wait=True, cancel_futures=True)
            self._lane = None

    def __enter__(self) -> Self:
        """Return the hasher itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the second thread."""
        self.close()


def digest_stream(stream: BinaryIO, *, sink: Callable[[bytes], object] | None = None) -> Digests:
    """Return the digests of ``stream`` from where it stands to its end.

    Args:
        stream: A binary file.
        sink: Gets every block once, in order, so that other work can share the one read.
    """
    with Hasher() as hasher:
        while block := stream.read(BLOCK):
            hasher.update(block)
            if sink is not None:
                sink(block)
        return hasher.digests()


def digest_bytes(data: bytes) -> Digests:
    """Return the digests of ``data``."""
    with Hasher() as hasher:
        hasher.update(data)
        return hasher.digests()
