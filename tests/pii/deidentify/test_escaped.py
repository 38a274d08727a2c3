r"""Values inside cells, written as JSON, ``%E6%AC%A7`` or ``\u6b27``: replaced as what they say, by something that can be read again."""

from __future__ import annotations

import csv
import io
import json
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.pii.deidentify import Keys, deidentify_bytes, load_policy
from qingyuan.pii.deidentify._escaped import plain, written

NAME, MOBILE = "欧阳雨桐", "13900139777"
SLASHED = "".join(f"\\u{ord(c):04x}" for c in NAME + MOBILE)
SLASHED_NAME, SLASHED_MOBILE = SLASHED[: 6 * len(NAME)], SLASHED[6 * len(NAME) :]
ALL_PERCENT = "".join(f"%{b:02X}" for b in MOBILE.encode())


def rewritten(cell: str, policy: str) -> str:
    """Return what becomes of the cell of a table."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([["no", "note"], *([n, cell] for n in range(5))])
    keys = Keys(bytes(range(32)))
    _, data = deidentify_bytes(
        text.getvalue().encode(), "a.csv", load_policy(policy), keys=keys, token_key=bytes(32)
    )
    rows = list(csv.reader(io.StringIO(data.decode())))
    assert {row[1] for row in rows[1:]} == {rows[1][1]}
    return rows[1][1]


CELLS = [
    json.dumps({"name": NAME, "tel": MOBILE}, ensure_ascii=False),
    json.dumps({"name": NAME, "tel": MOBILE}),
    f'{{"name":"{SLASHED_NAME}","tel":"{SLASHED_MOBILE}"}}',
    f'{{"name": "{NAME}", "tel": {MOBILE}}}',
]


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_of_json_stays_json_whatever_its_values_are_written_with(cell: str) -> None:
    assert json.loads(rewritten(cell, "default")) == {"name": "欧***", "tel": "139****9777"}
    for policy in ("linkable", "reversible"):
        assert json.loads(rewritten(cell, policy)) | {"tel": ""} == json.loads(
            rewritten(CELLS[0], policy)
        ) | {"tel": ""}
        assert (
            str(json.loads(rewritten(cell, policy))["tel"]) == json.loads(rewritten(CELLS[0], policy))["tel"]
        )


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("mobile", [MOBILE, ALL_PERCENT])
def test_a_cell_of_the_web_keeps_its_escapes(encoding: str, mobile: str) -> None:
    cell = f"?name={quote(NAME, encoding=encoding)}&tel={mobile}"
    assert unquote(rewritten(cell, "default"), encoding=encoding) == "?name=欧***&tel=139****9777"


def test_json_in_json_keeps_its_escapes() -> None:
    cell = json.dumps({"a": json.dumps({"name": NAME, "tel": MOBILE})})
    assert json.loads(json.loads(rewritten(cell, "default"))["a"]) == {"name": "欧***", "tel": "139****9777"}


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\\%"), min_size=1))
def test_what_is_written_with_escapes_is_read_again(text: str) -> None:
    assert plain(quote(text, safe="")) == text
    assert plain(written(text, "%E6%AC%A7")) == text
    assert plain(written(text, "\\u6b27")) == text
