"""Where a record is handled: the path of an office in the tree of divisions."""

from __future__ import annotations

from collections.abc import Callable

from qingyuan.law import Law
from qingyuan.office.settings import OfficeInfo

#: From how an event names an office to the path of it.
Places = Callable[[str], str]

_CODE = 6


def office_path(division: str) -> str:
    """Return the path of the office of a division: ``"330110"`` gives ``"/330000/330100/330110/"``, the nation ``"/"``."""
    if len(division) != _CODE or not division.isdecimal() or division == "000000":
        return "/"
    steps = dict.fromkeys((division[:2] + "0000", division[:4] + "00", division))
    return "/" + "".join(f"{step}/" for step in steps)


def places(law: Law, own: OfficeInfo) -> Places:
    """Return how names of offices become paths; a name that nobody knows is handled by the office itself.

    Args:
        law: Its offices, with those of the overlay.
        own: The office of the home.
    """
    known = {own.name: own.division, own.id: own.division}
    for office in law.offices():
        if office.kind == "procuratorate":
            known |= {office.name: office.division, office.id: office.division}
    home = office_path(own.division)

    def path(name: str) -> str:
        if name in known:
            return office_path(known[name])
        return office_path(name) if len(name) == _CODE and name.isdecimal() else home

    return path
