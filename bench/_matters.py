"""A hundred thousand matters from a seed: events as the acts write them, on many days, in many offices."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import date, timedelta

import msgspec

from bench._case import history

#: Index, stream, number, type, time, actor, salt and payload, as the table of events has them.
Row = tuple[int, str, int, str, str, str, bytes, bytes]

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_PLACES = ("城东", "城西", "江口", "石桥", "南湖", "北岭", "青川", "白沙", "柳林", "龙湾")
_WHAT = (
    "快递面单明文打印", "云仓收件人信息外泄", "电鱼器具网上销售", "医疗美容虚假广告", "儿童应用超范围收集信息", "校园周边违规配送",
    "人脸识别设备强制采集", "直播带货假冒农资", "外卖平台资质审查缺失", "网络餐饮食品安全隐患",
)  # fmt: skip
_DAYS = 260


def offices(count: int, chance: random.Random) -> list[str]:
    """Return division codes of counties: thirty-one provinces, some prefectures each, some counties each."""
    every = [f"{p:02}{c:02}{k:02}" for p in range(11, 42) for c in range(1, 12) for k in range(1, 10)]
    return chance.sample(every, min(count, len(every)))


def events(matters: int, first: int, seed: int = 20) -> Iterator[list[Row]]:
    """Yield the events of one matter after the other, ten on average.

    Args:
        matters: How many.
        first: Index of the first event.
        seed: What everything follows from.
    """
    chance = random.Random(seed)
    told = history(16)
    counties = offices(2_800, chance)
    shifted = [
        [_moved(kind, at.isoformat(), body, days) for _, _, kind, at, body in told] for days in range(_DAYS)
    ]
    streams = [(stream[0], n) for stream, n, *_ in told]
    index = first
    for number in range(1, matters + 1):
        office = chance.choice(counties)
        title = f"{chance.choice(_PLACES)}{chance.choice(_WHAT)}{number}号"
        names = {
            "L2026-0001": f"L2026-{number:04}",
            "M2026-0001": f"M2026-{number:04}",
            "C2026-0001": f"C2026-{number:04}",
        }
        rows: list[Row] = []
        for (letter, n), (kind, at, text) in zip(
            streams[: chance.randrange(5, 17)], chance.choice(shifted), strict=False
        ):
            for name, own in names.items():
                text = text.replace(name, own)  # noqa: PLW2901 - the same text, with its own numbers
            text = text.replace("仓库面单外泄", title).replace("某县人民检察院", office)  # noqa: PLW2901
            if kind == "lead.registered":
                text = text[:-1] + f',"office":"{office}"}}'  # noqa: PLW2901
            rows.append((index, names[f"{letter}2026-0001"], n, kind, at, "P001", bytes(16), text.encode()))
            index += 1
        yield rows


def _moved(kind: str, at: str, body: dict[str, object], days: int) -> tuple[str, str, str]:
    def later(match: re.Match[str]) -> str:
        return (date.fromisoformat(match[0]) + timedelta(days=days)).isoformat()

    return kind, _DAY.sub(later, at), _DAY.sub(later, msgspec.json.encode(body).decode())
