"""The questions the law room answers."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from qingyuan.law import _check, _damages, _deadline, _jurisdiction, _search, _service, _tables, _threshold
from qingyuan.law._calendar import WorkCalendar
from qingyuan.law._naming import named_offices
from qingyuan.law._service import Service
from qingyuan.law._store import Store
from qingyuan.law._versions import Citer, applies, choose, nearest
from qingyuan.law._words import length_en, length_zh
from qingyuan.law.conduct import Conduct, over
from qingyuan.law.damages import Amounts, Damages, DamagesOver
from qingyuan.law.model import (
    Citation,
    Day,
    Deadline,
    Division,
    Duty,
    Exclusion,
    Facts,
    Level,
    Named,
    Office,
    Period,
    Proposal,
    Provision,
    Step,
    Threshold,
    Track,
)
from qingyuan.law.tables import LawTable, TableRow

if TYPE_CHECKING:
    from qingyuan.law.corpus import KnownEdition, Moved


class Law:
    """The law data and its evaluator; answers cite their articles and explain themselves."""

    def __init__(self, overlay: Path | None = None) -> None:
        """Open the packaged data and, where given, an overlay; prefer :func:`load`, which caches.

        Raises:
            LawError: The overlay is not valid or contradicts the packaged data.
        """
        #: The folder of local rules, or ``None``.
        self.overlay = overlay
        #: What other rooms computed from this law and its overlay, by name; it lasts as long as the law does.
        self.kept: dict[str, object] = {}
        self._store = Store(overlay)
        self._citer = Citer(self._store)
        self._calendar = WorkCalendar(self._store)
        if overlay is not None:
            _check.overlay(overlay)
            self.check()

    def check(self) -> None:
        """Read every file and validate it, references and versions included.

        Raises:
            LawError: Naming file, line and field of the first problem.
        """
        _check.everything(self._store)

    def deadline(
        self,
        period: str,
        start: date,
        *,
        extend: int = 0,
        suspend: Sequence[tuple[date, date]] = (),
        analogous: bool = False,
    ) -> Deadline:
        """Return when ``period`` ends if the event that starts it happened on ``start``.

        Args:
            period: Identifier of a period, see :meth:`periods`.
            start: Day of the event; a :class:`datetime.datetime` for periods counted in hours. It also
                chooses the version of the rules.
            extend: Number of extensions granted.
            suspend: Spans of days not counted, both ends included.
            analogous: Count by the nearest version when none was in force on ``start``: the answer is then
                provisional and says so. For old cases whose rules of the time are not in the data.

        Raises:
            LawError: Unknown period, rule not in force on ``start`` (but with ``analogous``), extension the rules do not know,
                a span that ends before it begins, or hours counted from a bare date.
        """
        return _deadline.count(
            self._store, self._citer, self._calendar, period, start, extend, suspend, analogous=analogous
        )

    def periods(self, on: date | None = None) -> tuple[Period, ...]:
        """Return every period of the data, settings included: in its latest version, or that nearest to the day ``on``."""
        found = []
        for entry in self._store.periods.values():
            record = entry.record
            version = choose(record.versions, None) if on is None else nearest(record.versions, on)
            if version is None:
                continue
            extension = next(iter(version.extensions), None)
            found.append(
                Period(
                    id=record.id,
                    zh=record.zh,
                    en=record.en,
                    track=record.track,
                    statutory=record.kind == "statutory",
                    length_zh=length_zh(version.value, version.unit),
                    length_en=length_en(version.value, version.unit),
                    extension_zh=length_zh(extension.value, extension.unit) if extension else "",
                    start_zh=version.start.zh,
                    start_en=version.start.en,
                    unit=version.unit,
                )
            )
        return tuple(found)

    def service(self, mode: str, on: date, *, analogous: bool = False) -> Service:
        """Return which day counts as the day of service, and why.

        Args:
            mode: Identifier or name of a way of service, see :meth:`service_modes`.
            on: Day of the act: signed, left, read out, arrived, received on the return, published.
            analogous: As in :meth:`deadline`.

        Raises:
            LawError: No such way of service, or (but with ``analogous``) its rules were not in force.
        """
        return _service.serve(self._store, self._citer, self._calendar, mode, on, analogous=analogous)

    def service_modes(self) -> tuple[Named, ...]:
        """Return the ways of service, in the order of the data."""
        return tuple(
            Named(entry.record.id, entry.record.zh, entry.record.en)
            for entry in self._store.service_modes.values()
        )

    def threshold(
        self,
        sensitive: int,
        important: int,
        general: int,
        *,
        gain: Decimal | int | None = None,
        insider: bool = False,
        on: date | None = None,
        recipients: int | None = None,
        excluded: Sequence[Exclusion] = (),
        business: bool = False,
    ) -> Threshold:
        """Return whether counts of personal information reach the criminal thresholds.

        Args:
            sensitive: Whereabouts, content of communications, credit, property.
            important: Lodging, communication records, health, transactions and the like.
            general: Any other personal information.
            gain: Unlawful gain in CNY, if known.
            insider: Obtained on duty or while providing a service, then sold or provided.
            on: Day of the act; the latest version when ``None``.
            recipients: To how many different recipients the same information was sold or provided, each of them
                counted (art. 11); ``None`` when it was not, or it is not known.
            excluded: Pieces shown to be untrue or duplicates (art. 11).
            business: Bought or received for lawful business: art. 6 applies to general information that was not passed on.

        Raises:
            LawError: A negative number, more excluded than counted, no recipient, or a day on which the
                interpretation was not in force.
        """
        counts = {"sensitive": sensitive, "important": important, "general": general}
        act = _threshold.Act(gain, on, insider, recipients, tuple(excluded), business)
        return _threshold.weigh(self._store, self._citer, counts, act)

    def damages(self, kind: str, amounts: Amounts, *, on: date | None = None) -> Damages:
        """Return what may be claimed for one kind of harm, as a range where the law leaves a choice.

        Args:
            kind: Identifier, see :meth:`harms`.
            amounts: What is known, CNY.
            on: Day of the act; the latest version when ``None``.

        Raises:
            LawError: Unknown kind, a negative or non-finite amount, or a day without a rule in the data.
        """
        return _damages.estimate(self._store, self._citer, kind, amounts, on)

    def damages_over(self, kind: str, amounts: Amounts, first: date, last: date) -> DamagesOver:
        """Return what :meth:`damages` says for each version that applied to conduct from ``first`` to ``last``, and what decides between them.

        Raises:
            LawError: As :meth:`damages`, or ``last`` before ``first``.
        """
        return _damages.estimate_over(self._store, self._citer, kind, amounts, first, last)

    def harms(self) -> tuple[Named, ...]:
        """Return the kinds of harm that :meth:`damages` understands; aliases are fields of casework."""
        return tuple(
            Named(record.id, record.zh, record.en, record.fields)
            for record in self._store.damages.record.kinds
        )

    def jurisdiction(
        self,
        track: Track | Literal["administrative", "civil"],
        facts: Facts,
        offices: Sequence[Office] = (),
        *,
        analogous: bool = False,
    ) -> Proposal:
        """Return who may file the case and where it would be sued.

        Args:
            track: The kind of case.
            facts: The facts that decide.
            offices: Offices and courts known to the caller; matched before the packaged seed.
            analogous: Apply the nearest version of rules that were not in force on that day; the answer is then not firm.

        Raises:
            LawError: A needed fact is missing, a code is malformed, a move is not possible, or (but with ``analogous``) the
                rules were not in force.
        """
        return _jurisdiction.propose(
            self._store, self._citer, Track(track), facts, offices, analogous=analogous
        )

    def internet_court_subjects(self, on: date) -> tuple[Step, ...]:
        """Return the kinds of case that the Internet courts had on a day, in the order of the rule; empty before 2018-09-07."""
        courts = [court for court in self._store.jurisdiction.record.internet_courts if applies(court, on)]
        return tuple(
            dict.fromkeys(Step(subject.zh, subject.en) for court in courts for subject in court.subjects)
        )

    def duties(
        self, field: str | None = None, regulator: str | None = None, on: date | None = None
    ) -> tuple[Duty, ...]:
        """Return what regulators must do, by field and regulator (identifier, name or alias).

        Duties none of whose provisions was in force on ``on`` are left out.

        Raises:
            LawError: No such field or regulator.
        """
        return _search.duties(self._store, self._citer, field, regulator, on)

    def regulators(self) -> tuple[Named, ...]:
        """Return the kinds of regulator that :meth:`duties` understands."""
        return tuple(
            Named(record.id, record.zh, record.en, record.aliases)
            for record in (entry.record for entry in self._store.regulators.values())
        )

    def fields(self) -> tuple[Named, ...]:
        """Return the fields of casework that :meth:`duties` understands."""
        return tuple(
            Named(record.id, record.zh, record.en, record.aliases)
            for record in (entry.record for entry in self._store.fields.values())
        )

    def provision(self, rule: str, on: date | None = None) -> Provision:
        """Return the version of ``rule`` in force on the day ``on`` (the latest when ``None``).

        Raises:
            LawError: No such rule, or not in force that day.
        """
        return self._citer.provision(rule, on)

    def conduct(self, rule: str, first: date, last: date) -> Conduct:
        """Return how ``rule`` stood over conduct from ``first`` to ``last``, and what decides between its versions.

        Raises:
            LawError: No such rule, ``last`` before ``first``, or in force on none of the days.
        """
        return over(self._store, self._citer, rule, first, last)

    def cite(self, rule: str, on: date | None = None, *, analogous: bool = False) -> Citation:
        """Return how ``rule`` is cited on the day ``on`` (the latest version when ``None``).

        With ``analogous`` a rule not in force that day is cited in its nearest version, which the citation says.

        Raises:
            LawError: No such rule, or (but with ``analogous``) not in force that day.
        """
        return self._citer.cite(rule, on, analogous=analogous)

    def provisions(self) -> tuple[Provision, ...]:
        """Return every rule in its newest version, in the order of the data."""
        return _search.every_provision(self._store, self._citer)

    def kind_of(self, rule: str) -> str:
        """Return what kind of instrument a rule stands in, such as ``"law"``, ``"interpretation"`` or ``"guidance"``.

        Raises:
            LawError: ``law.unknown-rule``: there is no such rule.
        """
        found = self._store.instrument_of(self.provision(rule).rule)
        return self._store.instruments[found].record.kind if found else ""

    def search(self, text: str, on: date | None = None) -> tuple[Provision, ...]:
        """Return the rules that contain every word of ``text``, in the order of the data; else the nearest ones."""
        return _search.provisions(self._store, self._citer, text, on)

    def search_rows(self, text: str, on: date | None = None) -> tuple[tuple[str, TableRow], ...]:
        """Return the rows of tables that match ``text`` as in :meth:`search`, each with the name of its table."""
        return _search.rows(self._store, self._citer, text, on)

    def tables(self) -> tuple[Named, ...]:
        """Return every table of the data: name and titles."""
        return _tables.names(self._store)

    def table(self, name: str, on: date | None = None) -> LawTable:
        """Return one table, e.g. ``app-types``, with the rows that applied on the day ``on``.

        Without a day every row is returned, those resting on drafts with ``in_force`` false.

        Raises:
            LawError: No such table.
        """
        return _tables.table(self._store, self._citer, name, on)

    def editions(self) -> dict[str, tuple[KnownEdition, ...]]:
        """Return the versions of every instrument by its plain title, to check citations against a corpus."""
        from qingyuan.law.corpus import KnownEdition, plain_title  # noqa: PLC0415 - only citations need its patterns

        return {
            plain_title(entry.record.zh): tuple(
                KnownEdition(version.since, version.until) for version in entry.record.versions
            )
            for entry in self._store.instruments.values()
            if entry.record.kind != "draft"
        }

    def moved(self, on: date) -> dict[str, tuple[Moved, ...]]:
        """Return what stood under other numbers of articles before the day ``on``, by plain title, to check citations."""
        from qingyuan.law.corpus.moving import moved  # noqa: PLC0415 - only citations need its patterns

        return moved(self._store, self._citer, on)

    def day(self, day: date) -> Day:
        """Return whether ``day`` is worked, and by which notice."""
        return self._calendar.day(day)

    def division(self, code: str, on: date) -> Division:
        """Return the division that ``code`` meant on the day ``on``.

        Raises:
            LawError: The code is malformed, or the table did not have it on that day; the remedy says what it became or was.
        """
        return self._store.gazetteer.division(code, on)

    def seat(self, code: str, where: str = "") -> Level:
        """Return the level of a division that an office may have its seat in.

        Args:
            code: Six digits.
            where: What an error names; the code when blank.

        Raises:
            LawError: It is no code (``law.bad-division``), or one that the table never had (``law.unknown-division``).
        """
        return self._store.gazetteer.seat(code, where or code)

    def divisions_named(self, name: str, on: date) -> tuple[Division, ...]:
        """Return the divisions of a name on a day, e.g. ``江干区`` or ``浙江省杭州市江干区``; empty when there is none."""
        return self._store.gazetteer.named(name, on)

    def divisions_ended(self, name: str, on: date) -> tuple[Division, ...]:
        """Return the divisions that were called so before ``on`` and are no more, each as on its last day: ``江干区`` in 2022."""
        return self._store.gazetteer.ended(name, on)

    def divisions_begun(self, beginning: str, on: date) -> tuple[Division, ...]:
        """Return the divisions whose name begins so on a day, e.g. ``义乌``: what somebody may mean whom :meth:`divisions_named` does not answer."""
        return self._store.gazetteer.begun(beginning, on) if beginning else ()

    def division_line(self, code: str, on: date) -> tuple[Division, ...]:
        """Return a division and those it belongs to, up to the province.

        Raises:
            LawError: As :meth:`division`.
        """
        line = [self.division(code, on)]
        while line[-1].parent not in {"", "000000"}:
            line.append(self.division(line[-1].parent, on))
        return tuple(line)

    def division_now(self, code: str, on: date) -> tuple[Division, ...]:
        """Return what a division that once was has become by the day ``on``; itself while it exists.

        Raises:
            LawError: The table never had the code, or does not know what became of it.
        """
        codes = self._store.gazetteer.successors(code, on) or (code,)
        return tuple(self.division(each, on) for each in codes)

    def offices(self) -> tuple[Office, ...]:
        """Return the offices and courts of the data, and those of every province, prefecture and county by their usual names.

        Offices of the data and of an overlay count before those made from the table of divisions, which are all unverified.
        Branches of municipal procuratorates, courts and offices of railways, prisons, forests and development zones follow no
        division: a site adds them.
        """
        return self._offices

    @functools.cached_property
    def _offices(self) -> tuple[Office, ...]:
        listed = [entry.record for entry in self._store.offices.values()]
        known = {(office.kind, office.division) for office in listed}
        gazetteer = self._store.gazetteer
        made = named_offices(gazetteer, gazetteer.as_of)
        return (*listed, *(office for office in made if (office.kind, office.division) not in known))


def load(overlay: Path | None = None) -> Law:
    """Return the law data; files of the package are parsed when first needed.

    With an ``overlay`` everything is read and checked at once, so that a bad local rule is refused here. An overlay that was
    edited since is read anew.

    Raises:
        LawError: The overlay is not valid or contradicts the packaged data.
    """
    return _load(overlay, () if overlay is None else tuple(_stamps(overlay)))


@functools.lru_cache(maxsize=8)
def _load(overlay: Path | None, _: tuple[tuple[str, int, int], ...]) -> Law:
    return Law(overlay)


def _stamps(overlay: Path) -> Iterator[tuple[str, int, int]]:
    """Yield name, time of change in nanoseconds and size of every file of an overlay, in order."""
    for path in sorted(overlay.rglob("*.yaml")):
        told = path.stat()
        yield str(path), told.st_mtime_ns, told.st_size
