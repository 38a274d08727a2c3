"""Names of offices that no list gives, made from the name of the division; always to be checked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from qingyuan.law._gazetteer import Gazetteer
from qingyuan.law.model import Level, Office

#: Special administrative regions and Taiwan have no procuratorates or courts of this order.
OUTSIDE = ("71", "81", "82")
_COURTS_AND_OFFICES = ("procuratorate", "court")
_COURTS = {Level.PROVINCE: "高级人民法院", Level.PREFECTURE: "中级人民法院", Level.COUNTY: "人民法院"}


def named_office(gazetteer: Gazetteer, kind: str, level: Level, division: str, on: date) -> Office | None:
    """Return the procuratorate or court of a division as such offices are usually called, ``verified`` false.

    Development zones, railways, prisons, forests and the branches of municipal procuratorates do not follow divisions.

    Returns:
        ``None`` when the table does not know the division on ``on``, or the level does not fit it.
    """
    if division[:2] in OUTSIDE or kind not in _COURTS_AND_OFFICES or gazetteer.level(division) is not level:
        return None
    row = gazetteer.find(division, on)
    if row is None:
        return None
    name = row.name
    if level is Level.COUNTY and name.endswith("区"):  # a district is called with its city
        above = gazetteer.find(gazetteer.above(division), on)
        name = f"{above.name if above else ''}{name}"
    suffix = "人民检察院" if kind == "procuratorate" else _COURTS[level]
    return Office(id=f"{kind}-{division}", name=f"{name}{suffix}", level=level, division=division, kind=kind)


def named_offices(gazetteer: Gazetteer, on: date) -> Iterator[Office]:
    """Yield the procuratorate and the court of every province, prefecture and county of a day."""
    for code in gazetteer.rows():
        for kind in _COURTS_AND_OFFICES:
            office = named_office(gazetteer, kind, gazetteer.level(code), code, on)
            if office is not None:
                yield office
