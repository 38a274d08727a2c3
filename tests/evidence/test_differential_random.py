"""The builder refuses exactly what the verifier would fail, over random histories of a matter."""

from __future__ import annotations

import io
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from qingyuan.evidence import EvidenceError, PackageExhibit, PackageSource, Withheld, build_package, verified
from tests.evidence.packing import SmallOffice, new_office
from tests.evidence.repacking import findings, judge, sealed, trust_of, unchecked

TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
NAME = TEXT.filter(bool) | st.sampled_from(["名单.csv", "nul.txt", "a/b%\\c", "长" * 300, " . "])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abz_", max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("take"), NAME, st.binary(max_size=40), st.booleans()),
        st.tuples(st.just("derive"), NAME, st.binary(max_size=40), st.booleans()),
        st.tuples(st.just("check"), st.sampled_from([True, True, True, False]), st.booleans(), st.just(0)),
        st.tuples(st.just("note"), st.text("MLC1", min_size=1, max_size=3), JSON, st.just(0)),
    ),
    max_size=7,
)


def _take(office: SmallOffice, kind: str, name: str, content: bytes, withheld: bool) -> None:
    seen = {exhibit.signed.manifest.id for exhibit in office.exhibits}
    parents = tuple(sorted(seen)[:2]) if kind == "derive" else ()
    manifest = office.take(content, name, parents=parents)
    if manifest.id in seen:
        office.exhibits.pop()
    elif withheld:
        office.exhibits[-1] = PackageExhibit(
            office.exhibits[-1].signed, withheld=Withheld("不便提供", "kept")
        )


def _perform(office: SmallOffice, steps: list[Any]) -> None:
    for kind, first, second, third in steps:
        if kind in {"take", "derive"}:
            _take(office, kind, first, second, third)
        elif kind == "note":
            office.log(first, "matter.noted", {"value": second})
        elif office.exhibits:
            manifest = office.exhibits[-1].signed.manifest
            found = verified(manifest, manifest.digests())
            office.log("L2026-0001", "evidence.verified", {**found, "ok": first} if second else found)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS, title=TEXT)
def test_what_is_built_passes_or_is_withheld_and_what_is_refused_would_fail(
    steps: list[Any], title: str
) -> None:
    office = new_office("random")
    _perform(office, [("take", "一.csv", b"a,b\n", False), *steps])
    office.transfer()
    with tempfile.TemporaryDirectory() as folder:
        built = _built(replace(office.source(), title=title), Path(folder) / "p.evp")
    if built is None:
        bent = sealed(unchecked(office.source()), office)
        assert judge(bent, trust_of(office)).verdict == "fail", "refused, though nothing contradicts"
        return
    report = judge(built, trust_of(office))
    withheld = any(exhibit.withheld for exhibit in office.exhibits)
    event(f"built: {report.verdict}")
    expected = ("undetermined", {("withheld", "evidence/exhibits.jsonl")}) if withheld else ("pass", set())
    assert (report.verdict, findings(report)) == expected


def _built(source: PackageSource, path: Path) -> bytes | None:
    try:
        build_package(source, path)
    except EvidenceError as error:
        event(f"refused: {error.code}")
        return None
    return path.read_bytes()


@pytest.mark.parametrize("data", [b"", b"x" * (3 << 20)])
def test_content_of_any_size_is_read_alike(data: bytes, tmp_path: Path) -> None:
    office = new_office("sizes")
    office.take(data, "x.bin")
    office.exhibits[0] = replace(office.exhibits[0], open=lambda: io.BytesIO(data))
    office.transfer()
    build_package(office.source(), tmp_path / "p.evp")
    assert judge((tmp_path / "p.evp").read_bytes(), trust_of(office)).verdict == "pass"
