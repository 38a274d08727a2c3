"""Bags of others: the table of shapes, by our reader; and what it may not touch."""

from __future__ import annotations

import hashlib
import io
import re
import stat
import zipfile
from pathlib import Path
from typing import Any

import bagit
import pytest
import yaml

from qingyuan.evidence.bags import BagVerdict, check_bag, check_zipped_bag, holders, holds_bag
from qingyuan.evidence.errors import BagError
from qingyuan.ledger import sm3

_CASES = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text(encoding="utf-8"))
_GOOD = {
    "data/a.txt": "first",
    "data/b/名单.csv": "a,b\n1,2\n",
    "bag-info.txt": "Source-Organization: 某单位\nPayload-Oxum: {oxum}\n",
    "manifest-sha256.txt": "{sha256} data/a.txt\n{sha256} data/b/名单.csv\n",
}
_LINE = re.compile(r"(?m)^\{(\w+)\}([ \t]+)(\*?(?:\./)?)(\S.*?)$")


def _digest(name: str, data: bytes) -> str:
    if name.lower() == "sm3":
        return sm3(data).hex()
    found = hashlib.new(name.lower(), data).hexdigest()
    return found.upper() if name.isupper() else found


def _built(folder: Path, case: dict[str, Any]) -> Path:
    encoding = case.get("encoding", "UTF-8")
    version = case.get("declared", "1.0")
    declaration = f"BagIt-Version: {version}\nTag-File-Character-Encoding: {encoding}\n"
    texts = {"bagit.txt": declaration, **_GOOD, **case.get("files", {})}
    for name, more in case.get("append", {}).items():
        texts[name] += more
    for name, more in case.get("prepend", {}).items():
        texts[name] = more + texts[name]
    payload = [text.encode() for name, text in texts.items() if name.startswith("data/") and text != "-"]
    oxum = f"{sum(map(len, payload))}.{len(payload)}"
    written: dict[str, bytes] = {}

    def encoded(name: str, text: str) -> bytes:
        plain = name == "bagit.txt" or "/" in name
        return text.replace("{oxum}", oxum).encode("utf-8" if plain else encoding)

    def filled(text: str) -> str:
        def of(match: re.Match[str]) -> str:
            name = match[4].replace("%25", "%").replace("%0d", "\r").replace("%0A", "\n")
            held = written.get(name, written.get(name.replace("é", "e\u0301"), b""))
            return _digest(match[1], held) + match[2] + match[3] + match[4]

        return _LINE.sub(of, text)

    order = sorted(texts, key=lambda name: (name.startswith("tagmanifest"), name.startswith("manifest")))
    for name in order:
        if texts[name] == "-":
            continue
        written[name] = encoded(name, filled(texts[name]))
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(written[name])
    return folder


def _zipped(folder: Path, *, base: str = "bag/", legacy: bool = False) -> io.BytesIO:
    """Return the files of a folder as an archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                name = base + path.relative_to(folder).as_posix()
                archive.writestr(_Legacy(name) if legacy else name, path.read_bytes())
    made.seek(0)
    return made


class _Legacy(zipfile.ZipInfo):
    """A member whose name is in GB 18030 without a mark, as programs of Windows write it."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - the name zipfile asks for
        return self.filename.encode("gb18030"), self.flag_bits


@pytest.mark.parametrize("case", _CASES, ids=lambda case: next(iter(case)))
def test_bags(case: dict[str, Any], tmp_path: Path) -> None:
    folder = _built(tmp_path / "bag", case)
    report = check_bag(folder)
    assert (folder / "bagit.txt").exists() is holds_bag(_zipped(folder))
    if holds_bag(_zipped(folder)):
        assert check_zipped_bag(_zipped(folder)) == report
    assert sorted({each.code for each in report.faults}) == sorted(case.get("faults", []))
    assert report.verdict == BagVerdict(case["verdict"])
    assert all(each.zh and each.en for each in report.faults)


def test_a_bag_of_the_reference_program_is_valid(tmp_path: Path) -> None:
    folder = tmp_path / "bag"
    folder.mkdir()
    (folder / "名单.csv").write_text("a,b\n")
    bagit.make_bag(str(folder), {"Contact-Name": "某人"}, checksums=["md5", "sha512"])
    report = check_bag(folder)
    assert (report.verdict, report.algorithms, report.files, report.size) == (
        "valid",
        ("md5", "sha512"),
        1,
        4,
    )
    assert report.faults == ()


def test_a_folder_of_the_payload_must_be_there(tmp_path: Path) -> None:
    folder = _built(
        tmp_path / "bag", {"files": {"data/a.txt": "-", "data/b/名单.csv": "-", "manifest-sha256.txt": ""}}
    )
    assert [each.code for each in check_bag(folder).faults] == ["payload-folder"]
    (folder / "data").mkdir()
    assert check_bag(folder).verdict == "valid"


def test_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("first")
    folder = _built(tmp_path / "bag", {})
    (folder / "data" / "a.txt").unlink()
    (folder / "data" / "a.txt").symlink_to(tmp_path / "outside")
    report = check_bag(folder)
    assert {(each.code, each.path) for each in report.faults} >= {
        ("link", "data/a.txt"),
        ("missing", "data/a.txt"),
    }
    assert report.verdict == "invalid"


def test_names_of_an_archive_without_the_mark_of_utf8_are_understood(tmp_path: Path) -> None:
    folder = _built(tmp_path / "bag", {})
    assert check_zipped_bag(_zipped(folder, legacy=True)) == check_bag(folder)


def _altered(folder: Path, name: str, *, data: bytes = b"", mode: int = 0, method: int = 0) -> io.BytesIO:
    """Return a bag as an archive with one more member."""
    made = _zipped(folder)
    with zipfile.ZipFile(made, "a") as archive:
        one = zipfile.ZipInfo(name)
        one.external_attr, one.compress_type = mode << 16, method
        archive.writestr(one, data)
    made.seek(0)
    return made


def test_what_an_archive_may_not_do_is_a_fault_and_what_is_closed_leaves_the_question_open(
    tmp_path: Path,
) -> None:
    folder = _built(tmp_path / "bag", {})
    for name, mode, method, code, verdict in (
        ("bag/data/c", stat.S_IFLNK | 0o777, 0, "link", "invalid"),
        ("bag/../c", 0, 0, "name", "invalid"),
        ("bag/data\\c", 0, 0, "name", "invalid"),
        ("bag/data/c", 0, zipfile.ZIP_LZMA, "closed", "undetermined"),
    ):
        report = check_zipped_bag(_altered(folder, name, mode=mode, method=method, data=b"/etc/passwd"))
        assert (code in {each.code for each in report.faults}, report.verdict) == (True, verdict), name
    within = check_zipped_bag(_zipped(folder, base=""))
    assert ([each.code for each in within.faults], within.verdict) == (["serialization"], "valid")


def test_one_changed_byte_of_a_member_is_found(tmp_path: Path) -> None:
    folder = _built(tmp_path / "bag", {"files": {"data/a.txt": "plain" * 9}})
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, f"bag/{path.relative_to(folder)}")
    data = bytearray(made.getvalue())
    data[data.index(b"plainplain")] ^= 1
    assert check_zipped_bag(io.BytesIO(data)).verdict == "invalid"


def test_an_archive_that_is_too_large_or_no_bag_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _built(tmp_path / "bag", {})
    with pytest.raises(BagError) as bomb:
        check_zipped_bag(
            _altered(folder, "bag/data/zeros", method=zipfile.ZIP_DEFLATED, data=bytes(1 << 20)), 1 << 19
        )
    assert bomb.value.code == "evidence.bag-too-large"
    for name, value in (("MAX_DIRECTORY", 40), ("MAX_TEXTS", 40), ("MAX_LISTED", 1)):
        with monkeypatch.context() as patch:
            patch.setattr(holders, name, value)
            patch.setattr(holders.ZipBag, "listed", holders.MAX_LISTED)
            with pytest.raises(BagError, match="too large"):
                check_zipped_bag(_zipped(folder))
    for data in (b"PK\x03\x04", b"", _zipped(folder).getvalue()[:-9]):
        assert not holds_bag(io.BytesIO(data))
        with pytest.raises(BagError):
            check_zipped_bag(io.BytesIO(data))
