"""Compiled trees and SM2 give the same bytes as hashlib and libcrypto."""

import dataclasses
import platform
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qingyuan.ledger import (
    MAX_SIZE,
    SHA256,
    SM3,
    Frontier,
    Hashes,
    HashSuite,
    InclusionChecker,
    Log,
    MemoryStorage,
    NoteSigner,
    ProofError,
    Sm2PrivateKey,
    TileCache,
    _machine,
    append_both,
    hashes,
    inclusion_path,
    is_quick,
    quicken,
    quicken_if_ready,
    root_of,
    sm2,
    sm2_verify,
    take_both,
    verify_inclusion,
)
from qingyuan.ledger import _sm2_curve as curve
from qingyuan.ledger import quick as quick_module
from qingyuan.ledger._compiled.blocks import HAS_AVX, HAS_SHA, hash_blocks
from qingyuan.ledger._compiled.blocks import SHA256 as SHA_NUMBER
from qingyuan.ledger._compiled.blocks import SM3 as SM3_NUMBER
from qingyuan.ledger._compiled.entry import TABLE
from tests.ledger.support import ORIGIN, entry, expect


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    assert quicken()
    assert is_quick()
    yield
    hashes.QUICK.clear()
    sm2.QUICK.clear()


SUITES = [
    pytest.param(suite, marks=() if suite is SM3 or HAS_SHA else pytest.mark.skip("no SHA instructions"))
    for suite in (SHA256, SM3)
]


@pytest.mark.parametrize("suite", SUITES)
@settings(deadline=None)
@given(st.lists(st.binary(max_size=400), min_size=1, max_size=40))
def test_leaves_and_parents_of_any_lengths(suite: HashSuite, entries: list[bytes]) -> None:
    one_by_one = [suite.leaf_hash(each) for each in entries]
    assert suite.leaf_hashes(entries) == one_by_one
    assert list(Hashes(suite.leaf_row(entries))) == one_by_one
    pairs = zip(one_by_one[::2], one_by_one[1::2], strict=False)
    assert suite.parent_row(b"".join(one_by_one)) == b"".join(suite.node_hash(*pair) for pair in pairs)


@pytest.mark.parametrize("suite", SUITES)
def test_the_longest_entry_beside_empty_ones(suite: HashSuite) -> None:
    entries = [b"", b"\xff" * 65_535, b"", b"\x00" * 65_535, b""]
    assert suite.leaf_hashes(entries) == [suite.leaf_hash(each) for each in entries]


@pytest.mark.parametrize("suite", SUITES)
def test_a_log_grows_one_by_one_as_without_compiled_code(suite: HashSuite) -> None:
    assert suite.name in hashes.QUICK
    entries = [entry(at) * (at % 9) for at in range(700)]
    quick, runs = Frontier(suite), []
    heads = []
    for each in entries:
        leaf, added = quick.add(each)
        runs += added
        heads.append((leaf, quick.root(), quick.encode()))
    hashes.QUICK.clear()
    plain, plain_runs = Frontier(suite), []
    for each, head in zip(entries, heads, strict=True):
        leaf, added = plain.add(each)
        plain_runs += added
        assert head == (leaf, plain.root(), plain.encode())
    assert runs == plain_runs
    together = Frontier(suite)
    together.extend(leaf for leaf, _, _ in heads)
    assert together.root() == plain.root()


@pytest.mark.parametrize("suite", SUITES)
@settings(deadline=None, max_examples=60)
@given(st.integers(1, 300), st.data())
def test_paths_are_accepted_and_refused_alike(suite: HashSuite, size: int, data: st.DataObject) -> None:
    storage = MemoryStorage()
    leaves = suite.leaf_hashes(entry(at) for at in range(size))
    storage.insert_hashes(0, 0, leaves)
    root = root_of(leaves, suite)
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_path(TileCache(storage, suite), index, size, suite)
    verify_inclusion(leaves[index], index, size, path, root, suite)
    InclusionChecker(size, root, suite).check(leaves[index], index, path)
    bent = data.draw(
        st.sampled_from(["leaf", "index", "size", "root", "longer", "shorter", "sibling", "shifted"])
    )
    leaf, at, of, wrong, to = leaves[index], index, size, list(path), root
    flip = bytes([1]) + bytes(31)
    match bent:
        case "leaf":
            leaf = _xor(leaf, flip)
        case "index":
            at += data.draw(st.sampled_from([-1, 1, size]))
        case "size":
            of = data.draw(st.sampled_from([0, index, 2**63, 2**64]))
        case "root":
            to = data.draw(st.sampled_from([_xor(root, flip), root[:31], b""]))
        case "longer":
            wrong.append(bytes(32))
        case "shorter":
            wrong = wrong[:-1] if wrong else [bytes(32)]
        case "sibling":
            wrong = [_xor(wrong[0], flip), *wrong[1:]] if wrong else [bytes(32)]
        case _:
            # The same bytes in siblings of other lengths are another path.
            wrong = [wrong[0] + wrong[1][:1], wrong[1][1:], *wrong[2:]] if len(wrong) > 1 else [bytes(32)]
    with pytest.raises(ProofError) as quick:
        verify_inclusion(leaf, at, of, wrong, to, suite)
    kept = dict(hashes.QUICK)
    hashes.QUICK.clear()
    with pytest.raises(ProofError) as plain:
        verify_inclusion(leaf, at, of, wrong, to, suite)
    hashes.QUICK.update(kept)
    assert quick.value.code == plain.value.code


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


@settings(deadline=None, max_examples=20)
@given(st.lists(st.sampled_from([1, 3, 255, 256, 257, 700]), min_size=1, max_size=3))
def test_two_logs_appended_to_at_once_are_those_appended_to_one_after_the_other(counts: list[int]) -> None:
    origins = ORIGIN, f"{ORIGIN}/sm3"
    suites = SHA256, SM3
    logs = [Log(o, NoteSigner(o, bytes(32)), s) for o, s in zip(origins, suites, strict=True)]
    again = [Log(o, NoteSigner(o, bytes(32)), s) for o, s in zip(origins, suites, strict=True)]
    stores, plain = [MemoryStorage(), MemoryStorage()], [MemoryStorage(), MemoryStorage()]
    at = 0
    for count in counts:
        entries = [entry(at + each) for each in range(count)]
        at += count
        done = append_both(logs[0], stores[0], logs[1], stores[1], entries)
        for each, log, storage in zip(done, again, plain, strict=True):
            assert each == log.append(storage, entries)
    for one, other in zip(stores, plain, strict=True):
        assert (one.head, one.entries, one.hashes) == (other.head, other.entries, other.hashes)


@pytest.mark.parametrize("count", [2, 300])
def test_what_the_twin_refuses_is_told_and_what_the_log_refuses_is_not_stored(count: int) -> None:
    log, twin = (Log(ORIGIN, NoteSigner(ORIGIN, bytes(32)), suite) for suite in (SHA256, SM3))
    stored: list[str] = []
    full = twin.begin(MemoryStorage())
    full._frontier.size = MAX_SIZE
    with expect("ledger.full"):
        take_both(log.begin(MemoryStorage()), full, [b"x"] * count, lambda: stored.append("first"))
    assert stored == ["first"]
    with expect("ledger.entry-size"):
        take_both(
            log.begin(MemoryStorage()),
            twin.begin(MemoryStorage()),
            [bytes(65_536)] * count,
            lambda: stored.append("second"),
        )
    assert stored == ["first"]


@settings(deadline=None, max_examples=60)
@given(st.integers(1, curve.N - 2), st.binary(max_size=200))
def test_a_quick_signature_is_that_of_libcrypto(number: int, message: bytes) -> None:
    key = Sm2PrivateKey(number.to_bytes(32, "big"))
    key.sign(b"the first is made both ways")
    signature = key.sign(message)
    ways = dict(sm2.QUICK)
    sm2.QUICK.clear()
    assert Sm2PrivateKey(number.to_bytes(32, "big")).sign(message) == signature
    sm2.QUICK.update(ways)
    assert sm2_verify(key.public, message, signature)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, curve.N - 1), st.integers(0, 2**256 - 1))
def test_any_nonce_and_digest(nonce: int, digest: int) -> None:
    private, k, e = (value.to_bytes(32, "big") for value in (7, nonce, digest))
    inverse = pow(8, -1, curve.N).to_bytes(32, "big")
    r = (digest + _x(nonce)) % curve.N
    s = pow(8, -1, curve.N) * (nonce - r * int.from_bytes(private, "big")) % curve.N
    allowed = r and s and (r + s) % curve.N
    expected = r.to_bytes(32, "big") + s.to_bytes(32, "big") if allowed else None
    assert sm2.QUICK["sign"](k, e, inverse) == expected


def test_a_nonce_that_gives_nothing_is_refused() -> None:
    """With r = 0, r + k = n and s = 0 the standard asks for another nonce (GB/T 32918.2, 6.1, A5 and A6)."""
    x = _x(5)
    one = (1).to_bytes(32, "big")
    for e in (
        -x,
        -x - 5,
        5 - x,
    ):  # with the inverse 1, s = k: it is (k + r) · inverse − r that vanishes for k + r = r · 2
        digest = (e % curve.N).to_bytes(32, "big")
        inverse = one if e != 5 - x else pow(2, -1, curve.N).to_bytes(32, "big")
        assert sm2.QUICK["sign"]((5).to_bytes(32, "big"), digest, inverse) is None


@pytest.mark.parametrize(
    "nonce", [1, 2, 15, 16, 17, 1 << 252, 15 << 252, curve.N - 1, curve.N - 2, 0xF0F0 << 128]
)
def test_nonces_whose_windows_are_empty_or_full(nonce: int) -> None:
    made = sm2.QUICK["sign"](nonce.to_bytes(32, "big"), bytes(32), (1).to_bytes(32, "big"))
    assert made is not None
    assert int.from_bytes(made[:32], "big") == _x(nonce) % curve.N
    assert int.from_bytes(made[32:], "big") == nonce % curve.N


@settings(deadline=None, max_examples=60)
@given(st.binary(min_size=32, max_size=32), st.integers(1, curve.N - 2))
@example(digest=b"\xff" * 32, number=curve.N - 2)
@example(digest=curve.N.to_bytes(32, "big"), number=1)
def test_the_first_nonce_is_that_of_rfc_6979(digest: bytes, number: int) -> None:
    private = number.to_bytes(32, "big")
    inverse = pow(number + 1, -1, curve.N).to_bytes(32, "big")
    nonce = next(sm2._nonces(private, digest))
    assert sm2.QUICK["first"](private, digest, inverse) == sm2.QUICK["sign"](nonce, digest, inverse)


@pytest.mark.parametrize("way", ["sign", "first"])
def test_a_key_that_signs_otherwise_than_libcrypto_is_not_quickened(way: str) -> None:
    key = Sm2PrivateKey(bytes(31) + b"\x05")
    sm2.QUICK[way] = lambda _nonce, _digest, _inverse: bytes(64)
    first = key.sign(b"head")
    assert first == key.sign(b"head")
    assert sm2_verify(key.public, b"head", first)


def test_a_wrong_kernel_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes.QUICK.clear()
    sm2.QUICK.clear()
    monkeypatch.setattr(_machine.Tree, "parent_row", lambda *_: bytes(32))
    monkeypatch.setattr(_machine.Signing, "sign", lambda *_: bytes(64))
    assert not quicken()
    assert not hashes.QUICK
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


def _put_together() -> _machine.Image:
    from qingyuan.ledger._compiled import image

    try:
        return image.make()
    except image.UnsuitedError as error:
        pytest.skip(f"another process has changed the compiler's cache meanwhile: {error}")


def test_whoever_needs_compiled_code_does_not_wait_for_who_compiles_it() -> None:
    hashes.QUICK.clear()
    sm2.QUICK.clear()
    with quick_module._LOCK:
        assert not quicken_if_ready()
    assert not is_quick()


@pytest.mark.skipif(not _machine.supported(), reason="code is put into memory on Linux on x86-64 only")
def test_kept_code_signs_in_a_process_without_numba_and_a_bent_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    _machine.save(_put_together(), path)
    assert [each.name for each in tmp_path.iterdir()] == ["kept"]
    code = (
        "import sys, pathlib; from qingyuan.ledger import _machine, quick, Sm2PrivateKey, is_quick;"
        "machine = _machine.load(pathlib.Path(sys.argv[1])); assert machine; assert quick._put_in_place(machine);"
        "key = Sm2PrivateKey(b'\\x11' * 32); key.sign(b'first'); print(key.sign(b'head').hex());"
        "assert key._inverse and is_quick(); sys.exit('numba' in sys.modules or 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, path], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == Sm2PrivateKey(b"\x11" * 32).sign(b"head").hex()
    whole = path.read_bytes()
    for at in (0, 40, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert _machine.load(path) is None
    path.write_bytes(whole[:-1])
    assert _machine.load(path) is None
    assert _machine.load(tmp_path / "nothing") is None


@pytest.mark.skipif(not _machine.supported(), reason="code is put into memory on Linux on x86-64 only")
def test_code_of_other_sources_or_with_strange_calls_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _put_together()
    _machine.save(dataclasses.replace(made, outer={"system": [0]}), tmp_path / "strange")
    assert _machine.load(tmp_path / "strange") is None
    _machine.save(made, tmp_path / "good")
    monkeypatch.setattr(_machine, "state", lambda: "other sources")
    assert _machine.load(tmp_path / "good") is None


@pytest.mark.skipif(platform.machine() not in {"x86_64", "AMD64"}, reason="reads the machine code of x86-64")
@pytest.mark.slow
def test_no_jump_in_the_machine_code_hangs_on_a_secret() -> None:
    """Each conditional jump follows a check of a returned status, of a pointer, or of a loop counter against a constant."""
    from numba import njit

    from qingyuan.ledger._compiled import sm2 as compiled

    words, zero, p = np.array([5, 0, 0, 0], np.uint64), compiled._ZERO, compiled._P
    secret, table, state = np.zeros(256, np.uint8), np.zeros(TABLE, np.uint64), np.zeros(8, np.uint32)
    kernels: dict[Any, tuple[object, ...]] = {
        compiled._base_x: (words, table),
        compiled._sign: (words, secret, secret, table, secret),
        compiled.first_nonce: (secret, secret, words),
        compiled._hmac: (secret, secret, 97, secret, (state, secret), secret),
        hash_blocks: (SM3_NUMBER, secret, 1, state, secret, 0),
        compiled._sum: (p, p, p, p, p),
        compiled._times: (p, p, p, compiled._P_INVERSE),
        compiled._less_modulus: (p, zero, p),
        compiled._sub_mod: (p, p, p),
    }
    seen = 0
    for kernel, arguments in kernels.items():
        anew = njit(kernel.py_func, nogil=True)  # code from Numba's cache cannot be looked at
        anew(*arguments)
        for function, before, jump in _jumps(*anew.inspect_asm().values()):
            seen += 1
            first_or_second_pass = "_hmac" in function and _PASS.match(before)
            assert first_or_second_pass or _CHECKED.match(before), (function, before, jump)
    assert seen


@pytest.mark.skipif(not (HAS_SHA and HAS_AVX), reason="this processor has not both SHA and AVX")
def test_the_upper_halves_of_registers_are_empty_when_the_sha_instructions_run() -> None:
    """Else they take a hundred times as long on some processors: 44 ms instead of 0.4 for a thousand leaves."""
    from numba import njit

    from qingyuan.ledger._compiled import tree

    data, state = np.zeros(512, np.uint8), np.zeros(8, np.uint32)
    anew = njit(tree.leaf.py_func, nogil=True)  # code from Numba's cache cannot be looked at
    anew(SHA_NUMBER, data, 0, 300, data.copy(), state, data.copy(), 0)
    blocks = 0
    for assembly in anew.inspect_asm().values():
        for part in re.split(r"^\S+:", assembly, flags=re.MULTILINE):  # no jump leads into the middle of one
            found = re.findall(r"vzeroupper|%[yz]mm|sha256rnds2", part)
            if "sha256rnds2" in found:
                blocks += 1
                last = len(found) - found[::-1].index("sha256rnds2")
                assert "vzeroupper" in found[: found.index("sha256rnds2")]
                assert set(found[found.index("vzeroupper") : last]) == {"vzeroupper", "sha256rnds2"}
    assert blocks


_CHECKED = re.compile(r"test[lq]\s+(%\w+), \1$|cmp[lq]\s+\$-?\d+, |(inc|dec)[lq]\s|add[lq]\s+\$")
#: The one truth value of HMAC: whether it is the inner pass or the outer one.
_PASS = re.compile(r"testb\s+\$1, ")
#: Instructions that may stand between a comparison and its jump.
_KEEPS_FLAGS = re.compile(r"lea|v|mov(?!s[bq]\b)|bswap|rorx|s[ah][lr]x|mulx|sha256|j|\.|#")
#: What Numba adds for calls from Python and for counting references; no secret is looked at there.
_AROUND = ("_ZN7cpython", "cfunc.", "NRT_")


def _jumps(*assemblies: str) -> Iterator[tuple[str, str, str]]:
    """Yield each conditional jump after the name of its function and the instruction before it that it looks at."""
    function, before = "", ""
    for line in (line.strip() for assembly in assemblies for line in assembly.splitlines()):
        if line.endswith(":") and not line.startswith("."):
            function = line
        elif re.match(r"j(?!mp)[a-z]+\s", line) and not function.startswith(_AROUND):
            yield function, before, line
        if not _KEEPS_FLAGS.match(line):
            before = line


def _x(number: int) -> int:
    point = curve.combine(number, 0, curve.G)
    assert point is not None
    return point[0]
