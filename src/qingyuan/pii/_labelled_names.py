"""Names hidden in part right behind a word for a person, in free text: 户名鲁**, 患者尉迟某某, 联系人 *国."""

from __future__ import annotations

import functools
import re

import numpy as np
import numpy.typing as npt

from qingyuan.pii._kernel import flags as f
from qingyuan.pii.batch import Bytes, Longs
from qingyuan.pii.catalog import catalog

#: What hides: stars in the forms that are left after :mod:`qingyuan.pii._signs`, single X and #, and 某.
_STARS = "*∗×•●○＊"
_LOOSE = "xX#＃"
_HIDES = re.compile(
    b"|".join(re.escape(sign.encode()) for sign in (*_STARS, "＃", "某"))
    + rb"|(?<=[\x80-\xbf])[xX#]|[xX#](?=[\xe4-\xe9])"
)
#: The bits of a byte that tell that it goes on with a character, and what they are then.
_GOES_ON, _ON = 0xC0, 0x80
#: Bytes read before the first and behind the last sign of a cell.
_ASIDE = 48

Found = tuple[Longs, Longs, Longs]


@functools.cache
def _pattern() -> re.Pattern[str]:
    """Return the pattern of a word for a person, what joins, and a name hidden in part."""
    kind, names = catalog().kinds["name"], catalog().names
    words = {word for word in (*kind.context.zh, *kind.header.zh) if len(word) > 1} | {"name"}
    labels = "|".join(sorted(map(re.escape, words), key=lambda w: (-len(w), w)))
    single = names.single.replace(" ", "")
    surname = f"(?:{'|'.join(names.double)}|[{single}])"
    sign = f"[{re.escape(_STARS + _LOOSE)}]"
    free = r"(?![一-龥*\w])"
    forms = (
        rf"{surname}{sign}{{1,3}}[一-龥]?{free}", rf"{surname}[{re.escape(_STARS)}]{{1,3}}", rf"{surname}某{{1,2}}[甲乙丙丁]?",
        rf"{sign}{{1,3}}[一-龥]{{1,2}}{free}",
    )  # fmt: skip
    return re.compile(rf"(?:{labels})(?:为|是|系)?[\s:：=（(【\[\"“']{{0,3}}({'|'.join(forms)})")


def find(data: Bytes, starts: Longs, ends: Longs, cells: Longs) -> Found:
    """Return ``(cell, start, end)`` of the names in the given cells, ascending.

    Args:
        data: UTF-8 bytes.
        starts: First byte of every cell.
        ends: One past the last byte.
        cells: The cells to look at, ascending.
    """
    out: list[tuple[int, int, int]] = []
    low, high = starts[cells], ends[cells]
    text_of = data.data
    signs = [
        (m.start(), n)
        for n, (first, last) in enumerate(zip(low.tolist(), high.tolist(), strict=True))
        for m in _HIDES.finditer(text_of, first, last)
    ]
    reached = -1
    for p, number in signs:
        if p < reached:
            continue
        begin, end = max(int(low[number]), p - _ASIDE), min(int(high[number]), p + _ASIDE)
        while begin < p and data[begin] & _GOES_ON == _ON:
            begin += 1
        text = data[begin:end].tobytes().decode("utf-8", "ignore")
        for found in _pattern().finditer(text):
            first = begin + len(text[: found.start(1)].encode())
            last = first + len(found[1].encode())
            if first >= reached and first <= p < last:
                out.append((int(cells[number]), first, last))
                reached = last
                break
    made: npt.NDArray[np.int64] = np.array(out, dtype=np.int64).reshape(-1, 3)
    return made[:, 0].copy(), made[:, 1].copy(), made[:, 2].copy()


#: Evidence of such a name.
FLAGS = np.uint32(f.LABELLED | f.MASKED)
