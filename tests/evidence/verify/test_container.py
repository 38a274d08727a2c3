"""The container has one valid byte form, and every byte of it counts."""

from __future__ import annotations

import struct
import unicodedata
import zlib

import pytest

from qingyuan.evidence.verify import verify_evp
from tests.evidence.verify.checking import TRUST, check, codes, paths, small
from tests.evidence.verify.maker import Maker
from tests.evidence.verify.zipping import zip_bytes, zip_raw


@pytest.fixture(scope="module")
def whole() -> bytes:
    return Maker().build()


def test_a_package_cut_at_any_length_fails(whole: bytes) -> None:
    lengths = {*range(0, len(whole), 97), *range(len(whole) - 120, len(whole)), *range(60)}
    for length in lengths:
        report = check(whole[:length], None)
        assert report.verdict == "fail", length
        assert "container" in codes(report)


def test_bytes_before_after_or_between_the_parts_fail(whole: bytes) -> None:
    directory = whole.index(b"PK\x01\x02")
    end = whole.index(b"PK\x05\x06")
    for data in (
        b"\0" + whole,
        whole + b"\0",
        whole[:directory] + b"\0" + whole[directory:],
        whole[:end] + b"x" + whole[end:],
    ):
        assert "container" in codes(check(data))


def test_a_file_that_is_no_zip_fails_with_container_only() -> None:
    for data in (b"", b"\0" * 22, b"%PDF-1.7" * 100, b"PK\x05\x06" + b"\0" * 17):
        report = check(data)
        assert (report.verdict, codes(report)) == ("fail", {"container"})


def test_an_empty_zip_fails_because_the_bag_is_missing() -> None:
    report = check(b"PK\x05\x06" + b"\0" * 18)
    assert report.verdict == "fail"
    assert "bag" in codes(report)


def test_members_out_of_order_fail(whole: bytes) -> None:
    members = Maker().members()
    entries = [(name.encode(), members[name]) for name in sorted(members, key=str.encode, reverse=True)]
    assert zip_raw(entries[::-1]) == whole
    assert codes(check(zip_raw(entries))) == {"container"}


def test_a_compressed_or_commented_member_fails(whole: bytes) -> None:
    central = whole.index(b"PK\x01\x02")
    deflated = bytearray(whole)
    deflated[8:10] = deflated[central + 10 : central + 12] = b"\x08\0"
    assert "container" in codes(check(bytes(deflated)))


def test_a_large_claimed_size_ends_the_reading(whole: bytes) -> None:
    data = bytearray(whole)
    central = whole.index(b"PK\x01\x02")
    data[central + 20 : central + 28] = struct.pack("<II", 0x7FFFFFFF, 0x7FFFFFFF)
    report = check(bytes(data))
    assert codes(report) == {"container"}
    assert "longer than the file" in report.reasons[0].text_en


def test_overlapping_members_are_not_read_over_and_over(whole: bytes) -> None:
    name, size = b"a", 5_000
    body = zip_raw([(name, b"x" * size)])
    entry = body[body.index(b"PK\x01\x02") : body.index(b"PK\x05\x06")]
    many = 200
    data = body[: body.index(b"PK\x01\x02")] + entry * many
    data += b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, many, many, len(entry) * many, size + 31, 0)
    assert "container" in codes(check(data))


@pytest.mark.parametrize(
    "name",
    [
        "../x", "data/../x", "/etc/passwd", "data//x", "data/./x", "data/x/", "C:/x", "data\\x", "data/a\nb", "data/a\x7f",
        "data/a\x85b", "data/" + "长" * 340, unicodedata.normalize("NFD", "data/X01/é"), "", "data/X01/..", "data/X01/100%",
    ],
)  # fmt: skip
def test_a_name_that_is_not_allowed_is_named(name: str) -> None:
    report = check(zip_bytes({**Maker().members(), name: b""}))
    assert report.verdict == "fail"
    assert "name" in codes(report)


def test_a_name_that_is_not_utf_8_is_named() -> None:
    members = [(n.encode(), d) for n, d in Maker().members().items()]
    report = check(zip_raw(sorted([*members, (b"data/X01/\xff\xfe", b"")])))
    assert paths(report, "name") == {"data/X01/\\\\xff\\\\xfe"} or paths(report, "name") == {
        "data/X01/\\xff\\xfe"
    }


@pytest.mark.parametrize(
    ("first", "second"),
    [("data/X01/A", "data/X01/a"), ("data/X01/ß", "data/X01/SS"), ("data/X01/K", "data/X01/k")],
)
def test_names_that_differ_only_by_case_or_form_clash(first: str, second: str) -> None:
    assert "name" in codes(check(zip_bytes({**Maker().members(), first: b"", second: b""})))


def test_a_name_that_occurs_twice_is_named() -> None:
    members = sorted((n.encode(), d) for n, d in Maker().members().items())
    position = next(i for i, (n, _) in enumerate(members) if n == b"bagit.txt")
    report = check(zip_raw([*members[:position], members[position], *members[position:]]))
    assert paths(report, "name") == {"bagit.txt"}


def test_zip64_fields_are_read_and_demanded_beyond_the_thresholds(monkeypatch: pytest.MonkeyPatch) -> None:
    members = Maker().members()
    for limit, most in ((900, 0xFFFF), (9_000, 0xFFFF), (0xFFFFFFFF, 5), (1, 1), (2_500, 20)):
        data = zip_bytes(members, limit=limit, most=most)
        assert "container" in codes(check(data)), "the wide form is only for large values"
        with monkeypatch.context() as patch:
            patch.setattr(verify_evp, "ZIP64_SIZE", limit)
            patch.setattr(verify_evp, "ZIP64_COUNT", most)
            assert check(data).verdict == "pass", (limit, most)
            assert "container" in codes(check(zip_bytes(members)))
            for position in range(len(data) - 98, len(data)):
                changed = bytearray(data)
                changed[position] ^= 1
                assert check(bytes(changed), None).verdict == "fail", position


def test_more_than_65535_members_need_the_wide_end_record() -> None:
    empty = [(f"data/X/{i:05}".encode(), b"") for i in range(0xFFFF)]
    report = check(zip_raw(empty))
    assert "container" not in codes(report)
    assert "bag" in codes(report)
    assert "container" in codes(check(zip_raw(empty, most=0x10000)))


def test_too_many_members_are_unsupported_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_evp, "MAX_MEMBERS", 10)
    report = check(Maker().build())
    assert (report.verdict, codes(report)) == ("undetermined", {"unsupported"})


def test_large_members_are_hashed_in_one_pass_on_two_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytes(range(256)) * 20_000 + b"odd"
    data = Maker({"X01": content}).build()
    assert len(content) > 4 * verify_evp._CHUNK
    assert check(data).verdict == "pass"
    for position in (0, verify_evp._CHUNK, len(content) - 1):
        changed = bytearray(data)
        changed[data.index(content) + position] ^= 4
        assert {"container", "digest", "exhibit"} <= codes(check(bytes(changed)))


def test_a_crc_that_was_mended_does_not_hide_a_changed_member() -> None:
    members = Maker().members()
    for name in members:
        changed = zip_bytes({**members, name: members[name] + b" "})
        assert zlib.crc32(members[name]) != zlib.crc32(members[name] + b" ")
        assert "container" not in codes(check(changed))
        assert check(changed).verdict == "fail", name


@pytest.mark.slow
def test_any_changed_byte_inside_a_member_is_found_even_in_a_valid_container() -> None:
    members = small().members()
    for name, content in members.items():
        for position in range(0, len(content), 11):
            changed = bytearray(content)
            changed[position] ^= 1 << (position % 7)
            verdict = check(zip_bytes({**members, name: bytes(changed)}), TRUST).verdict
            assert verdict == "fail" or (verdict == "undetermined" and name == "signature.note"), (
                name,
                position,
            )


def test_the_trust_inside_the_package_decides_nothing() -> None:
    from tests.evidence.verify.maker import trust
    from tests.evidence.verify.noting import canonical

    listed = sorted(trust()["keys"], key=lambda key: (key["role"], key["id"]))
    lines = b"".join(canonical({**key, "actor": ""}) + b"\n" for key in listed)
    inside = Maker(tags=lambda m: {**m, "trust/keys.jsonl": lines})
    assert check(inside.build(), None).verdict == "undetermined"
