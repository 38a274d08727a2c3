"""A period, a duty, a form, an office and a guard's parameter: each is added by YAML in a home and used from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import CLOCK, Done, run

FILES = {
    "law/instruments.yaml": """
instruments:
  - id: local-guide
    zh: 清州市人民检察院办案指引
    en: Guide of the Qingzhou procuratorate
    kind: regulation
    versions: [{zh: 2026年, en: of 2026, from: 2026-01-01, doc_no: 清州检〔2026〕1号}]
""",
    "law/provisions/local-guide.yaml": """
instrument: local-guide
source: 本院
checked: 2026-01-05
rules:
  - {id: local-guide-visits, versions: [{articles: [3], zh: 立案后七个工作日内走访现场, en: The site is visited within seven workdays of filing}]}
  - {id: local-guide-places, versions: [{articles: [5], zh: 至少走访三处, en: At least three places are visited}]}
""",
    "law/periods.yaml": """
periods:
  - id: local-visit
    zh: 走访现场
    en: Visit of the site
    track: both
    versions:
      - {from: 2026-01-01, value: 7, unit: workday, bound: max, start: {zh: 立案, en: filing}, act: {zh: 走访现场, en: Visit the site}, rules: [local-guide-visits]}
""",
    "law/duties.yaml": """
duties:
  - id: local-warehouse
    regulator: postal
    fields: [express-waybill]
    rules: [express-regulation-waybill-management]
    act: {zh: 每月抽查云仓面单, en: Sample the waybills of warehouses every month}
    proof: {zh: 抽查记录, en: Record of the samples}
""",
    "law/offices.yaml": """
offices:
  - {id: procuratorate-qingzhou-zone, name: 清州经济技术开发区人民检察院, level: county, division: "330783", verified: true}
""",
    "law/cases/visits.yaml": """
acts:
  - name: visit-site
    zh: 走访现场
    en: visit the site
    scope: case
    records: site-visit
    timing: local-visit
    stages: [filed, investigated]
    rules: [local-guide-visits]
    asks: [{fact: least:places/visited-places}]
    params:
      - {name: case, type: case, zh: 案件, en: case}
      - {name: on, type: date, default: today, after: filed_on, zh: 日期, en: day}
      - {name: places, type: texts, zh: 走访地点, en: places visited}
limits:
  - {id: local-visit, from: filed_on, until: acts.site-visit}
numbers:
  visited-places: {least: 3, rule: local-guide-places}
""",
    "forms/visit-note.yaml": """
id: visit-note
name: 走访记录
name_en: note of a visit
rules: [local-guide-visits]
layout: record
act: {verbs: [visit-site], events: ["act:site-visit"]}
requires: [{fact: this.places, zh: 走访地点, en: places}]
fields: [{name: weather, zh: 天气, en: weather}]
blocks:
  - {text: "{{ this.on | day }}走访{{ this.places | listed }}，{{ cite('local-guide-visits') }}。天气：{{ weather }}"}
""",
}


@pytest.fixture
def site(home: Path) -> Path:
    """An office with rules and forms of its own; nothing but YAML was added."""
    for name, text in FILES.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")
    return home


def _visit(site: Path, *places: str) -> Done:
    words = [f"places={place}" for place in places]
    return run("case", "act", "visit-site", "C2026-0001", *words, "--home", site, "--json")


def test_a_period_is_added_and_counted_in_the_list_of_open_dates(site: Path) -> None:
    answer = run(
        "law", "deadline", "local-visit", "--from", "2026-09-28", "--overlay", site / "law", "--json"
    )
    assert answer.code == 0, answer.out
    # 29 and 30 September are the 1st and 2nd workday, 1 to 7 October holidays, 8 and 9 October the 3rd and 4th,
    # Saturday the 10th is worked instead and is the 5th, 12 October the 6th, 13 October the 7th.
    assert answer.json()["due"] == "2026-10-13"
    rows = run("case", "deadlines", "C2026-0001", "--home", site, "--json").json()
    (row,) = [one for one in rows if one["what"] == "local-visit"]
    # Filed on Wednesday 1 July; without weekends the seventh workday is Friday 10 July.
    assert (row["due"], row["article"]) == ("2026-07-10", "《清州市人民检察院办案指引》第三条")


def test_a_duty_is_added_and_a_case_is_filed_on_it(site: Path) -> None:
    listed = run("law", "duties", "--field", "express-waybill", "--regulator", "postal", "--on", "2026-07-01", "--overlay", site / "law", "--json")  # fmt: skip
    assert "local-warehouse" in [one["id"] for one in listed.json()]
    words = (
        "track=administrative", "office=清州市人民检察院", "jurisdiction=same-level", "basis=personal-information",
        "harm=面单数据外泄", "violation=未抽查云仓", "respondents=清州市邮政管理局（新区）", "regulator=postal",
        "duties=local-warehouse", "approved_by=P009", "approved_on=2026-07-01",
    )  # fmt: skip
    filed = run("case", "file", "M2026-0001", *words, "--home", site, "--json")
    assert filed.code == 0, filed.out
    assert filed.json()["events"][0]["payload"]["duties"] == ["local-warehouse"]


def test_a_form_is_added_and_a_document_is_made_of_an_act_of_the_site(site: Path, tmp_path: Path) -> None:
    assert _visit(site, "甲仓", "乙仓", "丙仓").code == 0
    made = run("document", "make", "visit-note", "C2026-0001", "-o", tmp_path, "--home", site, "--json")
    assert made.code == 0, made.out + made.err
    assert made.json()["name"] == "走访记录"
    assert Path(made.json()["pdf"]).read_bytes().startswith(b"%PDF")
    said = {source["text"] for source in made.json()["sources"]}
    assert said >= {"甲仓", "乙仓", "丙仓"}
    assert [one["name"] for one in made.json()["missing"]][-1] == "weather"


def test_an_office_is_added_and_people_are_appointed_to_it(site: Path) -> None:
    listed = run("party", "list", "--under", "procuratorate-330700", "--home", site, "--json")
    assert "procuratorate-qingzhou-zone" in [one["id"] for one in listed.json()]
    done = run("party", "appoint", "P077", "procuratorate-qingzhou-zone", "prosecutor", "--home", site)
    assert done.code == 0, done.err
    shown = run("party", "show", "P077", "--home", site, "--json").json()
    assert "procuratorate-qingzhou-zone" in str(shown)


def test_a_parameter_of_a_guard_is_added_and_changed(site: Path) -> None:
    refused = _visit(site, "甲仓", "乙仓")
    assert refused.code == 1
    assert "“走访地点”不足3" in refused.json()["error"]["zh"]
    assert "《清州市人民检察院办案指引》第五条" in refused.json()["error"]["zh"]
    rules = site / "law" / "cases" / "visits.yaml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("least: 3", "least: 2"), encoding="utf-8")
    done = _visit(site, "甲仓", "乙仓")
    assert done.code == 0
    assert done.json()["events"][0]["payload"]["on"] == CLOCK[:10]
