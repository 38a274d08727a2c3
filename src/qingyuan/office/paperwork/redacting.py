"""Making the copy for the public: the engine of personal information finds, the documents room masks."""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from qingyuan.cases import Docket, choice_lists
from qingyuan.documents import Document, DocumentError, forms
from qingyuan.documents.redaction import Hit, is_person, redact
from qingyuan.law import Law

#: Key of the scan's tokens, which are not kept: nothing is linked here.
_NO_KEY = bytes(32)
_NAME = "name"
_ROUNDS = 4
_TEMPLATE = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
#: The statutory field, and the component of a lead's score, that stand for minors.
_MINORS = "minors"


def public_copy(document: Document, docket: Docket, *, law: Law, officers: Iterable[str] = ()) -> Document:
    """Return the copy of a document for the public.

    Masked are the parties who are natural persons, the particulars that the form calls personal, and everything that
    the engine of personal information finds or suspects in what events and people stated; all persons as minors when a
    lead of the docket concerns minors. A word of the law or of a form is no name, nor is a part of the name of an organ, a
    firm or the office; officers who act in their office are named.

    Args:
        document: The document in full.
        docket: What is known of the affair.
        law: For its words.
        officers: Names of the people of the office.

    Raises:
        DocumentError: Something personal is still there afterwards (``documents.redaction``); only kinds are named.
    """
    named = {
        party
        for case in docket.cases.values()
        for respondent in case.respondents
        for party in (respondent, *respondent.split("、"))
    }
    parties = {party for party in named if is_person(party)}
    bodies = {*(named - parties), *_bodies(docket), document.author, *officers} - parties
    words = vocabulary(law)
    known = [("person", party) for party in sorted(parties)]
    minors = concerns_minors(docket)
    made = document
    for _ in range(_ROUNDS):  # what is masked can bring a name to light that stood beside it
        before = made
        made = redact(made, personal, known, minors=minors, vocabulary=words, bodies=bodies)
        if made.blocks == before.blocks:
            break
    _check(document, made, parties)
    return replace(made, title=f"{document.title}（公开版）")


def _check(document: Document, made: Document, parties: Iterable[str]) -> None:
    texts = made.text()
    left = sorted({kind for _, _, _, kind in personal(tuple(texts.split("\n"))) if kind != "person"})
    known = [*parties, *(value for _, value in document.private)]
    if left or any(value in texts for value in known if len(value) > 1):
        raise DocumentError(
            "documents.redaction",
            zh="脱敏后仍检出个人信息" + (f"：{'、'.join(left)}" if left else ""),
            en="personal information is left after redaction" + (f": {', '.join(left)}" if left else ""),
            where=document.form,
            remedy_zh="请改用不含个人信息的表述，或者在格式中将该段标为 private",
            remedy_en="word it without personal information, or mark the block private in the form",
        )


def _bodies(docket: Docket) -> Iterator[str]:
    """Yield the names of offices, courts and organs that the docket holds."""
    for case in docket.cases.values():
        yield case.filed.office
        if case.suit is not None:
            yield case.suit.court
        for measure in case.measures.values():
            if not is_person(measure.entered.owner):
                yield measure.entered.owner


@functools.lru_cache(maxsize=4)
def vocabulary(law: Law) -> str:
    """Return the words of the law data and of the forms, in which nobody is named."""
    parts = [text for one in law.duties() for text in (one.act_zh, one.proof_zh, one.regulator_zh)]
    for form in forms().values():
        parts += [form.name, *(field.zh for field in form.fields)]
        parts += [_TEMPLATE.sub("\n", block.text) for block in form.blocks if block.text]
        parts += [column for block in form.blocks if block.table for column in block.table.columns]
    parts += [choice.zh for choices in choice_lists().values() for choice in choices.values()]
    return "\n".join(parts)


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
