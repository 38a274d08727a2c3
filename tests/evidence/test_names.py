"""Names of members stay inside their folder and read as they are."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.evidence import PackageError, check_distinct, check_member_name, member_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("名单.csv", "名单.csv"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("..", "_"),
        (".", "_"),
        ("", "_"),
        ("   ", "_"),
        ("C:\\a.txt", "C__a.txt"),
        ("a\0b\nc", "a_b_c"),
        ("invoice\u202efdp.exe", "invoice_fdp.exe"),
        ("zero\u200bwidth", "zero_width"),
        ("cafe\u0301", "café"),
        ("NUL.txt", "_NUL.txt"),
        ("con", "_con"),
        ("console.log", "console.log"),
        ("name. . ", "name_"),
        ("100%.txt", "100_.txt"),
        ("a\udcff", "a_"),
    ],
)
def test_hostile_names_become_safe_and_others_stay(name: str, safe: str) -> None:
    assert member_name(name) == safe


@given(st.text(max_size=400))
def test_whatever_the_name_the_member_is_allowed(name: str) -> None:
    safe = member_name(name)
    check_member_name(f"data/X0123456789abcdef/{safe}")
    assert "/" not in safe
    assert 0 < len(safe.encode()) <= 205
    assert member_name(safe) == safe
    assert unicodedata.is_normalized("NFC", safe)


def test_a_huge_name_keeps_its_extension() -> None:
    assert member_name("证" * 5000 + ".xlsx").endswith("证.xlsx")
    assert len(member_name("x" * 5000).encode()) == 200
    assert len(member_name("x." + "y" * 5000).encode()) == 200


@pytest.mark.parametrize(
    "name",
    ["", "/a", "a//b", "a/", "a/../b", "./a", "a\\b", "a\nb", "C:/a", "cafe\u0301", "x" * 1025, "a\udcff"],
)
def test_names_that_the_format_forbids_are_refused(name: str) -> None:
    with pytest.raises(PackageError) as caught:
        check_member_name(name)
    assert caught.value.code == "evidence.bad-member-name"


def test_the_longest_name_is_allowed() -> None:
    check_member_name("x" * 1024)


def test_names_that_fall_together_elsewhere_are_refused_and_both_named() -> None:
    check_distinct(["a", "b", "证"])
    with pytest.raises(PackageError) as caught:
        check_distinct(["data/Readme", "data/README"])
    assert "data/Readme" in caught.value.en
    assert "data/README" in caught.value.en
