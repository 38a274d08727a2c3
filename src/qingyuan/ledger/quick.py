"""Making logs quicker for a process that writes many entries or writes all day.

Compiled code takes the place of what is slow otherwise: the hashes of trees, SM3 of many entries side by side, and the multiple of
the base point in an SM2 signature. Every byte that comes out is the same. It is asked for, since loading Numba takes part of a second
and compiling for the first time on a machine some seconds: a command that appends one event is better off without.

Measured, in processor time of one core: loading costs 0.6 s, or 0.07 s where the scanner is loaded already; a pair of heads signed
costs 0.5 ms less, an entry of a batch in an SM3 log 1.3 µs less. So it pays from 1,200 heads on (150 in a process that scans) or half a million
entries in batches. ``GroupCommitter`` asks for it by itself; a witness does not, since it signs with Ed25519.
"""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

from qingyuan.ledger import _machine, hashes, sm2
from qingyuan.ledger.tree import Frontier

_LOCK = threading.Lock()
#: Modules with kernels.
_MODULES = ("blocks", "entry", "sm2", "sm3", "tree")
#: Lengths of the entries that are hashed both ways: up to three blocks, more than lanes, and not a multiple of them.
_LENGTHS = range(150)
#: How many of them are added one by one.
_GROWN = 40


def quicken() -> bool:
    """Put compiled hashing of trees and SM2 signing in place, for this process; compile it if that was never done.

    Each must first give the examples of its standard (FIPS 180-4, GB/T 32905-2016, GB/T 32918.5-2017) and the trees of the plain
    way; what does not is left as it was. Where OpenSSL lacks an algorithm nothing is put in place of its absence; SHA-256 is
    left to OpenSSL where the processor has no instructions for it. Calling it again does nothing.

    Returns:
        Whether SM3 and SM2 are in place.
    """
    with _LOCK:
        return is_quick() or _put_in_place(_machine.load() or _compiled())


def quicken_if_ready() -> bool:
    """Do the same where the code was compiled before and can be had without Numba, which takes some milliseconds; else do nothing.

    Nothing is waited for: where another thread is compiling, it will put the code in place.

    Returns:
        Whether SM3 and SM2 are in place.
    """
    if is_quick():
        return True
    if not _LOCK.acquire(blocking=False):
        return False
    try:
        machine = _machine.load()
        return machine is not None and _put_in_place(machine)
    finally:
        _LOCK.release()


def is_quick() -> bool:
    """Say whether :func:`quicken` put SM3 and SM2 in place."""
    return bool("sm3" in hashes.QUICK and sm2.QUICK)


def _compiled() -> _machine.Machine:
    """Return the code as Numba has it, compiled now or before, and keep it for other processes."""
    from qingyuan.ledger._compiled import blocks  # noqa: PLC0415 - Numba only where asked for

    _machine.drop_stale(Path(blocks.hash_blocks._cache.cache_path), _MODULES)  # noqa: SLF001 - Numba tells it nowhere else
    from qingyuan.ledger._compiled import image  # noqa: PLC0415

    machine = image.in_process()
    if _machine.supported():
        with contextlib.suppress(image.UnsuitedError):
            _machine.save(image.make())
    return machine


def _put_in_place(machine: _machine.Machine) -> bool:
    for suite in (hashes.SHA256, hashes.SM3):
        if (
            suite.name in machine.suites
            and suite.name not in hashes.QUICK
            and hashes.sm3_backend() == "openssl"
        ):
            quick = _machine.Tree(machine, machine.suites[suite.name])
            if _is_the_same(quick, suite):
                hashes.QUICK[suite.name] = quick
    if not sm2.QUICK and sm2.sm2_backend() == "openssl":
        signing = _machine.Signing(machine)
        if sm2.gives_the_example(signing.sign):
            sm2.QUICK.update(sign=signing.sign, first=signing.first)
    return is_quick()


def _is_the_same(quick: hashes.QuickTree, suite: hashes.HashSuite) -> bool:
    """Say whether compiled code gives the leaves, nodes, edges and paths of the plain way."""
    entries = [bytes(length) for length in _LENGTHS]
    plain = Frontier(suite)
    leaves = [suite.leaf_hash(entry) for entry in entries]
    grown = []
    for entry, leaf in zip(entries[:_GROWN], leaves, strict=False):
        added = quick.add(entry, plain.size, plain.encode())
        plain.append(leaf)
        grown.append(added == (leaf, plain.encode(), plain.root()))
    path = leaves[1] + suite.node_hash(leaves[2], leaves[3])
    root = suite.node_hash(suite.node_hash(leaves[0], leaves[1]), path[hashes.HASH_SIZE :])
    nodes = [suite.node_hash(left, right) for left, right in zip(leaves[::2], leaves[1::2], strict=True)]
    return (
        all(grown)
        and quick.leaf_row(entries) == b"".join(leaves)
        and quick.parent_row(b"".join(leaves)) == b"".join(nodes)
        and quick.leads(leaves[0], 0, 4, path, root)
        and not quick.leads(leaves[0], 1, 4, path, root)
    )
