"""Looking things up: duties by field and regulator, provisions by words."""

from __future__ import annotations

from datetime import date
from typing import Protocol, TypeVar

from qingyuan.law._files import Entry
from qingyuan.law._store import Store
from qingyuan.law._versions import Citer
from qingyuan.law.errors import LawError
from qingyuan.law.model import Duty, Provision


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


def provisions(store: Store, citer: Citer, text: str, on: date | None) -> tuple[Provision, ...]:
    """Return the rules in force on ``on`` whose title, identifier or text contains every word of ``text``."""
    words = text.casefold().split()
    if not words:
        return ()
    found = []
    for instrument in store.names("provisions"):
        for rule in store.rules_of(instrument):
            if on is not None and not citer.in_force(rule, on):
                continue
            provision = citer.provision(rule, on)
            citation = provision.citation
            haystack = f"{rule} {provision.zh} {provision.en} {citation.law} {citation.law_en} {citation.article} {citation.doc_no}"
            haystack = haystack.casefold()
            if all(word in haystack for word in words):
                found.append(provision)
    return tuple(found)


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
