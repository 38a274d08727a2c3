"""What an office can make now for a lead or case: its own forms and those of the programme, asked of the home."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from qingyuan.cases import Offer
from qingyuan.documents import Form, forms
from qingyuan.office.casework import Loaded, load
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.paperwork.offers import FormOffer, form_offers


def offers_of(
    home: Home,
    identifier: str,
    *,
    actor: str,
    loaded: Loaded | None = None,
    known: Sequence[Offer] | None = None,
) -> list[FormOffer]:
    """Return every form that a lead or case can have, with its state.

    Args:
        home: The office.
        identifier: A lead or case.
        actor: Who asks.
        loaded: Its docket, when it was loaded before.
        known: Every act on the docket as the engine offers it now, when that was asked before.

    Raises:
        OfficeError: There is no such lead or case.
    """
    return _asked(
        home, forms(overlay_of(home)), loaded or load(home, identifier), identifier, actor=actor, known=known
    )


def overlay_of(home: Home) -> Path | None:
    """Return the folder of the office's own forms, if there is one."""
    overlay = home.path / "forms"
    return overlay if overlay.is_dir() else None


def allowed(home: Home, form: Form, loaded: Loaded, identifier: str, *, actor: str) -> FormOffer:
    """Return the offer of a form for a lead or case.

    Raises:
        Refused: It is not possible yet.
        OfficeError: There is no such lead or case, or the form is of the other kind.
    """
    found = _asked(home, {form.id: form}, loaded, identifier, actor=actor)
    if not found:
        kind = ("线索", "L", "leads") if form.scope == "lead" else ("案件", "C", "cases")
        raise OfficeError(
            "office.no-such-case",
            zh=f"{form.name}属于{kind[0]}，{identifier} 不是{kind[0]}编号",
            en=f"{form.name_en} belongs to {kind[2]}; {identifier} is none",
            where=identifier,
            remedy_zh=f"请给出 {kind[1]} 开头的编号",
            remedy_en=f"give an identifier that begins with {kind[1]}",
        )
    if found[0].refused is not None:
        raise found[0].refused
    return found[0]


def _asked(
    home: Home,
    among: Mapping[str, Form],
    loaded: Loaded,
    identifier: str,
    *,
    actor: str,
    known: Sequence[Offer] | None = None,
) -> list[FormOffer]:
    _check_target(loaded, identifier)
    return form_offers(
        among,
        loaded.docket,
        loaded.events,
        identifier,
        law=home.law,
        now=home.clock.now(),
        actor=actor,
        known=known,
    )


def _check_target(loaded: Loaded, identifier: str) -> None:
    if identifier in loaded.docket.cases or identifier in loaded.docket.leads:
        return
    raise OfficeError(
        "office.no-such-case",
        zh=f"没有编号为 {identifier} 的线索或案件",
        en=f"there is no lead or case {identifier}",
        where=identifier,
        remedy_zh="文书属于线索或案件，请给出 L 或 C 开头的编号",
        remedy_en="documents belong to leads and cases: give an identifier that begins with L or C",
    )
