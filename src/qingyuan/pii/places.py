"""Chinese postal addresses in parts: province, city, district, and the rest.

Provinces and cities come from ``data/divisions.yaml``; what the text leaves out but the list knows (the province of a
city, the city of a municipality) is filled in. Districts are told by their last character, 义乌市 and 延边县 alike.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from importlib import resources
from typing import NamedTuple

import msgspec
import pyarrow as pa

from qingyuan.pii._counties import by_name
from qingyuan.pii.catalog import load_file


class Province(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A province with its cities, separated by blanks; see ``data/divisions.yaml``."""

    name: str
    short: str
    letter: str = ""
    municipality: bool = False
    cities: str = ""


class Divisions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The list of divisions; ``verified`` tells whether it was checked against the official one."""

    verified: bool
    provinces: tuple[Province, ...]


class Address(NamedTuple):
    """An address in parts; what the text does not tell is ``""``.

    Attributes:
        province: Full name of the province, autonomous region, municipality or special region.
        city: Full name of the prefecture-level division; of a municipality its own name.
        district: District, county, banner or county-level city as written.
        detail: What follows: town, road, number, building, room.
    """

    province: str
    city: str
    district: str
    detail: str


#: Columns of the result of :func:`parse_addresses`.
FIELDS = pa.schema([(name, pa.string()) for name in Address._fields])

#: Between two parts.
_GAP = re.compile(r"[\s,，、/\-—_|;；:：]*")
_LABEL = re.compile(r"^[\s\"'“”]*(?:中国|中华人民共和国)?")
_DISTRICT = re.compile(r"[一-龥]{1,12}?[区县旗市]")
#: 小区, 社区, 园区… are no districts, nor is 市 in 市场, 市政.
_BEFORE_AREA = frozenset("小社园校厂库辖景")
_AFTER_CITY = frozenset("场政")
_CITY = re.compile(r"[一-龥]{2,12}?自治州|[一-龥]{2,6}?(?:地区|盟)|[一-龥]{2,5}?市(?![场政])")
#: The production corps and its divisions stand where a city does, and a county-level city follows.
_CORPS = re.compile(r"(?:新疆)?(?:生产建设)?兵团(?:第?[一二三四五六七八九十]{1,3}师)?[\s,，、]*")
_CORPS_IN = "新疆维吾尔自治区"
#: Words before which no district ends: 路, 街, 村… stand inside a detail.
_INSIDE = frozenset("路街巷村镇乡号弄栋幢")
#: Longest name of a county; what shows that a name without its suffix is one of a road or town.
_MOST = 15
_NO_COUNTY = frozenset("路街镇乡村市区县旗州道巷里新东西南北中大省")
#: 市 with one character before it is no county-level city.
_SHORTEST = 2


class _Gazetteer(NamedTuple):
    """Lookups by the first two characters: ``(written, province, city)``, longest written first."""

    provinces: dict[str, tuple[tuple[str, str, bool], ...]]
    cities: dict[str, tuple[tuple[str, str, str], ...]]


def _grouped(entries: Iterable[tuple[str, ...]]) -> dict[str, list[tuple[str, ...]]]:
    out: dict[str, list[tuple[str, ...]]] = {}
    for entry in sorted(set(entries), key=lambda e: (-len(e[0]), e)):
        out.setdefault(entry[0][:2], []).append(entry)
    return out


@functools.cache
def divisions() -> Divisions:
    """Return the shipped list."""
    return load_file(resources.files("qingyuan.pii") / "data" / "divisions.yaml", Divisions)


@functools.cache
def _gazetteer() -> _Gazetteer:
    """Return the lookups of the shipped list."""
    provinces: list[tuple[str, str, bool]] = []
    cities: list[tuple[str, str, str]] = []
    for p in divisions().provinces:
        provinces += [(p.name, p.name, p.municipality), (p.short, p.name, p.municipality)]
        if p.name.endswith("自治区"):
            provinces.append((f"{p.short}自治区", p.name, p.municipality))
        for city in p.cities.split():
            cities.append((city, p.name, city))
            short = short_name(city)
            if len(short) > 1 and short != p.short:
                cities.append((short, p.name, city))
    by_province: dict[str, tuple[tuple[str, str, bool], ...]] = {
        key: tuple((str(a), str(b), bool(c)) for a, b, c in group)
        for key, group in _grouped(provinces).items()  # type: ignore[arg-type]
    }
    by_city = {key: tuple((a, b, c) for a, b, c in group) for key, group in _grouped(cities).items()}
    return _Gazetteer(by_province, by_city)


def short_name(city: str) -> str:
    """Return a city's name without its suffix and without the peoples of an autonomous prefecture."""
    if city.endswith("自治州"):
        found = re.match(
            r"(.+?)(?:朝鲜|土家|苗|藏|羌|彝|布依|侗|哈尼|壮|傣|白|景颇|傈僳|回|蒙古|柯尔克孜|哈萨克)", city
        )
        return found.group(1) if found else city
    return city.removesuffix("市").removesuffix("地区").removesuffix("盟")


def written_names() -> tuple[str, ...]:
    """Return every way a province or city of the list is written, longest first."""
    g = _gazetteer()
    names = {e[0] for group in g.provinces.values() for e in group} | {
        e[0] for group in g.cities.values() for e in group
    }
    return tuple(sorted(names, key=lambda n: (-len(n), n)))


def parse_address(text: str) -> Address:  # noqa: C901, PLR0912 - one level after the other
    """Return the parts of one address."""
    g = _gazetteer()
    at = _end(_LABEL, text, 0)
    province = city = district = ""
    municipality = False
    at = _past_letter(text, at, g)
    for written, name, own in g.provinces.get(text[at : at + 2], ()):
        if text.startswith(written, at):
            after = at + len(written)
            # 吉林市 is a city: the short name of a province directly before 市 names no province.
            if text[after : after + 1] == "市" and not own:
                break
            province, municipality = name, own
            at = _end(_GAP, text, after)
            break
    if municipality:
        city = province
        short = city.removesuffix("市")
        for again in (city, f"{short}市辖区", "市辖区", "市"):
            if text.startswith(again, at) and not (again == "市" and text.startswith("市场", at)):
                at = _end(_GAP, text, at + len(again))
                break
    else:
        for written, name, full in g.cities.get(text[at : at + 2], ()):
            if text.startswith(written, at) and province in ("", name):
                after = at + len(written)
                # 朝阳区 is no city, 中山路 neither.
                if written != full and text[after : after + 1] in ("区", "县", "路", "街", "镇", "乡", "村"):
                    continue
                province, city = name, full
                at = _end(_GAP, text, after)
                break
        else:
            found = _CITY.match(text, at) if province else None
            if found and _district_end(text, found.end()) > found.end():
                city = found.group()
                at = _end(_GAP, text, found.end())
        if city and text.startswith("市辖区", at):
            at += 3
    corps = _CORPS.match(text, at)
    if corps and (
        province == _CORPS_IN or (not province and ("生产" in corps.group() or "师" in corps.group()))
    ):
        province, at = _CORPS_IN, corps.end()
    listed = _listed(text, at, province, city)
    end = at + len(listed[0]) if listed else _district_end(text, at)
    if end > at:
        district = text[at:end]
        if listed:
            district, province, city = listed[1], province or listed[2], city or listed[3]
        at = _end(_GAP, text, end)
    return Address(province, city, district, text[at:].strip())


def _listed(text: str, at: int, province: str, city: str) -> tuple[str, str, str, str] | None:
    """Return the listed county at ``at`` as written, its full name, and province and city where only one fits.

    赣县区 is longer than 赣县; 昆山 without 市 is read where no road or town is called so.
    """
    for size in range(min(_MOST, len(text) - at), 1, -1):
        found = by_name().get(text[at : at + size])
        if not found:
            continue
        fits = [c for c in found if province in ("", c.province) and (not city or c.city in ("", city))]
        written = text[at : at + size]
        if any(c.name == written for c in fits):
            fits = [c for c in fits if c.name == written]
        elif not (province or city) or text[at + size : at + size + 1] in _NO_COUNTY:
            continue
        fits = [c for c in fits if c.current] or fits
        if (
            not fits
            or written[-2:] == "开发区"
            or (written[-1] == "市" and text[at + size : at + size + 1] in _AFTER_CITY)
        ):
            continue
        places = {(c.province, c.city) for c in fits}
        one = places.pop() if len(places) == 1 else ("", "")
        return written, fits[0].name, *one
    return None


def _past_letter(text: str, at: int, g: _Gazetteer) -> int:
    """Return the place behind the one character of a province before one of its cities (浙杭州), else ``at``."""
    province = _letters().get(text[at : at + 1])
    if province and not g.provinces.get(text[at : at + 2]):
        cities = g.cities.get(text[at + 1 : at + 3], ())
        if any(name == province and text.startswith(written, at + 1) for written, name, _ in cities):
            return at + 1
    return at


@functools.cache
def _letters() -> dict[str, str]:
    """Return the provinces by the one character they are called by."""
    return {p.letter: p.name for p in divisions().provinces if p.letter}


def _district_end(text: str, at: int) -> int:
    """Return where the district at ``at`` ends, ``at`` itself if there is none."""
    found = _DISTRICT.match(text, at)
    if not found:
        return at
    end = found.end()
    last = text[end - 1]
    if last == "区" and text[end - 2] in _BEFORE_AREA:
        return at
    if last == "市" and (end - at == _SHORTEST or text[end : end + 1] in _AFTER_CITY):
        return at
    # 桐乡市 and 镇海区 are districts, 某镇某村某区 is none.
    return at if _INSIDE.intersection(text[at + 1 : end - 2]) else end


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Return where a match of ``pattern`` at ``at`` ends, ``at`` itself if there is none."""
    if "一" <= text[at : at + 1] <= "龥" and text[at] != "中":
        return at
    found = pattern.match(text, at)
    return found.end() if found else at


def parse_addresses(texts: Sequence[str | None]) -> pa.RecordBatch:
    """Return the parts of many addresses, a column a part (:data:`FIELDS`); null stays null.

    Equal texts are parsed once.
    """
    encoded = pa.array(texts, pa.string()).dictionary_encode()
    parsed = [parse_address(str(text)) for text in encoded.dictionary.to_pylist()]
    columns = list(zip(*parsed, strict=True)) or [()] * len(FIELDS)
    parts = [pa.array(c, pa.string()).take(encoded.indices) for c in columns]
    return pa.RecordBatch.from_arrays(parts, schema=FIELDS)
