"""Looking bodies and people up in the register."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from qingyuan.law import load
from qingyuan.office.access.directory import below, counted, find, held, new_identifier, roles_for
from qingyuan.parties import Body, Post, Registry, kinds, seed

DAY = date(2026, 7, 1)
FIRM = Body("firm-1", "firm", "某物流有限公司", until=date(2026, 6, 30))
REGISTRY = Registry(
    {body.id: body for body in (*seed(load()), FIRM)},
    (
        Post("P001", "procuratorate-330782", "chief", date(2025, 1, 1), date(2026, 1, 1)),
        Post("P002", "procuratorate-330782", "chief", date(2026, 1, 2)),
    ),
)


def test_words_kind_place_in_the_tree_and_state_narrow_together() -> None:
    under = find(REGISTRY, words="义乌", kind="procuratorate", under="procuratorate-330700", on=DAY)
    assert [one.id for one in under] == ["procuratorate-330782"]
    assert find(REGISTRY, words="义乌", under="procuratorate-320000", on=DAY) == []
    assert find(REGISTRY, state="ended", on=DAY) == [FIRM]
    assert FIRM not in find(REGISTRY, state="there", on=DAY)
    assert find(REGISTRY, state="ended", on=date(2026, 6, 30)) == []


def test_what_is_below_and_what_there_is_adds_up() -> None:
    cities = below(REGISTRY, "procuratorate-330000")
    assert {one.parent for one in cities} == {"procuratorate-330000"}
    assert [one.division for one in cities] == sorted(one.division for one in cities)
    assert sum(counted(REGISTRY).values()) == len(REGISTRY.bodies)


def test_posts_are_found_by_person_body_and_day() -> None:
    assert [post.person for post in held(REGISTRY, words="义乌")] == ["P002", "P001"]
    assert [post.person for post in held(REGISTRY, role="chief", on=DAY)] == ["P002"]
    assert held(REGISTRY, role="judge") == []


@given(st.lists(st.sampled_from(sorted(kinds())), max_size=12), st.sampled_from(["", "330782"]))
def test_a_new_identifier_is_never_taken(entered: list[str], division: str) -> None:
    bodies: dict[str, Body] = {}
    for kind in entered:
        name = new_identifier(Registry(bodies), kind, division)
        assert name not in bodies
        bodies[name] = Body(name, kind, "某单位")


def test_every_kind_of_body_has_somebody_who_acts_for_it() -> None:
    assert [kind for kind in kinds() if not roles_for(kind)] == []
