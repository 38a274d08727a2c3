"""The desk of a court behind a link: packages are taken, verified, signed for, sent back for corrections or taken into the file."""

from __future__ import annotations

import io
from collections.abc import Mapping
from types import MappingProxyType

from starlette.responses import Response

from qingyuan.cases import choice_lists
from qingyuan.errors import QingyuanError
from qingyuan.evidence import SealError
from qingyuan.evidence.verify import Report, verify_stream
from qingyuan.office.casework import Argument
from qingyuan.office.packages.waiting import is_for_recipients, is_waiting, open_waiting
from qingyuan.web.asking import Ask
from qingyuan.web.errors import bad_request, not_found
from qingyuan.web.handing import handed_out
from qingyuan.web.hearings import Filing, filings_of
from qingyuan.web.portal.files import MAX_TEXT, allowed
from qingyuan.web.portal.invitations import PATH, Invited
from qingyuan.web.portal.sending import send, status_of
from qingyuan.web.routing import page

#: What a court can say to a package, the act it is, and the particulars that go with it.
OUTCOMES: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "received": ("court-receives-package", ("text",)),
        "corrections": ("court-asks-corrections", ("text", "by")),
        "accepted": ("court-accepts-package", ("text", "number")),
    }
)
#: A package that the office itself cannot open.
_CLOSED = "web.encrypted"
_TYPED = ("outcome", "text", "by", "number")


@page("GET", "/portal/i/{identifier}/packages/{name}", "public", slow=True)
def package(ask: Ask, identifier: str, name: str) -> Response:
    """Hand out a package of the matter to the court; that it was taken is an event."""
    invited = Invited(ask, identifier, "court")
    _check(ask, invited, name)
    allowed(ask, "taken")
    return handed_out(ask, name, invited.actor)


@page("POST", "/portal/i/{identifier}/check", "public")
def check(ask: Ask, identifier: str) -> Response:
    """Verify a package of the matter for the court, with the verifier that stands alone."""
    allowed(ask, "verify")
    invited = Invited(ask, identifier, "court")
    name = ask.field("package")
    try:
        report = _verified(ask, invited, name)
    except QingyuanError as error:
        if error.code != _CLOSED:
            raise
        return show(ask, identifier, invited, status_of(error), error=error, at=name)
    return show(ask, identifier, invited, report=report, name=f"{name}.evp", at=name)


@page("POST", "/portal/i/{identifier}/answer", "public")
def answer(ask: Ask, identifier: str) -> Response:
    """Record what the court says to a package, with what the verifier says of it at this moment."""
    allowed(ask, "verify")
    invited = Invited(ask, identifier, "court")
    name = ask.field("package")
    _check(ask, invited, name)
    given = {one: ask.field(one) for one in _TYPED}
    try:
        if given["outcome"] not in OUTCOMES:
            raise bad_request("请选择处理意见", "choose what the court says", code="web.no-outcome")
        verb, wanted = OUTCOMES[given["outcome"]]
        told: dict[str, Argument] = {one: given[one] for one in wanted}
        about: dict[str, Argument] = {
            "court": invited.ticket.record["name"],
            "package": name,
            "verdict": _verdict(ask, invited, name),
        }
        send(ask, invited, verb, f"法院/{invited.case.id}", lambda _: {**told, **about})
    except QingyuanError as error:
        return show(ask, identifier, invited, status_of(error), error=error, given=given, at=name)
    return ask.redirect(f"{PATH}{identifier}", "done.answered")


def show(
    ask: Ask,
    code: str,
    invited: Invited,
    status: int = 200,
    *,
    error: QingyuanError | None = None,
    given: Mapping[str, str] | None = None,
    at: str = "",
    **more: object,
) -> Response:
    """Show the packages of the matter with what was said to each."""
    home, docket = ask.desk.home, invited.loaded.docket
    assert docket.matter is not None, "every case has a matter"
    return ask.page(
        "portal/court.html",
        status,
        code=code,
        ticket=invited.ticket,
        case=invited.case,
        title=docket.matter.title,
        office=home.settings.office.name,
        labels=choice_lists(),
        filings=_here(ask, invited),
        outcomes=list(OUTCOMES),
        error=error,
        given={**dict.fromkeys(_TYPED, ""), **(given or {})},
        at=at,
        most_text=MAX_TEXT,
        **{"report": None, "name": "", **more},
    )


def _here(ask: Ask, invited: Invited) -> list[tuple[Filing, bool]]:
    """Return the packages of the docket, the newest first, and whether each can be taken still."""
    home = ask.desk.home
    found = [(one, is_waiting(home, one.package)) for one in filings_of(invited.loaded)]
    return [one for one in found if one[1] or one[0].answers]


def _check(ask: Ask, invited: Invited, name: str) -> None:
    if name not in {one.package for one, there in _here(ask, invited) if there}:
        raise not_found(name)


def _verified(ask: Ask, invited: Invited, name: str) -> Report:
    _check(ask, invited, name)
    with open_waiting(ask.desk.home, name) as content:
        if is_for_recipients(content):
            raise bad_request(
                "该证据包已加密，只有接收方能打开；请下载解密后核验",
                "this package is encrypted: only its recipients can open it; download, decrypt and verify it",
                code=_CLOSED,
            )
        return verify_stream(io.BufferedReader(content), ask.desk.home.trust_path.read_bytes())


def _verdict(ask: Ask, invited: Invited, name: str) -> str:
    """Return what the verifier says; what does not even open as it was sealed has failed."""
    try:
        return _verified(ask, invited, name).verdict
    except SealError:
        return "fail"
    except QingyuanError as error:
        if error.code != _CLOSED:
            raise
        return "undetermined"
