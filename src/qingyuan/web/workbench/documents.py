"""Documents: what can be made of a lead or case and why not, a preview with its fields, and making it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from starlette.responses import Response

from qingyuan.documents import Document, DocumentError, Form, forms
from qingyuan.documents.form import Field, laid_out
from qingyuan.errors import QingyuanError
from qingyuan.office.browser import TemporaryFolder
from qingyuan.office.casework import Loaded, load
from qingyuan.office.offers import verbs_of
from qingyuan.office.paperwork import FormOffer, make_document, offers_of, preview
from qingyuan.office.paperwork.facts import subject
from qingyuan.office.paperwork.offered import overlay_of
from qingyuan.office.paperwork.staff import Person
from qingyuan.shapes import convert
from qingyuan.store import StoredEvent
from qingyuan.web.asking import Ask
from qingyuan.web.errors import bad_request, not_found
from qingyuan.web.routing import page

#: States of a form in the order in which people want them.
STATES = ("due", "made", "possible", "refused")
_MADE = "document.made"
_GIVEN = "given-"


class Written(msgspec.Struct, frozen=True):
    """A document that was made.

    Attributes:
        event: Index of its event.
        stream: Lead or case.
        form: Identifier of its form.
        name: Name of the instrument.
        name_en: The same in English; of a form that is not there any more, in Chinese.
        at: When it was made.
        docx: Exhibit of the editable copy.
        pdf: Exhibit of the served copy.
        missing: How many particulars were marked blanks.
        redacted: Whether it is the copy for the public.
    """

    event: int
    stream: str
    form: str
    name: str
    name_en: str
    at: str
    docx: str
    pdf: str
    missing: int
    redacted: bool


def written(loaded: Loaded, target: str = "") -> list[Written]:
    """Return the documents of a docket, or of one record of it, the newest first."""
    return [
        Written(
            one.index,
            one.stream,
            str(one.payload.get("form", "")),
            str(one.payload.get("name", "")),
            _english(one),
            one.at,
            str(one.payload.get("docx", "")),
            str(one.payload.get("pdf", "")),
            len(convert(one.payload.get("missing", []), list[str])),
            bool(one.payload.get("redacted", False)),
        )
        for one in reversed(loaded.events)
        if one.type == _MADE and target in {"", one.stream}
    ]


def _english(event: StoredEvent) -> str:
    known = forms().get(str(event.payload.get("form", "")))
    return known.name_en if known else str(event.payload.get("name", ""))


@page("GET", "/documents/{identifier}", "case.read")
def index(ask: Ask, identifier: str) -> Response:
    """List the forms of a lead or case: due, made, possible, and not yet with what is missing."""
    home = ask.desk.home
    loaded = load(home, identifier)
    wanted = ask.query("q").casefold()
    found = [
        one
        for one in offers_of(home, identifier, actor=ask.person)
        if wanted in f"{one.form.name} {one.form.name_en} {one.form.id}".casefold()
    ]
    return ask.page(
        "documents.html",
        target=identifier,
        back=_back(identifier),
        groups=_groups(found),
        made=written(loaded, identifier),
        q=ask.query("q"),
    )


@page("GET", "/documents/{identifier}/{name}", "case.read", slow=True)
def show(ask: Ask, identifier: str, name: str) -> Response:
    """Show a document as it would be made now, with the particulars that a person can state."""
    return _show(ask, identifier, _form(ask, name), {})


@page("POST", "/documents/{identifier}/{name}", "case.act")
def make(ask: Ask, identifier: str, name: str) -> Response:
    """Show the document with what was typed, or make it: both files are sealed and the record shows them."""
    form = _form(ask, name)
    given = {
        field.name: value for field in laid_out(form)[1] if (value := ask.field(f"{_GIVEN}{field.name}"))
    }
    if ask.field("step") != "make":
        return _show(ask, identifier, form, given)
    try:
        with ask.desk.turn, TemporaryFolder("material") as folder:
            make_document(
                ask.desk.home,
                form.id,
                identifier,
                folder.path,
                number=ask.field("number") or None,
                given=given,
                about=_about(ask),
                redacted=ask.has("redacted"),
                actor=ask.person,
                people=_people(ask),
            )
    except QingyuanError as error:
        return _show(ask, identifier, form, given, error)
    return ask.redirect(f"/documents/{identifier}/{form.id}", "done.document")


def _show(
    ask: Ask, identifier: str, form: Form, given: Mapping[str, str], error: QingyuanError | None = None
) -> Response:
    home = ask.desk.home
    loaded = load(home, identifier)
    offer = _offer(ask, identifier, form)
    document: Document | None = None
    if offer.refused is None:
        try:
            document = preview(
                home,
                form.id,
                identifier,
                actor=ask.person,
                given=given,
                about=_about(ask),
                redacted=ask.has("redacted"),
                people=_people(ask),
            )
        except DocumentError as problem:
            error = error or problem
    return ask.page(
        "document.html",
        400 if error else 200,
        target=identifier,
        back=_back(identifier),
        form=form,
        offer=offer,
        document=document,
        fields=_fields(form, document, given),
        given=given,
        error=error,
        verbs=verbs_of(home),
        about=_about(ask),
        subjects=_subjects(form, loaded, identifier),
        articles=[home.law.provision(rule) for rule in form.rules],
        made=[one for one in written(loaded, identifier) if one.form == form.id],
        number=ask.field("number"),
        redacted=ask.has("redacted"),
        prefix=_GIVEN,
    )


def _groups(offers: Sequence[FormOffer]) -> dict[str, list[FormOffer]]:
    """Return offers by state; what is due is parted from what only comes before an act that can be done."""
    found = {state: [one for one in offers if one.state == state] for state in STATES}
    due = found["due"]
    return {
        **found,
        "due": [one for one in due if one.about is not None],
        "ahead": [one for one in due if one.about is None],
    }


def _people(ask: Ask) -> dict[str, Person]:
    """Return the names that accounts show; where none was given, what is typed to sign in is no name for a document."""
    return {one.person: Person(one.display) for one in ask.desk.people.all() if one.display != one.name}


def _form(ask: Ask, name: str) -> Form:
    known = forms(overlay_of(ask.desk.home))
    if name not in known:
        raise not_found(name)
    return known[name]


def _offer(ask: Ask, identifier: str, form: Form) -> FormOffer:
    for one in offers_of(ask.desk.home, identifier, actor=ask.person):
        if one.form.id == form.id:
            return one
    raise not_found(f"{identifier} {form.id}")


def _fields(form: Form, document: Document | None, given: Mapping[str, str]) -> list[Field]:
    """Return what a person can state, what is missing or was stated first."""
    blank = {one.name for one in document.missing} if document else set()
    known = [one for one in laid_out(form)[1] if not one.line]
    return sorted(known, key=lambda one: one.name not in blank and one.name not in given)


def _subjects(form: Form, loaded: Loaded, identifier: str) -> list[StoredEvent]:
    """Return the events that the document can record, where a person can choose among several."""
    found = subject(loaded.events, identifier, form.act.events) if form.act else []
    chosen = [one for one in found if isinstance(one, StoredEvent)]
    return chosen[::-1] if len(chosen) > 1 else []


def _about(ask: Ask) -> int | None:
    text = ask.field("about") or ask.query("about")
    if text and not (text.isascii() and text.isdigit() and len(text) < 16):  # noqa: PLR2004 - an index
        raise bad_request("请选择所记录的事件", "choose the event that it records")
    return int(text) if text else None


def _back(identifier: str) -> str:
    return f"/leads/{identifier}" if identifier.startswith("L") else f"/matters/{identifier}"
