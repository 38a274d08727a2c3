"""The shapes that docs/architecture.md promises to programs."""

from __future__ import annotations

import json
import shutil
from fractions import Fraction
from pathlib import Path

import click
import pytest

from tests.cli.outside import outside
from tests.cli.running import run
from tests.cli.test_help import COMMANDS
from tests.pii.spark.cluster import SHORT_LIVED

READING = {"reading", "sensitive", "important", "general", "serious", "especially_serious", "ratio", "basis"}
UNREAD = {"path", "member", "code", "reason", "reason_en", "remedy", "remedy_en"}

#: One use of every command; ``{home}`` and ``{tmp}`` are filled in.
USES: dict[str, str] = {
    "access assign": "L2026-0001 P001 --home {home}",
    "access check": "P001 write L2026-0001 --home {home}",
    "access disentrust": "L2026-0001 procuratorate-330110 --home {home}",
    "access entrust": "L2026-0001 procuratorate-330110 --how designated --home {home}",
    "access lift": "L2026-0001 P001 --ground 情形消失 --home {home}",
    "access matrix": "--home {home}",
    "access policies": "--home {home}",
    "access recuse": "L2026-0001 P001 --ground 与本案有利害关系 --home {home}",
    "access send": "L2026-0001 s1 --to postal --home {home}",
    "access show": "L2026-0001 --home {home}",
    "access unassign": "L2026-0001 P001 --home {home}",
    "access unmask": "L2026-0001 E1 --reason 核对 --by P001 --home {home}",
    "anonymity": "{tmp}/people.csv",
    "backup": "{tmp}/backup --home {home}",
    "capture": "{site}/ --lead L2026-0001 --allow-private --no-replay --home {home}",
    "case act": "serve-filing C2026-0001 mode=direct --home {home}",
    "case deadlines": "--home {home}",
    "case evidence": "C2026-0001 --home {home}",
    "case file": "M2026-0001 --args {tmp}/case.json --home {home}",
    "case hearing": "C2026-0001 --home {home}",
    "case next": "C2026-0001 --home {home}",
    "case property": "C2026-0001 --home {home}",
    "case show": "C2026-0001 --home {home}",
    "case tasks": "--home {home}",
    "case verbs": "",
    "demo": "--home {tmp}/demo --rows 500 --no-references",
    "deidentify": "{tmp}/list.csv -o {tmp}/clean.csv",
    "document list": "C2026-0001 --home {home}",
    "document make": "filing-decision C2026-0001 -o {tmp}/documents --home {home}",
    "document number": "filing-decision C2026-0001 清州检行公立〔2026〕1号 --home {home}",
    "exchange introduce": "-o {tmp}/own.json --home {home}",
    "exchange peer add": "other {tmp}/other.json --home {home}",
    "exchange peer list": "--home {home}",
    "exchange send": "suggestion other --say title=x --offline -o {tmp}/out.qyx --home {home}",
    "exchange resend": "other 1 -o {tmp}/again.qyx --home {home}",
    "exchange receive": "{tmp}/bundle.qyx --receipts {tmp}/receipts --offline --home {home}",
    "exchange serve": "--port 0 --for 0 --home {home}",
    "exchange status": "--home {home}",
    "exhibit custody": "{exhibit} --home {home}",
    "exhibit examine": "{exhibit} --party 被告 --position disputed --grounds 来源 --home {home}",
    "exhibit hand-over": "{exhibit} --to 法院 --home {home}",
    "exhibit list": "C2026-0001 --home {home}",
    "exhibit verify": "{exhibit} --home {home}",
    "key destroy": "L2026-0002 --basis 保存期满 --approved-by P009 --yes --home {home}",
    "key list": "--home {home}",
    "key rekey": "--random-key --home {tmp}/other",
    "key revoke": "{officer} --reason 介质失窃 --home {home}",
    "key roles draft": "-o {tmp}/roles.txt --home {home}",
    "key roles publish": "{tmp}/roles.note --home {home}",
    "key root adopt": "--threshold 1 {root_vkey} --home {home}",
    "key root new": "--out {tmp}/second.key --name root-b --passphrase-file {tmp}/words",
    "key root public": "{tmp}/root.key",
    "key root sign": "{tmp}/roles.txt {tmp}/root.key -o {tmp}/roles.note --passphrase-file {tmp}/words",
    "key rotate": "--role package --home {home}",
    "key trust": "-o {tmp}/trust.json --home {home}",
    "intake": "{tmp}/list.csv --home {home}",
    "law check": "",
    "law cite-check": "{tmp}/cited.txt --corpus {tmp}/statutes --on 2022-01-01",
    "law damages": "personal-information --gain 34000 --costs 3000 --on 2021-12-01",
    "law deadline": "agency-reply --from 2026-03-18 --service mail",
    "law service": "publication --on 2026-01-20",
    "law division": "330104 --on 2020-06-01",
    "law duties": "--field express-waybill",
    "law jurisdiction": "civil --on 2026-03-01 --harm 330782",
    "law periods": "",
    "law search": "检察建议",
    "law show": "pil-interpretation-reply",
    "law table": "app-types 寄递",
    "law text": "试验法 1 --corpus {tmp}/statutes --on 2022-01-01",
    "law threshold": "--sensitive 50 --general 100",
    "lead assess": "{lead} authenticity=甲 investigability=乙 conclusion=decline --home {home}",
    "lead decline": "{lead} reason=丙 approved_by=P009 approved_on=2026-07-01 --home {home}",
    "lead list": "--home {home}",
    "lead merge": "{lead} into={lead} reason=重复 --home {home}",
    "lead register": "title=线索 source=media field=personal-information --home {home}",
    "lead show": "L2026-0001 --home {home}",
    "lead transfer": "{lead} to=乙院 reason=管辖 --home {home}",
    "lead unmerge": "{lead} reason=误并 --home {home}",
    "ledger anchor": "{home}/log --vkey {vkey} --home {home}",
    "ledger cosign": "--policy {tmp}/policy.txt --home {home}",
    "ledger fork-check": "{home}/log/checkpoint {home}/log/checkpoint --vkey {vkey}",
    "ledger fork-verify": "{tmp}/fork.json --vkey {fork_key}",
    "ledger fsck": "--home {home}",
    "ledger monitor": "{home}/log --vkey {vkey}",
    "ledger prove": "0 --home {home}",
    "ledger publish": "--home {home}",
    "ledger resume": "--home {home}",
    "ledger serve": "--home {home} --port 0 --for 0",
    "ledger status": "--home {home}",
    "ledger stop-status": "--home {home}",
    "ledger witness add-log": "{tmp}/w {vkey}",
    "ledger witness evidence": "{tmp}/w -o {tmp}/evidence",
    "ledger witness init": "{tmp}/w --name witness.example",
    "ledger witness serve": "{tmp}/w --port 0 --for 0",
    "ledger witness status": "{tmp}/w",
    "matter join": "M2026-0001 lead={lead} --home {home}",
    "matter list": "--home {home}",
    "matter merge": "M2026-0001 other=M2026-0001 reason=同一事 --home {home}",
    "matter open": "{lead} --home {home}",
    "matter part": "M2026-0001 lead={lead} reason=误并 --home {home}",
    "matter show": "M2026-0001 --home {home}",
    "matter split": "M2026-0001 other=M2026-0009 reason=误并 --home {home}",
    "measure add": "C2026-0001 text=整改 owner=邮政 due=2026-09-01 test=抽检 --home {home}",
    "measure prove": "C2026-0001 measure=m01 submitter=P101 after={exhibit} --home {home}",
    "measure start": "C2026-0001 measure=m01 --home {home}",
    "measure verify": "C2026-0001 measure=m01 verifier=P002 verdict=accepted reason=相符 --home {home}",
    "measure withdraw": "C2026-0001 measure=m02 reason=重复 --home {home}",
    "office init": "--id other --name 另一院 --home {tmp}/other",
    "office rebuild": "--home {home}",
    "office rename": "清州市检察院 --home {home}",
    "office show": "--home {home}",
    "package": "C2026-0001 -o {tmp}/case.evp --home {home}",
    "portal invite": "C2026-0001 --kind organ --name 义乌市邮政管理局 --home {home}",
    "portal list": "C2026-0001 --home {home}",
    "portal withdraw": "C2026-0001 none --home {home}",
    "party add": "postal 义乌市邮政管理局 --kind organ --level county --division 330782 --home {home}",
    "party appoint": "P001 procuratorate-330782 prosecutor --home {home}",
    "party dismiss": "P001 procuratorate-330782 prosecutor --home {home}",
    "party end": "postal --home {home}",
    "party list": "--home {home}",
    "party show": "postal --home {home}",
    "link": "{tmp}/list.csv {tmp}/people.csv",
    "recheck": "{tmp}/list.csv {tmp}/people.csv",
    "reidentify": "{tmp}/pseudonyms.txt -o {tmp}/values.csv --kind mobile --matter M2026-0001 --reason 核对 --by P001 --home {home}",
    "report card": "M2026-0001 --home {home}",
    "report class-case": "-o {tmp}/class.docx --home {home}",
    "report figure": "leads-by-source --rows --home {home}",
    "report list": "",
    "report statistics": "--home {home}",
    "report white-paper": "-o {tmp}/paper.docx --home {home}",
    "restore": "{tmp}/backup --home {tmp}/restored",
    "scan": "{tmp}/list.csv",
    "spark": "{tmp}/list.csv --format csv --master local[1] --token-key {tmp}/scan.key",
    "seal": "{tmp}/list.csv --matter M2026-0001 --home {home}",
    "sellers": "{tmp}/list.csv",
    "serve": "--home {home} --port 0 --for 0",
    "timestamp check": "--home {home}",
    "timestamp export": "1 {tmp}/token --home {home}",
    "timestamp list": "--home {home}",
    "timestamp request": "--home {home}",
    "timestamp serve-test": "--for 0",
    "verifier": "{tmp}/tools",
    "verify": "{tmp}/case.evp --home {home}",
    "warm": "",
    "worker": "--home {home} --for 0",
}
#: Acts that are refused on the case of these tests; their JSON is that of an error, exit code 1.
REFUSED = {
    "case file",
    "lead assess",
    "lead decline",
    "lead merge",
    "lead transfer",
    "lead unmerge",
    "matter join",
    "matter merge",
    "matter open",
    "matter part",
    "matter split",
}
LISTS = {
    "access policies",
    "case next",
    "case deadlines",
    "case evidence",
    "case hearing",
    "case tasks",
    "case verbs",
    "document list",
    "exhibit list",
    "lead list",
    "matter list",
    "party list",
    "portal list",
}


def test_every_command_has_a_use_here() -> None:
    leaves = {" ".join(path) for path, command in COMMANDS.items() if not isinstance(command, click.Group)}
    assert leaves == set(USES)


#: What must come before the others, and what nothing works well after; each in this order.
FIRST = [
    "measure add",
    "measure add",
    "measure start",
    "measure prove",
    "measure verify",
    "measure withdraw",
    "package",
    "party add", "party appoint", "access assign", "access send", "access check", "access unmask", "access unassign", "access recuse", "access lift", "access entrust", "access disentrust",
]  # fmt: skip
LAST = [
    "ledger witness init", "ledger witness add-log", "ledger witness serve", "ledger witness status", "ledger witness evidence",
    "timestamp request", "timestamp list", "timestamp check", "timestamp export",
    "key root new", "key root public", "key root adopt", "key roles draft", "key root sign", "key roles publish",
    "party dismiss", "party end",
    "key rotate", "key trust", "key revoke", "key rekey", "key destroy", "key list",
]  # fmt: skip


@pytest.mark.slow
def test_every_command_prints_one_json_value(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in SHORT_LIVED.items():
        monkeypatch.setenv(variable, value)
    between = [name for name in USES if name not in {*FIRST, *LAST}]
    with outside(home, tmp_path) as names:
        for name in [*FIRST, *between, *LAST]:
            done = run(*name.split(), *USES[name].format(**names).split(), "--json")
            body = done.json()
            assert done.code == (1 if name in REFUSED else 0), (name, done.out)
            assert ("error" in body) is (name in REFUSED), name
            assert isinstance(body, list) or name not in LISTS, name
            assert done.err == "", name


def test_scan_has_its_shape(material: Path, tmp_path: Path) -> None:
    hits, findings = tmp_path / "hits.jsonl", tmp_path / "findings.jsonl"
    body = run("scan", material, "--hits", hits, "--out", findings, "--json").json()
    assert set(body) >= {
        "files",
        "kinds",
        "persons",
        "records",
        "thresholds",
        "columns",
        "unread",
        "seconds",
        "bytes",
    }
    assert all(set(row) == {"file", "status", "reason"} for row in body["files"])
    assert {row["status"] for row in body["files"]} >= {"read", "unread"}
    assert all(set(count) == {"confirmed", "suspected", "masked"} for count in body["kinds"].values())
    assert set(body["persons"]) >= {"distinct", "by_key"}
    assert len(body["thresholds"]) == 2
    assert all(set(row) >= READING for row in body["thresholds"])
    assert all({"file", "member", "column", "kind", "score"} <= set(row) for row in body["columns"])
    assert {row["code"] for row in body["unread"]} >= {"encrypted", "unsupported-format", "empty"}
    assert all(set(row) == UNREAD and row["reason"] and row["remedy"] for row in body["unread"])
    rows = [json.loads(line) for line in hits.read_text(encoding="utf-8").splitlines()]
    counted = sum(sum(count.values()) for count in body["kinds"].values())
    assert sum(row["state"] != "rejected" for row in rows) == counted
    assert all(row["token"] is None for row in rows if row["masked"])
    finding = json.loads(findings.read_text(encoding="utf-8").splitlines()[0])
    assert set(finding) >= {
        "id",
        "engine",
        "rule",
        "title_zh",
        "state",
        "file",
        "count",
        "examples",
        "provisions",
    }


def test_intake_has_its_shape_and_goes_on_with_an_earlier_one(home: Path, material: Path) -> None:
    body = run("intake", material, "--home", home, "--workers", "1", "--json").json()
    assert body["lead"] == "L2026-0001"
    assert body["resumed"]
    assert body["complete_before"] == len(body["exhibits"])
    assert all({"id", "path", "sha256", "sm3"} <= set(row) for row in body["exhibits"])
    assert all(row["path"].startswith(str(material)) for row in body["exhibits"])
    assert body["findings"]
    assert all(row["examples"] and row["provisions"] for row in body["findings"])
    assert all(set(row) == UNREAD and row["reason"] and row["remedy"] for row in body["unread"])
    assert body["ledger"] == {
        name: run("ledger", "status", "--home", home, "--json").json()[name] for name in ("size", "root")
    }


@pytest.mark.parametrize("trusted", [True, False])
def test_verify_has_its_shape_and_exit_codes(home: Path, tmp_path: Path, *, trusted: bool) -> None:
    package = tmp_path / "case.evp"
    built = run("package", "C2026-0001", "-o", package, "--home", home, "--json").json()
    assert built["size"] == package.stat().st_size
    assert built["trust"] == str(home / "trust.json")
    words = ("--trust", home / "trust.json") if trusted else ()
    done = run("verify", package, *words, "--json")
    body = done.json()
    assert (body["verdict"], body["verdict_zh"], done.code) == (
        ("pass", "通过", 0) if trusted else ("undetermined", "无法判断", 3)
    )
    assert all(set(row) == {"code", "text_zh", "text_en", "article", "path"} for row in body["reasons"])
    data = bytearray(package.read_bytes())
    data[len(data) // 2] ^= 1
    package.write_bytes(data)
    changed = run("verify", package, *words, "--json")
    assert changed.code == 1
    assert changed.json()["verdict"] == "fail"


def test_verify_takes_a_bagit_folder_too(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a").write_bytes(b"")
    (tmp_path / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    (tmp_path / "manifest-md5.txt").write_text("d41d8cd98f00b204e9800998ecf8427e data/a\n")
    done = run("verify", tmp_path, "--json")
    assert (done.code, done.json()["verdict"], done.json()["faults"]) == (0, "valid", [])
    zipped = Path(
        shutil.make_archive(
            str(tmp_path.parent / f"{tmp_path.name}-zipped"), "zip", tmp_path.parent, tmp_path.name
        )
    )
    assert run("verify", zipped, "--json").json()["verdict"] == "valid"
    # What claims to be a package is judged as one.
    assert run("verify", zipped.rename(zipped.with_suffix(".evp")), "--json").code == 1
    (tmp_path / "data" / "a").write_bytes(b"x")
    done = run("verify", tmp_path, "--json")
    assert (done.code, done.json()["verdict"], done.json()["faults"][0]["path"]) == (1, "invalid", "data/a")


def test_law_deadline_has_its_shape() -> None:
    body = run("law", "deadline", "agency-reply", "--from", "2026-03-18", "--json").json()
    assert body["due"] == "2026-05-18"
    assert body["firm"] is True
    assert all(step["zh"] and step["en"] for step in body["steps"])
    assert all({"law", "article"} <= set(row) for row in body["articles"])
    moved = run(
        "law",
        "deadline",
        "agency-reply",
        "--from",
        "2026-03-18",
        "--suspend",
        "2026-04-01:2026-04-10",
        "--json",
    )
    assert moved.json()["due"] == "2026-05-28"


def test_law_threshold_has_its_shape() -> None:
    body = run("law", "threshold", "-a", "50", "-c", "100", "--json").json()
    assert (body["serious"], body["especially_serious"]) == (True, False)
    assert Fraction(body["ratio"]) == Fraction(51, 50)
    assert body["basis"]
    below = run("law", "threshold", "-c", "4999", "--json").json()
    assert below["serious"] is False
