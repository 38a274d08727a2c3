"""Checkpoints: the literal form, and opening signed ones."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.ledger import (
    MAX_SIZE,
    SHA256,
    Algorithm,
    Checkpoint,
    Cosigner,
    Signature,
    VerifierKey,
    add_cosignatures,
    cosign_checkpoint,
    cosignature_time,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    sign_checkpoint,
)
from tests.ledger.support import ORIGIN, expect, seeded, signer

ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
BODY = f"example.com/behind-the-sofa\n20852163\n{ROOT}\n"
# The example of c2sp.org/tlog-cosignature; its keys are not published, its layout is.
EXAMPLE = (
    BODY + "\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
# A checkpoint of a sigsum log as it stands in the tests of FiloSottile/torchwood (litewitness).
SIGSUM_ORIGIN = "sigsum.org/v1/tree/985ea163f5af026723561354f51f2ebcdcf2af809ce254ccfb64aa9aadd80f90"
SIGSUM = (
    f"{SIGSUM_ORIGIN}\n1\nKgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n"
    f"— {SIGSUM_ORIGIN} "
    "7BKT0gOfNZ1J0So9unY3BZtm2YkPIoNYM/dce0Z2avJDs8dxN6ts9bOSwwrVrbjm6P9K3ZxpK6jJngOG6YvGGzV/lwo=\n"
)
SIGSUM_KEY = "52c05edad1bf5feffa81354faae59a655d9a9a1a793ed2f62c39c26c0be2aecd"
HEAD = Checkpoint(ORIGIN, 5, bytes(32))


def test_the_example_of_the_specification_is_read_and_written() -> None:
    note = parse_note(EXAMPLE.encode())
    checkpoint = parse_checkpoint(note.text)
    assert checkpoint == Checkpoint("example.com/behind-the-sofa", 20852163, base64.b64decode(ROOT))
    assert checkpoint.text() == BODY
    assert note.encode() == EXAMPLE.encode()
    assert note.signatures[1].key_id == 0x8D66CF3F
    witness = Cosigner.generate("witness.example.com/w1", seeded(1)).key
    assert cosignature_time(witness, note.signatures[1]) == 1679315147


def test_a_checkpoint_of_another_program_verifies() -> None:
    key = VerifierKey(SIGSUM_ORIGIN, signer().key.algorithm, bytes.fromhex(SIGSUM_KEY))
    signed = open_checkpoint(SIGSUM.encode(), [key])
    assert signed.checkpoint == Checkpoint(SIGSUM_ORIGIN, 1, b"\x2a" + bytes(31))
    with expect("ledger.bad-signature"):
        open_checkpoint(SIGSUM.replace("\n1\n", "\n2\n").encode(), [key])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "a\n1\n",
        f"a\n1\n{ROOT}",
        f"\n1\n{ROOT}\n",
        f"a\n01\n{ROOT}\n",
        f"a\n+1\n{ROOT}\n",
        f"a\n-1\n{ROOT}\n",
        f"a\n１\n{ROOT}\n",
        f"a\n\n{ROOT}\n",
        f"a\n1 \n{ROOT}\n",
        f"a\n{MAX_SIZE + 1}\n{ROOT}\n",
        f"a\n{'9' * 5000}\n{ROOT}\n",
        f"a\n1\n{ROOT[:-1]}\n",
        f"a\n1\n{ROOT[:-2]}J=\n",  # stray bits
        f"a\n1\n{ROOT[:-4]}\n",
        f"a\n1\n{ROOT} \n",
        "a\n1\nAAAA\n",
        f"a\n1\n{ROOT}\n\n",
        f"a\n1\n{ROOT}\nx\n\ny\n",
        f"a\tb\n1\n{ROOT}\n",
    ],
)
def test_malformed_checkpoints_are_refused(text: str) -> None:
    with expect("ledger.checkpoint"):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    "fields",
    [
        ("", 1, bytes(32), ()),
        ("a\nb", 1, bytes(32), ()),
        ("a", -1, bytes(32), ()),
        ("a", MAX_SIZE + 1, bytes(32), ()),
        ("a", 1, bytes(31), ()),
        ("a", 1, bytes(32), ("",)),
        ("a", 1, bytes(32), ("b\nc",)),
    ],
)
def test_a_checkpoint_that_could_not_be_read_back_is_not_made(
    fields: tuple[str, int, bytes, tuple[str, ...]],
) -> None:
    with expect("ledger.checkpoint"):
        Checkpoint(*fields)


LINES = st.text(st.characters(codec="utf-8", min_codepoint=0x20), min_size=1, max_size=30)


@given(LINES, st.integers(0, MAX_SIZE), st.binary(min_size=32, max_size=32), st.lists(LINES, max_size=3))
def test_every_checkpoint_reads_back_as_written(
    origin: str, size: int, root: bytes, extensions: list[str]
) -> None:
    checkpoint = Checkpoint(origin, size, root, tuple(extensions))
    assert parse_checkpoint(checkpoint.text()) == checkpoint


def test_signing_is_deterministic_and_opens_under_the_origin() -> None:
    note = sign_checkpoint(HEAD, signer())
    assert note == sign_checkpoint(HEAD, signer())
    signed = open_checkpoint(note, [signer("other.example").key, signer().key])
    assert (signed.checkpoint, signed.log) == (HEAD, signer().key)


def test_a_log_key_counts_for_its_own_origin_only() -> None:
    other = signer("other.example")
    with expect("ledger.unsigned"):
        open_checkpoint(sign_checkpoint(HEAD, other), [other.key])
    with expect("ledger.unsigned"):
        open_checkpoint(sign_checkpoint(HEAD, signer()), [], [signer().key])


def test_cosignatures_are_added_verified_and_replaced() -> None:
    first = Cosigner.generate("notary.example", seeded(5))
    second = Cosigner.generate("university.example", seeded(6))
    note = sign_checkpoint(HEAD, signer())
    lines = [cosign_checkpoint(note, first, 1000), cosign_checkpoint(note, second, 2000)]
    cosigned = add_cosignatures(note, lines)
    opened = open_checkpoint(cosigned, [signer().key], [first.key, second.key]).note
    assert {key.name: cosignature_time(key, line) for key, line in opened.verified} == {
        ORIGIN: None,
        "notary.example": 1000,
        "university.example": 2000,
    }
    later = add_cosignatures(cosigned, [cosign_checkpoint(note, first, 3000)])
    assert len(parse_note(later).signatures) == 3
    again = open_checkpoint(later, [signer().key], [first.key]).note
    assert dict(again.verified)[first.key].data[:8] == (3000).to_bytes(8, "big")


def test_a_forged_cosignature_refuses_the_checkpoint() -> None:
    witness = Cosigner.generate("notary.example", seeded(5))
    note = sign_checkpoint(HEAD, signer())
    line = cosign_checkpoint(note, witness, 1000)
    moved = Signature(line.name, line.key_id, (1001).to_bytes(8, "big") + line.data[8:])
    with expect("ledger.bad-signature"):
        open_checkpoint(add_cosignatures(note, [moved]), [signer().key], [witness.key])
    assert open_checkpoint(add_cosignatures(note, [moved]), [signer().key]).checkpoint == HEAD


def test_only_a_cosignature_states_a_time() -> None:
    ed25519, witness = signer().key, Cosigner.generate("w.example", seeded(1)).key
    ml_dsa = VerifierKey("w.example", Algorithm.ML_DSA_44, bytes(1312))
    for seconds, data in ((0, bytes(72)), (7, bytes(7) + b"\x07" + bytes(64))):
        line = Signature("w.example", 1, data)
        assert cosignature_time(ed25519, line) is None
        assert cosignature_time(witness, line) == seconds
        assert cosignature_time(ml_dsa, line) == (seconds or None)


def test_the_largest_size_is_read() -> None:
    assert parse_checkpoint(f"a\n{MAX_SIZE}\n{ROOT}\n").size == MAX_SIZE


def test_the_empty_log_has_a_checkpoint() -> None:
    empty = Checkpoint(ORIGIN, 0, SHA256.empty_root)
    assert empty.text() == f"{ORIGIN}\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
