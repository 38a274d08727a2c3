"""Signed notes: the vectors of Go's sumdb/note and of C2SP, and everything malformed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.ledger import (
    FormatError,
    Note,
    NoteSigner,
    Signature,
    VerifierKey,
    add_signatures,
    open_note,
    parse_note,
    sign_note,
)
from tests.ledger.support import expect, signer
from tests.ledger.test_keys import ENOCH, PETER, PETER_SECRET, SPECIFICATION

# golang.org/x/mod/sumdb/note, note_test.go.
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
ENOCH_LINE = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
PETER_KEY, ENOCH_KEY = VerifierKey.parse(PETER), VerifierKey.parse(ENOCH)


def note(*lines: str, text: str = TEXT) -> bytes:
    return (text + "\n" + "".join(lines)).encode()


def test_signing_gives_the_bytes_of_the_reference_program() -> None:
    assert sign_note(TEXT, [NoteSigner.parse(PETER_SECRET)]) == note(PETER_LINE)


def test_the_note_of_the_specification_verifies() -> None:
    data = (
        "This is an example message.\n\n"
        "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
    ).encode()
    opened = open_note(data, [VerifierKey.parse(SPECIFICATION)])
    assert opened.text == "This is an example message.\n"
    assert parse_note(data).encode() == data


def test_known_signatures_are_verified_and_unknown_ones_kept() -> None:
    opened = open_note(note(PETER_LINE, ENOCH_LINE), [PETER_KEY])
    assert opened.text == TEXT
    assert [key for key, _ in opened.verified] == [PETER_KEY]
    assert [each.line() for each in opened.unknown] == [ENOCH_LINE]
    both = open_note(note(PETER_LINE, ENOCH_LINE), [ENOCH_KEY, PETER_KEY])
    assert [key for key, _ in both.verified] == [PETER_KEY, ENOCH_KEY]
    assert both.unknown == ()


def test_a_note_nobody_known_signed_is_refused() -> None:
    for keys in ([], [ENOCH_KEY]):
        with expect("ledger.unsigned"):
            open_note(note(PETER_LINE), keys)


def test_a_bad_signature_of_a_known_key_refuses_the_note_even_beside_a_good_one() -> None:
    broken = PETER_LINE[:60] + "ABCD" + PETER_LINE[60:]
    for lines in ([broken], [ENOCH_LINE, broken], [PETER_LINE, broken]):
        with expect("ledger.bad-signature"):
            open_note(note(*lines), [PETER_KEY, ENOCH_KEY])
    with expect("ledger.bad-signature"):
        open_note(note(PETER_LINE, text=TEXT.replace("is", "was")), [PETER_KEY])


def test_a_repeated_signature_counts_once() -> None:
    opened = open_note(note(PETER_LINE, PETER_LINE, ENOCH_LINE), [PETER_KEY])
    assert [key for key, _ in opened.verified] == [PETER_KEY]


def test_a_line_with_the_name_or_the_id_of_a_known_key_but_not_both_is_unknown() -> None:
    renamed = PETER_LINE.replace("PeterNeumann", "CarmenSandiego")
    another_id = PETER_LINE.replace("x08g", "xxxx")
    opened = open_note(note(renamed, another_id, ENOCH_LINE), [PETER_KEY, ENOCH_KEY])
    assert [key for key, _ in opened.verified] == [ENOCH_KEY]
    assert len(opened.unknown) == 2


def test_two_keys_that_share_name_and_id_cannot_be_trusted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qingyuan.ledger.keys.key_id", lambda *_: 7)
    one, two = signer(number=1).key, signer(number=2).key
    with expect("ledger.ambiguous-key"):
        open_note(note(PETER_LINE), [one, two])
    with expect("ledger.unsigned"):
        open_note(note(PETER_LINE), [one, one])


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        (TEXT + "\n").encode(),
        note(PETER_LINE[:-1]),
        b"\x01" + note(PETER_LINE),
        b"\xff" + note(PETER_LINE),
        note(
            "— Bad Name x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
        ),
        note(PETER_LINE, "Unexpected line.\n"),
        note("- PeterNeumann AAAAAAAA\n"),
        note("— PeterNeumann\n"),
        note("— PeterNeumann \n"),
        note("—  AAAAAAAA\n"),
        note("— a+b AAAAAAAA\n"),
        note("— a\u3000b AAAAAAAA\n"),
        note("— PeterNeumann AAAAAA==\n"),  # a key ID without a signature
        note("— PeterNeumann AAAAAAB=\n"),  # stray bits
        note("— PeterNeumann AAAAAAA\n"),  # no padding
        note("— PeterNeumann AAAA_AAA\n"),
        note("— PeterNeumann AAAAAAAA \n"),
        note(PETER_LINE).replace(b"\n", b"\r\n"),
        note(PETER_LINE, text=TEXT.replace(" ", "\t", 1)),
        note(*[PETER_LINE] * 101),
        note(PETER_LINE, text="x" * 1_000_000 + "\n"),
        b"",
        b"\n\n",
    ],
)
def test_malformed_notes_are_refused(data: bytes) -> None:
    with expect("ledger.note"):
        parse_note(data)


def test_the_text_may_hold_empty_lines_and_looks_like_signatures() -> None:
    text = "one\n\n— PeterNeumann AAAAAAAA\n\nthree\n"
    data = sign_note(text, [signer()])
    assert open_note(data, [signer().key]).text == text


def test_a_hundred_signatures_are_read() -> None:
    assert len(parse_note(note(*[PETER_LINE] * 100)).signatures) == 100


@pytest.mark.parametrize("text", ["", "no line feed", "tab\there\n"])
def test_a_text_that_cannot_be_a_note_is_not_signed(text: str) -> None:
    with expect("ledger.note"):
        sign_note(text, [signer()])


def test_a_note_without_a_signature_is_not_written() -> None:
    with expect("ledger.note"):
        sign_note(TEXT, [])


def test_signing_again_replaces_the_line_of_the_same_key() -> None:
    old = Signature("PeterNeumann", 0xC74F20A3, b"old")
    enoch = parse_note(note(ENOCH_LINE)).signatures[0]
    peter = parse_note(note(PETER_LINE)).signatures[0]
    assert add_signatures(Note(TEXT, (old, enoch)), [peter]) == note(ENOCH_LINE, PETER_LINE)
    with expect("ledger.note"):
        add_signatures(Note(TEXT, ()), [Signature("a b", 1, b"x")])


LINES = st.text(st.characters(codec="utf-8", min_codepoint=0x20), max_size=30)
NAMES = st.text(
    st.characters(codec="utf-8", min_codepoint=0x21, exclude_characters="+"), min_size=1, max_size=9
).filter(lambda name: not any(char.isspace() for char in name))
SIGNATURES = st.builds(Signature, NAMES, st.integers(0, 2**32 - 1), st.binary(min_size=1, max_size=80))


@given(st.lists(LINES, min_size=1, max_size=5), st.lists(SIGNATURES, min_size=1, max_size=4))
def test_every_note_reads_back_as_written(lines: list[str], signatures: list[Signature]) -> None:
    original = Note("".join(f"{line}\n" for line in lines), tuple(signatures))
    assert parse_note(original.encode()) == original


@given(st.integers(0, 330), st.integers(0, 3), st.binary(max_size=3))
def test_a_changed_note_is_refused_or_writes_back_to_the_same_bytes(at: int, cut: int, put: bytes) -> None:
    original = note(PETER_LINE, ENOCH_LINE)
    data = original[:at] + put + original[at + cut :]
    try:
        parsed = parse_note(data)
    except FormatError:  # and no other error comes out
        return
    assert parsed.encode() == data


@pytest.mark.parametrize(
    "text", ["\n", "\n\n", "x\n\n\ny\n", "\x7f\n", "\u0085\u2028\n", "— PeterNeumann AAAAAAAA\n", "é🙂\n"]
)
def test_odd_texts_are_texts(text: str) -> None:
    data = note(PETER_LINE, text=text)
    assert parse_note(data) == Note(text, parse_note(note(PETER_LINE)).signatures)
    assert open_note(sign_note(text, [signer()]), [signer().key]).text == text


@pytest.mark.parametrize(
    "space", [" ", "\u0085", "\u00a0", "\u1680", "\u2003", "\u2028", "\u202f", "\u3000", "+"]
)
def test_a_name_with_any_unicode_space_or_a_plus_sign_is_none(space: str) -> None:
    with expect("ledger.note"):
        parse_note(note(f"— Peter{space}Neumann AAAAAAAA\n"))


@pytest.mark.parametrize("name", ["é", "日志.example", "a\u200bb", "a\ufeff", "—", "a/b?c=%20"])
def test_any_other_name_is_one(name: str) -> None:
    assert parse_note(note(f"— {name} AAAAAAAA\n")).signatures[0].name == name


@pytest.mark.parametrize(
    "data", [b"\xed\xa0\x80", b"\xc0\xaf", b"\xf5\x80\x80\x80", b"\xe2\x80", b"\r", b"\x00", b"\x1f"]
)
def test_bytes_that_are_not_utf_8_or_are_controls_are_refused_wherever_they_stand(data: bytes) -> None:
    good = note(PETER_LINE)
    for at in (0, len(TEXT), len(good) - 2):
        with expect("ledger.note"):
            parse_note(good[:at] + data + good[at:])


def test_a_hundred_signatures_of_a_known_key_are_read_and_one_more_is_not() -> None:
    assert len(open_note(note(*[PETER_LINE] * 100), [PETER_KEY]).verified) == 1
    for keys in ([PETER_KEY], []):
        with expect("ledger.note"):
            open_note(note(*[PETER_LINE] * 101), keys)


def test_sixteen_signatures_of_nearly_five_thousand_bytes_are_read() -> None:
    large = [Signature(f"pq{at}.example", at, bytes(4_900)) for at in range(16)]
    assert len(parse_note(Note(TEXT, tuple(large)).encode()).signatures) == 16
