"""The DER reader takes one encoding of a value and refuses every other, without end of time or depth."""

from __future__ import annotations

import pytest
from asn1crypto import core, parser
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.evidence.verify import verify_evp
from tests.evidence.verify.checking import check, codes
from tests.evidence.verify.stamped import ROOT, TSA, stamped, trusting
from tests.evidence.verify.stamping import Stamp, der, integer, oid, seq
from tests.evidence.verify.test_hostile import sound

LEAF = st.one_of(
    st.integers(-(2**80), 2**80).map(integer),
    st.binary(max_size=20).map(lambda b: der(4, b)),
    st.booleans().map(lambda b: b"\x01\x01" + (b"\xff" if b else b"\0")),
    st.just(b"\x05\0"),
    st.tuples(st.integers(0, 2), st.integers(0, 39), st.integers(0, 2**40)).map(
        lambda t: oid(".".join(map(str, t)))
    ),
    st.binary(max_size=20).map(lambda b: der(3, b"\0", b)),
    st.binary(max_size=200).map(lambda b: der(0x0C, b)),
)
TREE = st.recursive(
    LEAF,
    lambda inner: st.tuples(st.sampled_from([0x30, 0x31, 0xA0, 0xA3]), st.lists(inner, max_size=4)).map(
        lambda t: der(t[0], *t[1])
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(data=TREE)
def test_what_is_der_is_read_and_all_of_it_is_there(data: bytes) -> None:
    verify_evp._der_check(data)
    one = verify_evp._der_one(data)
    assert one.raw == data
    assert parser.peek(data) == len(data), "asn1crypto reads the same length"
    if one.tag & 0x20:
        assert b"".join(item.raw for item in verify_evp._der_items(one.body)) == one.body


@settings(deadline=None)
@given(data=st.binary(max_size=60))
def test_random_bytes_are_refused_or_read_whole(data: bytes) -> None:
    try:
        verify_evp._der_check(data)
    except ValueError:
        return
    assert core.load(data, strict=True) is not None


@settings(deadline=None)
@given(data=TREE, cut=st.integers(1, 30))
def test_a_value_cut_short_or_followed_by_more_is_refused(data: bytes, cut: int) -> None:
    for bent in (data[:-cut], data + b"\0", data + data, b""):
        with pytest.raises(ValueError, match="DER"):
            verify_evp._der_check(bent)


@pytest.mark.parametrize(
    "data",
    [
        b"\x30\x80\0\0", b"\x30\x81\x00", b"\x04\x81\x05hello", b"\x04\x82\0\x80" + bytes(128), b"\x1f\x20\x00",
        b"\x04\x85\0\0\0\0\x01a", b"\x04\x84\xff\xff\xff\xff", b"\x02\x00", b"\x02\x02\x00\x7f", b"\x02\x02\xff\x80",
        b"\x01\x01\x01", b"\x01\x02\xff\xff", b"\x05\x01\0", b"\x06\x00", b"\x06\x02\x80\x01", b"\x06\x02\x2a\x80",
        b"\x06\x03\x2a\x80\x01", b"\x03\x00", b"\x03\x01\x01", b"\x03\x02\x01\x01", b"\x03\x02\x08\0", b"\x10\x00",
        b"\x11\x00", b"\x24\x03\x04\x01a", b"\x23\x04\x03\x02\0a", b"\x00\x00", b"\x20\x00", b"\x30\x01\x02", b"\x30",
        b"\x0a\x02\0\x01", b"\xbf\x20\x00",
    ],
)  # fmt: skip
def test_an_encoding_that_is_not_the_one_of_der_is_refused(data: bytes) -> None:
    for inside in (data, seq(data), der(0xA0, seq(data))):
        with pytest.raises(ValueError, match="DER"):
            verify_evp._der_check(inside)


def test_deep_nesting_is_refused_quickly() -> None:
    deep = b""
    for _ in range(33):
        deep = seq(deep)
    with pytest.raises(ValueError, match="DER"):
        verify_evp._der_check(deep)
    verify_evp._der_check(verify_evp._der_one(deep).body)
    endless = b"\x30\x84\0\x01\0\0" * 10_000
    with pytest.raises(ValueError, match="DER"):
        verify_evp._der_check(endless)


def test_an_absurd_object_identifier_is_none() -> None:
    known = verify_evp._der_one(oid("2.5.29.19"))
    assert verify_evp._der_oid(known) == "2.5.29.19"
    absurd = verify_evp._Tlv(6, known.body + b"\xff" * 100 + b"\x01", b"")
    assert verify_evp._der_oid(absurd) == ""


def test_times_are_read_in_both_forms() -> None:
    def read(tag: int, text: bytes) -> str:
        return verify_evp._der_time(verify_evp._Tlv(tag, text, b""))[0].isoformat()

    assert read(0x17, b"491231235959Z") == "2049-12-31T23:59:59"
    assert read(0x17, b"500101000000Z") == "1950-01-01T00:00:00"
    assert read(0x18, b"20500101000000Z") == "2050-01-01T00:00:00"
    for tag, text in ((0x17, b"20500101000000Z"), (0x18, b"491231235959Z"), (0x17, b"4912312359Z"),
                      (0x18, b"20500101000060Z"), (0x18, b"20500101000000+0800"), (0x0C, b"20500101000000Z"),
                      (0x18, b"00000101000000Z"), (0x17, "４91231235959Z".encode())):  # fmt: skip
        with pytest.raises(ValueError, match="DER"):
            read(tag, text)


def _whole() -> Stamp:
    return Stamp(b"", TSA, certificates=(TSA.certificate, ROOT.certificate))


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_a_changed_token_in_a_package_that_fits_is_never_believed_otherwise(data: st.DataObject) -> None:
    def bend(members: dict[str, bytes]) -> dict[str, bytes]:
        token = bytearray(members["timestamps/0.tsr"])
        for _ in range(data.draw(st.integers(1, 3))):
            token[data.draw(st.integers(0, len(token) - 1))] ^= data.draw(st.integers(1, 255))
        return {**members, "timestamps/0.tsr": bytes(token)}

    report = check(stamped(tags=bend).build(), trusting(ROOT, operators=1))
    sound(report)
    for judged in report.timestamps:
        assert judged["gen_time"] == "2026-03-02T02:00:00Z" or not judged["trusted"]
    assert report.verdict != "pass" or codes(report) == {"time"}


@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=200) | TREE)
def test_any_token_is_judged(content: bytes) -> None:
    report = check(stamped(tags=lambda m: {**m, "timestamps/0.tsr": content}).build(), trusting(ROOT))
    sound(report)
    assert (report.verdict, codes(report)) == ("fail", {"timestamp"})


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_certificate_in_a_token_is_judged(data: st.DataObject) -> None:
    certificate = bytearray(TSA.certificate)
    for _ in range(data.draw(st.integers(1, 2))):
        certificate[data.draw(st.integers(0, len(certificate) - 1))] = data.draw(st.integers(0, 255))
    report = check(
        stamped(lambda s: s.but(certificates=(bytes(certificate), *s.certificates))).build(), trusting(ROOT)
    )
    sound(report)
    assert report.verdict != "undetermined"
