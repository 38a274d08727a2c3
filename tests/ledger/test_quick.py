"""Compiled SM3 and SM2 give the same bytes as hashlib and libcrypto."""

import platform
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.ledger import SM3, Sm2PrivateKey, hashes, is_quick, quicken, sm2, sm2_verify
from qingyuan.ledger import _sm2_curve as curve
from tests.ledger.support import entry


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    assert quicken()
    assert is_quick()
    yield
    hashes.MANY.clear()
    sm2.QUICK.clear()


@pytest.mark.parametrize("count", [1, 3, 4, 7, 8, 9, 16, 100])
def test_leaves_and_parents_of_many_are_those_of_hashlib(count: int) -> None:
    entries = [entry(at) * at for at in range(count)]
    one_by_one = [SM3.leaf_hash(each) for each in entries]
    assert SM3.leaf_hashes(entries) == one_by_one
    pairs = zip(one_by_one[::2], one_by_one[1::2], strict=False)
    assert SM3.parents(one_by_one) == [SM3.node_hash(left, right) for left, right in pairs]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=400), min_size=4, max_size=30))
def test_entries_of_any_lengths_side_by_side(entries: list[bytes]) -> None:
    assert SM3.leaf_hashes(entries) == [SM3.leaf_hash(each) for each in entries]


def test_the_longest_entry_beside_empty_ones() -> None:
    entries = [b"", b"\xff" * 65_535, b"", b"\x00" * 65_535, b""]
    assert SM3.leaf_hashes(entries) == [SM3.leaf_hash(each) for each in entries]


@settings(deadline=None, max_examples=60)
@given(st.integers(1, curve.N - 2), st.binary(max_size=200))
def test_a_quick_signature_is_that_of_libcrypto(number: int, message: bytes) -> None:
    key = Sm2PrivateKey(number.to_bytes(32, "big"))
    key.sign(b"the first is made both ways")
    signature = key.sign(message)
    way = sm2.QUICK.pop("sign")
    assert Sm2PrivateKey(number.to_bytes(32, "big")).sign(message) == signature
    sm2.QUICK["sign"] = way
    assert sm2_verify(key.public, message, signature)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, curve.N - 1), st.integers(0, 2**256 - 1))
def test_any_nonce_and_digest(nonce: int, digest: int) -> None:
    private, k, e = (value.to_bytes(32, "big") for value in (7, nonce, digest))
    inverse = pow(8, -1, curve.N).to_bytes(32, "big")
    r = (digest + _x(nonce)) % curve.N
    s = pow(8, -1, curve.N) * (nonce - r * int.from_bytes(private, "big")) % curve.N
    assert sm2.QUICK["sign"](k, e, inverse) == r.to_bytes(32, "big") + s.to_bytes(32, "big")


@pytest.mark.parametrize(
    "nonce", [1, 2, 15, 16, 17, 1 << 252, 15 << 252, curve.N - 1, curve.N - 2, 0xF0F0 << 128]
)
def test_nonces_whose_windows_are_empty_or_full(nonce: int) -> None:
    made = sm2.QUICK["sign"](nonce.to_bytes(32, "big"), bytes(32), (1).to_bytes(32, "big"))
    assert int.from_bytes(made[:32], "big") == _x(nonce) % curve.N
    assert int.from_bytes(made[32:], "big") == nonce % curve.N


def test_a_key_that_signs_otherwise_than_libcrypto_is_not_quickened() -> None:
    key = Sm2PrivateKey(bytes(31) + b"\x05")
    sm2.QUICK["sign"] = lambda _nonce, _digest, _inverse: bytes(64)
    first = key.sign(b"head")
    assert first == key.sign(b"head")
    assert sm2_verify(key.public, b"head", first)


def test_a_wrong_kernel_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from qingyuan.ledger._compiled import sm2 as compiled
    from qingyuan.ledger._compiled import sm3 as many

    hashes.MANY.clear()
    sm2.QUICK.clear()
    monkeypatch.setattr(many, "hashes_of", lambda parts, _prefix: [bytes(32) for _ in parts])
    monkeypatch.setattr(compiled.Signing, "sign", lambda *_: bytes(64))
    assert not quicken()
    assert not hashes.MANY
    assert not sm2.QUICK


def test_threads_may_sign_at_once() -> None:
    key = Sm2PrivateKey(b"\x11" * 32)
    expected = {bytes((at,)): key.sign(bytes((at,))) for at in range(8)}
    found: dict[bytes, bytes] = {}

    def work(message: bytes) -> None:
        for _ in range(20):
            found[message] = key.sign(message)

    threads = [threading.Thread(target=work, args=(message,)) for message in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == expected


def test_nothing_loads_numba_before_it_is_asked_for() -> None:
    code = "import sys, qingyuan.ledger; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.skipif(platform.machine() not in {"x86_64", "AMD64"}, reason="reads the machine code of x86-64")
@pytest.mark.slow
def test_no_jump_in_the_machine_code_hangs_on_a_secret() -> None:
    """Each conditional jump follows a check of a returned status, of a pointer, or of a loop counter against a constant."""
    from numba import njit

    from qingyuan.ledger._compiled import sm2 as compiled

    words, zero, p = np.array([5, 0, 0, 0], np.uint64), compiled._ZERO, compiled._P
    kernels: dict[Any, tuple[object, ...]] = {
        compiled._base_x: (words, compiled.make_table()),
        compiled._sum: (p, p, p, p, p),
        compiled._times: (p, p, p, compiled._P_INVERSE),
        compiled._less_modulus: (p, zero, p),
        compiled._sub_mod: (p, p, p),
    }
    seen = 0
    for kernel, arguments in kernels.items():
        anew = njit(kernel.py_func, nogil=True)  # code from Numba's cache cannot be looked at
        anew(*arguments)
        for before, jump in _jumps(*anew.inspect_asm().values()):
            seen += 1
            assert _CHECKED.match(before), (before, jump)
    assert seen


_CHECKED = re.compile(r"test[lq]\s+(%\w+), \1$|cmp[lq]\s+\$\d+, |(inc|dec)[lq]\s|add[lq]\s+\$")
#: What Numba adds for calls from Python and for counting references; no secret is looked at there.
_AROUND = ("_ZN7cpython", "cfunc.", "NRT_")


def _jumps(*assemblies: str) -> Iterator[tuple[str, str]]:
    """Yield each conditional jump with the instruction before it."""
    function, before = "", ""
    for line in (line.strip() for assembly in assemblies for line in assembly.splitlines()):
        if line.endswith(":") and not line.startswith("."):
            function = line
        elif re.match(r"j(?!mp)[a-z]+\s", line) and not function.startswith(_AROUND):
            yield before, line
        before = line


def _x(number: int) -> int:
    point = curve.combine(number, 0, curve.G)
    assert point is not None
    return point[0]
