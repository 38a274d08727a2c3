"""Bags of others: the table of shapes, by our reader; and what it may not touch."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import bagit
import pytest
import yaml

from qingyuan.evidence.bags import BagVerdict, check_bag
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


@pytest.mark.parametrize("case", _CASES, ids=lambda case: next(iter(case)))
def test_bags(case: dict[str, Any], tmp_path: Path) -> None:
    report = check_bag(_built(tmp_path / "bag", case))
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
