"""Numbers of documents (文号): the national case system issues them, an event here records them."""

from __future__ import annotations

from datetime import date

from qingyuan.cases import CaseEvent, Foreign
from qingyuan.documents import DocumentError, find_form
from qingyuan.office.casework import docket_streams, load_docket
from qingyuan.office.home import Home
from qingyuan.office.paperwork._wrapping import NUMBERED
from qingyuan.office.paperwork.offered import allowed, overlay_of
from qingyuan.store import EventDraft, StoredEvent, events_at
from qingyuan.store.numbers import keep_number, recorded_at

_LONGEST = 60


def record_number(
    home: Home, form_name: str, target: str, number: str, *, actor: str, on: date | None = None
) -> StoredEvent:
    """Record the number that the national case system gave to a document.

    Args:
        home: The office.
        form_name: Identifier or name of a form.
        target: The lead or case.
        number: As issued, e.g. ``清州检建〔2026〕1号``.
        actor: Who records it.
        on: Day it was issued; today when ``None``.

    Raises:
        Refused: The instrument is not possible yet.
        DocumentError: The number is blank or too long, or another document of the home has it.
        OfficeError: There is no such lead or case.
    """
    form = find_form(form_name, overlay_of(home))
    text = number.strip()
    day = on or home.clock.now().date()
    payload: dict[str, object] = {"form": form.id, "name": form.name, "number": text, "on": day.isoformat()}
    # Looked up in the transaction that writes: of two clerks with one number, for any two papers, the second is told.
    with home.database.write() as connection:
        loaded = load_docket(connection, docket_streams(connection, target))
        allowed(home, form, loaded, target, actor=actor)
        _check_form(text, target)
        first = recorded_at(connection, text)
        if first is not None:
            _check_same(events_at(connection, [first])[0], form.id, target, text)
        events = home.record(connection, [EventDraft(target, NUMBERED, payload)], actor=actor)
        if first is None:
            keep_number(connection, text, events[0].index)
    return events[0]


def _check_form(number: str, target: str) -> None:
    if not number or len(number) > _LONGEST or not number.isprintable():
        raise _refused(
            number,
            target,
            "为空、过长或者含有不可见字符",
            "is blank, too long, or has characters that nobody sees",
        )


def _check_same(first: CaseEvent, form: str, target: str, number: str) -> None:
    """Refuse the number of another document, in this docket or in any other of the home."""
    said = first.payload.data if isinstance(first.payload, Foreign) else {}
    if (first.stream, said.get("form")) != (target, form):
        name = said.get("name")
        raise _refused(
            number,
            target,
            f"已用于{name}（{first.stream}）",
            f"is that of another document ({name}, {first.stream})",
        )


def _refused(number: str, target: str, zh: str, en: str) -> DocumentError:
    return DocumentError(
        "documents.bad-number",
        zh=f"文号“{number[:_LONGEST]}”{zh}",
        en=f"the number {number[:_LONGEST]!r} {en}",
        where=target,
        remedy_zh="请按全国检察业务应用系统编制的文号填写",
        remedy_en="give the number as the national case system issued it",
    )
