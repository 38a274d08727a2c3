"""Every kind's own examples, and the loader's errors."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from qingyuan.pii import PiiError, scan
from qingyuan.pii._kernel.flags import ADDRESS, KINDS, MOST_KINDS, kinds_of
from qingyuan.pii.catalog import Kind, Sample, catalog, load_file, load_kinds
from tests.pii.material import KEY, prose

EXAMPLES = [(name, e) for name, kind in catalog().kinds.items() for e in kind.examples]
NEAR_MISSES = [(name, e) for name, kind in catalog().kinds.items() for e in kind.near_misses]


@pytest.mark.parametrize(("kind", "sample"), EXAMPLES, ids=lambda v: v.text if isinstance(v, Sample) else v)
def test_the_example_is_found(kind: str, sample: Sample) -> None:
    hits = scan([prose([sample.text])], KEY, "x").hits.to_pylist()
    found = [
        (sample.text[h["start"] : h["end"]], h["masked"])
        for h in hits
        if h["kind"] == kind and h["state"] != "rejected"
    ]
    assert found == [(sample.value, sample.masked)]


@pytest.mark.parametrize(
    ("kind", "sample"), NEAR_MISSES, ids=lambda v: v.text if isinstance(v, Sample) else v
)
def test_the_near_miss_is_not_confirmed(kind: str, sample: Sample) -> None:
    hits = scan([prose([sample.text])], KEY, "x").hits.to_pylist()
    states = {h["state"] for h in hits if h["kind"] == kind}
    assert states == ({sample.state} if sample.state else set())


def test_every_kind_names_provisions_and_what_refutes_it() -> None:
    for kind in catalog().kinds.values():
        assert kind.provisions
        assert kind.refuted_by.zh
        assert kind.refuted_by.en
        assert kind.near_misses


def test_a_wrong_field_is_named_with_its_file(tmp_path: Path) -> None:
    kind = yaml.safe_load(
        (Path(__file__).parents[2] / "src/qingyuan/pii/kinds/mobile.yaml").read_text("utf-8")
    )
    kind["tier"] = "D"
    file = tmp_path / "mobile.yaml"
    file.write_text(yaml.safe_dump(kind, allow_unicode=True), encoding="utf-8")
    with pytest.raises(PiiError, match=r"mobile\.yaml.*\$\.tier"):
        load_file(file, Kind)


def test_an_unknown_field_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mobile.yaml"
    file.write_text("kind: mobile\ncolour: red\n", encoding="utf-8")
    with pytest.raises(PiiError, match=r"mobile\.yaml"):
        load_file(file, Kind)


def test_codes_follow_the_names_after_the_fixed_kinds() -> None:
    assert kinds_of({"zebra", "address", "ant"}) == (*KINDS[: ADDRESS + 1], "ant", "zebra")
    assert tuple(catalog().kinds) == KINDS[1:]
    assert len(KINDS) - 1 <= MOST_KINDS


def test_a_folder_without_a_fixed_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PiiError, match=r"kinds: kinds missing or too many: address, bank-card"):
        load_kinds(tmp_path)
