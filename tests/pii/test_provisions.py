"""Every provision that kinds and profiles cite is one of the law data, cited alike."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest
import yaml

from qingyuan.law import load


def _cited() -> Iterator[Any]:
    for folder in ("kinds", "profiles"):
        for file in sorted((resources.files("qingyuan.pii") / folder).iterdir(), key=lambda f: f.name):
            if file.name.endswith(".yaml"):
                for provision in _provisions(yaml.load(file.read_bytes(), yaml.CSafeLoader)):
                    yield pytest.param(provision, id=f"{folder}/{file.name} {provision['rule']}")


def _provisions(data: Any) -> Iterator[dict[str, Any]]:
    if isinstance(data, dict):
        yield from data.get("provisions", ())
        for value in data.values():
            yield from _provisions(value)
    elif isinstance(data, list):
        for value in data:
            yield from _provisions(value)


@pytest.mark.parametrize("provision", list(_cited()))
def test_a_provision_is_cited_as_the_law_data_has_it(provision: dict[str, Any]) -> None:
    citation = load().cite(provision["rule"])
    assert (citation.law, citation.article, citation.verified) == (
        provision["law"],
        provision["article"],
        provision["verified"],
    )
