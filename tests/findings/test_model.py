"""A finding points to a place and a provision, and its forms keep everything."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.findings import (
    Example,
    Finding,
    FindingsError,
    Provision,
    State,
    finding_id,
    from_jsonl,
    to_arrow,
    to_jsonl,
)

PROVISION = Provision("pi-definition", "个人信息保护法", "第四条", verified=True)


def make(**changes: object) -> Finding:
    """Build a finding with an identifier that fits its content."""
    fields: dict[str, object] = {
        "id": "",
        "engine": "pii/0",
        "rule": "mobile",
        "title_zh": "移动电话号码",
        "title_en": "mobile numbers",
        "state": State.LEAD,
        "file": "a.csv",
        "count": 1,
        "examples": (Example("line 2", "138****0000", 10, 21),),
        "provisions": (PROVISION,),
        "refuted_by_zh": "号码为测试号码",
        "refuted_by_en": "the numbers are test numbers",
    }
    draft = Finding(**(fields | changes))  # type: ignore[arg-type]
    return msgspec.structs.replace(draft, id=finding_id(draft))


def test_a_finding_without_a_place_is_refused() -> None:
    with pytest.raises(FindingsError, match="without a place"):
        make(examples=())


def test_a_finding_without_a_provision_is_refused() -> None:
    with pytest.raises(FindingsError, match="without a provision"):
        make(provisions=())


def test_the_identifier_follows_from_the_content_alone() -> None:
    assert make().id == make().id
    assert make(count=2).id != make().id
    assert finding_id(msgspec.structs.replace(make(), id="other")) == make().id


def test_a_line_that_is_no_finding_is_named_with_its_number() -> None:
    data = to_jsonl([make()]) + b'{"id": 3}\n'
    with pytest.raises(FindingsError, match=r"x\.jsonl line 2"):
        list(from_jsonl(data, where="x.jsonl"))


@given(
    st.text(max_size=20),
    st.integers(0, 2**40),
    st.sampled_from(State),
    st.one_of(st.none(), st.text(min_size=1, max_size=5)),
)
def test_jsonl_keeps_every_field(title: str, count: int, state: State, member: str | None) -> None:
    finding = make(title_zh=title, count=count, state=state, member=member)
    assert list(from_jsonl(to_jsonl([finding]))) == [finding]


def test_arrow_has_one_row_a_finding() -> None:
    table = to_arrow([make(), make(count=7)])
    assert table.column("count").to_pylist() == [1, 7]
    assert table.column("places").to_pylist() == [["line 2"], ["line 2"]]
    assert {s.en for s in State} >= {"substantiated clue"}
