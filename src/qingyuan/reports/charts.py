"""Pictures of figures: SVG from small templates; the same figure gives the same bytes.

Bars lie on their side, so that Chinese names are read without turning; months are a line. The words are in the family
``sans``, which the renderers replace by the face they embed.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from qingyuan.reports.figures import Figure, Group

_WIDTH = 640
_LONGEST_LABEL = 280
_CHAR = 14.0
_END = 90
_BAR = 20
_GAP = 10
_TOP = 8
_LINE_HEIGHT = 220
_NEXT_LINE = 17
#: What a label is not broken inside of: a Chinese character with the sign behind it, a word with its space.
_PIECE = re.compile(
    r"[\u2e80-\uffff][\uff0c\u3001\uff1b\uff1a\uff09\u3002\u300b\u201d]*|[^\u2e80-\uffff\s]+\s*|\s+"
)
_MOST = 20
_COLOURS = ("#12356b", "#c2570c", "#7b8aa3", "#2f7d4f", "#8a5a9e", "#a88a1c")
_INK = "#14181f"
_GREY = "#49566b"


def chart(figure: Figure, *, kind: str, lang: str = "zh") -> str:
    """Return the figure as SVG: ``bars`` or a ``line``; empty when there is nothing to draw."""
    groups = [group for group in figure.groups if group.value is not None]
    if not groups or kind == "none":
        return ""
    told = describe(figure, lang)
    body, height = _line(groups, lang) if kind == "line" else _bars(groups, lang)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'font-family="sans" font-size="14" role="img"><title>{html.escape(told)}</title>{body}</svg>'
    )


def describe(figure: Figure, lang: str = "zh") -> str:
    """Return the figure in one sentence: what a reader who cannot see the picture hears."""
    zh = lang == "zh"
    parts = [
        f"{'、'.join(group.zh) if zh else ', '.join(group.en)} {written(group.value)}"
        for group in figure.groups
    ]
    unit = figure.unit_zh if zh else figure.unit_en
    if zh:
        return f"{figure.zh}（{unit}）：{'；'.join(parts)}"
    return f"{figure.en} ({unit}): {'; '.join(parts)}"


def written(value: str | None) -> str:
    """Write a number with its thousands apart; a dash when nothing could be measured."""
    if value is None:
        return "—"
    whole, point, rest = value.partition(".")
    return f"{int(whole):,}{point}{rest}"


def _bars(groups: Sequence[Group], lang: str) -> tuple[str, int]:
    rows: dict[str, list[Group]] = {}
    parts: dict[str, None] = {}
    for group in groups:
        names = group.zh if lang == "zh" else group.en
        rows.setdefault(names[0], []).append(group)
        if len(names) > 1:
            parts.setdefault(names[1])
    kept = dict(list(rows.items())[:_MOST])
    label = min(_LONGEST_LABEL, max(_wide(name) for name in kept) + 14)
    longest = max((sum(_number(group) for group in held) for held in kept.values()), default=0.0) or 1.0
    room = _WIDTH - label - _END
    out: list[str] = []
    top = _TOP
    if parts:
        x = label
        for number, name in enumerate(parts):
            if x > label and x + 18 + _wide(name) > _WIDTH:
                x, top = label, top + 22
            if x + 18 + _wide(name) > _WIDTH:
                x = max(0, _WIDTH - 18 - _wide(name))
            out.append(f'<rect x="{x}" y="{top}" width="12" height="12" fill="{_colour(number)}"/>')
            out.append(_text(x + 18, top + 11, name, _INK))
            x += 40 + _wide(name)
        top += 28
    order = list(parts)
    y = top
    for name, held in kept.items():
        written_as = _lines(name, label - 14)
        extra = (len(written_as) - 1) * _NEXT_LINE
        for number, words in enumerate(written_as):
            out.append(_text(label - 10, y + 15 + number * _NEXT_LINE, words, _INK, "end"))
        y += extra // 2
        x_at = float(label)
        for group in held:
            width = _number(group) / longest * room
            names = group.zh if lang == "zh" else group.en
            colour = _colour(order.index(names[1]) if len(names) > 1 else 0)
            out.append(f'<rect x="{x_at:.1f}" y="{y}" width="{width:.1f}" height="{_BAR}" fill="{colour}"/>')
            x_at += width
        said = " + ".join(written(group.value) for group in held)
        out.append(_text(round(x_at, 1) + 6, y + 15, said, _INK))
        y += extra - extra // 2 + _BAR + _GAP
    return "".join(out), y + _TOP


def _line(groups: Sequence[Group], lang: str) -> tuple[str, int]:
    most = max(_number(group) for group in groups) or 1.0
    left, bottom = 50, _LINE_HEIGHT - 40
    room, high = _WIDTH - left - 30, bottom - 20
    step = room / max(1, len(groups) - 1)
    points = [
        (left + at * step if len(groups) > 1 else left + room / 2, bottom - _number(group) / most * high)
        for at, group in enumerate(groups)
    ]
    out = [f'<path d="M{left} 20V{bottom}H{_WIDTH - 30}" fill="none" stroke="{_GREY}"/>']
    for value in sorted({0, round(most / 2), round(most)}):
        y = bottom - value / most * high
        out.append(_text(left - 8, round(y + 5, 1), f"{value:,}", _GREY, "end"))
        if value:
            out.append(f'<path d="M{left} {y:.1f}H{_WIDTH - 30}" stroke="#d5dbe5"/>')
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    out.append(f'<path d="M{path}" fill="none" stroke="{_COLOURS[0]}" stroke-width="2.5"/>')
    every = max(1, -(-len(groups) // 8))
    for at, ((x, y), group) in enumerate(zip(points, groups, strict=True)):
        out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{_COLOURS[0]}"/>')
        left_over = len(groups) - 1 - at
        if left_over == 0 or (at % every == 0 and left_over >= every):
            out.append(
                _text(round(x, 1), bottom + 20, (group.zh if lang == "zh" else group.en)[0], _GREY, "middle")
            )
        if len(groups) <= _MOST:
            out.append(_text(round(x, 1), round(y - 9, 1), written(group.value), _INK, "middle"))
    return "".join(out), _LINE_HEIGHT


def _wide(words: str) -> int:
    """Return about how wide words are: a Chinese character a full square, others six tenths of it."""
    return round(sum(_CHAR if char > "\u2e7f" else _CHAR * 0.6 for char in words))


def _lines(words: str, room: int) -> list[str]:
    """Return a label in as many lines as it needs: broken at spaces, and inside a word only where that is longer than a line."""
    lines, line = [], ""
    for piece in _PIECE.findall(words):
        if line and _wide((line + piece).rstrip()) > room:
            lines.append(line.rstrip())
            line = ""
        for char in piece:
            if _wide(line + char) > room:
                lines.append(line)
                line = ""
            line += char
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _number(group: Group) -> float:
    return float(group.value or 0)


def _colour(number: int) -> str:
    return _COLOURS[number % len(_COLOURS)]


def _text(x: float, y: float, words: str, fill: str, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" fill="{fill}" text-anchor="{anchor}">{html.escape(words)}</text>'
