"""How the pages of a package list exhibits: in collection order, with what they came from, on one line."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.evidence._readme import readme
from qingyuan.evidence.listing import collection_order, source_of
from tests.evidence.making import collected, manifest_of
from tests.evidence.packing import SmallOffice, new_office

NAMES = [f"{number}.txt" for number in (5, 3, 9, 1, 7)]


@pytest.fixture
def office() -> SmallOffice:
    office = new_office("listing")
    for name in NAMES:
        office.take(name.encode(), name)
    office.transfer()
    return office


def test_exhibits_stand_in_the_order_their_making_was_logged(office: SmallOffice) -> None:
    source = office.source()
    for given_order in (source.exhibits, source.exhibits[::-1]):
        ordered = collection_order(given_order, source.events)
        assert [each.signed.manifest.name for each in ordered] == NAMES
    ids = [each.signed.manifest.id for each in collection_order(source.exhibits, [])]
    assert ids == sorted(ids), "without their events, by identifier"


def test_the_page_lists_them_in_that_order_each_with_its_path(office: SmallOffice) -> None:
    rows = [line for line in readme(office.source()).decode().splitlines() if line.startswith("| X")]
    assert [row.split(" | ")[1:3] for row in rows] == [[name, f"/mnt/u/{name}"] for name in NAMES] * 2


@pytest.mark.parametrize(
    ("identifier", "zh", "en"),
    [("L2026-0001", "。线索：题", "for the lead 题"), ("M2026-0001", "。总案：题", "for the matter 题")],
)
def test_a_lead_is_called_a_lead_and_a_matter_a_matter(
    office: SmallOffice, identifier: str, zh: str, en: str
) -> None:
    page = readme(replace(office.source(), matter=identifier, title="题")).decode()
    assert zh in page
    assert en in page
    assert ("总案" in page) == identifier.startswith("M")


def from_where(path: str, source: str, name: str = "a.html") -> str:
    return source_of(
        msgspec.structs.replace(manifest_of(b"x", name=name), path=path, collected=collected(source=source)),
        30,
    )


def test_an_address_is_told_rather_than_a_path_and_a_carrier_when_there_is_neither() -> None:
    assert from_where("web/a.html", "https://a.example/x") == "https://a.example/x"
    assert from_where("disk/a.html", "某公安局") == "disk/a.html"
    assert from_where("a.html", "某公安局") == "某公安局"
    assert from_where("a.html", "") == "—"
    long = from_where("a.html", f"https://a.example/{'x' * 90}/end.html")
    assert long == "https://a.exam…xxxxxx/end.html"


@given(st.text(), st.text())
def test_whatever_strangers_call_it_stays_on_one_short_line_and_in_its_order(path: str, source: str) -> None:
    told = from_where(path, source)
    assert 0 < len(told) <= 30
    assert len(told.splitlines()) == 1
    assert not set(told) & set("\u202e\u2066\u200b\x00\n\t")


def test_no_source_poses_as_text_of_the_page(office: SmallOffice) -> None:
    first, *rest = office.source().exhibits
    evil = msgspec.structs.replace(first.signed.manifest, path="| [x](http://e)\n# 通过 <b>`")
    changed = replace(first, signed=msgspec.structs.replace(first.signed, manifest=evil))
    page = readme(replace(office.source(), exhibits=(changed, *rest))).decode()
    assert r"| \| \[x\](http://e) # 通过 \<b\>\` |" in page
