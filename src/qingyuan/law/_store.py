"""The law data as typed records: packaged files, parsed when first needed, and an overlay folder.

An overlay adds records. It may replace three things only: a setting, the length of a period it narrows,
and the name of an office; ``_overlay`` refuses the rest.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from datetime import date
from importlib import resources
from pathlib import Path
from typing import TypeVar

from qingyuan.law import _damages_schema, _schema, _table_schema
from qingyuan.law._divisions import Divisions
from qingyuan.law._files import Document, Entry, Folder, Where, read, stems
from qingyuan.law._gazetteer import DivisionFile, Gazetteer, LocalDivisions
from qingyuan.law._overlay import replace_office, replace_period, same_identifier
from qingyuan.law.errors import LawError
from qingyuan.law.model import Office

F = TypeVar("F")
R = TypeVar("R")

#: Every file an overlay may hold, besides ``provisions/*.yaml``, ``tables/*.yaml`` and ``calendar/*.yaml``.
OVERLAY_FILES = (
    "instruments.yaml",
    "periods.yaml",
    "duties.yaml",
    "offices.yaml",
    "service.yaml",
    "divisions.yaml",
    "checks.yaml",
)
#: Every packaged file outside those folders.
FILES = (
    *OVERLAY_FILES[:-1],
    "thresholds.yaml",
    "damages.yaml",
    "conduct.yaml",
    "jurisdiction.yaml",
    "statutory-days.yaml",
    "synonyms.yaml",
)


class Store:
    """All records of the packaged data and, where given, of one overlay."""

    def __init__(self, overlay: Path | None = None, *, packaged: Folder | None = None) -> None:
        """Open the data.

        Args:
            overlay: A folder laid out like the packaged one.
            packaged: The packaged folder; another one in tests only.
        """
        self._packaged: Folder = packaged or resources.files("qingyuan.law") / "data"
        self._overlay = overlay

    def documents(self, name: str) -> list[tuple[Document, bool]]:
        """Return the packaged file ``name`` and the overlay's, with ``True`` for the latter."""
        found: list[tuple[Document, bool]] = []
        if (document := read(self._packaged, name)) is not None:
            found.append((document, False))
        if self._overlay is not None:
            document = read(self._overlay, name, shown=str(self._overlay / name))
            if document is not None:
                found.append((document, True))
        return found

    def names(self, folder: str) -> tuple[str, ...]:
        """Return the stems of the files in ``folder``, packaged and overlay together."""
        own = set(stems(self._packaged, folder))
        return tuple(sorted(own | set(stems(self._overlay, folder) if self._overlay else ())))

    @functools.cached_property
    def instruments(self) -> dict[str, Entry[_schema.Instrument]]:
        """Instruments by identifier."""
        return self._merge(
            "instruments.yaml",
            _schema.InstrumentFile,
            lambda file: _numbered("instruments", file.instruments),
            lambda record: record.id,
            same_identifier,
        )

    @functools.cached_property
    def periods(self) -> dict[str, Entry[_schema.Period]]:
        """Periods by identifier."""
        return self._merge(
            "periods.yaml",
            _schema.PeriodFile,
            lambda file: _numbered("periods", file.periods),
            lambda record: record.id,
            replace_period,
        )

    @functools.cached_property
    def computation(self) -> Entry[_schema.Computation]:
        """The rules that say how periods are counted."""
        document = self._required("periods.yaml")
        record = document.parse(_schema.PeriodFile).computation
        if record is None:
            raise LawError(
                "law.bad-field",
                zh="缺少期间计算规则",
                en="the rules of computation are missing",
                where=document.where(("computation",)),
                remedy_zh="请补充 computation",
                remedy_en="add computation",
            )
        return Entry(record, document, ("computation",), local=False)

    @functools.cached_property
    def service_modes(self) -> dict[str, Entry[_schema.ServiceMode]]:
        """Ways of serving a document by identifier."""
        return self._merge(
            "service.yaml",
            _schema.ServiceFile,
            lambda file: _numbered("modes", file.modes),
            lambda record: record.id,
            same_identifier,
        )

    @functools.cached_property
    def service_gap(self) -> tuple[str, ...]:
        """The rules through which the procedure laws' rules on service apply."""
        return self._required("service.yaml").parse(_schema.ServiceFile).gap

    @functools.cached_property
    def spanning(self) -> tuple[_schema.Deciding, ...]:
        """The rules that decide between versions for conduct that goes on over a change."""
        return self._required("conduct.yaml").parse(_schema.ConductFile).spanning

    @functools.cached_property
    def thresholds(self) -> tuple[Entry[_schema.ThresholdVersion], ...]:
        """The versions of the criminal thresholds for personal information."""
        document = self._required("thresholds.yaml")
        versions = document.parse(_schema.ThresholdFile).personal_information
        return tuple(
            Entry(version, document, path, local=False)
            for path, version in _numbered("personal_information", versions)
        )

    @functools.cached_property
    def damages(self) -> Entry[_damages_schema.DamageFile]:
        """The rules on damages."""
        document = self._required("damages.yaml")
        return Entry(document.parse(_damages_schema.DamageFile), document, (), local=False)

    @functools.cached_property
    def synonyms(self) -> tuple[tuple[str, str], ...]:
        """Pairs of a word, case-folded, and the word that stands for it, longest first."""
        groups = self._required("synonyms.yaml").parse(_schema.SynonymFile).groups
        pairs = [(word.casefold(), group[0].casefold()) for group in groups for word in group[1:]]
        return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))

    @functools.cached_property
    def jurisdiction(self) -> Entry[_schema.JurisdictionRules]:
        """The rules of jurisdiction."""
        document = self._required("jurisdiction.yaml")
        return Entry(document.parse(_schema.JurisdictionRules), document, (), local=False)

    @functools.cached_property
    def gazetteer(self) -> Gazetteer:
        """The dated table of divisions."""
        codes = Divisions(self.jurisdiction.record.municipalities)
        known, local = self._required("divisions.yaml"), None
        for document, ours in self.documents("divisions.yaml"):
            if ours:
                local = document.parse(LocalDivisions), document.where(("divisions",))
        return Gazetteer(known.parse(DivisionFile), codes, local)

    @functools.cached_property
    def statutory_days(self) -> tuple[Entry[_schema.StatutoryDay], ...]:
        """The holidays of fixed date."""
        document = self._required("statutory-days.yaml")
        days = document.parse(_schema.StatutoryDayFile).days
        return tuple(Entry(day, document, path, local=False) for path, day in _numbered("days", days))

    @functools.cached_property
    def duties(self) -> dict[str, Entry[_schema.DutyRecord]]:
        """Duties by identifier."""
        return self._merge(
            "duties.yaml",
            _schema.DutyFile,
            lambda file: _numbered("duties", file.duties),
            lambda record: record.id,
            same_identifier,
        )

    @functools.cached_property
    def regulators(self) -> dict[str, Entry[_schema.Regulator]]:
        """Kinds of organ by identifier."""
        return self._merge(
            "duties.yaml",
            _schema.DutyFile,
            lambda file: _numbered("regulators", file.regulators),
            lambda record: record.id,
            same_identifier,
        )

    @functools.cached_property
    def fields(self) -> dict[str, Entry[_schema.Field]]:
        """Fields of casework by identifier."""
        return self._merge(
            "duties.yaml",
            _schema.DutyFile,
            lambda file: _numbered("fields", file.fields),
            lambda record: record.id,
            same_identifier,
        )

    @functools.cached_property
    def offices(self) -> dict[str, Entry[Office]]:
        """Offices and courts by identifier."""
        return self._merge(
            "offices.yaml",
            _schema.OfficeFile,
            lambda file: _numbered("offices", file.offices),
            lambda record: record.id,
            replace_office,
        )

    @functools.cached_property
    def _rules(self) -> dict[str, dict[str, Entry[_schema.Rule]]]:
        return {}

    @functools.cached_property
    def _provision_names(self) -> tuple[str, ...]:
        return self.names("provisions")

    def rules_of(self, instrument: str) -> dict[str, Entry[_schema.Rule]]:
        """Return the rules of one instrument, versions completed with the file's source."""
        if instrument not in self._rules:
            self._rules[instrument] = self._merge(
                f"provisions/{instrument}.yaml",
                _schema.ProvisionFile,
                lambda file: _numbered("rules", file.rules),
                lambda record: record.id,
                same_identifier,
            )
        return self._rules[instrument]

    @functools.cached_property
    def _heads(self) -> dict[str, tuple[str, date | None]]:
        return {}

    def _head(self, entry: Entry[_schema.Rule]) -> tuple[str, date | None]:
        name = entry.document.name
        if name not in self._heads:  # parsing a file again costs as much as ten thousand answers
            file = entry.document.parse(_schema.ProvisionFile)
            self._heads[name] = (file.source, file.checked)
        return self._heads[name]

    def source_of(self, entry: Entry[_schema.Rule]) -> str:
        """Return the source named at the head of the file of ``entry``."""
        return self._head(entry)[0]

    def checked_on(self, entry: Entry[_schema.Rule]) -> date | None:
        """Return the day on which the compilers compared the file of ``entry`` with its sources."""
        return self._head(entry)[1]

    @functools.cached_property
    def checks(self) -> dict[str, Entry[_schema.SiteCheck]]:
        """Rules that the site of the overlay compared with the original, by rule."""
        return self._merge(
            "checks.yaml",
            _schema.CheckFile,
            lambda file: _numbered("checks", file.checks),
            lambda record: record.rule,
            same_identifier,
        )

    @functools.cached_property
    def _instruments_of(self) -> dict[str, str | None]:
        return {}

    def instrument_of(self, rule: str) -> str | None:
        """Return the instrument whose identifier starts ``rule``: the longest that has a file."""
        if rule not in self._instruments_of:
            fitting = [name for name in self._provision_names if rule.startswith(f"{name}-")]
            self._instruments_of[rule] = max(fitting, key=len, default=None)
        return self._instruments_of[rule]

    def rule(self, rule: str) -> Entry[_schema.Rule] | None:
        """Return the rule, or ``None`` when no file has it."""
        instrument = self.instrument_of(rule)
        return None if instrument is None else self.rules_of(instrument).get(rule)

    @functools.cached_property
    def _tables(self) -> dict[str, tuple[Entry[_table_schema.TableFile], ...]]:
        return {}

    def tables(self, name: str) -> tuple[Entry[_table_schema.TableFile], ...]:
        """Return the packaged table ``name`` and what the overlay adds to it; empty when there is none."""
        if name not in self._tables:
            self._tables[name] = tuple(
                Entry(document.parse(_table_schema.TableFile), document, (), local)
                for document, local in self.documents(f"tables/{name}.yaml")
            )
        return self._tables[name]

    @functools.cached_property
    def _calendars(self) -> dict[int, Entry[_schema.CalendarFile] | None]:
        return {}

    def calendar(self, year: int) -> Entry[_schema.CalendarFile] | None:
        """Return the arrangement of ``year``, or ``None`` when no notice for it is in the data."""
        if year not in self._calendars:
            found = self.documents(f"calendar/{year}.yaml")
            if len(found) > 1:
                raise LawError(
                    "law.overlay-contradiction",
                    zh=f"{year}年的放假安排已由内置数据给出，本地数据不得改写",
                    en=f"the arrangement of {year} is in the packaged data and may not be rewritten",
                    where=found[1][0].where(("year",)),
                    remedy_zh="请删除该文件；内置数据有误时请报告",
                    remedy_en="delete the file; report an error in the packaged data",
                )
            entries = [
                Entry(document.parse(_schema.CalendarFile), document, (), local) for document, local in found
            ]
            self._calendars[year] = entries[0] if entries else None
        return self._calendars[year]

    def _required(self, name: str) -> Document:
        document = read(self._packaged, name)
        if document is None:
            raise LawError(
                "law.missing-file",
                zh="缺少法律数据文件",
                en="a law data file is missing",
                where=name,
                remedy_zh="请重新安装本软件",
                remedy_en="install the program again",
            )
        return document

    def _merge(
        self,
        name: str,
        shape: type[F],
        records: Callable[[F], Iterable[tuple[Where, R]]],
        key: Callable[[R], str],
        settle: Callable[[Entry[R], Entry[R]], Entry[R]],
    ) -> dict[str, Entry[R]]:
        merged: dict[str, Entry[R]] = {}
        for document, local in self.documents(name):
            for path, record in records(document.parse(shape)):
                entry = Entry(record, document, path, local)
                known = merged.get(key(record))
                if known is not None and known.local == local:
                    raise entry.refuse(
                        "law.duplicate-id",
                        f"标识“{key(record)}”重复",
                        f"identifier {key(record)!r} is used twice",
                        remedy_zh="请改用新的标识",
                        remedy_en="choose another identifier",
                    )
                merged[key(record)] = entry if known is None else settle(known, entry)
        return merged


def _numbered(name: str, records: tuple[R, ...]) -> list[tuple[Where, R]]:
    return [((name, index), record) for index, record in enumerate(records)]
