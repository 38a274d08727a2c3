"""What the builder writes, the verifier, the ZIP reader and the BagIt reader of others agree on."""

from __future__ import annotations

import io
import random
import zipfile
from dataclasses import replace
from pathlib import Path

import bagit
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.evidence import PackageExhibit, PackageSource, Withheld, build_package, verified
from qingyuan.evidence._zip import ZipWriter
from qingyuan.evidence.verify import Report, verify_evp
from qingyuan.evidence.verify.verify_evp import OK_CODES
from tests.evidence.making import pattern
from tests.evidence.packing import SmallOffice, new_office
from tests.evidence.repacking import findings, judge, members_of, trust_of

NAMES = (
    "名单.csv", "名单.csv", "名 单 (2).CSV", "空文件.txt", "收据🧾📷.png", "长" * 400 + ".xlsx", "100% 折扣?.txt",
    "CON.txt", "../../etc/passwd", "a\\b:c|d.bin", " 前后有空格. ", "e\u0301te\u0301.txt", "\u202egpj.exe", "%0D%0A.txt", "...",
)  # fmt: skip


def large_office() -> SmallOffice:
    """Two officers and a device, four streams, more than 300 events, and every kind of name."""
    office = new_office()
    second = office.keyring.new_signer("officer", actor="P002")
    device = office.keyring.new_signer("device", actor="D001")
    office.log("M2026-0001", "matter.opened", {"title": "某平台案", "nested": [[{"a": [None, True, -7]}]]})
    taken = []
    for number, name in enumerate(NAMES):
        content = b"" if name == "空文件.txt" else pattern(1 + 97 * number, name) + bytes([number])
        signer = (office.officer, second, device)[number % 3]
        scope = ("L2026-0001", "L2026-0002")[number % 2]
        taken.append(office.take(content, name, signer=signer, scope=scope))
    office.take(b"[]\n", "比对结果.json", parents=(taken[0].id,), signer=device)
    office.take(b"{}\n", "汇总.json", parents=(taken[1].id, taken[0].id), signer=device, scope="L2026-0002")
    for number in range(300):
        stream = ("C2026-0001", "M2026-0001", "L2026-0002")[number % 3]
        office.log(stream, "case.noted", {"n": number, "text": f"第{number}次\n“记录”\u0001"})
    for exhibit in office.exhibits:
        manifest = exhibit.signed.manifest
        office.log(manifest.scope, "evidence.verified", verified(manifest, manifest.digests()))
    office.transfer()
    return office


def built(source: PackageSource, folder: Path) -> bytes:
    build_package(source, folder / "p.evp")
    return (folder / "p.evp").read_bytes()


def agree_that_it_is_a_bag(package: bytes, folder: Path) -> None:
    """What two readers that are not ours say of a package."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    (folder / "data").mkdir(exist_ok=True)
    bagit.Bag(str(folder)).validate()


@pytest.fixture(scope="module")
def office() -> SmallOffice:
    return large_office()


@pytest.fixture(scope="module")
def package(office: SmallOffice, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return built(office.source(), tmp_path_factory.mktemp("large"))


def test_a_large_package_passes_with_every_check_done(office: SmallOffice, package: bytes) -> None:
    report = judge(package, trust_of(office))
    assert (report.verdict, findings(report)) == ("pass", set())
    assert {r.code for r in report.reasons} == {*OK_CODES, "quorum", "scope-before"}
    assert report.package is not None
    assert (report.package["exhibits"], report.package["events"]) == (17, 336)


def test_a_package_that_passed_is_a_valid_bag_to_other_readers(package: bytes, tmp_path: Path) -> None:
    agree_that_it_is_a_bag(package, tmp_path)


def test_every_name_of_content_is_literal_in_both_manifests(package: bytes) -> None:
    members = members_of(package)
    names = [n for n in members if n.startswith("data/")]
    assert len(names) == 17
    assert not any("%" in n or n.count("/") != 2 for n in names)
    for manifest in ("manifest-sha256.txt", "manifest-sm3.txt"):
        listed = members[manifest].decode().splitlines()
        assert [line.split("  ", 1)[1] for line in listed] == sorted(names, key=str.encode)


def test_without_a_trust_file_it_cannot_be_told(package: bytes) -> None:
    report = judge(package, None)
    assert (report.verdict, findings(report)) == ("undetermined", {("no-trust", None)})


def test_the_same_package_is_judged_alike_with_the_pure_sm3(
    office: SmallOffice, package: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify_evp, "_new_sm3", verify_evp.PureSM3)
    assert judge(package, trust_of(office)).verdict == "pass"


@pytest.mark.parametrize(
    ("limit", "most"), [(1, 1), (700, 0xFFFF), (9_000, 20), (0xFFFFFFFF, 5), (40_000, 0xFFFF)]
)
def test_large_members_far_members_and_many_members_have_the_same_bytes_to_both(
    office: SmallOffice, package: bytes, monkeypatch: pytest.MonkeyPatch, limit: int, most: int
) -> None:
    target, members = io.BytesIO(), members_of(package)
    archive = ZipWriter(target, limit=limit, count_limit=most)
    for name in sorted(members, key=str.encode):
        archive.add(name, members[name])
    archive.finish()
    assert "container" in {c for c, _ in findings(judge(target.getvalue(), None))}
    monkeypatch.setattr(verify_evp, "ZIP64_SIZE", limit)
    monkeypatch.setattr(verify_evp, "ZIP64_COUNT", most)
    assert judge(target.getvalue(), trust_of(office)).verdict == "pass"


def _withhold(office: SmallOffice, count: int) -> None:
    for number, exhibit in enumerate(office.exhibits[:count]):
        office.exhibits[number] = PackageExhibit(exhibit.signed, withheld=Withheld("涉及未成年人", "a minor"))


def test_content_withheld_leaves_the_verdict_open_and_is_named(tmp_path: Path) -> None:
    office = new_office()
    kept, hidden = office.take(b"a,b\n"), office.take(b"c,d\n")
    office.exhibits.reverse()
    _withhold(office, 1)
    office.transfer()
    report = judge(built(office.source(), tmp_path), trust_of(office))
    assert (report.verdict, findings(report)) == (
        "undetermined",
        {("withheld", "evidence/exhibits.jsonl")},
    )
    said = next(r.text_en for r in report.reasons if r.code == "withheld")
    assert hidden.id in said
    assert kept.id not in said
    assert {"ok-digests", "ok-events", "ok-transfer", "ok-signature"} <= {r.code for r in report.reasons}


def test_a_package_whose_content_is_all_withheld_has_no_payload_and_empty_manifests(tmp_path: Path) -> None:
    office = new_office()
    office.take(b"a,b\n")
    office.take(b"", "空.txt")
    _withhold(office, 2)
    office.transfer()
    package = built(office.source(), tmp_path)
    members = members_of(package)
    assert not [n for n in members if n.startswith("data/")]
    assert members["manifest-sha256.txt"] == members["manifest-sm3.txt"] == b""
    report = judge(package, trust_of(office))
    assert (report.verdict, {code for code, _ in findings(report)}) == ("undetermined", {"withheld"})
    agree_that_it_is_a_bag(package, tmp_path / "bag")


def test_events_of_an_exhibit_that_is_not_inside_leave_the_verdict_open(tmp_path: Path) -> None:
    office = new_office()
    office.take(b"a,b\n")
    left_out = office.take(b"c,d\n")
    office.exhibits.pop()
    office.transfer()
    report = judge(built(office.source(), tmp_path), trust_of(office))
    assert (report.verdict, findings(report)) == ("undetermined", {("withheld", "evidence/exhibits.jsonl")})
    assert any(left_out.id in r.text_zh for r in report.reasons)


def test_a_second_package_of_the_same_matter_passes_beside_the_first(tmp_path: Path) -> None:
    office = new_office()
    office.take(b"a,b\n")
    office.transfer("E2026-0001")
    first = built(office.source("E2026-0001"), tmp_path)
    office.transfer("E2026-0002")
    second = built(office.source("E2026-0002"), tmp_path)
    assert [judge(p, trust_of(office)).verdict for p in (first, second)] == ["pass", "pass"]


def _tiny(folder: Path) -> tuple[bytes, SmallOffice]:
    office = new_office("tiny")
    office.take(b"a,b\n", "a.csv")
    office.transfer()
    return built(replace(office.source(), title="t"), folder), office


def _spans(package: bytes) -> list[tuple[int, int, str]]:
    """Where the data of each member lies."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        starts = [(i, i.header_offset + 30 + len(i.filename.encode())) for i in archive.infolist()]
        return [(start, start + i.file_size, i.filename) for i, start in starts]


def _told(report: Report, name: str | None) -> bool:
    return report.verdict == "fail" and (name is None or ("container", name) in findings(report))


@pytest.mark.slow
def test_no_changed_byte_of_a_real_package_passes_and_the_member_is_named(tmp_path: Path) -> None:
    package, office = _tiny(tmp_path)
    assert judge(package, trust_of(office)).verdict == "pass"
    data, spans = bytearray(package), _spans(package)
    unseen = []
    for position in range(len(data) % 7, len(data), 7):
        name = next((n for start, end, n in spans if start <= position < end), None)
        data[position] ^= 1
        if not _told(judge(bytes(data), None), name):
            unseen.append((position, name))
        data[position] ^= 1
    assert unseen == []


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_random_flips_in_a_large_package_never_pass(package: bytes, office: SmallOffice, seed: int) -> None:
    chance, data = random.Random(seed), bytearray(package)
    for _ in range(chance.randint(1, 4)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    if bytes(data) != package:
        assert judge(bytes(data), None).verdict == "fail"
