"""What somebody invited does: checked before anything is sealed, then the papers and the act in one transaction; and papers handed out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote

from starlette.responses import Response

from qingyuan.cases import Refused, available
from qingyuan.errors import QingyuanError
from qingyuan.office.casework import Argument, act_within
from qingyuan.office.handover import find_exhibit
from qingyuan.office.sealing import open_exhibit
from qingyuan.web.asking import Ask
from qingyuan.web.errors import WebError, bad_request
from qingyuan.web.handing import attached
from qingyuan.web.portal.files import MAX_TEXT, received, seal_then
from qingyuan.web.portal.invitations import Invited


def send(
    ask: Ask,
    invited: Invited,
    verb: str,
    folder: str,
    args: Callable[[list[str]], Mapping[str, Argument]],
    *,
    measure: str = "",
) -> None:
    """Seal the papers of a form and do an act with them; when the act is refused, nothing stays.

    Args:
        ask: The request; its files are in the field ``files``.
        invited: Who acts.
        verb: The act on the case.
        folder: Where the papers go in the matter.
        args: Takes the exhibits and returns the particulars of the act.
        measure: The measure, of an act on one.

    Raises:
        CasesError: The act is not possible or something is missing.
        WebError: Too many or too large files, or a text that is too long.
    """
    home, case = ask.desk.home, invited.case.id
    matter = invited.loaded.docket.matter
    assert matter is not None, "every case has a matter"
    if (refused := refusal_of(ask, invited, verb, measure)) is not None:
        raise refused
    if any(len(value) > MAX_TEXT for _, value in ask.given()):
        raise bad_request(f"每栏不超过 {MAX_TEXT} 字", f"up to {MAX_TEXT} characters a field")
    with received(ask, "files") as files:
        seal_then(
            ask.desk,
            matter.id,
            [(f"{folder}/{one.name}", one.path) for one in files],
            source=f"{invited.ticket.record['name']}通过协同门户提交（{invited.actor}）",
            act=lambda connection, sealed: act_within(
                home, connection, verb, case, args(sealed), actor=invited.actor
            ),
        )


def status_of(error: QingyuanError) -> int:
    """Return the status with which a form comes back."""
    return 409 if isinstance(error, Refused) else error.status if isinstance(error, WebError) else 400


def hand_out(ask: Ask, identifier: str, *, actor: str) -> Response:
    """Return an exhibit as an attachment; that it was read is an event before the first byte leaves."""
    home = ask.desk.home
    with home.database.read() as connection:
        row = find_exhibit(connection, identifier)
    ask.desk.note_reading("exhibit", [row.id], actor=actor)
    content, name = open_exhibit(home, row), quote(row.path.rpartition("/")[2])
    return ask.finish(attached(content, content.size, f"filename*=UTF-8''{name}"))


def refusal_of(ask: Ask, invited: Invited, verb: str, measure: str = "") -> Refused | None:
    """Return why an act on the case of an invitation is refused whatever comes with it, or ``None``."""
    home = ask.desk.home
    target = f"{invited.case.id} {measure}".strip()
    found = available(
        invited.loaded.docket,
        law=home.law,
        now=home.clock.now(),
        actor=invited.actor,
        target=target,
        among={verb},
    )
    return found[0].refused if found else None
