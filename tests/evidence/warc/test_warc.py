"""WARC files: what is written reads back, by us and by others, and what is not whole is refused."""

from __future__ import annotations

import gzip
import random
import zlib
from io import BytesIO

import msgspec
import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from qingyuan.evidence.warc import (
    HTTP_RESPONSE,
    Limits,
    RecordType,
    WarcError,
    WarcWriter,
    check,
    read_records,
    scan_records,
)
from tests.evidence.warc.making import AT, HEAD, archive, counting, members, packed


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=5))
@settings(max_examples=50)
def test_every_body_reads_back_the_same_by_three_readers(bodies: list[bytes]) -> None:
    data, _ = archive(*bodies)
    assert check(BytesIO(data)).types == {"response": len(bodies), "warcinfo": 1}
    blocks = [reading.block for reading in read_records(BytesIO(data), Limits())]
    assert blocks[1:] == [HEAD + body for body in bodies]
    theirs = [
        (record.rec_headers.get_header("WARC-Target-URI"), record.raw_stream.read())
        for record in ArchiveIterator(BytesIO(data), check_digests="raise")
        if record.rec_type == "response"
    ]
    assert theirs == [(f"http://example.com/{n}?a=1", body) for n, body in enumerate(bodies)]
    for fast in FastIterator(BytesIO(data), parse_http=False):
        if fast.headers["WARC-Type"] == "response":
            assert fast.verify_block_digest(consume=False)


def test_the_same_input_gives_the_same_bytes() -> None:
    assert archive(b"a", b"b") == archive(b"a", b"b")


def test_headers_are_those_of_the_standard_and_cannot_be_smuggled_in() -> None:
    target = BytesIO()
    writer = WarcWriter(target, counting())  # type: ignore[arg-type]
    written = writer.write(
        RecordType.RESPONSE,
        BytesIO(b"body"),
        date=AT,
        content_type=HTTP_RESPONSE,
        uri="http://h/\r\nWARC-Type: <页>|%20",
        head=HEAD,
        headers=(("WARC-IP-Address", "1.1.1.1"),),
    )
    (reading,) = read_records(BytesIO(target.getvalue()), Limits())
    record = reading.record
    assert record.header("warc-date") == "2026-03-02T01:02:03.456789Z"
    assert record.header("WARC-Type") == "response"
    assert record.header("WARC-Target-URI") == "http://h/%0D%0AWARC-Type:%20%3C%E9%A1%B5%3E%7C%20"
    assert record.header("WARC-Record-ID") == written.id
    assert record.header("WARC-Record-ID").startswith("<urn:uuid:")
    assert record.header("WARC-Payload-Digest") == written.payload_digest
    assert (record.offset, record.length) == (written.offset, written.length) == (0, len(target.getvalue()))


def test_a_file_cut_anywhere_inside_a_record_is_refused() -> None:
    data, _ = archive(b"x" * 3000, random.Random(1).randbytes(3000))
    ends = {record.offset + record.length for record, _ in scan_records(BytesIO(data), Limits())}
    for size in range(1, len(data), 7):
        if size in ends:
            continue
        with pytest.raises(WarcError) as caught:
            check(BytesIO(data[:size]))
        assert caught.value.code == "warc.damaged"
    with pytest.raises(WarcError) as caught:
        check(BytesIO(b""))
    assert caught.value.code == "warc.empty"


def test_the_other_library_alone_would_not_notice_a_cut() -> None:
    data, _ = archive(random.Random(1).randbytes(3000))
    cut = data[:-600]
    count = sum(1 for record in ArchiveIterator(BytesIO(cut)) if record.raw_stream.read() is not None)
    assert count == 2
    with pytest.raises(WarcError):
        check(BytesIO(cut))


def test_a_flipped_bit_is_found_wherever_it_counts() -> None:
    data, _ = archive(random.Random(2).randbytes(2000))
    starts = [record.offset for record, _ in scan_records(BytesIO(data), Limits())]
    for place in range(0, len(data), 11):
        flipped = data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :]
        refused = False
        try:
            check(BytesIO(flipped))
        except WarcError:
            refused = True
        # Only a few fields in the header of a gzip member (time, system) say things that change nothing.
        assert refused or any(start + 3 < place < start + 10 for start in starts), place


@pytest.mark.parametrize(
    "change",
    [
        (b"hello", b"hullo"),
        (b"Content-Length: ", b"Content-Length: 1"),
        (b"WARC-Type: response\r\n", b""),
        (b"WARC-Record-ID", b"WARC-Record-IX"),
        (b"WARC/1.1", b"WARC/9.1"),
        (b"\r\n\r\nHTTP", b"\r\nno colon here\r\n\r\nHTTP"),
    ],
)
def test_a_changed_record_is_refused_even_when_packed_anew(change: tuple[bytes, bytes]) -> None:
    info, answer = members(archive(b"hello world")[0])
    assert change[0] in answer
    with pytest.raises(WarcError) as caught:
        check(BytesIO(packed(info, answer.replace(change[0], change[1], 1))))
    assert caught.value.code == "warc.damaged"


def test_a_member_that_holds_more_or_less_than_records_is_refused() -> None:
    info, answer = members(archive(b"hello")[0])
    for data in (packed(info, answer[:-4]), packed(info, answer + b"x"), packed(info, b"", b"x")):
        with pytest.raises(WarcError):
            check(BytesIO(data))


@given(
    st.lists(st.binary(max_size=90_000), min_size=1, max_size=3), st.sets(st.integers(0, 2_000), max_size=5)
)
@settings(max_examples=30)
def test_records_may_share_gzip_members_and_then_do_not_stand_apart(
    bodies: list[bytes], cuts: set[int]
) -> None:
    """Compression is the choice of who writes (ISO 28500, annex D): one member for all, or cut anywhere."""
    data = archive(*bodies)[0]
    plain = b"".join(members(data))
    places = sorted({min(cut, len(plain)) for cut in cuts})
    parts = [plain[a:b] for a, b in zip([0, *places], [*places, len(plain)], strict=True)]
    again = packed(*parts)
    found = check(BytesIO(again))
    assert msgspec.structs.replace(found, apart=True) == check(BytesIO(data))
    one, other = (list(read_records(BytesIO(each), Limits())) for each in (data, again))
    assert [each.block for each in one] == [each.block for each in other]
    assert found.apart == all(each.record.apart for each in other)
    for each in other:
        offset, length = each.record.offset, each.record.length
        by_itself = (
            gzip.decompress(again[offset : offset + length])
            if each.record.apart
            else plain[offset : offset + length]
        )
        assert by_itself.startswith(b"WARC/1.1\r\n")
        assert by_itself.endswith(each.block + b"\r\n\r\n")
    if not cuts:
        assert not found.apart
        for cut in range(1, len(again), 97):
            with pytest.raises(WarcError):
                check(BytesIO(again[:cut]))


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=4), st.integers(0, 3))
@settings(max_examples=40)
def test_a_file_that_is_not_compressed_reads_the_same(bodies: list[bytes], line_ends: int) -> None:
    bodies[0] += b"\r\n" * line_ends
    data = archive(*bodies)[0]
    plain = b"".join(members(data))
    assert check(BytesIO(plain)).types == {"response": len(bodies), "warcinfo": 1}
    one, other = (list(read_records(BytesIO(each), Limits())) for each in (data, plain))
    assert [each.block for each in one] == [each.block for each in other]
    assert [each.record.headers for each in one] == [each.record.headers for each in other]
    for each in other:
        part = plain[each.record.offset : each.record.offset + each.record.length]
        assert part.startswith(b"WARC/1.1\r\n")
        assert part.endswith(each.block + b"\r\n\r\n")


def test_a_file_that_is_not_compressed_is_refused_wherever_it_is_cut_or_longer() -> None:
    info, answer = members(archive(b"hello")[0])
    assert check(BytesIO(info + answer)).records == 2
    for cut in range(1, len(answer)):
        with pytest.raises(WarcError):
            check(BytesIO(info + answer[:-cut]))
    for data in (
        info + b"\r\n" + answer,
        info + answer + b"\r\n",
        info + answer.replace(b"hello", b"hullo"),
        info + answer.replace(b"Content-Length: ", b"Content-Length: 9999999999"),
        b"WARC/1.1\r\n" + b"A" * (3 << 20),
    ):
        with pytest.raises(WarcError):
            check(BytesIO(data))


def test_two_records_of_one_identifier_and_a_field_that_is_there_twice_are_refused() -> None:
    info, answer = members(archive(b"hello")[0])
    line = next(each for each in answer.split(b"\r\n") if each.startswith(b"WARC-Record-ID"))
    twice = answer.replace(line, line + b"\r\nWARC-Date: 2026-01-01T00:00:00Z", 1)
    for data in (packed(info, answer, answer), info + answer + answer, packed(info, twice)):
        with pytest.raises(WarcError) as caught:
            check(BytesIO(data))
        assert caught.value.code == "warc.damaged"


def test_bombs_are_refused_without_being_unpacked() -> None:
    start = b"WARC/1.1\r\nWARC-Type: resource\r\nWARC-Record-ID: <urn:uuid:1>\r\nWARC-Date: 2026-01-01T00:00:00Z\r\nWARC-Target-URI: http://example.com/\r\n"
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    size = 64 << 20
    data = packer.compress(start + f"Content-Length: {size}\r\n\r\n".encode())
    for _ in range(size >> 20):
        data += packer.compress(b"0" * (1 << 20))
    data += packer.compress(b"\r\n\r\n") + packer.flush()
    for limits in (Limits(record=8 << 20), Limits(total=8 << 20), Limits(ratio=100)):
        with pytest.raises(WarcError) as caught:
            check(BytesIO(data), limits=limits)
        assert caught.value.code == "warc.too-large"
    with pytest.raises(WarcError) as caught:
        check(BytesIO(archive(b"", b"", b"")[0]), limits=Limits(records=3))
    assert caught.value.code == "warc.too-large"
    with pytest.raises(WarcError) as caught:
        check(BytesIO(gzip.compress(b"WARC/1.1\r\n" + b"A" * (3 << 20))))
    assert caught.value.code == "warc.damaged"
