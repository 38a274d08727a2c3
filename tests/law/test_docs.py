"""The page on the law data says what the data says."""

from __future__ import annotations

from pathlib import Path

import yaml

from qingyuan.law import _articles
from qingyuan.law._files import Document
from qingyuan.law._schema import PeriodFile, Rule
from qingyuan.law._store import FILES, Store

PAGE = (Path(__file__).parents[2] / "docs" / "law-data.md").read_text(encoding="utf-8")


def examples() -> list[str]:
    return [part.split("```")[0] for part in PAGE.split("```yaml\n")[1:]]


def test_everything_that_was_not_read_is_named() -> None:
    store = Store()
    unread = PAGE.split("## What was not read")[1]
    for name in store.names("provisions"):
        for rule, entry in store.rules_of(name).items():
            if not all(version.verified for version in entry.record.versions):
                assert f"`{rule}`" in unread


def test_every_file_is_described() -> None:
    for name in FILES:
        assert f"`{name}`" in PAGE


def test_the_examples_are_records_of_the_data() -> None:
    rule, period = examples()
    store = Store()
    (shown,) = yaml.safe_load(rule)
    assert Document("example", yaml.safe_dump(shown).encode()).parse(Rule) == store.rule(shown["id"]).record  # type: ignore[union-attr]
    listed = Document("example", b"periods:\n" + period.encode()).parse(PeriodFile)
    assert listed.periods[0] == store.periods["filing-decision-service"].record


def test_every_reference_that_is_no_number_has_its_english() -> None:
    store = Store()
    records = [entry.record for name in store.names("provisions") for entry in store.rules_of(name).values()]
    used = {article for record in records for version in record.versions for article in version.articles}
    words = {one for one in map(str, used) if max(one) >= "\u4e00"}
    assert words == set(_articles.references())
    assert not [one for one in words if max(_articles.english([one])) >= "\u4e00"]
