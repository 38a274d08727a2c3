"""Making a document from what the docket says: every fact names its event, both forms are sealed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from qingyuan.documents import Blank, Document, Form, fill, find_form
from qingyuan.documents.docx import render_docx
from qingyuan.documents.pdf import render_pdf
from qingyuan.documents.spelling import spelled
from qingyuan.office.casework import Loaded, load
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.paperwork._wrapping import MADE, NUMBERED
from qingyuan.office.paperwork.facts import docket_facts, issued_on, subject
from qingyuan.office.paperwork.numbers import record_number
from qingyuan.office.paperwork.offered import allowed, overlay_of
from qingyuan.office.paperwork.redacting import public_copy
from qingyuan.office.paperwork.staff import Staff, read_staff
from qingyuan.office.sealing import Collector, Sealer
from qingyuan.store import EventDraft, StoredEvent

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_FOLDER = "文书"


class Source(msgspec.Struct, frozen=True):
    """A fact of a document and the event that states it.

    Attributes:
        text: What the document says.
        event: Index of the event in the log.
        stream: Its stream.
        type: Its type.
        at: When it was recorded.
    """

    text: str
    event: int
    stream: str
    type: str
    at: str


class Ground(msgspec.Struct, frozen=True):
    """What a document says that no event states alone, and on what it rests.

    Attributes:
        text: What the document says.
        origin: ``law:RULE``, ``period:ID``, ``duty:ID``, ``list:NAME``, ``kind:ID``, ``staff:PERSON``, ``office``, ``clock`` or ``record``.
    """

    text: str
    origin: str


class Made(msgspec.Struct, frozen=True):
    """A document that was made.

    Attributes:
        form: Identifier of the form.
        name: Name of the instrument.
        docx: Where the editable copy is.
        pdf: Where the served copy is.
        exhibits: Identifiers of the sealed copies, .docx then PDF.
        sources: The facts of the text with their events, in order.
        grounds: What rests on the law data, the office's records or a closed list, with the entry it rests on.
        missing: Particulars that are marked blanks in the text.
        given: Names of the particulars that a person stated for this document.
        number: Number that was recorded for it, or ``""``.
        verified: Whether the official form was read.
        redacted: Whether this is the copy for the public.
    """

    form: str
    name: str
    docx: Path
    pdf: Path
    exhibits: tuple[str, str]
    sources: tuple[Source, ...]
    grounds: tuple[Ground, ...]
    missing: tuple[Blank, ...]
    given: tuple[str, ...]
    number: str
    verified: bool
    redacted: bool = False


def make_document(
    home: Home,
    form_name: str,
    identifier: str,
    folder: Path,
    *,
    actor: str,
    number: str | None = None,
    given: Mapping[str, str] | None = None,
    about: int | None = None,
    redacted: bool = False,
    people: Staff | None = None,
) -> Made:
    """Make a document of a lead or case as .docx and PDF, seal both and log that it was made.

    Args:
        home: The office.
        form_name: Identifier or name of a form.
        identifier: The lead or case.
        folder: Where the two files go; made when missing.
        actor: Who makes it.
        number: Number given by the national case system; recorded before the document is made.
        given: Particulars that a person states, by name of a field of the form.
        about: Index of the event that it records, where there are several; the newest when ``None``.
        redacted: Whether to make the copy for the public instead.
        people: Names of people whom ``staff.yaml`` does not name.

    Raises:
        Refused: The instrument is not possible yet; what is missing and the article are named.
        OfficeError: There is no such lead or case, or no such event.
        DocumentError: A fact that the form demands is not in the docket.
    """
    if number:
        record_number(home, form_name, identifier, number, actor=actor)
    form = find_form(form_name, overlay_of(home))
    loaded = load(home, identifier)
    staff = {**(people or {}), **read_staff(home.path)}
    document = _document(home, form, loaded, identifier, actor=actor, given=given, about=about, staff=staff)
    if redacted:
        document = _public(home, document, loaded, staff)
    document = spelled(document)
    word, pdf = render_docx(document), render_pdf(document)
    exhibits = _seal(home, loaded, identifier, document, word, pdf, actor)
    folder.mkdir(parents=True, exist_ok=True)
    stem = _stem(form, identifier, redacted=redacted)
    paths = (folder / f"{stem}.docx", folder / f"{stem}.pdf")
    for path, data in zip(paths, (word, pdf), strict=True):
        path.write_bytes(data)
    home.publish()
    return Made(
        form=form.id,
        name=form.name,
        docx=paths[0],
        pdf=paths[1],
        exhibits=exhibits,
        sources=_sources(document, loaded),
        grounds=tuple(Ground(text, origin) for text, origin in document.grounds()),
        missing=document.missing,
        given=tuple(dict.fromkeys(run.given for run in document.runs() if run.given)),
        number=_number(loaded, identifier, form),
        verified=form.verified,
        redacted=redacted,
    )


def preview(
    home: Home,
    form_name: str,
    identifier: str,
    *,
    actor: str,
    given: Mapping[str, str] | None = None,
    about: int | None = None,
    redacted: bool = False,
    people: Staff | None = None,
) -> Document:
    """Return the content of a document without rendering, sealing or logging it; see :func:`make_document`."""
    form = find_form(form_name, overlay_of(home))
    loaded = load(home, identifier)
    staff = {**(people or {}), **read_staff(home.path)}
    document = _document(home, form, loaded, identifier, actor=actor, given=given, about=about, staff=staff)
    return spelled(_public(home, document, loaded, staff) if redacted else document)


def _public(home: Home, document: Document, loaded: Loaded, staff: Staff) -> Document:
    officers = [person.name for person in staff.values()]
    return public_copy(document, loaded.docket, law=home.law, officers=officers)


def _document(
    home: Home,
    form: Form,
    loaded: Loaded,
    identifier: str,
    *,
    actor: str,
    given: Mapping[str, str] | None,
    about: int | None,
    staff: Staff,
) -> Document:
    allowed(home, form, loaded, identifier, actor=actor)
    recorded = _about(form, loaded, identifier, about)
    issued = issued_on(form, recorded) or home.clock.now().date()
    case = loaded.docket.cases.get(identifier)
    # A site may hold the cases of several offices; a lead belongs to the site.
    office = case.filed.office if case is not None else home.settings.office.name
    facts = docket_facts(
        loaded.docket,
        loaded.events,
        identifier,
        law=home.law,
        office=office,
        today=issued,
        form=form.id,
        about=recorded,
        staff=staff,
    )
    return fill(form, facts, title=form.name, author=office, issued=issued, given=given)


def _about(form: Form, loaded: Loaded, identifier: str, index: int | None) -> StoredEvent | None:
    found = subject(loaded.events, identifier, form.act.events if form.act else ())
    chosen = [event for event in found if index is None or event.index == index]
    if index is not None and not chosen:
        listed = "、".join(f"{event.index}（{event.type}）" for event in found) or "无"
        raise OfficeError(
            "office.no-such-event",
            zh=f"{form.name}不能记录事件 {index}",
            en=f"{form.name_en} cannot record event {index}",
            where=identifier,
            remedy_zh=f"可用：{listed}",
            remedy_en=f"there are: {', '.join(str(event.index) for event in found) or 'none'}",
        )
    last = chosen[-1] if chosen else None
    assert last is None or isinstance(last, StoredEvent)
    return last


def _number(loaded: Loaded, identifier: str, form: Form) -> str:
    facts = [
        str(event.payload.get("number", ""))
        for event in loaded.events
        if event.stream == identifier and event.type == NUMBERED and event.payload.get("form") == form.id
    ]
    return facts[-1] if facts else ""


def _sources(document: Document, loaded: Loaded) -> tuple[Source, ...]:
    at = {event.index: event for event in loaded.events}
    return tuple(
        Source(text, index, at[index].stream, at[index].type, at[index].at)
        for text, index in document.sources()
    )


def _stem(form: Form, identifier: str, *, redacted: bool) -> str:
    return f"{form.name}-{identifier}" + ("-公开版" if redacted else "")


def _seal(
    home: Home, loaded: Loaded, identifier: str, document: Document, word: bytes, pdf: bytes, actor: str
) -> tuple[str, str]:
    from qingyuan import __version__  # noqa: PLC0415 - read at call time

    matter = loaded.docket.matter
    scope = matter.id if matter is not None else identifier
    parents = sorted(
        {exhibit for lead in loaded.docket.leads.values() for exhibit in lead.registered.exhibits}
    )
    sealer = Sealer(home, scope, Collector(by=actor))
    engine = f"documents/{__version__}"
    suffix = "-公开版" if document.redacted else ""
    prepared = sealer.keep(
        [
            sealer.derived(
                data,
                f"{_FOLDER}/{document.name}-{identifier}{suffix}.{kind}",
                kind=media,
                parents=parents or sorted(loaded.docket.exhibits),
                engine=engine,
            )
            for data, kind, media in ((word, "docx", _DOCX), (pdf, "pdf", "application/pdf"))
        ]
    )
    with home.database.write() as connection:
        rows = sealer.record(connection, prepared)
        payload: dict[str, object] = {
            "form": document.form,
            "name": document.name,
            "docx": rows[0].id,
            "pdf": rows[1].id,
            "sources": sorted({index for _, index in document.sources()}),
            "missing": [blank.name for blank in document.missing],
            "redacted": document.redacted,
        }
        home.record(connection, [EventDraft(identifier, MADE, payload)], actor=actor)
    return rows[0].id, rows[1].id
