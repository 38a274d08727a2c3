"""A kind added as a file alone, what a wrong file says, and the edges of values."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest
import yaml

from qingyuan.pii import PiiError, scan
from qingyuan.pii._formed import find_forms
from qingyuan.pii._kernel import flags as f
from qingyuan.pii._kernel.forms import TEXT
from qingyuan.pii.catalog import catalog, load_kinds
from qingyuan.pii.grammar import Grammar, build
from tests.pii.material import KEY, prose, table

KINDS = Path(__file__).parents[2] / "src/qingyuan/pii/kinds"
STUDENT = {
    "kind": "student-number", "zh": "学籍号", "en": "student number", "sensitive": False, "tier": "C", "key": 0,
    "note_zh": "", "note_en": "", "displaces": True, "normal": "letters",
    "header": {"zh": ["学籍号"], "en": ["student no"]}, "context": {"zh": ["学籍号"], "en": ["student no"]},
    "mask": {"start": 2, "end": 2},
    "forms": [{"pattern": r"[GLJ]\d{17}[\dX]", "checks": ["varied"], "states": {"label": "confirmed", "column": "confirmed"}}],
    "provisions": [{"rule": "r", "law": "示例", "article": "第一条", "verified": False}],
    "examples": [{"text": "学籍号G110105201001010012", "value": "G110105201001010012"}],
    "near_misses": [{"text": "G110105201001010012"}], "refuted_by": {"zh": "略", "en": "none"},
}  # fmt: skip


def with_kind(tmp_path: Path, kind: dict[str, object]) -> Grammar:
    folder = tmp_path / "kinds"
    shutil.copytree(KINDS, folder)
    text = yaml.safe_dump(kind, allow_unicode=True)
    (folder / f"{kind['kind']}.yaml").write_text(text, encoding="utf-8")
    return build(msgspec.structs.replace(catalog(), kinds=load_kinds(folder)))


def values(made: Grammar, text: str) -> list[str]:
    found = find_forms(prose([text]), np.array([TEXT], dtype=np.int16), made)
    raw = text.encode()
    return [raw[s:e].decode() for s, e in zip(found.start.tolist(), found.end.tolist(), strict=True)]


def test_a_kind_is_added_by_a_file_alone(tmp_path: Path) -> None:
    made = with_kind(tmp_path, STUDENT)
    assert values(made, "学籍号：G110105201001010012。") == ["G110105201001010012"]
    assert values(made, "编号G110105201001010012。") == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"pattern": "[G"}, r"student-number\.yaml.*\$\.forms\[0\]\.pattern"),
        ({"checks": ["modulo"]}, r"student-number\.yaml.*\$\.forms\[0\]\.checks.*modulo"),
        ({"states": {}}, r"student-number\.yaml.*\$\.forms\[0\]\.states"),
        ({"states": {"nearby": "confirmed"}}, r"student-number\.yaml.*nearby"),
        ({"also": ["nobody"]}, r"student-number\.yaml.*nobody"),
    ],
)
def test_a_wrong_form_is_named_with_file_and_field(
    tmp_path: Path, change: dict[str, object], says: str
) -> None:
    form = {**STUDENT["forms"][0], **change}  # type: ignore[index]
    with pytest.raises(PiiError, match=says):
        with_kind(tmp_path, {**STUDENT, "forms": [form]})


def hits(text: str) -> list[tuple[str, str, str, str]]:
    found = scan([prose([text])], KEY, "a").hits.to_pylist()
    return [(text[h["start"] : h["end"]], h["kind"], h["state"], h["reason"]) for h in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("护照号：Ｅ１２３４５６７８", ("Ｅ１２３４５６７８", "passport", "confirmed", "form+label")),
        ("证件号码：E12345678", ("E12345678", "passport", "confirmed", "form+label")),
        ("E12345678（护照）", ("E12345678", "passport", "confirmed", "form+label")),
        ("QQ12345678", ("12345678", "qq", "confirmed", "digits+label")),
        ("IMSI:460001234567891", ("460001234567891", "imsi", "confirmed", "prefix+label")),
        (
            "驾驶证号：11010519491231002X",
            ("11010519491231002X", "driving-licence", "confirmed", "checksum+label"),
        ),
        ("电话138.1234.5678", ("138.1234.5678", "mobile", "confirmed", "number-plan+context")),
        (
            "电话一三八一二三四五六七八",
            ("一三八一二三四五六七八", "mobile", "confirmed", "number-plan+context"),
        ),
        ("打幺三八零零幺三八零零零", ("幺三八零零幺三八零零零", "mobile", "confirmed", "number-plan")),
    ],
)
def test_a_value_is_known_by_what_stands_before_it(text: str, found: tuple[str, str, str, str]) -> None:
    assert hits(text) == [found]


@pytest.mark.parametrize(
    "text",
    [
        "E12345678",
        "E12345678-2护照夹",
        "1.2.3.4.5",
        "a_浙G12345@b",
        "460001234567891",
        "一二三四五六七八九",
        "12:30:45",
    ],
)
def test_a_look_alike_is_nothing(text: str) -> None:
    assert hits(text) == []


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        (
            "身份证11010519491231002X，去年确诊乙型肝炎",
            "medical",
            [("乙型肝炎", "confirmed", "word+cue+person")],
        ),
        ("身份证11010519491231002X，乙型肝炎防治讲座", "medical", [("乙型肝炎", "suspected", "word+person")]),
        ("用人单位不得以劳动者患有乙型肝炎为由拒绝录用", "medical", []),
        ("乙肝疫苗接种通知，咨询电话13812345678", "medical", []),
        ("身份证11010519491231002X，信奉基督教", "religious", [("基督教", "confirmed", "word+cue+person")]),
        ("公民有宗教信仰自由，佛教协会应当依法登记", "religious", []),
        ("诊断：糖尿病", "medical", [("糖尿病", "confirmed", "cell+label")]),
        ("诊断：（请填写）", "medical", []),
    ],
)
def test_words_count_where_a_person_is_named(text: str, kind: str, found: list[tuple[str, str, str]]) -> None:
    assert [(v, s, r) for v, k, s, r in hits(text) if k == kind] == found


def test_a_column_is_read_by_its_name_or_by_nearly_all_its_cells() -> None:
    plates = [[f"浙G{n:05}", f"E{n:08}", str(n)] for n in range(12345, 12365)]
    found = scan([table(["", "", "qq"], plates)], KEY, "a").hits.to_pylist()
    assert {(h["kind"], h["reason"]) for h in found} == {
        ("plate", "form+profile"), ("passport", "form+profile"), ("qq", "digits+column"),
    }  # fmt: skip
    few = scan([table(["备用"], [["E12345678"], ["略"], *[["常规"]] * 20])], KEY, "a").hits
    assert few.num_rows == 0


def test_codes_of_all_kinds_fit_beside_the_evidence() -> None:
    assert len(f.KINDS) <= f.MOST_KINDS + 1
    assert f.LABEL_KIND + len(f.KINDS) < 128
