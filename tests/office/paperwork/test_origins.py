"""Every word of every instrument is the form's own or says where it is from, and changes when that changes."""

from __future__ import annotations

import pytest

from qingyuan.documents import find_form, forms
from tests.office.paperwork.told import document_from, logged, target_of, world_of
from tests.office.paperwork.tracing import unmoved, untraced

each_form = pytest.mark.parametrize("form", sorted(forms()))


@each_form
def test_no_value_is_without_an_origin(form: str) -> None:
    made = document_from(find_form(form), logged(world_of(form)), target_of(form))
    assert untraced(find_form(form), made) == []


@each_form
def test_another_event_makes_other_words(form: str) -> None:
    assert unmoved(find_form(form), logged(world_of(form)), target_of(form)) == []
