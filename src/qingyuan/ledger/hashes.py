"""The hash suites of a log: SHA-256 and SM3, both with the domain separation of RFC 6962.

A suite is a value that every other module of the room takes as a parameter, so one code path serves
the C2SP log (SHA-256) and the twin log with the national algorithm (SM3).
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, overload

from qingyuan.ledger._sm3 import PureSm3

#: Length in bytes of every hash of both suites.
HASH_SIZE = 32

#: Prefixes of RFC 6962 section 2.1; without them an inner node could pass for an entry.
LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"

#: The two examples of GB/T 32905-2016, appendix A.
SM3_ANSWERS = (
    (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
    (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
)


class QuickTree(Protocol):
    """What compiled code does for a suite; rows are hashes one after the other."""

    def leaf_row(self, entries: Sequence[bytes], /) -> bytes:
        """Return the leaf hashes of at least one entry."""

    def parent_row(self, row: bytes, /) -> bytes:
        """Return the hash above each pair of neighbours."""

    def add(self, entry: bytes, size: int, edge: bytes, /) -> tuple[bytes, bytes, bytes]:
        """Return leaf hash, right edge and root of the tree with one entry more than ``size``."""

    def leads(self, leaf_hash: bytes, index: int, size: int, path: bytes, root: bytes, /) -> bool:
        """Say whether an inclusion path of hashes one after the other has its length and leads to the root."""


#: Compiled code by the name of the suite; filled by ``quick.quicken``.
QUICK: dict[str, QuickTree] = {}
#: Fewer hashes than this are computed one by one.
_FEW = 4


class Hashes(Sequence[bytes]):
    """Hashes of 32 bytes, held one after the other.

    Args:
        row: Their bytes.
    """

    __slots__ = ("row",)

    def __init__(self, row: bytes) -> None:
        """Hold them."""
        self.row = row

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.row) // HASH_SIZE

    @overload
    def __getitem__(self, at: int) -> bytes: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[bytes]: ...
    def __getitem__(self, at: int | slice) -> bytes | Sequence[bytes]:
        """Return one hash, or some."""
        if isinstance(at, slice):
            return split(self.row)[at]
        start = range(len(self))[at] * HASH_SIZE
        return self.row[start : start + HASH_SIZE]

    def __iter__(self) -> Iterator[bytes]:
        """Yield each hash."""
        return iter(split(self.row))


def split(row: bytes) -> list[bytes]:
    """Return the hashes of a row."""
    return [row[at : at + HASH_SIZE] for at in range(0, len(row), HASH_SIZE)]


class Hasher(Protocol):
    """What this room uses of a ``hashlib`` object."""

    def update(self, data: bytes, /) -> None:
        """Add ``data`` to what is hashed."""

    def digest(self) -> bytes:
        """Return the hash of everything added so far."""

    def hexdigest(self) -> str:
        """Return :meth:`digest` in lower-case hex."""

    def copy(self) -> Hasher:
        """Return an independent computation with the same state."""


@functools.cache
def _openssl_sm3() -> Hasher | None:
    """Return an unused OpenSSL SM3 object to copy from, or ``None`` where it is missing or wrong."""
    try:
        empty = hashlib.new("sm3")
    except ValueError:  # this OpenSSL was built without SM3, or a policy forbids it
        return None
    for data, answer in SM3_ANSWERS:
        probe = empty.copy()
        probe.update(data)
        if probe.hexdigest() != answer:
            return None
    return empty


def sm3_backend() -> Literal["openssl", "python"]:
    """Say which implementation of SM3 is in use.

    OpenSSL is used when it offers SM3 and gives the two published answers of GB/T 32905-2016;
    otherwise our own Python code, about a thousand times slower, takes its place.
    """
    return "openssl" if _openssl_sm3() is not None else "python"


def sm3_new(data: bytes = b"") -> Hasher:
    """Start an SM3 computation (GB/T 32905-2016) over ``data``.

    Returns:
        An object with ``update``, ``digest``, ``hexdigest`` and ``copy``, as of ``hashlib``.
    """
    empty = _openssl_sm3()
    if empty is None:
        return PureSm3(data)
    computation = empty.copy()  # cheaper than looking the algorithm up again
    computation.update(data)
    return computation


def sm3(data: bytes) -> bytes:
    """Return the 32-byte SM3 hash of ``data``."""
    empty = _openssl_sm3()
    if empty is None:
        return PureSm3(data).digest()
    computation = empty.copy()
    computation.update(data)
    return computation.digest()


@dataclass(frozen=True, slots=True)
class HashSuite:
    """A hash function in its use by a Merkle tree (RFC 6962 section 2.1).

    Attributes:
        name: ``"sha256"`` or ``"sm3"``.
        new: Starts a computation over the bytes given.
        leaf_start: Starts a leaf hash: the prefix is taken in, the entry must follow. Copying a started computation
            costs less than beginning one and joining the prefix to the entry.
        node_start: Starts the hash of an inner node; both children must follow.
    """

    name: str
    new: Callable[[bytes], Hasher]
    leaf_start: Callable[[], Hasher] = field(init=False, repr=False, compare=False)
    node_start: Callable[[], Hasher] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Take the prefixes in once."""
        object.__setattr__(self, "leaf_start", self.new(LEAF_PREFIX).copy)
        object.__setattr__(self, "node_start", self.new(NODE_PREFIX).copy)

    @property
    def empty_root(self) -> bytes:
        """The root of the tree without entries: the hash of nothing."""
        return self.new(b"").digest()

    def leaf_hash(self, entry: bytes) -> bytes:
        """Return ``H(0x00 ‖ entry)``."""
        computation = self.leaf_start()
        computation.update(entry)
        return computation.digest()

    def leaf_hashes(self, entries: Iterable[bytes]) -> list[bytes]:
        """Return the leaf hash of each of ``entries``."""
        return split(self.leaf_row(list(entries)))

    def leaf_row(self, entries: Sequence[bytes]) -> bytes:
        """Return the leaf hashes of ``entries``, one after the other."""
        if len(entries) >= _FEW and (quick := QUICK.get(self.name)):
            return quick.leaf_row(entries)
        start = self.leaf_start
        hashes = []
        for entry in entries:
            computation = start()
            computation.update(entry)
            hashes.append(computation.digest())
        return b"".join(hashes)

    def node_hash(self, left: bytes, right: bytes) -> bytes:
        """Return ``H(0x01 ‖ left ‖ right)``."""
        computation = self.node_start()
        computation.update(left + right)
        return computation.digest()

    def parent_row(self, row: bytes) -> bytes:
        """Return the hash above each pair of neighbours of a row; an odd last node has none."""
        whole = len(row) - len(row) % (2 * HASH_SIZE)
        if whole >= 2 * _FEW * HASH_SIZE and (quick := QUICK.get(self.name)):
            return quick.parent_row(row)
        start = self.node_start
        hashes = []
        for at in range(0, whole, 2 * HASH_SIZE):
            computation = start()
            computation.update(row[at : at + 2 * HASH_SIZE])
            hashes.append(computation.digest())
        return b"".join(hashes)


#: The suite of RFC 6962, RFC 9162 and C2SP.
SHA256 = HashSuite("sha256", hashlib.sha256)
#: The same tree over SM3, for a log of its own.
SM3 = HashSuite("sm3", sm3_new)

#: The suites by name.
SUITES = {suite.name: suite for suite in (SHA256, SM3)}


def leaf_hash(entry: bytes, suite: HashSuite = SHA256) -> bytes:
    """Return the leaf hash of ``entry``, ``H(0x00 ‖ entry)``."""
    return suite.leaf_hash(entry)


def node_hash(left: bytes, right: bytes, suite: HashSuite = SHA256) -> bytes:
    """Return the hash of an inner node, ``H(0x01 ‖ left ‖ right)``."""
    return suite.node_hash(left, right)
