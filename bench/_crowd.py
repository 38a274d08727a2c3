"""Parcels of a known number of people, as a table of any size, made quickly and from a seed."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt

_Longs = npt.NDArray[np.int64]
_Bytes = npt.NDArray[np.uint8]

_HEAD = "快递单号,收件人姓名,收件人手机,收件人身份证号,收件人地址,下单时间\n"
#: Records made at a time.
_STEP = 250_000
#: A person has so many parcels on average.
_EACH = 2.5
#: Every so manieth person shows the number of the identity card, always.
_CARRIES = 4
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华建国志文斌宇浩然欣怡佳琪子涵"
_PREFIXES = (*range(130, 140), *range(150, 154), *range(155, 160), *range(180, 190))
_REGIONS = (110105, 310101, 330782, 330106, 320102, 420106, 440305, 510104, 610113, 350203)
_PLACES = ("浙江省义乌市稠城街道", "浙江省义乌市江东街道", "江苏省昆山市玉山镇东", "四川省成都市武侯区晋")
_ROADS = ("文三路", "江滨路", "学士路", "环城路", "人民路", "新华路", "中山路", "解放路")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = np.frombuffer(b"10X98765432", dtype=np.uint8)
_FIRST_DAY = np.datetime64("1950-01-01")
_DAYS = 20_000
_SPREAD = 2_654_435_761


def write(path: Path, rows: int, seed: int) -> int:
    """Write ``rows`` records in UTF-8, about 120 bytes each, and return how many people they are about.

    A person is one number of a mobile, and of an identity card if any: no two people share one.
    """
    rng = np.random.default_rng(seed)
    people = max(1, int(rows / _EACH))
    seen = np.zeros(people, dtype=np.bool_)
    with path.open("wb") as file:
        file.write(_HEAD.encode())
        for at in range(0, rows, _STEP):
            person = rng.integers(0, people, min(_STEP, rows - at))
            seen[person] = True
            file.write(_records(rng, at, person))
    return int(seen.sum())


def _records(rng: np.random.Generator, first: int, person: _Longs) -> bytes:
    """Return the records of parcels of the given people."""
    size = len(person)
    comma = np.full((size, 1), 44, dtype=np.uint8)
    parts = [
        _digits(4_200_000_000_000 + first + np.arange(size), 13),
        _names(person),
        _mobiles(person),
        np.where((person % _CARRIES == 0)[:, None], _identities(person // _CARRIES), np.uint8(0)),
        _addresses(rng, size),
        _times(rng, size),
    ]
    cells = [piece for part in parts for piece in (part, comma)][:-1]
    table = np.hstack([*cells, np.full((size, 1), 10, dtype=np.uint8)])
    return bytes(table[table != 0].tobytes())


def _digits(values: _Longs, width: int) -> _Bytes:
    """Return the last ``width`` decimal digits of each value, a row each."""
    return (values[:, None] // 10 ** np.arange(width - 1, -1, -1) % 10 + 48).astype(np.uint8)


def _written(words: tuple[str, ...] | str, which: _Longs) -> _Bytes:
    """Return the chosen words in UTF-8; all are of one length."""
    return np.frombuffer("".join(words).encode(), dtype=np.uint8).reshape(len(words), -1)[which]


def _scattered(person: _Longs, size: int) -> _Longs:
    """Return a different number below ``size`` for each person below ``size``."""
    step = _SPREAD
    while math.gcd(step, size) > 1:
        step += 1
    return (person * step + 12_345) % size


def _names(person: _Longs) -> _Bytes:
    mixed = _scattered(person, 1 << 40)
    return np.hstack(
        [
            _written(_SURNAMES, mixed % len(_SURNAMES)),
            _written(_GIVEN, mixed // 32 % len(_GIVEN)),
            _written(_GIVEN, mixed // 2048 % len(_GIVEN)),
        ]
    )


def _mobiles(person: _Longs) -> _Bytes:
    number = _scattered(person, len(_PREFIXES) * 10**8)
    prefix = np.array(_PREFIXES, dtype=np.int64)[number // 10**8]
    return _digits(prefix * 10**8 + number % 10**8, 11)


def _identities(person: _Longs) -> _Bytes:
    number = _scattered(person, len(_REGIONS) * _DAYS * 1000)
    region = np.array(_REGIONS, dtype=np.int64)[number // (_DAYS * 1000)]
    day = _FIRST_DAY + (number // 1000 % _DAYS).astype("timedelta64[D]")
    year = day.astype("datetime64[Y]").astype(np.int64) + 1970
    month = day.astype("datetime64[M]").astype(np.int64) % 12 + 1
    of_month = (day - day.astype("datetime64[M]")).astype(np.int64) + 1
    born = year * 10_000 + month * 100 + of_month
    body = _digits((region * 10**8 + born) * 1000 + number % 1000, 17)
    check = _CHECK[(body.astype(np.int64) - 48) @ np.array(_WEIGHTS) % 11]
    return np.hstack([body, check[:, None]])


def _addresses(rng: np.random.Generator, size: int) -> _Bytes:
    return np.hstack(
        [
            _written(_PLACES, rng.integers(0, len(_PLACES), size)),
            _written(_ROADS, rng.integers(0, len(_ROADS), size)),
            _digits(rng.integers(100, 999, size), 3),
            _written("号", np.zeros(size, dtype=np.int64)),
            _digits(rng.integers(1000, 3000, size), 4),
            _written("室", np.zeros(size, dtype=np.int64)),
        ]
    )


def _times(rng: np.random.Generator, size: int) -> _Bytes:
    """Return moments of June 2026."""
    day, second = rng.integers(1, 31, size), rng.integers(0, 86_400, size)
    parts = [
        _digits(day, 2),
        _digits(second // 3600, 2),
        _digits(second // 60 % 60, 2),
        _digits(second % 60, 2),
    ]
    marks = [np.full((size, 1), ord(mark), dtype=np.uint8) for mark in " ::"]
    return np.hstack([_written(("2026-06-",), np.zeros(size, dtype=np.int64)), parts[0],
                      *(piece for pair in zip(marks, parts[1:], strict=True) for piece in pair)])  # fmt: skip
