"""Four sites that know each other: a province, a city, a county, a court."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from qingyuan.office.clock import FixedClock
from qingyuan.office.exchange import add_peer
from qingyuan.office.exchange.peers import own_keys
from qingyuan.office.home import Home, OfficeInfo
from tests.cases._world import moment

OFFICES = {
    "province": OfficeInfo("zhejiang", "浙江省人民检察院", "330000", "province"),
    "city": OfficeInfo("jinhua", "金华市人民检察院", "330700", "prefecture"),
    "county": OfficeInfo("yiwu", "义乌市人民检察院", "330782", "county"),
    "court": OfficeInfo("jinhua-court", "金华市中级人民法院", "330700", "prefecture"),
}


class Sites:
    """Homes by name, one clock for all."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.clock = FixedClock(moment(date(2026, 3, 2)))
        self.folder = folder
        self.homes = {
            name: Home.open(folder / name, create=True, office=OFFICES[name], clock=self.clock)
            for name in names
        }
        for name, home in self.homes.items():
            for other, theirs in self.homes.items():
                if other != name:
                    log, package = own_keys(theirs)
                    add_peer(home, other, title=OFFICES[other].name, log=log, package=package, actor="P001")

    def __getitem__(self, name: str) -> Home:
        return self.homes[name]

    def put(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def close(self) -> None:
        for home in self.homes.values():
            home.close()
