"""Policy files: a site may add; what is not in order is refused with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.law import load
from qingyuan.parties import Access, Capacity, Matter, PartiesError, Policies, Registry
from qingyuan.parties._files import statements
from tests.parties._world import DAY
from tests.parties.test_access import BODIES

GOOD = """// ours
@id("no-export") @zh("本院案件不导出") @en("our dockets are not exported")
@article("pil-rules-leadership")
forbid (principal, action == Action::"export", resource is Matter);
"""


def folder(tmp_path: Path, text: str) -> Path:
    (tmp_path / "site.cedar").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_site_adds_a_policy_without_python(tmp_path: Path) -> None:
    gate = Access(Registry(BODIES), Policies(load(), folder(tmp_path, GOOD)))
    matter = Matter("M1", "county", handlers=frozenset({"P1"}))
    who = Capacity("P1", "county", ("prosecutor",))
    assert gate.authorize(who, "read", matter, on=DAY).allowed
    denied = gate.authorize(who, "export", matter, on=DAY)
    assert [ruling.policy for ruling in denied.rulings] == ["no-export"]
    assert denied.rulings[0].place == f"{tmp_path}/site.cedar, line 2"


def test_a_permit_of_a_site_does_not_lift_a_shield(tmp_path: Path) -> None:
    text = """@id("all") @zh("全部") @en("everything") @article("pil-rules-leadership")
permit (principal, action, resource);"""
    gate = Access(Registry(BODIES), Policies(load(), folder(tmp_path, text)))
    matter = Matter("M1", "county", recused=frozenset({"P1"}))
    assert not gate.authorize(Capacity("P1", "county", ("chief",)), "read", matter, on=DAY).allowed
    assert not gate.authorize(Capacity("L1", "postal", ("organ-liaison",)), "read", matter, on=DAY).allowed
    assert gate.authorize(Capacity("P2", "county", ("technician",)), "read", matter, on=DAY).allowed


def test_lists_follow_a_policy_of_a_site(tmp_path: Path) -> None:
    text = """@id("open-office") @zh("全院可见") @en("all of the office") @article("pil-rules-leadership")
permit (principal, action == Action::"list", resource is Matter)
when { if principal.roles.contains("assistant") then resource.office in principal.body else resource.office == principal.body };"""
    gate = Access(Registry(BODIES), Policies(load(), folder(tmp_path, text)))
    for role in ("assistant", "prosecutor", "administrator"):
        who = Capacity("P1", "city", (role,))
        for office in BODIES:
            matter = Matter("M1", office)
            expected = gate.authorize(who, "list", matter, on=DAY).allowed
            assert gate.scope(who, on=DAY).holds(matter, gate.registry.line) is expected


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (GOOD + "\n\npermit (principal, action, ;", 7, "parsed"),
        (GOOD + '\npermit (principal, action, resource)\nwhen { "a;b" == "c" }', 6, "parsed"),
        (GOOD.replace("export", "exprot"), 2, "schema"),
        (GOOD.replace("resource is Matter", "resource is Mater"), 2, "schema"),
        (GOOD.replace(";", " when { resource.office.secret == 1 };"), 2, "schema"),
        (GOOD.replace('@zh("本院案件不导出")', ""), 2, "@zh"),
        (GOOD.replace("pil-rules-leadership", "no-such-rule"), 2, "no-such-rule"),
        (GOOD.replace("no-export", "recusal"), 2, "taken"),
        (GOOD.replace("no-export", "default-deny"), 2, "reserved"),
        (GOOD.replace("no-export", "No Export"), 2, "no identifier"),
        (GOOD + GOOD, 6, "taken"),
        (GOOD.replace("principal,", "principal == ?principal,"), 2, "templates"),
        (
            GOOD.replace('"export"', '"list"').replace(";", " when { resource.handlers.isEmpty() };"),
            2,
            "no query",
        ),
    ],
)
def test_a_broken_policy_is_refused_with_file_and_line(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    with pytest.raises(PartiesError) as caught:
        Policies(load(), folder(tmp_path, text))
    assert caught.value.where == f"{tmp_path}/site.cedar, line {line}"
    assert words in caught.value.en
    assert caught.value.zh
    assert caught.value.remedy_zh


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "site.cedar").write_bytes(b"\xff\xfe")
    with pytest.raises(PartiesError, match="UTF-8"):
        Policies(load(), tmp_path)
    with pytest.raises(PartiesError, match="not a folder"):
        Policies(load(), tmp_path / "none")


@given(st.text(alphabet='ab;"\\/\n ', max_size=60))
def test_statements_lose_nothing_but_what_stands_between(text: str) -> None:
    found = list(statements(text))
    lines = text.split("\n")
    for line, statement in found:
        first = statement.split("\n")[0]
        assert first in lines[line - 1] or first.rstrip(";") in lines[line - 1]
    joined = "".join(statement for _, statement in found)
    assert joined.count("a") == text.count("a") or "//" in text


def deep(kind: str, count: int) -> str:
    """Return a good policy whose condition nests ``count`` times, in one of the ways the language has."""
    condition = {
        "brackets": "(" * count + "true" + ")" * count,
        "sets": "[" * count + "]" * count + " == []",
        "records": '{"a": ' * count + "1" + "}" * count + " == 1",
        "calls": "principal.roles.contains(" * count + "1" + ")" * count,
        "and": "true" + " && true" * count,
        "or": "true" + " || true" * count,
        "sums": "1" + " + 1" * count + " == 1",
        "fields": "principal" + ".body" * count + " == 1",
        "choices": "if true then true else " * count + "true",
    }[kind]
    return GOOD.replace(";", f"\nwhen {{ {condition} }};")


@pytest.mark.parametrize("count", [100, 400, 50_000])
@pytest.mark.parametrize("kind", ["brackets", "sets", "records", "calls", "and", "or", "sums", "choices"])
def test_a_policy_that_nests_too_deeply_is_refused_before_the_engine_sees_it(
    tmp_path: Path, kind: str, count: int
) -> None:
    with pytest.raises(PartiesError) as caught:
        Policies(load(), folder(tmp_path, "// first\n" + deep(kind, count)))
    assert caught.value.code == "parties.bad-policy"
    assert caught.value.where == f"{tmp_path}/site.cedar, line 3"


def test_fields_of_fields_without_end_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PartiesError, match="nest too deeply"):
        Policies(load(), folder(tmp_path, deep("fields", 50_000)))


@pytest.mark.parametrize("kind", ["brackets", "and", "or"])
def test_a_policy_that_nests_as_people_write_is_loaded(tmp_path: Path, kind: str) -> None:
    policies = Policies(load(), folder(tmp_path, deep(kind, 20)))
    assert policies.text("no-export").startswith('@id("no-export")')


def test_brackets_in_a_sentence_or_a_remark_do_not_count(tmp_path: Path) -> None:
    text = GOOD.replace("不导出", "不导出" + "(" * 100).replace("forbid", "// " + "[" * 100 + "\nforbid")
    assert Policies(load(), folder(tmp_path, text)).text("no-export")


def test_a_policy_file_without_end_is_refused_by_name(tmp_path: Path) -> None:
    with (tmp_path / "site.cedar").open("wb") as file:
        file.truncate(64 << 20)
    with pytest.raises(PartiesError) as caught:
        Policies(load(), tmp_path)
    assert caught.value.code == "parties.unreadable"
    assert caught.value.where == f"{tmp_path}/site.cedar"
