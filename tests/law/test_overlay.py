"""Local rules: what an overlay may add, and how it is refused when it goes too far."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from qingyuan.law import Facts, Law, LawError, Level, load

INSTRUMENT = """
instruments:
  - id: local-rules
    zh: 某省人民检察院办案细则
    en: Local casework rules
    kind: rule
    versions:
      - {zh: 2026年印发, en: 2026 text, from: 2026-01-01, doc_no: 某检发〔2026〕1号}
"""
PROVISION = """
instrument: local-rules
source: 本地文件
rules:
  - {id: local-rules-briefing, versions: [{articles: [9], zh: 五个工作日内通报, en: Brief within five workdays}]}
"""
PERIOD = """
periods:
  - id: {name}
    zh: 本地期限
    en: Local period
    track: administrative
    {extra}
    versions:
      - from: 2026-01-01
        value: {value}
        unit: {unit}
        bound: {bound}
        start: {{zh: 立案, en: the filing}}
        act: {{zh: 通报, en: Brief}}
        rules: [local-rules-briefing]
"""


def period(name: str, value: int, unit: str = "day", bound: str = "max", extra: str = "narrows: true") -> str:
    return PERIOD.format(name=name, value=value, unit=unit, bound=bound, extra=extra)


def overlay(folder: Path, files: Mapping[str, str]) -> Path:
    content = {"instruments.yaml": INSTRUMENT, "provisions/local-rules.yaml": PROVISION, **files}
    for name, text in content.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def refused(folder: Path, files: Mapping[str, str]) -> LawError:
    with pytest.raises(LawError) as caught:
        Law(overlay(folder, files))
    assert caught.value.remedy_zh
    assert caught.value.remedy_en
    return caught.value


def test_a_period_is_added_by_yaml_alone(tmp_path: Path) -> None:
    law = Law(
        overlay(tmp_path, {"periods.yaml": period("local-briefing", 5, "workday", extra="kind: statutory")})
    )
    answer = law.deadline("local-briefing", date(2026, 4, 30))
    assert answer.due == date(2026, 5, 11)
    assert answer.articles[0].law == "某省人民检察院办案细则"
    assert answer.articles[0].article == "第九条"


def test_a_local_rule_may_narrow_a_statutory_period(tmp_path: Path) -> None:
    law = Law(overlay(tmp_path, {"periods.yaml": period("filing-decision-service", 5)}))
    assert law.deadline("filing-decision-service", date(2026, 3, 2)).due == date(2026, 3, 9)
    answer = law.deadline("filing-decision-service", date(2026, 3, 3))
    assert answer.due == date(2026, 3, 9)
    assert {"第九条", "第七十条第一款"} <= {citation.article for citation in answer.articles}


def test_before_the_local_rule_the_statutory_period_applies(tmp_path: Path) -> None:
    law = Law(overlay(tmp_path, {"periods.yaml": period("filing-decision-service", 5)}))
    answer = law.deadline("filing-decision-service", date(2025, 12, 31))
    assert answer.due == date(2026, 1, 7)
    assert answer.articles[0].article == "第七十条第一款"
    setting = period("look-back-default", 6, "month", extra="kind: setting")
    law = Law(overlay(tmp_path, {"periods.yaml": setting}))
    assert law.deadline("look-back-default", date(2025, 12, 1)).due == date(2026, 3, 2)


def test_a_setting_may_be_set_freely(tmp_path: Path) -> None:
    text = period("look-back-default", 6, "month", extra="kind: setting")
    answer = Law(overlay(tmp_path, {"periods.yaml": text})).deadline("look-back-default", date(2026, 3, 2))
    assert answer.due == date(2026, 9, 2)
    assert not answer.statutory


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(period("filing-decision-service", 10), id="longer"),
        pytest.param(period("filing-decision-service", 5, "workday"), id="another unit"),
        pytest.param(period("filing-decision-service", 5, bound="min"), id="another bound"),
        pytest.param(period("filing-decision-service", 5, extra="kind: statutory"), id="not said to narrow"),
        pytest.param(period("civil-notice", 20, bound="exact"), id="a fixed period"),
        pytest.param(period("settlement-notice", 20, bound="min"), id="a shorter minimum"),
        pytest.param(period("look-back-default", 20, extra="kind: statutory"), id="a setting made statutory"),
    ],
)
def test_a_contradiction_is_refused_with_file_and_line(tmp_path: Path, text: str) -> None:
    error = refused(tmp_path, {"periods.yaml": text})
    assert error.code == "law.overlay-contradiction"
    assert error.where is not None
    assert str(tmp_path / "periods.yaml") in error.where
    assert "line " in error.where


def test_a_packaged_rule_may_not_be_rewritten(tmp_path: Path) -> None:
    text = """
instrument: pil-rules
source: 本地文件
rules:
  - {id: pil-rules-filing-service, versions: [{articles: [70], zh: 十日, en: ten days}]}
"""
    error = refused(tmp_path, {"provisions/pil-rules.yaml": text})
    assert error.code == "law.overlay-contradiction"
    assert "provisions/pil-rules.yaml, line 5" in str(error.where)


def test_a_known_year_may_not_be_rearranged(tmp_path: Path) -> None:
    text = "year: 2026\nnotices: []\nholidays: []\nworkdays: []\n"
    error = refused(tmp_path, {"calendar/2026.yaml": text})
    assert error.code == "law.overlay-contradiction"
    assert "2026.yaml" in str(error.where)


def test_a_new_year_makes_its_deadlines_firm(tmp_path: Path) -> None:
    text = """
year: 2027
notices:
  - {number: 试验〔2026〕1号, date: 2026-11-20, zh: 试验通知, en: test notice}
holidays:
  - {zh: 元旦, en: New Year's Day, from: 2027-01-01, to: 2027-01-03}
workdays: [2027-01-09]
"""
    law = Law(overlay(tmp_path, {"calendar/2027.yaml": text}))
    answer = law.deadline("civil-notice", date(2026, 12, 4))
    assert (answer.due, answer.firm) == (date(2027, 1, 4), True)
    assert law.day(date(2026, 12, 31)).firm
    assert law.day(date(2027, 1, 9)).workday


def test_an_office_list_is_matched_before_the_seed(tmp_path: Path) -> None:
    text = """
offices:
  - {id: procuratorate-330782, name: 义乌市检察院, level: county, division: "330782", verified: true}
  - {id: procuratorate-330702, name: 金华市婺城区人民检察院, level: county, division: "330702"}
"""
    law = Law(overlay(tmp_path, {"offices.yaml": text}))
    found = law.jurisdiction("civil", Facts(on=date(2026, 1, 5), act=("330702",))).preferred
    assert found is not None
    assert found.office is not None
    assert found.office.name == "金华市婺城区人民检察院"
    assert {office.name for office in law.offices() if office.level is Level.COUNTY} >= {"义乌市检察院"}


def test_an_office_may_not_become_another_one(tmp_path: Path) -> None:
    text = 'offices:\n  - {id: procuratorate-330782, name: 某院, level: prefecture, division: "330700"}\n'
    assert refused(tmp_path, {"offices.yaml": text}).code == "law.overlay-contradiction"


_NEW_OFFICE = """
offices:
  - {id: procuratorate-339999, name: 新设区人民检察院, level: county, division: "339999"}
"""


def test_an_office_in_a_division_that_never_was_is_refused_with_its_line(tmp_path: Path) -> None:
    error = refused(tmp_path, {"offices.yaml": _NEW_OFFICE})
    assert error.code == "law.unknown-division"
    assert "offices.yaml, line 3 (offices.0.division)" in str(error.where)
    assert "law/divisions.yaml" in error.remedy_en


def test_a_division_made_later_is_added_without_python(tmp_path: Path) -> None:
    made = 'divisions:\n  "33": |\n    339999 新设区 2026-10-01 -\n'
    law = load(overlay(tmp_path, {"divisions.yaml": made, "offices.yaml": _NEW_OFFICE}))
    assert law.division("339999", date(2026, 10, 1)).name == "新设区"
    found = law.jurisdiction("civil", Facts(on=date(2026, 10, 8), act=("339999",))).preferred
    assert found is not None
    assert found.office is not None
    assert found.office.name == "新设区人民检察院"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("330110 余杭新区 2026-10-01 -", "law.overlay-contradiction"),
        ("339999 新设区 soon -", "law.bad-field"),
        ("3399 新设区 - -", "law.bad-division"),
    ],
)
def test_a_local_division_that_contradicts_or_cannot_be_read_is_refused(
    tmp_path: Path, line: str, code: str
) -> None:
    error = refused(tmp_path, {"divisions.yaml": f'divisions:\n  "33": |\n    {line}\n'})
    assert error.code == code
    assert "divisions.yaml, line 1" in str(error.where)


def test_a_file_that_would_not_be_read_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, {"period.yaml": "periods: []\n"})
    assert error.code == "law.unknown-file"
    assert "period.yaml" in str(error.where)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LawError) as caught:
        Law(tmp_path / "nowhere")
    assert caught.value.code == "law.no-overlay"


@pytest.mark.parametrize(
    "raw", [b"periods: [", b"\xff\xfe\x00", b"a: b: c", b"- just\n- a list", b"", b"\x00"]
)
def test_a_corrupt_file_is_refused_by_name(tmp_path: Path, raw: bytes) -> None:
    folder = overlay(tmp_path, {})
    (folder / "periods.yaml").write_bytes(raw)
    with pytest.raises(LawError) as caught:
        Law(folder)
    assert "periods.yaml" in str(caught.value.where)


def test_a_reference_to_nothing_is_refused(tmp_path: Path) -> None:
    text = period("local-briefing", 5, extra="kind: statutory").replace(
        "local-rules-briefing", "local-rules-none"
    )
    error = refused(tmp_path, {"periods.yaml": text})
    assert error.code == "law.dangling-reference"
    assert "local-rules-none" in error.zh
    assert str(tmp_path) in str(error.where)


def test_a_draft_is_marked_and_a_period_that_rests_on_it_is_refused(tmp_path: Path) -> None:
    shown = Law().provision("pil-law-draft-status")
    assert "草案，未施行" in shown.citation.version
    text = period("draft-period", 5, extra="kind: statutory").replace(
        "local-rules-briefing", "pil-law-draft-status"
    )
    error = refused(tmp_path, {"periods.yaml": text})
    assert error.code == "law.bad-data"
    assert "草案" in error.zh
    assert "draft" in error.en


def test_an_overlay_edited_while_the_program_runs_is_read_anew(tmp_path: Path) -> None:
    folder = overlay(tmp_path, {"periods.yaml": period("filing-decision-service", 5)})
    assert load(folder) is load(folder)
    assert load(folder).deadline("filing-decision-service", date(2026, 3, 2)).due == date(2026, 3, 9)
    overlay(tmp_path, {"periods.yaml": period("filing-decision-service", 3, extra="narrows: true ")})
    assert load(folder).deadline("filing-decision-service", date(2026, 3, 2)).due == date(2026, 3, 5)


def test_a_way_of_service_is_added_by_yaml_alone(tmp_path: Path) -> None:
    mode = """
modes:
  - id: county-platform
    zh: 政务平台送达
    en: by the platform of the county
    counts: {zh: 平台签收之日, en: the day it is signed for on the platform}
    rules: [local-rules-briefing]
"""
    law = Law(overlay(tmp_path, {"service.yaml": mode}))
    assert law.service("政务平台送达", date(2026, 5, 4)).day == date(2026, 5, 4)


def test_a_packaged_way_of_service_may_not_be_rewritten(tmp_path: Path) -> None:
    mode = """
modes:
  - {id: mail, zh: 邮寄, en: post, counts: {zh: 投邮之日, en: the day of posting}, rules: [local-rules-briefing]}
"""
    error = refused(tmp_path, {"service.yaml": mode})
    assert "service.yaml, line 3" in str(error.where)


@pytest.mark.parametrize(
    ("name", "content", "where"),
    [
        ("periods.yaml", b"periods:\n  - {id: \xff}\n", "periods.yaml, line 2"),
        ("periods.yaml", b"periods:\n\n  - {id: \x07}\n", "periods.yaml, line 3"),
        ("periods.yaml", period("local-x", 10**30, extra="kind: statutory").encode(), "line 10"),
        ("periods.yaml", b"periods: []\ncomputation: {}\n", "periods.yaml"),
        ("service.yaml", b"modes: []\ngap: [local-rules-briefing]\n", "service.yaml, line 2"),
    ],
)
def test_what_is_no_text_out_of_proportion_or_not_theirs_to_say_is_refused_with_its_line(
    tmp_path: Path, name: str, content: bytes, where: str
) -> None:
    (tmp_path / name).write_bytes(content)
    error = refused(tmp_path, {})
    assert where in str(error.where)
