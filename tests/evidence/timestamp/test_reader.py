"""The reader takes DER and nothing else, and nothing that it is given makes it stumble."""

from __future__ import annotations

import contextlib
import dataclasses
import functools

import pytest
from asn1crypto import tsp
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.evidence.timestamp import (
    NONCE_SIZE,
    TimestampError,
    TimestampRequest,
    answer,
    judge_timestamp,
    new_request,
    read_certificates,
    read_request,
    read_response,
)
from qingyuan.evidence.timestamp._der import MAX_SIZE, check_der
from qingyuan.evidence.timestamp._schema import Response
from tests.evidence.timestamp.world import AT, MESSAGE, World, changed, key, usual


def code(data: bytes) -> str:
    with pytest.raises(TimestampError) as caught:
        read_response(data)
    return caught.value.code


def test_what_is_cut_off_or_goes_on_is_named() -> None:
    response = usual().answer()
    for cut in (0, 1, 3, 4, 100, len(response) - 1):
        assert code(response[:cut]) == "timestamp.truncated"
    assert code(response + b"\x00") == "timestamp.trailing"
    assert code(response + response) == "timestamp.trailing"
    assert code(bytes(MAX_SIZE + 1)) == "timestamp.too-large"


def test_ber_is_refused_by_name() -> None:
    assert code(b"\x30\x80\x02\x01\x00\x00\x00") == "timestamp.indefinite-length"
    assert code(b"\x30\x05\x30\x80\x05\x00\x00") == "timestamp.indefinite-length"
    for data in (
        b"\x30\x81\x03\x02\x01\x00",  # a length in more octets than needed
        b"\x30\x82\x00\x03\x02\x01\x00",
        b"\x30\x04\x02\x02\x00\x01",  # a padded integer
        b"\x30\x03\x01\x01\x01",  # a truth that is not 0xFF
        b"\x30\x06\x24\x04\x04\x02\x00\x00",  # an octet string in pieces
        b"\x30\x04\x02\x03\x00\x01",  # longer than what holds it
        b"\x30\x03\x1f\x81\x00",  # a tag in several octets
        b"\x30\x02\x02\x00",
        b"\x30\x02\x03\x00",
        b"\x30\x03\x03\x01\x01",
        b"\x30\x04\x03\x02\x01\x01",  # an unused bit that is set
        b"\x30\x03\x05\x01\x00",
    ):
        assert code(data) == "timestamp.not-der"
    deep = b""
    for _ in range(40):
        deep = bytes([0x30, len(deep)]) + deep
    assert code(deep) == "timestamp.not-der"


def test_a_token_without_its_answer_is_named_as_that() -> None:
    token = Response.load(usual().answer())["time_stamp_token"].dump()
    assert code(token) == "timestamp.bare-token"


def test_a_granted_answer_without_a_token_is_malformed() -> None:
    assert code(Response({"status": {"status": "granted"}}).dump()) == "timestamp.malformed"


def test_another_content_type_or_version_is_named() -> None:
    response = usual().answer()
    first = response.index(bytes.fromhex("060b2a864886f70d0109100104"))
    other = bytearray(response)
    other[first + 12] = 5
    assert code(bytes(other)) == "timestamp.content-type"

    def second(info: tsp.TSTInfo) -> None:
        info["version"] = "v2"

    assert code(changed(response, key("ec"), info=second)) == "timestamp.version"


@pytest.mark.parametrize("time", [b"20261122093000.5Z", b"20261122093000Z", b"20261122093000.123456789Z"])
def test_times_with_fractions_are_read(time: bytes) -> None:
    found = read_response(_dated(time)).info.gen_time
    assert found.utcoffset() is not None
    assert found.isoformat() in {
        "2026-11-22T09:30:00.500000+00:00",
        "2026-11-22T09:30:00+00:00",
        "2026-11-22T09:30:00.123456+00:00",
    }


@pytest.mark.parametrize(
    "time", [b"20261122093000", b"202611220930Z", b"20261122093000+0800", b"20261322093000Z", b"2026112209300\xffZ",
             b"20261122093000.50Z", b"20261122093000.Z", b"20261122235960Z"]
)  # fmt: skip
def test_times_that_are_not_utc_to_the_second_are_malformed(time: bytes) -> None:
    assert code(_dated(time)) == "timestamp.malformed"


def _dated(time: bytes) -> bytes:
    """Return an answer whose time is spelt as given."""
    old = tsp.TSTInfo.load(read_response(usual().answer()).content)["gen_time"].dump()
    new = b"\x18" + bytes([len(time)]) + time
    return changed(usual().answer(), key("ec"), content_bytes=lambda content: _spliced(content, old, new))


def _spliced(data: bytes, old: bytes, new: bytes) -> bytes:
    """Replace an element and correct every length around it."""
    at = data.index(old)

    def rebuild(start: int, end: int) -> bytes:
        out = b""
        while start < end:
            size, head = data[start + 1], 2
            if size & 0x80:
                head = 2 + (size & 0x7F)
                size = int.from_bytes(data[start + 2 : start + head], "big")
            stop = start + head + size
            if start == at:
                out += new
            elif start < at < stop:
                inner = rebuild(start + head, stop)
                long = len(inner).to_bytes(2, "big")
                out += data[start : start + 1] + (
                    bytes([len(inner)])
                    if len(inner) < 0x80
                    else b"\x81" + long[1:]
                    if long[0] == 0
                    else b"\x82" + long
                )
                out += inner
            else:
                out += data[start:stop]
            start = stop
        return out

    return rebuild(0, len(data))


@functools.cache
def small() -> tuple[World, bytes]:
    """Return a token without certificates, so that all of it is about the signature."""
    place = usual()
    request = dataclasses.replace(place.request(), certificates=False, nonce=None)
    return place, answer(request.encode(), place.authority, at=AT, serial=1)


def test_no_flipped_bit_of_a_token_gives_another_trusted_statement() -> None:
    place, response = small()
    anchors, others = [place.root], [place.tsa, place.middle]
    honest = judge_timestamp(response, MESSAGE, anchors=anchors, others=others).timestamp
    assert honest is not None
    assert honest.trusted
    free: set[int] = set()
    for at in range(len(response)):
        for bit in range(8):
            flipped = bytearray(response)
            flipped[at] ^= 1 << bit
            found = judge_timestamp(bytes(flipped), MESSAGE, anchors=anchors, others=others).timestamp
            if found is not None and found.trusted:
                assert found.token.info == honest.token.info
                free.add(at)
    # One byte is outside what is signed and may be another one: PKIStatus, where 0 becomes "granted with
    # modifications", which is noted.
    status = Response.load(response)["status"].dump()
    assert free == {response.index(status) + len(status) - 1}


def test_no_flipped_bit_of_a_carried_certificate_gives_another_trusted_statement() -> None:
    place = usual()
    response = place.answer()
    honest = place.verify(response)
    start = response.index(place.tsa.der)
    for at in range(start, start + len(place.tsa.der), 2):
        flipped = bytearray(response)
        flipped[at] ^= 1
        found = judge_timestamp(bytes(flipped), MESSAGE, anchors=[place.root]).timestamp
        assert found is None or not found.trusted or found.token.info == honest.token.info
        assert found is None or found.signer in {None, place.tsa}


@given(st.binary(max_size=300))
def test_random_bytes_give_an_error_of_ours_or_nothing(data: bytes) -> None:
    for read in (read_response, read_request, read_certificates, check_der):
        with contextlib.suppress(TimestampError):
            read(data)


@given(st.data())
def test_damaged_answers_give_an_error_of_ours_or_a_judgement(data: st.DataObject) -> None:
    response = bytearray(usual("ec").answer())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(response) - 1))
        response[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    judged = judge_timestamp(bytes(response), MESSAGE, anchors=[usual("ec").root])
    assert (judged.timestamp is None) == (judged.error is not None)


@given(
    st.binary(max_size=64),
    st.sampled_from(["sha256", "sha384", "sha512", "sm3"]),
    st.none() | st.binary(min_size=NONCE_SIZE, max_size=NONCE_SIZE),
    st.none() | st.just("1.2.3.4"),
    st.booleans(),
)
def test_requests_read_back_as_they_were_written(
    message: bytes, algorithm: str, nonce: bytes | None, policy: str | None, certificates: bool
) -> None:
    made = new_request(message, algorithm=algorithm, nonce=nonce, policy=policy)
    made = dataclasses.replace(made, certificates=certificates)
    assert isinstance(made, TimestampRequest)
    assert read_request(made.encode()) == made


def test_content_types_of_the_national_message_syntax_are_not_judged() -> None:
    found = Response.load(usual().answer())
    found["time_stamp_token"]["content_type"] = "1.2.156.10197.6.1.4.2.2"
    assert code(found.dump()) == "timestamp.unsupported"
