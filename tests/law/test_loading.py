"""Bad data is refused, naming file, line and field."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import qingyuan.law
from qingyuan.law import Law, LawError, load
from qingyuan.law._check import everything
from qingyuan.law._store import Store

DATA = Path(qingyuan.law.__file__).parent / "data"

CASES = [
    ("periods.yaml", "value: 7\n", "value: seven\n", "law.bad-field", "periods.0.versions.0.value"),
    ("periods.yaml", "value: 7\n", "value: 0\n", "law.bad-data", "periods.0.versions.0.value"),
    ("periods.yaml", "value: 7\n", "valeu: 7\n", "law.bad-field", "periods.0.versions.0"),
    (
        "periods.yaml",
        "value: 7\n",
        "value: 7\n        value: 8\n",
        "law.duplicate-key",
        "periods.yaml, line 17",
    ),
    (
        "periods.yaml",
        "rules: [pil-rules-filing-service]",
        "rules: [pil-rules-no-such]",
        "law.dangling-reference",
        "versions.0.rules",
    ),
    ("periods.yaml", "rules: [pil-rules-filing-service]", "rules: []", "law.bad-data", "versions.0.rules"),
    (
        "periods.yaml",
        "      - from: 2021-07-01\n        value: 7",
        "      - from: 2021-06-30\n        value: 7",
        "law.bad-data",
        "periods.0.versions.0",
    ),
    ("periods.yaml", "        to: 2021-06-30\n", "", "law.bad-data", "versions.1"),
    (
        "periods.yaml",
        "  - id: suggestion-service",
        "  - id: filing-decision-service",
        "law.duplicate-id",
        "periods.1",
    ),
    ("periods.yaml", "periods:\n", "periods: [\n", "law.not-yaml", "periods.yaml, line"),
    (
        "provisions/pil-rules.yaml",
        'articles: ["70.1"]',
        "articles: []",
        "law.bad-data",
        "versions.0.articles",
    ),
    (
        "provisions/pil-rules.yaml",
        'articles: ["70.1"]',
        "articles: [70.1]",
        "law.bad-field",
        "versions.0.articles",
    ),
    (
        "provisions/pil-rules.yaml",
        'articles: ["70.1"]',
        "articles: [Art 70]",
        "law.bad-data",
        "versions.0.articles",
    ),
    (
        "provisions/pil-rules.yaml",
        "id: pil-rules-filing-service,",
        "id: filing-service,",
        "law.bad-data",
        "id",
    ),
    ("provisions/csl.yaml", "to: 2025-12-31", "to: 2026-12-31", "law.bad-data", "versions.1"),
    ("provisions/csl.yaml", "from: 2026-01-01", "from: 2016-01-01", "law.bad-data", "versions.1"),
    ("instruments.yaml", "  - id: csl\n", "  - id: cybersecurity\n", "law.dangling-reference", "rules.0"),
    ("instruments.yaml", "kind: interpretation", "kind: opinion", "law.bad-field", "instruments.0.kind"),
    ("instruments.yaml", "to: 2020-12-31", "to: 2017-12-31", "law.bad-data", "instruments.1.versions.0"),
    (
        "periods.yaml",
        "rule: medical-ads-review",
        "rule: medical-ads-none",
        "law.dangling-reference",
        "extensions",
    ),
    ("duties.yaml", "regulator: postal", "regulator: post", "law.dangling-reference", "duties.0.regulator"),
    (
        "duties.yaml",
        "fields: [express-waybill]",
        "fields: [express]",
        "law.dangling-reference",
        "duties.0.fields",
    ),
    ("duties.yaml", "\n    basis: reference", "\n    basis: custom", "law.bad-field", "basis"),
    (
        "thresholds.yaml",
        "gain_rule: pi-crime-gain",
        "gain_rule: pi-crime-again",
        "law.dangling-reference",
        "personal_information.0",
    ),
    (
        "jurisdiction.yaml",
        "pil-rules-same-level",
        "pil-rules-some-level",
        "law.dangling-reference",
        "same_level",
    ),
    ("offices.yaml", "level: nation", "level: world", "law.bad-field", "offices.0.level"),
    ("offices.yaml", "level: county", "level: prefecture", "law.bad-data", "offices.3.level"),
    ("offices.yaml", 'division: "330110"', 'division: "3301"', "law.bad-division", "offices.3.division"),
    ("statutory-days.yaml", "month_day: 01-01", "month_day: 13-01", "law.bad-field", "days.0.month_day"),
    (
        "statutory-days.yaml",
        "rule: holiday-regulation-days",
        "rule: holiday-regulation-none",
        "law.dangling-reference",
        "days.0.rule",
    ),
    ("calendar/2026.yaml", "year: 2026", "year: 2025", "law.bad-data", "year"),
    ("calendar/2026.yaml", "2026-01-04, ", "2026-01-01, ", "law.bad-data", "workdays.0"),
    ("calendar/2026.yaml", "2026-01-04, ", "2026-01-05, ", "law.bad-data", "workdays.0"),
    ("calendar/2026.yaml", "to: 2026-02-23", "to: 2026-12-23", "law.bad-data", "holidays.1"),
    ("calendar/2026.yaml", "from: 2026-02-15", "from: 2026-01-03", "law.bad-data", "holidays.1"),
]


@pytest.mark.parametrize(("name", "old", "new", "code", "place"), CASES)
def test_one_wrong_line_is_refused_with_its_place(
    tmp_path: Path, name: str, old: str, new: str, code: str, place: str
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(LawError) as caught:
        everything(Store(packaged=folder))
    error = caught.value
    assert error.code == code
    assert error.where is not None
    assert place in error.where
    assert "line " in error.where
    assert error.zh
    assert error.remedy_zh
    assert error.remedy_en


def test_the_packaged_data_is_sound() -> None:
    load().check()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    (folder / "thresholds.yaml").unlink()
    with pytest.raises(LawError) as caught:
        everything(Store(packaged=folder))
    assert caught.value.code == "law.missing-file"
    assert caught.value.where == "thresholds.yaml"


def test_loading_twice_gives_the_same_law() -> None:
    assert load() is load()


def test_an_instrument_with_a_rule_of_another_is_chosen_by_the_longest_name() -> None:
    assert load().cite("crime-transfer-2001-order").doc_no == "高检发释字〔2001〕4号"
    assert load().cite("crime-transfer-items").doc_no.startswith("国务院令第310号")


@pytest.mark.parametrize("rule", ["", "pil-rules", "pil-rules-", "no-such-thing", "../errors"])
def test_a_wrong_identifier_is_refused(rule: str) -> None:
    with pytest.raises(LawError) as caught:
        load().cite(rule)
    assert caught.value.code == "law.unknown-rule"


def test_data_is_not_shared_between_overlays(tmp_path: Path) -> None:
    assert Law(tmp_path).periods() == load().periods()
