"""Whether a masked value still points to somebody: how many people fit what it shows.

The estimate divides the people who have such a value by what each shown part tells. It is a reading aid with
round figures, not a measurement: a value is judged by its order of magnitude only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from qingyuan.pii.catalog import catalog

#: People (and mobile numbers, and payment cards) in the mainland, in round figures.
_PEOPLE, _MOBILES, _CARDS = 1.4e9, 1.8e9, 9.0e9
#: Counties, days of birth of the living, and the share of people with the commonest full name.
_COUNTIES, _PROVINCES, _DAYS = 2.9e3, 31.0, 3.3e4
_COMMONEST_NAME = 2e-4
#: So few candidates can be tried one by one.
_TRIABLE = 1e4
#: Kinds whose values are figures, so that the hidden ones can be counted.
_FIGURES = frozenset(("resident-id", "mobile", "bank-card", "imei", "imsi", "iccid", "qq", "driving-licence"))
_STARS = frozenset("*＊×•●○∗#xX")
_ID_LENGTH, _PROVINCE, _COUNTY, _YEAR, _BIRTH = 18, 2, 6, 10, 14

Level = Literal["alone", "with-name", "weak", "nobody"]


@dataclass(frozen=True, slots=True)
class Residue:
    """What a masked value still tells.

    Attributes:
        level: ``"alone"``: about one person fits; ``"with-name"``: with a name about one person fits, or so few
            values fit that they can be tried; ``"weak"``: many fit even with a name; ``"nobody"``: nothing is shown.
        fitting: Estimated number of people (or values) that fit.
        zh: The reason, Chinese.
        en: The same in English.
    """

    level: Level
    fitting: float
    zh: str
    en: str


def residue(kind: str, value: str) -> Residue:
    """Judge a masked value.

    Args:
        kind: A kind of the catalogue.
        value: The value with its signs that hide, as it stands in the source.
    """
    shown = [c if c not in _STARS else "" for c in value.strip() if not c.isspace() and c not in "-.·"]
    told = sum(bool(c) for c in shown)
    name = catalog().kinds[kind]
    if told == 0:
        return Residue(
            "nobody", _PEOPLE, f"{name.zh}全部隐藏，不再指向特定自然人", f"{name.en}: nothing is shown"
        )
    fitting = _fitting(kind, shown)
    if fitting <= 1:
        level: Level = "alone"
    elif fitting * _COMMONEST_NAME <= 1 or _tries(kind, shown) <= _TRIABLE:
        level = "with-name"
    else:
        level = "weak"
    zh = {
        "alone": "显示部分单独即可能识别特定自然人",
        "with-name": "与姓名等信息结合可能识别特定自然人，属于去标识化而非匿名化",
        "weak": "显示部分较少，与姓名结合仍对应较多的人",
    }
    en = {
        "alone": "what is shown may identify a person by itself",
        "with-name": "with a name it may identify a person: de-identified, not anonymised",
        "weak": "little is shown; many people fit even with a name",
    }
    return Residue(
        level, fitting, f"{name.zh}显示{told}位，约{_round(fitting)}人相符：{zh[level]}",
        f"{name.en}: {told} characters shown, about {_round(fitting)} people fit: {en[level]}",
    )  # fmt: skip


def _round(number: float) -> str:
    """Return a number in words of one figure."""
    return f"{number:.0e}".replace("e+0", "e").replace("e+", "e") if number >= 1 else "1"


def _tries(kind: str, shown: list[str]) -> float:
    """Return how many values fit what is shown, check digits left out of account."""
    hidden = sum(not c for c in shown)
    return 10.0**hidden if kind in _FIGURES else float("inf")


def _fitting(kind: str, shown: list[str]) -> float:
    """Return the estimated number of people who fit what is shown."""
    if kind in ("resident-id", "driving-licence") and len(shown) == _ID_LENGTH:
        return _fitting_id(shown)
    told = sum(bool(c) for c in shown)
    if kind == "mobile":
        # The first digit is always 1, and the first three tell the operator: about forty are in use.
        head = 40.0 if all(shown[:3]) else 1.0
        return float(_MOBILES / head / 10 ** sum(bool(c) for c in shown[3:]))
    if kind == "bank-card":
        head = 1e3 if all(shown[:6]) else 1.0
        return float(_CARDS / head / 10 ** sum(bool(c) for c in shown[6:]))
    if kind == "name":
        return _PEOPLE * 0.07 ** min(told, 1) * 3e-3 ** max(0, told - 1)
    return float(_PEOPLE / 10**told)


def _fitting_id(shown: list[str]) -> float:
    """Return the same for a resident ID: region, date of birth, order and check character."""
    people = _PEOPLE
    if all(shown[:_COUNTY]):
        people /= _COUNTIES
    elif all(shown[:_PROVINCE]):
        people /= _PROVINCES
    if all(shown[_COUNTY:_BIRTH]):
        people /= _DAYS
    elif all(shown[_COUNTY:_YEAR]):
        people /= _DAYS / 365
    return float(people / 10 ** sum(bool(c) for c in shown[_BIRTH:]))
