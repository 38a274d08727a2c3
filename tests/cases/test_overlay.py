"""A site adds and tightens acts by YAML alone; what contradicts is refused with file and line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from qingyuan.cases import (
    CasesError,
    Refused,
    available,
    decide,
    describe,
    due_dates,
    fold,
    procedure_of,
    tasks,
)
from qingyuan.law import Law
from tests.cases._world import World, moment, told

RULES = """
instrument: local-guide
source: 本院
checked: 2026-01-05
rules:
  - {id: local-guide-visits, versions: [{articles: [3], zh: 立案后七日内走访现场, en: The site is visited within seven days of filing}]}
"""
INSTRUMENTS = """
instruments:
  - id: local-guide
    zh: 清州市人民检察院办案指引
    en: Guide of the Qingzhou procuratorate
    kind: regulation
    versions: [{zh: 2026年, en: of 2026, from: 2026-01-01, doc_no: 清州检〔2026〕1号}]
"""
PERIODS = """
periods:
  - id: local-visit
    zh: 走访现场
    en: Visit of the site
    track: both
    versions:
      - from: 2026-01-01
        value: 7
        unit: day
        bound: max
        start: {zh: 立案, en: filing}
        act: {zh: 走访现场, en: Visit the site}
        rules: [local-guide-visits]
"""
ACTS = """
choices:
  visit-outcome:
    found: {zh: 发现明文面单, en: waybills in clear were found}
    clean: {zh: 未发现, en: nothing was found}
acts:
  - name: visit-site
    zh: 走访现场
    en: visit the site
    scope: case
    records: site-visit
    timing: local-visit
    stages: [filed, investigated]
    rules: [local-guide-visits]
    needs: [{fact: "not:site-visit", rule: local-guide-visits}]
    asks: [{fact: least:investigators/investigators}]
    params:
      - {name: case, type: case, zh: 案件, en: case}
      - {name: on, type: date, default: today, after: filed_on, zh: 日期, en: day}
      - {name: investigators, type: persons, zh: 走访人员, en: investigators}
      - {name: outcome, type: choice, of: visit-outcome, zh: 结果, en: outcome}
limits:
  - {id: local-visit, from: filed_on, until: acts.site-visit}
tasks:
  - {verb: visit-site, who: handler, stages: [filed], period: [local-visit], zh: 尚未走访现场, en: the site was not visited}
"""
TIGHTER = """
tighten:
  - verb: conclude-investigation
    rule: local-guide-visits
    needs: [{fact: "did:site-visit"}]
  - verb: issue-suggestion
    rule: local-guide-visits
    requires: [document]
  - verb: question
    rule: local-guide-visits
    stages: [filed]
    params: [{name: recorded, type: bool, zh: 同步录音录像, en: recorded on video}]
numbers:
  investigators: {least: 3, rule: local-guide-visits}
reminders: {days: 10, hours: 4}
"""


def site(folder: Path, **files: str) -> Law:
    """Return the law of a site whose overlay holds the rules above and ``files`` below ``cases/``."""
    place = folder / "law"
    (place / "provisions").mkdir(parents=True)
    (place / "cases").mkdir()
    (place / "instruments.yaml").write_text(INSTRUMENTS, encoding="utf-8")
    (place / "provisions" / "local-guide.yaml").write_text(RULES, encoding="utf-8")
    (place / "periods.yaml").write_text(PERIODS, encoding="utf-8")
    for name, text in files.items():
        (place / "cases" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return Law(place)


def _visit(world: World, law: Law, **change: object) -> World:
    args = {"case": "C2026-0001", "investigators": ["P001", "P002"], "outcome": "发现明文面单", **change}
    day = date(2026, 3, 13)
    for draft in decide("visit-site", world.docket, args, law=law, now=moment(day), actor="P001"):  # type: ignore[arg-type]
        world.write(draft.stream, draft.type, draft.payload, day)
    return world


def test_an_act_of_a_site_is_done_timed_and_read_by_others_without_its_overlay(tmp_path: Path) -> None:
    law = site(tmp_path, acts=ACTS)
    world = _visit(told("served"), law)
    (act,) = world.docket.cases["C2026-0001"].acted("site-visit")
    # filed on 5 March; seven days: 12 March, a Thursday
    assert act.timing is not None
    assert (act.timing.due, act.timing.late_days) == (date(2026, 3, 12), 1)
    assert act.fields["outcome"] == "found"
    line = describe(world.events[-1])
    assert (line.zh, line.en) == ("走访现场（逾期1日）", "visit the site (1 days late)")
    assert fold(world.events) == world.docket


def test_its_period_and_its_task_are_listed_with_the_local_article(tmp_path: Path) -> None:
    law = site(tmp_path, acts=ACTS)
    docket, now = told("served").docket, moment(date(2026, 3, 9))
    (due,) = [one for one in due_dates(docket, law=law, now=now) if one.key == "local-visit"]
    assert due.due == date(2026, 3, 12)
    (task,) = [one for one in tasks(docket, law=law, now=now) if one.verb == "visit-site"]
    assert (task.due, task.days_left, task.remind) == (date(2026, 3, 12), 3, "soon")
    assert task.articles[0].law == "清州市人民检察院办案指引"


def test_a_tightened_guard_refuses_with_the_local_article(tmp_path: Path) -> None:
    law = site(tmp_path, acts=ACTS, tighter=TIGHTER)
    docket, now = told("proved").docket, moment(date(2026, 3, 25))
    with pytest.raises(Refused) as caught:
        decide(
            "conclude-investigation",
            docket,
            {"case": "C2026-0001", "opinion": "suggest", "report": "D0001"},
            law=law,
            now=now,
            actor="P001",
        )
    assert "尚无“走访现场”的记录" in [each.zh for each in caught.value.missing]
    assert "清州市人民检察院办案指引" in [each.law for each in caught.value.citations]
    with pytest.raises(Refused) as caught:
        _visit(told("served"), law)
    assert [each.zh for each in caught.value.missing] == ["“走访人员”不足3"]


def test_a_particular_becomes_required_a_stage_goes_and_one_is_added(tmp_path: Path) -> None:
    verbs = procedure_of(site(tmp_path, acts=ACTS, tighter=TIGHTER)).verbs
    required = verbs["issue-suggestion"].param("document")
    assert required is not None
    assert required.required
    assert verbs["question"].stages == ("filed",)
    assert verbs["question"].param("recorded") is not None


def test_the_packaged_procedure_stays_as_it_was(tmp_path: Path) -> None:
    law = site(tmp_path, acts=ACTS, tighter=TIGHTER)
    now = moment(date(2026, 3, 25))
    assert "visit-site" in {
        o.verb.name for o in available(told("filed").docket, law=law, now=now, actor="P001")
    }
    plain = Law()
    assert "visit-site" not in procedure_of(plain).verbs
    assert procedure_of(plain).numbers["investigators"].least == 2


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (ACTS.replace("name: visit-site", "name: close"), 7, "事项“close”已经存在"),
        (ACTS.replace("records: site-visit", "records: judgment"), 11, "自己的记录名称"),
        (ACTS.replace("    timing: local-visit\n", "    timing: no-such\n"), 12, "没有“no-such”"),
        (ACTS.replace("rules: [local-guide-visits]", "rules: [no-such-rule]"), 14, "没有规则“no-such-rule”"),
        (ACTS.replace("not:site-visit", "not:no-such-act"), 15, "没有“no-such-act”"),
        (ACTS.replace("stages: [filed, investigated]", "stages: [asleep]"), 13, "没有“asleep”"),
        (ACTS.replace("of: visit-outcome", "of: no-such-list"), 21, "没有“no-such-list”"),
        (ACTS.replace("    timing:", "    moves: closed\n    timing:"), 12, "不得改变办理阶段"),
        (ACTS.replace("until: acts.site-visit", "until: acts.nothing"), 23, "没有“nothing”"),
        (ACTS.replace("id: local-visit,", "id: agency-reply,"), 23, "起止已有规定"),
        (
            ACTS.replace("from: filed_on, until", "from: filed_on, instead: judgment, until"),
            23,
            "instead 只用于",
        ),
        (
            ACTS.replace("from: filed_on, until", "after: agency-reply, instead: nothing, until"),
            23,
            "没有“nothing”",
        ),
        (ACTS.replace("who: handler", "who: nobody"), 25, "没有“nobody”"),
        ("choices:\n  verdict:\n    maybe: {zh: 也许, en: maybe}\n", 2, "取值表“verdict”已经存在"),
        ("numbers:\n  investigators: {least: 1, rule: local-guide-visits}\n", 2, "不得放宽"),
        ("tighten:\n  - {verb: close, rule: local-guide-visits, stages: [filed]}\n", 2, "不得放宽"),
        ("tighten:\n  - {verb: no-such, rule: local-guide-visits}\n", 2, "没有“no-such”"),
        ("tighten:\n  - {verb: close, rule: no-such-rule}\n", 2, "没有规则“no-such-rule”"),
        (
            "tighten:\n  - verb: close\n    rule: local-guide-visits\n    requires: [nothing]\n",
            4,
            "没有参数“nothing”",
        ),
        (
            """tighten:
  - verb: close
    rule: local-guide-visits
    params: [{name: seen, type: bool, zh: 所见, en: seen}]
""",
            4,
            "有自己的事件",
        ),
        ("acts:\n  - {name: x\n", 3, ""),
        ("acts: []\nacts: []\n", 2, "重复出现"),
        ("\nactz: []\n", 2, ""),
    ],
)
def test_a_contradiction_is_refused_with_file_and_line(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    law = site(tmp_path, bad=text)
    with pytest.raises(CasesError) as caught:
        procedure_of(law)
    assert caught.value.code == "cases.bad-overlay"
    assert words in caught.value.zh
    assert caught.value.where is not None
    if "actz" not in text:  # an unknown field is named with its file; msgspec gives no place at the top
        assert caught.value.where.split(" (")[0] == f"law/cases/bad.yaml, line {line}"
