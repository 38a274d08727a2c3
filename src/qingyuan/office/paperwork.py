"""Making a document from what the docket says: every fact names its event, both forms are sealed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import msgspec

from qingyuan.cases import Case, choice_label
from qingyuan.documents import Document, DocumentError, Fact, fill, find_form
from qingyuan.documents.docx import render_docx
from qingyuan.documents.pdf import render_pdf
from qingyuan.law import Law
from qingyuan.office.casework import Loaded, load
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.sealing import Collector, Sealer
from qingyuan.store import EventDraft, StoredEvent

#: What the table of counts says of kinds that are themselves a form of de-identification.
_NOTES = {"privacy-number": "虚拟号码，属去标识化形式"}
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class Made(msgspec.Struct, frozen=True):
    """A document that was made.

    Attributes:
        name: Name of the instrument.
        docx: Where the editable copy is.
        pdf: Where the served copy is.
        exhibits: Identifiers of the sealed copies, .docx then PDF.
        sources: Each fact and the index of the event that states it.
        verified: Whether the official form was read.
    """

    name: str
    docx: Path
    pdf: Path
    exhibits: tuple[str, str]
    sources: tuple[tuple[str, int], ...]
    verified: bool


def make_document(
    home: Home, form_name: str, identifier: str, folder: Path, *, number: str | None, actor: str
) -> Made:
    """Make a document of a case as .docx and PDF, seal both and log that it was made.

    Args:
        home: The office.
        form_name: Identifier or name of a form.
        identifier: The case.
        folder: Where the two files go; made when missing.
        number: Number given by the national case system, if any.
        actor: Who makes it.

    Raises:
        OfficeError: There is no such case.
        DocumentError: A fact that the form demands is not in the docket.
    """
    overlay = home.path / "forms"
    form = find_form(form_name, overlay if overlay.is_dir() else None)
    loaded = load(home, identifier)
    case = loaded.docket.cases.get(identifier)
    if case is None:
        raise OfficeError(
            "office.no-such-case",
            zh=f"没有编号为 {identifier} 的案件",
            en=f"there is no case {identifier}",
            where=identifier,
            remedy_zh="文书属于案件，请给出 C 开头的编号",
            remedy_en="documents belong to cases: give an identifier that begins with C",
        )
    today = home.clock.now().date()
    facts = case_facts(
        loaded, case, office=home.settings.office.name, law=home.law, number=number, today=today
    )
    document = fill(form, facts, title=form.name, author=home.settings.office.name, issued=today)
    word, pdf = render_docx(document), render_pdf(document)
    exhibits = _seal(home, loaded, case, document, word, pdf, actor)
    folder.mkdir(parents=True, exist_ok=True)
    paths = (folder / f"{form.name}-{identifier}.docx", folder / f"{form.name}-{identifier}.pdf")
    for path, data in zip(paths, (word, pdf), strict=True):
        path.write_bytes(data)
    home.publish()
    return Made(form.name, paths[0], paths[1], exhibits, document.sources(), form.verified)


def _seal(
    home: Home, loaded: Loaded, case: Case, document: Document, word: bytes, pdf: bytes, actor: str
) -> tuple[str, str]:
    from qingyuan import __version__  # noqa: PLC0415 - read at call time

    matter = case.filed.matter
    parents = sorted(
        {exhibit for lead in loaded.docket.leads.values() for exhibit in lead.registered.exhibits}
    )
    if not parents:
        parents = sorted(loaded.docket.exhibits)
    sealer = Sealer(home, matter, Collector(by=actor))
    engine = f"documents/{__version__}"
    prepared = sealer.keep(
        [
            sealer.derived(
                data, f"文书/{document.name}-{case.id}.{suffix}", kind=kind, parents=parents, engine=engine
            )
            for data, suffix, kind in ((word, "docx", _DOCX), (pdf, "pdf", "application/pdf"))
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
        }
        home.record(connection, [EventDraft(case.id, "document.made", payload)], actor=actor)
    return rows[0].id, rows[1].id


def case_facts(
    loaded: Loaded, case: Case, *, office: str, law: Law, number: str | None, today: date
) -> dict[str, object]:
    """Return the facts of a case under the names that forms use.

    Args:
        loaded: The docket with its events.
        case: The case.
        office: Name of the procuratorate.
        law: For the words of periods.
        number: Number of the document, if one was given.
        today: Day of issue.
    """
    newest = _newest(loaded, case.id)
    filed = newest["case.filed"]
    matter = loaded.docket.matter
    facts: dict[str, object] = {
        "office": {"name": office},
        "number": number,
        "issued": today.isoformat(),
        "track": choice_label("track", case.filed.track).zh,
        "matter": {
            "title": Fact(matter.title, _index(loaded, "matter.opened", filed.index)) if matter else ""
        },
        "organ": {"name": Fact("、".join(case.respondents), filed.index) if case.respondents else ""},
        "approved_by": Fact(f"检察长（{case.filed.approval.by}）", filed.index),
        "ground": Fact(_sentence(case.filed.harm) + _sentence(case.filed.violation), filed.index),
        "counts": _counts(loaded),
        "measures": [
            {
                "text": measure.entered.text,
                "owner": measure.entered.owner,
                "outcome": choice_label("measure-status", str(measure.status)).zh,
            }
            for measure in case.measures.values()
        ],
        "look_back": case.look_back_due.isoformat() if case.look_back_due else None,
    }
    if case.suggestion is not None:
        at = newest["case.suggestion_issued"].index
        items = case.suggestion.items
        length = next(p.length_zh for p in law.periods() if p.id == items.period)
        within = Fact(f"收到本检察建议书之日起{length}内", at)
        facts |= {
            "organ": {"name": Fact(items.agency, at)},
            "origin": Fact(_sentence(items.source), at),
            "harms": [{"text": Fact(_sentence(items.harm), at)}],
            "failures": [{"text": Fact(_sentence(items.failure), at)}],
            "bases": [{"text": Fact(_sentence(basis), at)} for basis in items.basis],
            "proposals": [{"text": Fact(_sentence(demand), at)} for demand in items.demands],
            "rectify_within": within,
            "reply_within": within,
            "other": Fact(_sentence(items.other), at) if items.other else "",
        }
    if "case.closed" in newest:
        closed = newest["case.closed"]
        facts["closing_ground"] = Fact(_sentence(str(closed.payload.get("reason", ""))), closed.index)
    return facts


def _counts(loaded: Loaded) -> list[Mapping[str, object]]:
    """Return the rows of the table of what was found, from the registration of the leads."""
    from qingyuan.pii.catalog import catalog  # noqa: PLC0415 - names of kinds

    names = {name: kind.zh for name, kind in catalog().kinds.items()}
    totals: dict[str, int] = {}
    masked = 0
    for lead in loaded.docket.leads.values():
        masked += lead.registered.counts.masked
        for kind, count in lead.registered.counts.kinds.items():
            totals[kind] = totals.get(kind, 0) + count
    rows: list[Mapping[str, object]] = [
        {"kind": names.get(kind, kind), "count": count, "note": _NOTES.get(kind, "未去标识化（明文）")}
        for kind, count in sorted(totals.items(), key=lambda pair: -pair[1])
        if count
    ]
    if masked:
        rows.append({"kind": "已遮蔽的上述信息", "count": masked, "note": "部分隐去"})
    return rows


def _newest(loaded: Loaded, stream: str) -> dict[str, StoredEvent]:
    return {event.type: event for event in loaded.events if event.stream == stream}


def _index(loaded: Loaded, kind: str, default: int) -> int:
    return next((event.index for event in loaded.events if event.type == kind), default)


def _sentence(text: str) -> str:
    """End a text with a full stop unless it ends with punctuation."""
    words = text.strip()
    return words if not words or words[-1] in "。；！？.;!?》）" else f"{words}。"


__all__ = ["DocumentError", "Made", "case_facts", "make_document"]
