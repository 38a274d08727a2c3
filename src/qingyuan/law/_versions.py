"""Choosing the version that applies on a day, and citing it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Protocol, TypeVar

from qingyuan.law import _articles
from qingyuan.law._files import Entry
from qingyuan.law._schema import Instrument, InstrumentVersion, Rule, RuleVersion
from qingyuan.law._store import Store
from qingyuan.law._titles import titled
from qingyuan.law.errors import LawError
from qingyuan.law.model import Citation, Provision


class Dated(Protocol):
    """Something with a first and a last day."""

    @property
    def since(self) -> date | None:
        """First day, or ``None`` when unlimited."""

    @property
    def until(self) -> date | None:
        """Last day, or ``None`` while it applies."""


D = TypeVar("D", bound=Dated)


def applies(version: Dated, on: date) -> bool:
    """Tell whether ``version`` is in force on the day ``on``."""
    return (version.since is None or version.since <= on) and (version.until is None or on <= version.until)


def choose(versions: Sequence[D], on: date | None) -> D | None:
    """Return the version in force on ``on``, the last one when ``on`` is ``None``, else ``None``."""
    if on is None:
        return max(versions, key=lambda version: version.since or date.min)
    return next((version for version in versions if applies(version, on)), None)


def nearest(versions: Sequence[D], on: date) -> D:
    """Return the version in force on ``on``, else the first one after it, else the last one before it."""
    found = choose(versions, on)
    if found is not None:
        return found
    later = [version for version in versions if version.since is not None and version.since > on]
    return (
        min(later, key=lambda version: version.since or date.max)
        if later
        else max(versions, key=lambda version: version.since or date.min)
    )


#: Most citations remembered; they are forgotten all at once.
_MOST = 20_000


@dataclasses.dataclass(frozen=True)
class _Found:
    entry: Entry[Rule]
    version: RuleVersion
    instrument: Instrument
    edition: InstrumentVersion
    analogous: bool = False


class Citer:
    """Cites the rules of a store."""

    def __init__(self, store: Store) -> None:
        """Cite from ``store``."""
        self._store = store
        self._known: dict[tuple[str, date | None, bool], Citation] = {}

    def cite(self, rule: str, on: date | None, *, analogous: bool = False) -> Citation:
        """Return the citation of ``rule`` on the day ``on`` (the latest version when ``None``).

        With ``analogous`` a rule not in force that day is cited in its nearest version, which the citation says.

        Raises:
            LawError: No such rule, a draft, or (but with ``analogous``) it was not in force that day.
        """
        key = rule, on, analogous
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            known = self._known[key] = self._citation(self._find(rule, on, analogous=analogous))
        return known

    def cite_all(
        self, rules: Iterable[str], on: date | None, *, analogous: bool = False
    ) -> tuple[Citation, ...]:
        """Return the citations of all ``rules``; ``analogous`` as in :meth:`cite`.

        Raises:
            LawError: One is unknown or was not in force that day.
        """
        return tuple(self.cite(rule, on, analogous=analogous) for rule in rules)

    def cite_those_in_force(self, rules: Iterable[str], on: date | None) -> tuple[Citation, ...]:
        """Return the citations of those of ``rules`` that were in force on the day ``on``."""
        return tuple(self.cite(rule, on) for rule in rules if on is None or self.in_force(rule, on))

    def in_force(self, rule: str, on: date) -> bool:
        """Tell whether ``rule`` was in force on the day ``on``.

        Raises:
            LawError: No such rule.
        """
        entry = self._entry(rule)
        instrument = self._instrument(entry)
        if instrument.kind == "draft":
            return False
        return choose(entry.record.versions, on) is not None and choose(instrument.versions, on) is not None

    def changes(self, rule: str) -> tuple[date, ...]:
        """Return the days on which ``rule`` or its instrument begins to be another one, or ends, in order.

        Raises:
            LawError: No such rule.
        """
        entry = self._entry(rule)
        found: set[date] = set()
        versions: tuple[Dated, ...] = (*entry.record.versions, *self._instrument(entry).versions)
        for version in versions:
            if version.since is not None:
                found.add(version.since)
            if version.until is not None:
                found.add(version.until + timedelta(days=1))
        return tuple(sorted(found))

    def is_draft(self, rule: str) -> bool:
        """Tell whether ``rule`` is of a draft, which founds nothing.

        Raises:
            LawError: No such rule.
        """
        return self._instrument(self._entry(rule)).kind == "draft"

    def provision(self, rule: str, on: date | None) -> Provision:
        """Return the version of ``rule`` in force on the day ``on`` (the latest when ``None``).

        Raises:
            LawError: No such rule, or it was not in force that day.
        """
        found = self._find(rule, on)
        note = found.version.note
        check = self._store.checks.get(rule)
        read = found.version.verified and found.edition.verified
        compiled = self._store.checked_on(found.entry) if read else None
        return Provision(
            rule=rule,
            citation=self._citation(found),
            zh=found.version.zh,
            en=found.version.en,
            effective_from=found.version.since or found.instrument.versions[0].since,
            effective_to=found.version.until or found.instrument.versions[-1].until,
            verified=check is not None or read,
            checked_on=check.record.day if check else compiled,
            checked_by_zh=check.record.by if check else ("本数据编者" if compiled else ""),
            checked_by_en=check.record.by if check else ("the compilers of this data" if compiled else ""),
            note_zh=note.zh if note else "",
            note_en=note.en if note else "",
        )

    def _entry(self, rule: str) -> Entry[Rule]:
        entry = self._store.rule(rule)
        if entry is None:
            raise LawError(
                "law.unknown-rule",
                zh=f"法律数据中没有规则“{rule}”",
                en=f"the law data has no rule {rule!r}",
                where=rule,
                remedy_zh="请核对规则标识，或在 provisions 中补充",
                remedy_en="check the identifier, or add the rule under provisions",
            )
        return entry

    def _instrument(self, entry: Entry[Rule]) -> Instrument:
        name = self._store.instrument_of(entry.record.id) or ""
        known = self._store.instruments.get(name)
        if known is None:
            raise entry.refuse(
                "law.dangling-reference",
                f"没有文件“{name}”的登记",
                f"instrument {name!r} is not listed",
                remedy_zh="请在 instruments.yaml 中登记",
                remedy_en="list it in instruments.yaml",
            )
        return known.record

    def _find(self, rule: str, on: date | None, *, analogous: bool = False) -> _Found:
        entry = self._entry(rule)
        instrument = self._instrument(entry)
        version = choose(entry.record.versions, on)
        edition = choose(instrument.versions, on)
        drafted = instrument.kind == "draft" and on is not None
        if on is not None and analogous and not drafted and (version is None or edition is None):
            return _Found(
                entry, nearest(entry.record.versions, on), instrument, nearest(instrument.versions, on), True
            )
        if version is None or edition is None or drafted:
            raise self._not_in_force(rule, entry, instrument, on)
        return _Found(entry, version, instrument, edition)

    def _not_in_force(
        self, rule: str, entry: Entry[Rule], instrument: Instrument, on: date | None
    ) -> LawError:
        if instrument.kind == "draft":
            return LawError(
                "law.not-in-force",
                zh=f"{titled(instrument.zh)}是草案，尚未施行",
                en=f"the {instrument.en} is a draft and not in force",
                where=rule,
                remedy_zh="请引用现行规定；草案只供查阅（law show）",
                remedy_en="cite the law in force; a draft can only be read (law show)",
            )
        first = entry.record.versions[0].since or instrument.versions[0].since
        last = entry.record.versions[-1].until or instrument.versions[-1].until
        span = f"{first or '…'} – {last or '…'}"
        return LawError(
            "law.not-in-force",
            zh=f"{titled(instrument.zh)}的该规则在{on}不适用（数据中的施行期间：{span}）",
            en=f"this rule of the {instrument.en} did not apply on {on} (in force in the data: {span})",
            where=rule,
            remedy_zh="请核对行为日期；当时适用的规定须另行查明",
            remedy_en="check the date of the act; find the rule that applied then by other means",
        )

    def _citation(self, found: _Found) -> Citation:
        articles = [str(article) for article in found.version.articles]
        check = self._store.checks.get(found.entry.record.id)
        source = found.version.source or self._store.source_of(found.entry)
        return Citation(
            rule=found.entry.record.id,
            law=found.instrument.zh,
            law_en=found.instrument.en,
            article=_articles.chinese(articles),
            article_en=_articles.english(articles),
            doc_no=found.edition.doc_no,
            version=edition_zh(found.edition)
            + ("（草案，未施行）" if found.instrument.kind == "draft" else "")
            + ("（行为时未施行，仅供参照）" if found.analogous else ""),
            verified=check is not None or (found.version.verified and found.edition.verified),
            source=f"{check.record.source}（{check.record.by}，{check.record.day}核对）" if check else source,
            analogous=found.analogous,
        )

    def edition(self, rule: str, on: date | None, *, analogous: bool = False) -> tuple[str, str]:
        """Return the title and edition applied on ``on``, Chinese and English; ``analogous`` as in :meth:`cite`."""
        found = self._find(rule, on, analogous=analogous)
        return (
            f"{titled(found.instrument.zh)}{edition_zh(found.edition)}",
            f"{found.instrument.en}, {edition_en(found.edition)}",
        )


def edition_zh(edition: InstrumentVersion) -> str:
    """Return e.g. ``2020年修正（2021-01-01起施行）``."""
    return f"{edition.zh}（{edition.since}起施行）" if edition.since else edition.zh


def edition_en(edition: InstrumentVersion) -> str:
    """Return e.g. ``2020 amendment (in force from 2021-01-01)``."""
    return f"{edition.en} (in force from {edition.since})" if edition.since else edition.en
