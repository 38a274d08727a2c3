"""Compiled templates that are kept: the same text, whatever becomes of what is kept."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest

from qingyuan.documents import _compiling
from qingyuan.documents._compiling import template


def test_a_kept_template_belongs_to_its_text_and_its_compiler_and_a_damaged_one_is_compiled_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept"
    monkeypatch.setattr(_compiling, "_FOLDER", kept)
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    environment = jinja2.Environment(autoescape=True)

    def made(source: str, compiler: bytes = b"one") -> str:
        return template(environment, source, compiler).render(name="甲")

    assert made("{{ name }}。") == made("{{ name }}。") == "甲。"
    (one,) = kept.iterdir()
    for damaged in (b"", one.read_bytes()[:-1], b"\xff" * 64):
        one.write_bytes(damaged)
        assert made("{{ name }}。") == "甲。"
    made("{{ name }}！")
    made("{{ name }}。", b"two")
    assert len(list(kept.iterdir())) == 3
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    assert made("{{ name }}？") == "甲？"
    assert len(list(kept.iterdir())) == 3
    with pytest.raises(jinja2.TemplateSyntaxError):
        made("{{ name")
