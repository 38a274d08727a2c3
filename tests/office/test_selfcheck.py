"""What a self-check says of files: gravest first, names masked, hostile ones named."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path

from qingyuan.office.selfcheck import self_check

DAY = date(2026, 7, 1)


def test_the_gravest_comes_first_and_names_of_parts_are_masked(tmp_path: Path) -> None:
    table = tmp_path / "0"
    table.write_text("登录口令,手机号\n" + "".join(f"x,1390000{n:04d}\n" for n in range(9)), encoding="utf-8")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("13900001234.csv", "手机号\n13900009999\n13900009998\n")
    archived = tmp_path / "1"
    archived.write_bytes(packed.getvalue())
    done = self_check([("a.csv", table), ("b.zip", archived)], "enterprise", today=DAY, workers=0)
    assert [fix.gravity for fix in done.fixes] == sorted(fix.gravity for fix in done.fixes)
    assert {fix.member for fix in done.fixes} == {None, "139****1234.csv"}
    assert (done.files, done.unread) == (2, ())
    assert "1390000" not in str(done.fixes)


def test_a_file_that_cannot_be_read_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    good = tmp_path / "1"
    good.write_text("手机号\n13900009999\n13900009998\n", encoding="utf-8")
    done = self_check(
        [("gone-13900001234.csv", tmp_path / "0"), ("a.csv", good)], "enterprise", today=DAY, workers=0
    )
    (unread,) = done.unread
    assert unread.path == "gone-139****1234.csv"
    assert unread.remedy_zh
    assert "封存" not in unread.remedy_zh
    assert [fix.file for fix in done.fixes] == ["a.csv"]
