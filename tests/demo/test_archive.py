"""Locked files open with their password only, and are the same bytes every time."""

from __future__ import annotations

import io
import time
import zipfile

import msoffcrypto
import numpy as np
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.demo._archive import encrypted_zip, zip_bytes
from qingyuan.demo._locked import locked


def workbook(rows: int) -> bytes:
    book = openpyxl.Workbook()
    for number in range(rows):
        book.active.append([f"客户{number}", number])  # type: ignore[union-attr]
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("rows", [1, 900])
def test_a_locked_workbook_opens_with_its_password_and_is_intact(rows: int) -> None:
    data = workbook(rows)
    file = msoffcrypto.OfficeFile(
        io.BytesIO(locked(data, password="暗号1", entropy=np.random.default_rng(1).bytes))
    )
    assert file.is_encrypted()
    file.load_key(password="暗号1", verify_password=True)
    plain = io.BytesIO()
    file.decrypt(plain, verify_integrity=True)
    assert plain.getvalue() == data


def test_a_locked_workbook_refuses_another_password() -> None:
    file = msoffcrypto.OfficeFile(
        io.BytesIO(locked(b"PK", password="one", entropy=np.random.default_rng(1).bytes))
    )
    with pytest.raises(msoffcrypto.exceptions.InvalidKeyError):
        file.load_key(password="two", verify_password=True)


def test_a_locked_workbook_depends_on_the_entropy_and_not_on_the_clock() -> None:
    data = workbook(3)
    first = locked(data, password="p", entropy=np.random.default_rng(1).bytes)
    time.sleep(0.01)
    assert locked(data, password="p", entropy=np.random.default_rng(1).bytes) == first
    assert locked(data, password="p", entropy=np.random.default_rng(2).bytes) != first


@settings(deadline=None)
@given(st.binary(max_size=300), st.binary(min_size=1, max_size=20), st.binary(min_size=11, max_size=11))
def test_an_encrypted_member_is_read_back_with_the_password(
    data: bytes, password: bytes, header: bytes
) -> None:
    archive = zipfile.ZipFile(io.BytesIO(encrypted_zip("名单.csv", data, password=password, header=header)))
    assert archive.getinfo("名单.csv").flag_bits & 1
    assert archive.read("名单.csv", pwd=password) == data


@pytest.mark.parametrize("stored", [False, True])
def test_a_plain_archive_has_no_clock_in_it(*, stored: bool) -> None:
    members = [("甲.txt", b"1" * 100), ("b/c.txt", b"")]
    data = zip_bytes(members, stored=stored)
    assert data == zip_bytes(members, stored=stored)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert [(i.filename, archive.read(i)) for i in archive.infolist()] == members
        assert {i.date_time for i in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
