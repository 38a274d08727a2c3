"""Checks that no single record can make for itself: versions, references, calendars, overlays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

from qingyuan.law import _articles
from qingyuan.law._files import Entry, Where
from qingyuan.law._gazetteer import Gazetteer
from qingyuan.law._schema import CalendarFile, Instrument, Period, PeriodVersion, Rule
from qingyuan.law._store import FILES, OVERLAY_FILES, Store
from qingyuan.law._versions import Dated
from qingyuan.law.errors import LawError
from qingyuan.law.model import Office

R = TypeVar("R")

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5
_LONGEST_HOLIDAY = 14
_DEEP = 2
#: Longest period, in whatever unit.
_LONGEST = 10_000
_FOLDERS = ("provisions", "calendar", "tables")
#: What a site adds to the acts, which the cases room reads and checks.
_CASES = "cases"


def overlay(folder: Path) -> None:
    """Refuse an overlay that is no folder or holds a YAML file the loader would not read.

    Raises:
        LawError: Naming the folder or the file.
    """
    if not folder.is_dir():
        raise LawError(
            "law.no-overlay",
            zh="本地法律数据不是文件夹",
            en="the overlay is not a folder",
            where=str(folder),
            remedy_zh="请给出文件夹的路径",
            remedy_en="give the path of a folder",
        )
    for file in sorted(folder.rglob("*.yaml")):
        parts = file.relative_to(folder).parts
        if parts not in {(name,) for name in OVERLAY_FILES} and not (
            len(parts) == _DEEP and parts[0] in (*_FOLDERS, _CASES)
        ):
            raise LawError(
                "law.unknown-file",
                zh="本地法律数据中有不会被读取的文件",
                en="the overlay holds a file that would not be read",
                where=str(file),
                remedy_zh=f"可用：{'、'.join(OVERLAY_FILES)}、provisions/*.yaml、tables/*.yaml、calendar/<年>.yaml、cases/*.yaml",
                remedy_en=f"allowed: {' '.join(OVERLAY_FILES)} provisions/*.yaml tables/*.yaml calendar/<year>.yaml cases/*.yaml",
            )


_INTERNET_COURT = "internet-court"


def everything(store: Store) -> None:
    """Check the whole of ``store``.

    Raises:
        LawError: Naming file, line and field of the first problem.
    """
    _files(store)
    for name, member in (("periods.yaml", "computation"), ("service.yaml", "gap")):
        _packaged_only(store, name, member)
    for entry in store.instruments.values():
        _instrument(entry)
    for name in store.names("provisions"):
        for rule in store.rules_of(name).values():
            _rule(store, name, rule)
    for period in store.periods.values():
        _period(store, period)
    for name in store.names("tables"):
        _table(store, name)
    _references(store)
    for year in store.names("calendar"):
        _calendar(store, year)
    for office in store.offices.values():
        _office(store.gazetteer, office)


def _office(gazetteer: Gazetteer, entry: Entry[Office]) -> None:
    office = entry.record
    where = entry.document.where((*entry.path, "division"))
    # An Internet court is called after its city and has a level of its own.
    if gazetteer.seat(office.division, where) is not office.level and office.kind != _INTERNET_COURT:
        raise _problem(
            entry,
            f"区划{office.division}与层级{office.level.value}不符",
            f"division {office.division} is not of level {office.level.value}",
            "level",
        )


def _files(store: Store) -> None:
    names = [*FILES]
    names += [f"provisions/{name}.yaml" for name in store.names("provisions")]
    names += [f"tables/{name}.yaml" for name in store.names("tables")]
    names += [f"calendar/{year}.yaml" for year in store.names("calendar")]
    for name in names:
        for document, _ in store.documents(name):
            document.refuse_duplicate_keys()


def _instrument(entry: Entry[Instrument]) -> None:
    versions = entry.record.versions
    if not versions:
        raise _problem(entry, "没有任何版本", "it has no version", "versions")
    _in_order(entry, versions)


def _rule(store: Store, name: str, entry: Entry[Rule]) -> None:
    instrument = store.instruments.get(name)
    if instrument is None:
        raise _dangling(entry, name, "instruments.yaml")
    if store.instrument_of(entry.record.id) != name:
        raise _problem(
            entry, f"规则标识须以“{name}-”开头", f"the identifier must start with {name!r} and a hyphen", "id"
        )
    if not entry.record.versions:
        raise _problem(entry, "没有任何版本", "it has no version", "versions")
    _in_order(entry, entry.record.versions)
    first, last = instrument.record.versions[0].since, instrument.record.versions[-1].until
    for number, version in enumerate(entry.record.versions):
        at: Where = ("versions", number)
        if not version.articles:
            raise _problem(entry, "没有写明条文", "no article is named", *at, "articles")
        for article in version.articles:
            if not _articles.is_reference(str(article)):
                raise _problem(
                    entry,
                    f"条文“{article}”无法识别",
                    f"article {article!r} is not a reference",
                    *at,
                    "articles",
                )
        early = version.since is not None and first is not None and version.since < first
        late = version.until is not None and last is not None and version.until > last
        if early or late:
            raise _problem(
                entry,
                f"版本的期间超出所属文件的施行期间（{first or '…'} – {last or '…'}）",
                f"the version reaches beyond its instrument ({first or '…'} – {last or '…'})",
                *at,
            )


def _table(store: Store, name: str) -> None:
    """Check the rows of a table: known columns and rules, each identifier once, the overlay's among them."""
    seen: set[str] = set()
    columns: set[str] = set()
    for entry in store.tables(name):
        columns |= {column.id for column in entry.record.columns}
        _known(store, entry, entry.record.rule, "rule")
        if not entry.record.rows:
            raise _problem(entry, "没有任何行", "it has no row", "rows")
        for number, row in enumerate(entry.record.rows):
            at: Where = ("rows", number)
            if row.id in seen:
                raise entry.refuse(
                    "law.duplicate-id",
                    f"标识“{row.id}”重复",
                    f"identifier {row.id!r} is used twice",
                    remedy_zh="请改用新的标识",
                    remedy_en="choose another identifier",
                    at=(*at, "id"),
                )
            seen.add(row.id)
            if row.rule:
                _known(store, entry, row.rule, *at, "rule")
            for column in row.cells:
                if column not in columns:
                    raise _dangling(entry, column, "columns", *at, "cells")


def _known(store: Store, entry: Entry[R], rule: str, *at: str | int) -> None:
    if store.rule(rule) is None:
        raise _dangling(entry, rule, "provisions", *at)


def _period(store: Store, entry: Entry[Period]) -> None:
    if entry.record.narrows and not entry.local:
        raise _problem(entry, "narrows 只用于本地数据", "narrows is for overlays only", "narrows")
    if not entry.record.versions:
        raise _problem(entry, "没有任何版本", "it has no version", "versions")
    _in_order(entry, entry.record.versions)
    for number, version in enumerate(entry.record.versions):
        at: Where = ("versions", number)
        if not 1 <= version.value <= _LONGEST:
            raise _problem(
                entry,
                f"长度须为正数且不超过{_LONGEST}",
                f"the length must be positive and at most {_LONGEST}",
                *at,
                "value",
            )
        if not version.rules:
            raise _problem(entry, "没有引用任何规则", "it cites no rule", *at, "rules")
        if version.before and version.unit != "day":
            raise _problem(
                entry, "倒推的期限只能以日计", "a period counted back is counted in days", *at, "before"
            )
        _refer(store, entry, version.rules, *at, "rules")
        _refer(store, entry, [ground.rule for ground in version.suspensions], *at, "suspensions")
        _refer(store, entry, [extension.rule for extension in version.extensions], *at, "extensions")
        _extensions(entry, version, at)
        _covered(store, entry, version, at)


def _extensions(entry: Entry[Period], version: PeriodVersion, at: Where) -> None:
    for number, extension in enumerate(version.extensions):
        if extension.value < 1:
            raise _problem(
                entry, "延长的长度须为正数", "an extension must be positive", *at, "extensions", number
            )
        if extension.repeat and number < len(version.extensions) - 1:
            raise _problem(
                entry,
                "只有最后一次延长可以重复",
                "only the last extension may repeat",
                *at,
                "extensions",
                number,
            )


def _covered(store: Store, entry: Entry[Period], version: PeriodVersion, at: Where) -> None:
    """Refuse a period version that applies on a day when one of its rules does not."""
    for name in version.rules:
        rule = store.rule(name)
        instrument = store.instruments[store.instrument_of(name) or ""].record
        if rule is None:
            continue
        first = rule.record.versions[0].since or instrument.versions[0].since
        last = rule.record.versions[-1].until or instrument.versions[-1].until
        begins, ends = version.since, version.until
        early = first is not None and (begins is None or begins < first)
        late = last is not None and (ends is None or ends > last)
        if early or late:
            raise _problem(
                entry,
                f"期限的施行期间超出规则“{name}”（{first or '…'} – {last or '…'}）",
                f"the period reaches beyond rule {name!r} ({first or '…'} – {last or '…'})",
                *at,
            )


def _references(store: Store) -> None:
    computation = store.computation
    for name in ("gap", "first_day", "month_end", "rollover", "hours"):
        _refer(store, computation, getattr(computation.record, name), name)
    for threshold in store.thresholds:
        record = threshold.record
        rules = [tier.rule for tier in record.tiers]
        rules += [
            record.gain_rule,
            record.sum_rule,
            record.insider_rule,
            record.especially_rule,
            record.business_rule,
            record.counting_rule,
        ]
        _refer(store, threshold, rules)
    _damages(store)
    _jurisdiction(store)
    _service(store)
    _conduct(store)
    for day in store.statutory_days:
        _refer(store, day, [day.record.rule], "rule")
    for check in store.checks.values():
        _known(store, check, check.record.rule, "rule")
    for duty in store.duties.values():
        _refer(store, duty, duty.record.rules, "rules")
        if not duty.record.rules:
            raise _problem(duty, "没有引用任何规则", "it cites no rule", "rules")
        if duty.record.regulator not in store.regulators:
            raise _dangling(duty, duty.record.regulator, "regulators", "regulator")
        for field in duty.record.fields:
            if field not in store.fields:
                raise _dangling(duty, field, "fields", "fields")


def _packaged_only(store: Store, name: str, member: str) -> None:
    """Refuse a member of an overlay's file that only the packaged file has, which would be left unread."""
    for document, local in store.documents(name):
        if local and document.line(member):
            raise LawError(
                "law.overlay-contradiction",
                zh=f"“{member}”只能由内置数据规定",
                en=f"{member!r} is set by the packaged data only",
                where=document.where((member,)),
                remedy_zh="请从本地数据中删除",
                remedy_en="delete it from the local data",
            )


def _service(store: Store) -> None:
    for mode in store.service_modes.values():
        _refer(store, mode, mode.record.rules, "rules")
        if not mode.record.rules:
            raise _problem(mode, "没有引用任何规则", "it cites no rule", "rules")
        if mode.record.period and mode.record.period not in store.periods:
            raise _dangling(mode, mode.record.period, "periods", "period")


def _conduct(store: Store) -> None:
    (document, _), *_ = store.documents("conduct.yaml")
    for number, deciding in enumerate(store.spanning):
        _refer(store, Entry(deciding, document, ("spanning", number), local=False), [deciding.rule], "rule")


def _damages(store: Store) -> None:
    entry = store.damages
    record = entry.record
    inputs, heads = {named.id for named in record.inputs}, {named.id for named in record.heads}
    _refer(store, entry, [record.costs_rule], "costs_rule")
    for number, kind in enumerate(record.kinds):
        for edition, version in enumerate(kind.versions):
            at: Where = ("kinds", number, "versions", edition)
            rules = [way.rule for way in version.ways] + [version.punitive_rule] * bool(version.punitive_rule)
            rules += [version.discretion.rule] if version.discretion else []
            _refer(store, entry, rules, *at)
            for way in version.ways:
                if way.base not in inputs or way.head not in heads:
                    raise _dangling(entry, f"{way.base}/{way.head}", "inputs, heads", *at)
        for field in kind.fields:
            if field not in store.fields:
                raise _dangling(entry, field, "fields", "kinds", number, "fields")


def _jurisdiction(store: Store) -> None:
    jurisdiction = store.jurisdiction
    for name in jurisdiction.record.__struct_fields__:
        value = getattr(jurisdiction.record, name)
        if isinstance(value, str):
            _refer(store, jurisdiction, [value], name)
    _refer(
        store, jurisdiction, [court.rule for court in jurisdiction.record.internet_courts], "internet_courts"
    )


def _refer(store: Store, entry: Entry[R], rules: Iterable[str], *at: str | int) -> None:
    for rule in rules:
        if store.rule(rule) is None:
            raise _dangling(entry, rule, "provisions", *at)
        instrument = store.instruments.get(store.instrument_of(rule) or "")
        if instrument is not None and instrument.record.kind == "draft":
            raise _problem(
                entry,
                f"规则“{rule}”出自草案，尚未施行，不能作为依据",
                f"rule {rule!r} is of a draft that is not in force and founds nothing",
                *at,
            )


def _in_order(entry: Entry[R], versions: Sequence[Dated]) -> None:
    last: date | None = None
    for number, version in enumerate(versions):
        if version.since is not None and version.until is not None and version.until < version.since:
            raise _problem(
                entry, "版本的终日早于始日", "the version ends before it begins", "versions", number
            )
        if number and (last is None or version.since is None or version.since <= last):
            raise _problem(
                entry,
                "版本的期间重叠或顺序颠倒（前一版本须写明 to）",
                "versions overlap or are out of order (the earlier one needs a `to`)",
                "versions",
                number,
            )
        last = version.until


def _calendar(store: Store, stem: str) -> None:
    if not stem.isdigit():
        raise LawError(
            "law.unknown-file",
            zh="放假安排的文件名须为年份",
            en="a calendar file is named after its year",
            where=f"calendar/{stem}.yaml",
            remedy_zh="例如 calendar/2027.yaml",
            remedy_en="for example calendar/2027.yaml",
        )
    entry = store.calendar(int(stem))
    if entry is None:
        return
    record = entry.record
    if record.year != int(stem):
        raise _problem(entry, "年份与文件名不符", "the year differs from the file name", "year")
    if not record.notices:
        raise _problem(entry, "没有写明通知文号", "no notice is named", "notices")
    for number, notice in enumerate(record.notices):
        if notice.verified and not notice.number:
            raise _problem(
                entry,
                "通知未写文号；未核对的须注明 verified: false",
                "a notice without its number must say verified: false",
                "notices",
                number,
            )
    off = _days_off(entry, record)
    for number, day in enumerate(record.workdays):
        if day in off:
            raise _problem(entry, f"{day}既放假又上班", f"{day} is both off and worked", "workdays", number)
        if day.weekday() < _SATURDAY:
            raise _problem(entry, f"{day}不是周末", f"{day} is not a weekend day", "workdays", number)


def _days_off(entry: Entry[CalendarFile], record: CalendarFile) -> set[date]:
    off: set[date] = set()
    for number, holiday in enumerate(record.holidays):
        if holiday.until < holiday.since or (holiday.until - holiday.since).days > _LONGEST_HOLIDAY:
            raise _problem(
                entry, "放假的起止日期不合理", "the span of days off is not sensible", "holidays", number
            )
        current = holiday.since
        while current <= holiday.until:
            if current in off:
                raise _problem(entry, f"{current}重复放假", f"{current} is off twice", "holidays", number)
            off.add(current)
            current += _ONE_DAY
    return off


def _problem(entry: Entry[R], zh: str, en: str, *at: str | int) -> LawError:
    return entry.refuse(
        "law.bad-data",
        f"{_name(entry)}：{zh}",
        f"{_name(entry)}: {en}",
        remedy_zh="请对照 docs/law-data.md 修正",
        remedy_en="correct it as docs/law-data.md describes",
        at=at,
    )


def _dangling(entry: Entry[R], name: str, place: str, *at: str | int) -> LawError:
    return entry.refuse(
        "law.dangling-reference",
        f"{_name(entry)}引用的“{name}”不存在",
        f"{_name(entry)} refers to {name!r}, which does not exist",
        remedy_zh=f"请在 {place} 中补充，或更正引用",
        remedy_en=f"add it under {place}, or correct the reference",
        at=at,
    )


def _name(entry: Entry[R]) -> str:
    identifier: object = getattr(entry.record, "id", None) or getattr(entry.record, "year", None)
    return str(identifier or entry.document.name)
