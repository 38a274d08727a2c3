"""Looking things up: duties by field and regulator, provisions and rows of tables by words."""

from __future__ import annotations

import re
from datetime import date
from typing import Protocol, TypeVar

from qingyuan.law import _tables
from qingyuan.law._files import Entry
from qingyuan.law._store import Store
from qingyuan.law._versions import Citer
from qingyuan.law.errors import LawError
from qingyuan.law.model import Duty, Provision
from qingyuan.law.tables import TableRow

R = TypeVar("R")

#: Chinese characters, or anything else between punctuation.
_STRETCH = re.compile(r"[\u4e00-\u9fff]+|[a-z0-9][\w.-]*")
#: Share of the pairs a text must hold to be offered when nothing holds every word.
_ENOUGH = 0.5
_MOST = 20


class _Named(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def zh(self) -> str: ...
    @property
    def en(self) -> str: ...
    @property
    def aliases(self) -> tuple[str, ...]: ...


N = TypeVar("N", bound=_Named)


def duties(
    store: Store, citer: Citer, field: str | None, regulator: str | None, on: date | None
) -> tuple[Duty, ...]:
    """Return the duties of ``regulator`` in ``field`` that had a provision in force on ``on``.

    Raises:
        LawError: No such field or regulator.
    """
    wanted_field = None if field is None else _named(store.fields, field, "field")
    wanted_regulator = None if regulator is None else _named(store.regulators, regulator, "regulator")
    found = []
    for entry in store.duties.values():
        record = entry.record
        if wanted_field is not None and wanted_field not in record.fields:
            continue
        if wanted_regulator is not None and wanted_regulator != record.regulator:
            continue
        articles = citer.cite_those_in_force(record.rules, on)
        if not articles:
            continue
        organ = store.regulators[record.regulator].record
        found.append(
            Duty(
                id=record.id,
                regulator=organ.id,
                regulator_zh=organ.zh,
                regulator_en=organ.en,
                fields=record.fields,
                act_zh=record.act.zh,
                act_en=record.act.en,
                proof_zh=record.proof.zh,
                proof_en=record.proof.en,
                basis=record.basis,
                articles=articles,
                verified=all(citation.verified for citation in articles),
                note_zh=record.note.zh if record.note else "",
                note_en=record.note.en if record.note else "",
            )
        )
    return tuple(found)


def every_provision(store: Store, citer: Citer) -> tuple[Provision, ...]:
    """Return the newest version of every rule, in the order of the data."""
    return tuple(
        citer.provision(rule, None)
        for instrument in store.names("provisions")
        for rule in store.rules_of(instrument)
    )


def provisions(store: Store, citer: Citer, text: str, on: date | None) -> tuple[Provision, ...]:
    """Return the rules in force on ``on`` whose title, identifier or text contains every word of ``text``.

    Where none does, those that contain most pairs of neighbouring characters of ``text`` are returned, best first.
    """
    known: list[tuple[str, Provision]] = []
    for instrument in store.names("provisions"):
        for rule in store.rules_of(instrument):
            if on is not None and not citer.in_force(rule, on):
                continue
            found = citer.provision(rule, on)
            citation = found.citation
            known.append(
                (
                    f"{rule} {found.zh} {found.en} {citation.law} {citation.law_en} {citation.article} {citation.doc_no}",
                    found,
                )
            )
    return _matching(store.synonyms, known, text)


def rows(store: Store, citer: Citer, text: str, on: date | None) -> tuple[tuple[str, TableRow], ...]:
    """Return the rows of tables that match ``text`` as :func:`provisions` does, each with the name of its table."""
    known: list[tuple[str, tuple[str, TableRow]]] = []
    for name in store.names("tables"):
        answer = _tables.table(store, citer, name, on)
        for row in answer.rows:
            cells = " ".join(f"{cell.zh} {cell.en}" for cell in row.cells.values())
            said = (
                f"{answer.zh} {answer.en} {row.id} {row.zh} {row.en} {row.article} {row.citation.law} {cells}"
            )
            known.append((said, (name, row)))
    return _matching(store.synonyms, known, text)


def _matching(synonyms: tuple[tuple[str, str], ...], known: list[tuple[str, R]], text: str) -> tuple[R, ...]:
    words = _plain(text, synonyms).split()
    if not words:
        return ()
    held = [(_plain(haystack, synonyms), value) for haystack, value in known]
    exact = tuple(value for haystack, value in held if all(word in haystack for word in words))
    if exact:
        return exact
    parts = {part for word in words for part in _pairs(word)}
    if not parts:
        return ()
    scored = [
        (sum(part in haystack for part in parts) / len(parts), number)
        for number, (haystack, _) in enumerate(held)
    ]
    near = sorted((-score, number) for score, number in scored if score >= _ENOUGH)
    return tuple(held[number][1] for _, number in near[:_MOST])


def _plain(text: str, synonyms: tuple[tuple[str, str], ...]) -> str:
    text = text.casefold()
    for word, stands in synonyms:
        text = text.replace(word, stands)
    return text


def _pairs(word: str) -> list[str]:
    """Return the pairs of neighbouring Chinese characters of ``word`` and its other stretches whole."""
    found: list[str] = []
    for stretch in _STRETCH.findall(word):
        if "\u4e00" <= stretch[0] <= "\u9fff" and len(stretch) > 1:
            found += [stretch[at : at + 2] for at in range(len(stretch) - 1)]
        else:
            found.append(stretch)
    return found


def _named(known: dict[str, Entry[N]], name: str, what: str) -> str:
    wanted = name.strip().casefold()
    for entry in known.values():
        record = entry.record
        if wanted in {word.casefold() for word in (record.id, record.zh, record.en, *record.aliases)}:
            return record.id
    listed = "、".join(f"{entry.record.id}（{entry.record.zh}）" for entry in known.values())
    raise LawError(
        f"law.unknown-{what}",
        zh=f"没有名为“{name}”的{'领域' if what == 'field' else '行政机关'}",
        en=f"there is no {what} named {name!r}",
        where=name,
        remedy_zh=f"可用的有：{listed}",
        remedy_en=f"known: {' '.join(known)}",
    )
