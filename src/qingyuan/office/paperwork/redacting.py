"""Making the copy for the public: the engine of personal information finds, the documents room masks."""

from __future__ import annotations

import io
from collections.abc import Iterator

from qingyuan.cases import Docket
from qingyuan.documents import Document, DocumentError
from qingyuan.documents.redaction import Hit, is_person, redact

#: Key of the scan's tokens, which are not kept: nothing is linked here.
_NO_KEY = bytes(32)
_NAME = "name"
#: The statutory field, and the component of a lead's score, that stand for minors.
_MINORS = "minors"


def public_copy(document: Document, docket: Docket) -> Document:
    """Return the copy of a document for the public.

    Masked are the parties who are natural persons, the particulars that the form calls personal, and everything that
    the engine of personal information finds or suspects; all persons as minors when a lead of the docket concerns minors.

    Raises:
        DocumentError: Something the engine finds is still there afterwards (``documents.redaction``); only kinds are named.
    """
    parties = {
        party
        for case in docket.cases.values()
        for named in case.respondents
        for party in (named, *named.split("、"))
        if is_person(party)
    }
    named = [("person", party) for party in sorted(parties)]
    made = redact(document, personal, named, minors=concerns_minors(docket))
    left = sorted({kind for _, _, _, kind in personal(tuple(made.text().split("\n"))) if kind != "person"})
    texts = made.text()
    if left or any(value in texts for _, value in document.private if len(value) > 1):
        raise DocumentError(
            "documents.redaction",
            zh="脱敏后仍检出个人信息" + (f"：{'、'.join(left)}" if left else ""),
            en="personal information is left after redaction" + (f": {', '.join(left)}" if left else ""),
            where=document.form,
            remedy_zh="请改用不含个人信息的表述，或者在格式中将该段标为 private",
            remedy_en="word it without personal information, or mark the block private in the form",
        )
    return made


def concerns_minors(docket: Docket) -> bool:
    """Say whether a lead was assessed as concerning minors, or a case filed to protect them."""
    return any(case.filed.basis == _MINORS for case in docket.cases.values()) or any(
        component.id == _MINORS and component.points > 0
        for lead in docket.leads.values()
        if lead.assessment is not None
        for component in lead.assessment.components
    )


def personal(lines: tuple[str, ...]) -> Iterator[Hit]:
    """Yield what the engine finds in lines of text, also what it only suspects or rejects by a check digit."""
    from qingyuan.pii import scan  # noqa: PLC0415 - compiled passes that only redaction needs
    from qingyuan.pii.readers import read  # noqa: PLC0415

    flat = [line.replace("\n", " ").replace("\r", " ") for line in lines]
    table = scan(
        read(io.BytesIO("\n".join(flat).encode()), "document.txt"), _NO_KEY, "document.txt"
    ).found.table()
    for row in table.select(["place", "start", "end", "kind", "masked"]).to_pylist():
        number = int(str(row["place"]).rpartition(" ")[2]) - 1
        if not row["masked"]:
            kind = "person" if row["kind"] == _NAME else str(row["kind"])
            yield number, int(row["start"]), int(row["end"]), kind
