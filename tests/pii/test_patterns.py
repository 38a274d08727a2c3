"""The pattern language against Python's regular expressions, and its errors."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.pii._patterns import Automaton, PatternError, automaton

ATOMS = st.sampled_from(["a", "b", "1", "[ab]", "[0-9]", r"\d", "浙", "[a-c1]"])


def _repeat(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(part, st.sampled_from(["", "", "?", "*", "+", "{2}", "{1,3}", "{2,}"])).map(
        lambda p: f"({p[0]}){p[1]}"
    )


PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
        _repeat(inner),
    ),
    max_leaves=5,
)


def accepts(made: Automaton, text: str) -> bool:
    state = 0
    for char in text:
        nexts = [after for chars, after in made.steps[state] if ord(char) in chars]
        assert len(nexts) <= 1
        if not nexts:
            return False
        state = nexts[0]
    return state in made.accepting


@settings(max_examples=150, deadline=None)
@given(PATTERNS, st.lists(st.text("abc10浙", max_size=6), max_size=12))
def test_a_pattern_matches_what_a_regular_expression_matches(pattern: str, texts: list[str]) -> None:
    try:
        made = automaton(pattern)
    except PatternError:
        assert re.fullmatch(pattern, "") or len(pattern) > 40
        return
    for text in texts:
        assert accepts(made, text) == bool(re.fullmatch(pattern, text, re.ASCII))


def test_letters_fold_when_told_so() -> None:
    assert accepts(automaton("[E]a", fold=True), "eA")
    assert not accepts(automaton("[E]a"), "eA")


@pytest.mark.parametrize(
    "pattern", ["", "a*", "(a", "a)", "[a", "a{2,1}", "a{x}", "*a", r"\q", "[z-a]", "a{900}", "a\\"]
)
def test_a_wrong_pattern_says_where(pattern: str) -> None:
    with pytest.raises(PatternError, match=r" at \d+: "):
        automaton(pattern)
