"""Numbers of documents (文号): the national case system issues them, an event here records them."""

from __future__ import annotations

from datetime import date

from qingyuan.documents import DocumentError, find_form
from qingyuan.office.casework import Loaded, docket_streams, load_docket
from qingyuan.office.home import Home
from qingyuan.office.paperwork._wrapping import NUMBERED
from qingyuan.office.paperwork.making import allowed, overlay_of
from qingyuan.store import EventDraft, StoredEvent

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
        DocumentError: The number is blank or too long, or another document of the docket has it.
        OfficeError: There is no such lead or case.
    """
    form = find_form(form_name, overlay_of(home))
    text = number.strip()
    day = on or home.clock.now().date()
    payload: dict[str, object] = {"form": form.id, "name": form.name, "number": text, "on": day.isoformat()}
    # Looked up in the transaction that writes: of two clerks with one number the second is told.
    with home.database.write() as connection:
        loaded = load_docket(connection, docket_streams(connection, target))
        allowed(home, form, loaded, target, actor=actor)
        _check(loaded, form.id, target, text)
        events = home.record(connection, [EventDraft(target, NUMBERED, payload)], actor=actor)
    return events[0]


def _check(loaded: Loaded, form: str, target: str, number: str) -> None:
    taken = [
        event
        for event in loaded.events
        if event.type == NUMBERED
        and event.payload.get("number") == number
        and (event.stream, event.payload.get("form")) != (target, form)
    ]
    if not number or len(number) > _LONGEST or "\n" in number or taken:
        what = (
            (
                f"已用于{taken[0].payload.get('name')}（{taken[0].stream}）",
                f"is that of another document ({taken[0].stream})",
            )
            if taken
            else ("为空或者过长", "is blank or too long")
        )
        raise DocumentError(
            "documents.bad-number",
            zh=f"文号“{number[:_LONGEST]}”{what[0]}",
            en=f"the number {number[:_LONGEST]!r} {what[1]}",
            where=target,
            remedy_zh="请按全国检察业务应用系统编制的文号填写",
            remedy_en="give the number as the national case system issued it",
        )
