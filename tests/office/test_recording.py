"""Files of any kind are sealed with the record of their collection, and what the record lacks is named."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from qingyuan.cli.sealing import seal
from qingyuan.evidence import AcquisitionRecord, EvidenceError, Manifest
from qingyuan.office.collect import Limits
from qingyuan.office.errors import OfficeError
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.office.intake import intake
from qingyuan.office.recording import Facts, read_facts, seal_recorded
from qingyuan.office.sealing import SEALING, Collector, open_exhibit
from qingyuan.store import events
from qingyuan.store.registry import exhibit
from tests.office.running import material

RECORD = """
second: P002
method: screenshot
source: 某应用 3.2.1
place: 某市人民检察院 302 室
started: 2026-03-02T09:00:00+08:00
ended: 2026-03-02T09:20:00+08:00
cause: 某平台泄露个人信息
steps: [打开应用, 进入个人页, 截图]
network: [专线，DNS 223.5.5.5]
witnesses: [P003]
access: 未登录
environment: 手机 A，系统 14
cleanliness: 恢复出厂设置后首次联网
changes: 无
category: 网络平台发布的信息
clock_offset_ms: 12
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.open(tmp_path / "home", create=True)
    intake(home, [material(tmp_path / "material", 1)], workers=0)
    return home


def lead_of(home: Home) -> str:
    return f"L{home.clock.now().year}-0001"


def files(folder: Path) -> list[Path]:
    """A screenshot, a recording and an export of a device, as their first bytes say."""
    made = {
        "屏幕.png": b"\x89PNG\r\n\x1a\n" + bytes(40),
        "录像.mp4": b"\0\0\0\x18ftypmp42" + bytes(40),
        "导出.ufd": b"\x00\x01\xff" * 33,
    }
    for name, data in made.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in made]


def manifest_of(home: Home, identifier: str) -> Manifest:
    with home.database.read() as connection:
        row = exhibit(connection, identifier)
    assert row is not None
    return msgspec.json.decode(row.manifest, type=Manifest)


def test_files_of_any_kind_are_sealed_with_their_record_as_one(tmp_path: Path, home: Home) -> None:
    (tmp_path / "r.yaml").write_text(RECORD, encoding="utf-8")
    done = seal_recorded(home, lead_of(home), files(tmp_path), Collector(), read_facts(tmp_path / "r.yaml"))
    kinds = [manifest_of(home, name).media_type for _, name in done.exhibits]
    assert kinds == ["image/png", "video/mp4", "application/octet-stream"]
    first = manifest_of(home, done.exhibits[0][1]).collected
    assert (first.second, first.method, first.source) == ("P002", "screenshot", "某应用 3.2.1")
    record = manifest_of(home, done.record)
    assert (record.origin, record.parents) == ("derived", tuple(name for _, name in done.exhibits))
    with home.database.read() as connection:
        row = exhibit(connection, done.record)
        assert row is not None
        stages = [event.type for event in events(connection, [lead_of(home)])][-8:]
    with open_exhibit(home, row) as content:
        kept = msgspec.json.decode(content.read(), type=AcquisitionRecord)
    assert (kept.place, kept.steps[2], kept.collected.started) == (
        "某市人民检察院 302 室",
        "截图",
        "2026-03-02T09:00:00+08:00",
    )
    assert stages.count("evidence.extracted") == 3
    assert stages.count("evidence.generated") == 1
    assert list(check_home(home)) == []
    assert not {fact.fact for fact in done.missing} & {"place", "steps", "collected.second", "network"}


def test_what_is_missing_is_named_with_its_article_and_stops_nothing(tmp_path: Path, home: Home) -> None:
    done = seal_recorded(home, lead_of(home), files(tmp_path)[:1], Collector(method="screenshot"))
    assert (len(done.exhibits), done.record) == (1, "")
    missing = {fact.fact: fact for fact in done.missing}
    assert missing["collected.second"].article == "第三十六条"
    assert missing["place"].law == "人民检察院公益诉讼办案规则"
    recorded = seal_recorded(home, lead_of(home), files(tmp_path)[:1], Collector(), Facts(place="现场"))
    assert recorded.record
    assert "place" not in {fact.fact for fact in recorded.missing}


def test_when_one_file_cannot_be_read_none_is_sealed_and_nothing_is_left(tmp_path: Path, home: Home) -> None:
    before, blobs = home.head(), sorted(home.blobs.root.rglob("*"))
    with pytest.raises(EvidenceError):
        seal_recorded(home, lead_of(home), [*files(tmp_path), tmp_path / "absent"], Collector())
    with pytest.raises(EvidenceError):
        seal_recorded(home, lead_of(home), files(tmp_path), Collector(), Facts(started="yesterday"))
    assert home.head() == before
    assert sorted(home.blobs.root.rglob("*")) == blobs
    with pytest.raises(OfficeError):
        seal_recorded(home, "L1999-0001", files(tmp_path), Collector())


def test_files_of_one_name_keep_apart_and_none_is_taken_twice(tmp_path: Path, home: Home) -> None:
    pair = [tmp_path / "a" / "照片.png", tmp_path / "b" / "照片.png"]
    for number, path in enumerate(pair):
        path.parent.mkdir()
        path.write_bytes(bytes([number]) * 10)
    done = seal_recorded(home, lead_of(home), pair, Collector())
    assert [manifest_of(home, name).path for _, name in done.exhibits] == ["照片.png", "照片.png (2)"]
    with pytest.raises(OfficeError) as caught:
        seal_recorded(home, lead_of(home), [pair[0], pair[0].parent / ".." / "a" / "照片.png"], Collector())
    assert caught.value.code == "office.given-twice"


@pytest.mark.parametrize("name", ["keyring.json", "qingyuan.db", "log/checkpoint"])
def test_files_of_the_home_itself_are_refused_by_name(tmp_path: Path, home: Home, name: str) -> None:
    home.publish()
    link = tmp_path / "link"
    link.symlink_to(home.path, target_is_directory=True)
    for path in (home.path / name, link / name):
        with pytest.raises(OfficeError) as caught:
            seal_recorded(home, lead_of(home), [path], Collector())
        assert (caught.value.code, name in caught.value.en) == ("office.own-file", True)


def test_a_sparse_or_large_file_is_refused_before_it_is_read(tmp_path: Path, home: Home) -> None:
    sparse = tmp_path / "disk.img"
    with sparse.open("wb") as file:
        file.truncate(1 << 40)
    for limits in (None, Limits(allow_sparse=True)):
        with pytest.raises(OfficeError) as caught:
            seal_recorded(home, lead_of(home), [sparse], Collector(), limits=limits)
        assert caught.value.code == "office.not-sealed"
    with sparse.open("wb") as file:
        file.truncate(64 << 20)
    done = seal_recorded(home, lead_of(home), [sparse], Collector(), limits=Limits(allow_sparse=True))
    assert manifest_of(home, done.exhibits[0][1]).size == 64 << 20


@pytest.mark.parametrize(
    "text", ["colour: red\n", "steps: one\n", "[1, 2]\n", "a: [\n", "clock_offset_ms: soon\n", "\x00"]
)
def test_a_record_file_that_cannot_be_used_is_refused_with_the_facts_there_are(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "r.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(OfficeError) as caught:
        read_facts(tmp_path / "r.yaml")
    assert caught.value.code == "office.bad-record"
    assert "witnesses" in (caught.value.remedy_en or "")


def test_the_command_line_takes_facts_from_the_file_and_from_options(tmp_path: Path, home: Home) -> None:
    (tmp_path / "r.yaml").write_text("place: 甲地\ncause: 某案\n", encoding="utf-8")
    paths = [str(path) for path in files(tmp_path)]
    at = [
        "--matter",
        lead_of(home),
        "--home",
        str(home.path),
        "--record",
        str(tmp_path / "r.yaml"),
        "--place",
        "乙地",
    ]
    done = CliRunner().invoke(
        seal, [*paths, *at, "--step", "一", "--step", "二", "--json"], catch_exceptions=False
    )
    said = json.loads(done.stdout)
    assert (done.exit_code, len(said["exhibits"])) == (0, 3)
    with home.database.read() as connection:
        row = exhibit(connection, said["record"])
    assert row is not None
    with open_exhibit(home, row) as content:
        kept = msgspec.json.decode(content.read(), type=AcquisitionRecord)
    assert (kept.place, kept.cause, kept.steps) == ("乙地", "某案", ("一", "二"))
    assert {"fact", "law", "article", "binding", "zh", "en"} == set(said["missing"][0])
    words = CliRunner().invoke(seal, [paths[0], *at, "--lang", "zh"], catch_exceptions=False).stderr
    assert "取证记录尚缺" in words
    assert "第三十六条" in words


def test_a_home_that_chooses_sm4_seals_with_it_and_still_opens_the_rest(tmp_path: Path, home: Home) -> None:
    lead, (first, second, third) = lead_of(home), files(tmp_path)
    before = seal_recorded(home, lead, [first], Collector()).exhibits[0][1]
    (home.path / SEALING).write_text("algorithm: sm4-gcm\n")
    names = [name for _, name in seal_recorded(home, lead, [first, second], Collector()).exhibits]
    with home.database.read() as connection:
        sealed = {
            str(event.payload["exhibit"]): event.payload["sealed"]
            for event in events(connection, [lead])
            if event.type == "evidence.stored"
        }
        rows = [exhibit(connection, name) for name in (before, *names)]
    assert [msgspec.convert(sealed[name], dict[str, object])["alg"] for name in (before, *names)] == [
        "qyseal-1/AES-256-GCM",
        "qyseal-1/AES-256-GCM",  # the same content: the sealed file that was there is kept
        "qyseal-1/SM4-GCM",
    ]
    for row in rows:
        assert row is not None
        with open_exhibit(home, row) as content:
            assert content.read() in {first.read_bytes(), second.read_bytes()}
    assert list(check_home(home)) == []
    (home.path / SEALING).write_text("algorithm: rot13\n")
    with pytest.raises(OfficeError) as caught:
        seal_recorded(home, lead, [third], Collector())
    assert caught.value.code == "office.bad-sealing-file"
