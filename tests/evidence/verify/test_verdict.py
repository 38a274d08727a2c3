"""What a whole package gets as its verdict, and how the command says it."""

from __future__ import annotations

import ast
import io
import json
import pathlib
import re
import shutil
import string
import subprocess
import sys
from typing import Any

import pytest

from qingyuan.evidence.verify import main, verify, verify_evp
from tests.evidence.verify.checking import TRUST, check, codes
from tests.evidence.verify.maker import PACKAGE_ID, Maker, policy, trust
from tests.evidence.verify.noting import ORIGIN, WITNESS_1, vkey

SOURCE = pathlib.Path(verify_evp.__file__)
OK = set(verify_evp.OK_CODES)


@pytest.fixture(scope="module")
def whole() -> bytes:
    return Maker().build()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, whole: bytes) -> pathlib.Path:
    path = tmp_path_factory.mktemp("evp")
    (path / "案.evp").write_bytes(whole)
    (path / "trust.json").write_bytes(TRUST)
    (path / "policy.txt").write_bytes(policy())
    return path


def test_a_whole_package_under_a_trusted_log_and_trusted_keys_passes(whole: bytes) -> None:
    report = check(whole)
    assert report.verdict == "pass"
    assert report.verdict_zh == "通过"
    assert {r.code for r in report.reasons} == OK | {"quorum", "scope-before"}
    assert report.package is not None
    assert (report.package["id"], report.package["exhibits"], report.package["events"]) == (PACKAGE_ID, 3, 11)
    assert report.package["log"]["origin"] == ORIGIN


def test_the_verdict_always_says_what_the_package_cannot_prove(whole: bytes) -> None:
    for data in (whole, whole[:-1], b""):
        scope = [r for r in check(data).reasons if r.code == "scope-before"]
        assert len(scope) == 1
        assert "第十八条" in scope[0].article


@pytest.mark.parametrize("second", [None, "P001"])
def test_an_exhibit_with_one_collector_is_reported(second: str | None) -> None:
    def alone(manifests: list[dict[str, Any]]) -> None:
        manifests[1]["collected"]["second"] = second

    report = check(Maker(manifests_json=alone).build())
    assert report.verdict == "pass"
    scope = next(r for r in report.reasons if r.code == "scope-before")
    assert "X02" in scope.text_zh
    assert "1 exhibits record one collector only: X02" in scope.text_en


def test_without_a_trust_file_nothing_passes_and_the_rest_is_still_checked(whole: bytes) -> None:
    report = check(whole, None)
    assert report.verdict == "undetermined"
    assert codes(report) == {"no-trust"}
    assert {r.code for r in report.reasons} >= {"ok-container", "ok-digests", "ok-events", "ok-transfer"}
    assert not {r.code for r in report.reasons} & {"ok-proofs", "ok-exhibits", "ok-signature"}


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"{",
        b"[]",
        b'{"v":2}',
        b"\xff",
        b'{"v":2,"v":2}',
        b"[" * 100_000,
        b'{"v":2,"office":{},"logs":[{"origin":"o","vkey":"o+00000000+AA=="}],"keys":[]}',
    ],
)
def test_a_trust_file_that_is_none_leaves_the_verdict_open(whole: bytes, broken: bytes) -> None:
    report = check(whole, broken)
    assert report.verdict == "undetermined"
    assert codes(report) == {"no-trust"}


def test_a_trust_file_of_a_later_version_is_unsupported(whole: bytes) -> None:
    report = check(whole, json.dumps({**trust(), "v": 3}).encode())
    assert (report.verdict, codes(report)) == ("undetermined", {"unsupported"})


def test_a_quorum_that_is_met_is_named_with_its_witnesses(whole: bytes) -> None:
    report = check(whole, policy_bytes=policy())
    assert report.verdict == "pass"
    assert report.quorum["met"] is True
    assert report.quorum["witnesses"] == ["法院", "W2"]


def test_a_quorum_that_is_not_met_leaves_the_verdict_open(whole: bytes) -> None:
    text = policy().replace(vkey("w1.example", WITNESS_1, 4).encode(), vkey("w1.example", 99, 4).encode())
    report = check(whole, policy_bytes=text)
    assert report.verdict == "undetermined"
    assert report.quorum == {**report.quorum, "demanded": True, "met": False, "name": "both"}
    (said,) = (reason for reason in report.reasons if reason.code == "quorum")
    assert said.text_zh.endswith("见证人：W2；缺少：法院")
    assert said.text_en.endswith("witnesses: W2; missing: 法院")
    assert check(whole, policy_bytes=text.replace(b"both all", b"both 1")).verdict == "pass"


def test_a_policy_whose_last_line_does_not_end_is_none(whole: bytes) -> None:
    report = check(whole, policy_bytes=policy().rstrip())
    assert (report.verdict, report.quorum["met"]) == ("undetermined", False)


def test_the_verdict_says_that_no_witness_was_demanded_even_when_nothing_else_could_be_read() -> None:
    for data in (b"", Maker(package=lambda p: {**p, "v": 3}).build()):
        assert [r.text_en for r in check(data).reasons if r.code == "quorum"] == [
            "no policy was given: this verdict demands no witness"
        ]


def test_a_policy_that_names_another_log_leaves_the_verdict_open(whole: bytes) -> None:
    text = policy().replace(vkey(ORIGIN, 1).encode(), vkey(ORIGIN, 98).encode())
    report = check(whole, policy_bytes=text)
    assert (report.verdict, codes(report)) == ("undetermined", {"unknown-key"})
    assert report.quorum["met"] is False


@pytest.mark.parametrize("name", ["missing.evp", "."])
def test_a_file_that_cannot_be_read_is_an_error_object_for_programs(
    name: str, folder: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify_evp.main([str(folder / name), "--json"]) == 2
    printed = capsys.readouterr()
    error = json.loads(printed.out)["error"]
    assert set(error) == {"code", "zh", "en", "where", "remedy_zh", "remedy_en"}
    assert (error["code"], error["where"]) == ("unreadable", str(folder / name))
    assert not printed.err
    assert verify_evp.main([str(folder / name)]) == 2
    assert not capsys.readouterr().out


def test_the_command_answers_with_its_exit_codes(
    folder: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package, trusted = str(folder / "案.evp"), str(folder / "trust.json")
    bad = folder / "bad.evp"
    bad.write_bytes((folder / "案.evp").read_bytes()[:-1])
    assert main([package, "--trust", trusted]) == 0
    assert main([str(bad), "--trust", trusted]) == 1
    assert main([package]) == 3
    assert main([package, "--trust", str(folder / "nothing.json")]) == 3
    assert main([package, "--trust", str(folder)]) == 3
    assert main([package, "--trust", trusted, "--policy", str(folder / "nothing.txt")]) == 3
    capsys.readouterr()
    assert main([str(folder / "nothing.evp"), "--trust", trusted]) == 2
    assert main([str(folder)]) == 2
    assert "nothing.evp" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2


def test_the_words_are_chinese_first_and_english_on_demand(
    folder: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(
        [
            str(folder / "案.evp"),
            "--trust",
            str(folder / "trust.json"),
            "--policy",
            str(folder / "policy.txt"),
        ]
    )
    chinese = capsys.readouterr().out
    assert chinese.splitlines()[0].endswith("案.evp：通过")
    assert "见证要求 both 已满足" in chinese
    main([str(folder / "案.evp"), "--lang", "en"])
    english = capsys.readouterr().out
    assert english.splitlines()[0].endswith(".evp: undetermined")
    assert "no trust file was given" in english


def test_reasons_against_it_come_first_and_name_the_file() -> None:
    report = check(Maker(tagmanifests=lambda m: {**m, "说明.md": b"changed"}).build(), None)
    text = verify_evp.render(report, "x.evp")
    lines = [line for line in text.splitlines() if line.startswith("  ")]
    assert lines[0].startswith("  说明.md：")
    assert "第十六条" in lines[0]
    assert text.index("不通过的理由") < text.index("无法判断的事项") < text.index("已核对")


def test_json_has_the_published_shape(folder: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder / "案.evp"), "--trust", str(folder / "trust.json"), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert list(answer) == [
        "verdict", "verdict_zh", "reasons", "quorum", "package", "trust_sha256", "roles_version", "timestamps",
    ]  # fmt: skip
    assert (answer["roles_version"], answer["timestamps"]) == (None, [])
    assert (answer["verdict"], answer["verdict_zh"]) == ("pass", "通过")
    assert set(answer["package"]) == {"id", "matter", "exhibits", "events", "timestamps", "log", "twin"}
    for reason in answer["reasons"]:
        assert set(reason) == {"code", "text_zh", "text_en", "article", "path"}
        assert reason["article"].startswith("《人民法院在线诉讼规则》第十")


def test_many_faults_of_one_kind_are_counted_not_listed() -> None:
    contents = {f"X{i:03}": b"a" for i in range(80)}
    maker = Maker(contents, members=lambda m: {n: b"b" if n.startswith("data/") else d for n, d in m.items()})
    report = check(maker.build())
    digests = [r for r in report.reasons if r.code == "digest"]
    assert len(digests) == verify_evp.MAX_SHOWN + 1
    assert digests[-1].text_en == "and 60 more of this kind"
    assert digests[-1].path is None


def test_hostile_text_is_shown_without_control_characters() -> None:
    def rename(package: dict[str, Any]) -> dict[str, Any]:
        return {**package, "id": "\x1b[2J\u202eP", "matter": "\ud7ff\n"}

    report = check(Maker(package=rename).build())
    shown = verify_evp.render(report, "a\x1b.evp") + json.dumps(report.as_dict(), ensure_ascii=False)
    assert report.verdict == "fail"
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_the_file_runs_alone_in_an_empty_folder(tmp_path: pathlib.Path, folder: pathlib.Path) -> None:
    alone = tmp_path / "核验"
    alone.mkdir()
    shutil.copy(SOURCE, alone / "verify_evp.py")
    command = [sys.executable, "-I", "-S", "-W", "error", "verify_evp.py", str(folder / "案.evp"), "--json"]
    command += ["--trust", str(folder / "trust.json"), "--policy", str(folder / "policy.txt")]
    done = subprocess.run(command, cwd=alone, capture_output=True, check=False, timeout=300)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["verdict"] == "pass"
    plain = subprocess.run(
        [*command[:6], str(folder / "案.evp")],
        cwd=alone, capture_output=True, check=False, timeout=300, env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"},
    )  # fmt: skip
    assert plain.returncode == 3


def test_the_file_imports_the_standard_library_only_and_is_written_for_python_3_9() -> None:
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"), feature_version=(3, 9))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add((node.module or "").split(".")[0])
    assert names <= sys.stdlib_module_names
    assert not {"cryptography", "qingyuan", "zipfile", "importlib"} & names


def test_the_function_of_the_package_reads_paths(folder: pathlib.Path) -> None:
    report = verify(folder / "案.evp", trust=folder / "trust.json", policy=folder / "policy.txt")
    assert report.exit_code == 0
    with pytest.raises(OSError, match="nothing"):
        verify(folder / "nothing.evp")


def test_every_sentence_is_said_in_both_languages_with_the_same_values_and_none_is_idle() -> None:
    source = SOURCE.read_text(encoding="utf-8")
    code = source[: source.index('_SAYINGS = """')] + source[source.index("_TABLE = ") :]
    fields = string.Formatter()
    for saying, (zh, en) in verify_evp._TABLE.items():
        assert {f[1] for f in fields.parse(zh)} - {None} == {f[1] for f in fields.parse(en)} - {None}, saying
        assert f'"{saying}"' in code, saying
        assert any("\u4e00" <= c <= "\u9fff" for c in zh), saying
        assert not any("\u4e00" <= c <= "\u9fff" for c in en), saying
    used = re.findall(r'"((?:[a-z]+-?[a-z]*)\.[a-z0-9-]+)"', code)
    known = verify_evp.FAIL_CODES | verify_evp.UNDETERMINED_CODES | {"misfit", "quorum"}
    missing = {key for key in used if key.split(".")[0] in known and key not in verify_evp._TABLE}
    assert missing == {"signature.note"}, "the name of a member, not a sentence"


def test_which_members_another_version_has_is_not_known() -> None:
    def other(members: dict[str, bytes]) -> dict[str, bytes]:
        return {**{n: d for n, d in members.items() if n != "evidence/timestamps.jsonl"}, "extra.txt": b"x"}

    report = check(Maker(package=lambda p: {**p, "v": 1, "format": "qingyuan-evp/1"}, tags=other).build())
    assert (report.verdict, codes(report)) == ("undetermined", {"unsupported"})
    assert codes(check(Maker(tags=other).build())) >= {"bag"}


def test_an_actor_beyond_the_bound_is_left_open() -> None:
    def long(members: dict[str, bytes]) -> dict[str, bytes]:
        first, *rest = members["trust/keys.jsonl"].splitlines(keepends=True)
        line = {**json.loads(first), "actor": "P" * 129}
        text = json.dumps(line, sort_keys=True, separators=(",", ":")).encode() + b"\n"
        return {**members, "trust/keys.jsonl": b"".join([text, *rest])}

    report = check(Maker(tags=long).build())
    assert (report.verdict, codes(report)) == ("undetermined", {"unsupported"})


def test_contents_beyond_their_bounds_are_no_trust_and_no_policy(whole: bytes) -> None:
    large = check(whole, TRUST + b" " * verify_evp.MAX_TRUST)
    assert codes(large) == {"no-trust"}
    padded = verify_evp.verify_stream(io.BytesIO(whole), TRUST, policy() + b"#\n" * verify_evp.MAX_POLICY)
    assert (padded.verdict, padded.quorum["met"]) == ("undetermined", False)


def test_an_encrypted_package_is_not_judged() -> None:
    report = check(b"age-encryption.org/v1\n-> X25519 abc\n")
    assert (report.verdict, codes(report), report.as_dict()["package"]) == (
        "undetermined",
        {"unsupported"},
        "",
    )
    assert any("age -d" in reason.text_en for reason in report.reasons)
