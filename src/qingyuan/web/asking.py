"""One request as a page sees it: who asks, in which language, with what form; and the ways to answer."""

from __future__ import annotations

import functools
import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Mapping
from typing import cast
from urllib.parse import quote

from jinja2 import Environment
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from qingyuan.errors import QingyuanError
from qingyuan.office.errors import OfficeError
from qingyuan.office.paperwork.staff import read_staff
from qingyuan.office.recognition.stopped import STOPPED
from qingyuan.store.register import Scope
from qingyuan.web.access import ASKED, Permission
from qingyuan.web.accounts import Account
from qingyuan.web.beside import beside
from qingyuan.web.desk import Desk
from qingyuan.web.errors import bad_request, forbidden
from qingyuan.web.guard import Named
from qingyuan.web.navigation import Entry, entries
from qingyuan.web.words import Lang, catalogue, said, word

SESSION_COOKIE = "qy_session"
BROWSER_COOKIE = "qy_browser"
LANG_COOKIE = "qy_lang"
THEME_COOKIE = "qy_theme"
FLASH_COOKIE = "qy_flash"
#: Name of the form field, and of the header of scripts, that carries the token against forged requests.
TOKEN_FIELD = "_token"  # noqa: S105 - a name
TOKEN_HEADER = "x-qy-token"  # noqa: S105 - a name
THEMES = ("auto", "light", "dark")
_NONCE = 16
#: How long a browser is known by its name and choices, in seconds.
_YEAR = 366 * 86_400
_LIST_LIMIT = 10_000
#: Bits of an IPv6 address that a line of one subscriber has at least (RFC 6177): who has it has 2^64 addresses.
_SUBSCRIBER = 64


class Ask:
    """A request.

    Attributes:
        desk: The office.
        request: The request as the framework gives it.
        account: Who asks, or ``None``.
        lang: Language of the answer.
        theme: ``"auto"``, ``"light"`` or ``"dark"``.
        browser: Random name of the browser, so that forms can be bound to it before anybody signed in.
        form: The form that came with it, as it was sent.
    """

    def __init__(
        self, desk: Desk, templates: Environment, request: Request, form: FormData, *, known: bool = True
    ) -> None:
        """Read the cookies of ``request``; without looking up whose they are when ``known`` is false."""
        self.desk = desk
        self.request = request
        self._templates = templates
        self.form = form
        self._cookies: list[tuple[str, str, int]] = []
        self.session = request.cookies.get(SESSION_COOKIE)
        self.account: Account | None = desk.sessions.account(self.session) if known else None
        self.lang = _language(request)
        if _named_language(request):
            self.cookie(LANG_COOKIE, self.lang, _YEAR)
        theme = request.cookies.get(THEME_COOKIE, "auto")
        self.theme = theme if theme in THEMES else "auto"
        self.browser = request.cookies.get(BROWSER_COOKIE, "")
        if len(self.browser) < _NONCE:
            self.browser = secrets.token_urlsafe(_NONCE)
            self.cookie(BROWSER_COOKIE, self.browser, _YEAR)

    # -- who ------------------------------------------------------------------------------------

    @property
    def person(self) -> str:
        """Identifier of who asks; only behind a permission other than ``public``."""
        if self.account is None:
            raise forbidden("尚未登录", "nobody is signed in")
        return self.account.person

    @functools.cached_property
    def permissions(self) -> frozenset[Permission]:
        """What who asks may do with something at least."""
        return self.desk.posts.permissions(self.account.person) if self.account else frozenset({"public"})

    def anew(self) -> None:
        """Forget what who asks may do: an answer that goes on for long looks again."""
        self.__dict__.pop("permissions", None)

    @functools.cached_property
    def fresh(self) -> bool:
        """Whether who asks showed who they are a short while ago."""
        return self.desk.sessions.fresh(self.session)

    def may(self, need: Permission, docket: str = "", item: str = "") -> bool:
        """Return whether who asks may do something: with a docket or exhibit when one is named, else with any."""
        if need not in self.permissions or not docket or need not in ASKED:
            return need in self.permissions
        return self.desk.posts.decide(self.person, need, docket, item=item).allowed

    def require(self, need: Permission, docket: str, item: str = "") -> None:
        """Ask the policies about a record that the address does not name.

        Raises:
            WebError: ``web.forbidden``, with the policy.
        """
        self.desk.guard.require(self.person, need, Named(docket, item))

    def place_of(self, record: str) -> str:
        """Return where who asks works with a lead, matter or case: on its page, or, of posts that read no docket, on that of its handlers or readings."""
        if not self.may("case.read"):
            if self.may("case.assign"):
                return f"/handlers/{record}"
            if self.may("case.audit"):
                return f"/readings?record={record}"
        return f"/leads/{record}" if record.startswith("L") else f"/matters/{record}"

    @property
    def only_assigned(self) -> bool:
        """Whether who asks sees nothing but what they were assigned to."""
        return not self.scope.offices and not self.scope.own

    @functools.cached_property
    def scope(self) -> Scope:
        """The dockets that lists, counts and the search show who asks."""
        return self.desk.posts.scope(self.person)

    @property
    def address(self) -> str:
        """Network of who asks; for limits only, never stored; see :func:`network_of`."""
        return network_of(self.request.client.host if self.request.client else "")

    def name_of(self, person: str) -> str:
        """Return the name of a person of the office: of their account, or of the list for documents; ``""`` when neither has it."""
        return self._names.get(person, "")

    @functools.cached_property
    def _names(self) -> dict[str, str]:
        try:
            named = {number: one.name for number, one in read_staff(self.desk.home.path).items()}
        except OfficeError:  # whoever makes a document is told; a page shows numbers
            named = {}
        return named | {one.person: one.display for one in self.desk.people.all()}

    # -- what -----------------------------------------------------------------------------------

    def query(self, name: str) -> str:
        """Return a parameter of the address, or ``""``."""
        return self.request.query_params.get(name, "").strip()

    def field(self, name: str) -> str:
        """Return a text of the form, or ``""``; line ends are those of Unix."""
        value = self.form.get(name)
        return value.replace("\r\n", "\n").strip() if isinstance(value, str) else ""

    def someone(self, name: str) -> str:
        """Return the number of a person that was chosen by name or, of somebody who is not in the list, typed beside it; ``""`` for nobody."""
        return self.field(f"{name}.other") or self.field(name)

    def fields(self, name: str) -> list[str]:
        """Return every value of a name in the form."""
        return [v.strip() for v in self.form.getlist(name)[:_LIST_LIMIT] if isinstance(v, str) and v.strip()]

    def given(self) -> list[tuple[str, str]]:
        """Return every name and text of address and form."""
        typed = [(name, value) for name, value in self.form.multi_items() if isinstance(value, str)]
        return [*self.request.query_params.multi_items(), *typed[:_LIST_LIMIT]]

    def has(self, name: str) -> bool:
        """Return whether the form has a name at all."""
        return name in self.form

    def uploads(self, name: str) -> list[UploadFile]:
        """Return the files of a name in the form, without the empty ones that browsers send."""
        return [v for v in self.form.getlist(name) if isinstance(v, UploadFile) and v.filename]

    # -- words ----------------------------------------------------------------------------------

    def t(self, key: str, **values: object) -> str:
        """Return a word of the interface."""
        return word(self.lang, key, **values)

    def remedy(self, error: QingyuanError) -> str:
        """Return what somebody at a screen can do about an error; what the rooms below say is for who has the command line too."""
        known = f"remedy.{error.code}" in catalogue()
        return self.t(f"remedy.{error.code}") if known else said(self.lang, error, "remedy")

    # -- answers --------------------------------------------------------------------------------

    def page(self, template: str, status: int = 200, **values: object) -> Response:
        """Return a page made from a template."""
        flash = self.request.cookies.get(FLASH_COOKIE, "")
        if flash:
            self.cookie(FLASH_COOKIE, "", 0)
        text = self._templates.get_template(template).render(
            ask=self,
            t=self.t,
            say=lambda thing, name="": said(self.lang, thing, name),
            lang=self.lang,
            account=self.account,
            token=self.token(),
            nav=self._entries(),
            here=self._here(),
            next_theme=THEMES[(THEMES.index(self.theme) + 1) % len(THEMES)],
            flash=_flash_key(flash),
            halted=(self.desk.home.path / STOPPED).exists(),
            wrong=beside(values.get("error")),
            **values,
        )
        return self.finish(HTMLResponse(text, status, headers={"Cache-Control": "no-store"}))

    def _here(self) -> str:
        url = self.request.url
        if self.request.method != "GET":
            return "/"
        return url.path + (f"?{url.query}" if url.query else "")

    def _entries(self) -> list[Entry]:
        return entries(self.permissions, self.request.url.path)

    def redirect(self, path: str, flash: str = "") -> Response:
        """Send the browser to a page of ours, with a word to show there once."""
        if flash:
            self.cookie(FLASH_COOKIE, flash, 60)
        return self.finish(RedirectResponse(path, 303))

    def cookie(self, name: str, value: str, seconds: int) -> None:
        """Set a cookie with the answer; ``seconds`` 0 removes it."""
        self._cookies.append((name, value, seconds))

    def finish(self, response: Response) -> Response:
        """Put the cookies on an answer."""
        for name, value, seconds in self._cookies:
            response.set_cookie(
                name,
                quote(value),
                max_age=seconds,
                httponly=True,
                samesite="lax",
                secure=self.desk.settings.secure,
            )
        return response

    # -- forged requests ------------------------------------------------------------------------

    def token(self) -> str:
        """Return a token for forms of this browser and session; another one each time, so that it cannot be guessed from sizes."""
        nonce = secrets.token_hex(_NONCE)
        return nonce + self._mac(nonce)

    def check_token(self, given: str = "") -> None:
        """Refuse a form that was not made for this browser and session, or that comes from another site.

        Args:
            given: The token, of an address that begins something; by default that of the form or of the header of scripts.

        Raises:
            WebError: ``web.forged``.
        """
        site = self.request.headers.get("sec-fetch-site", "same-origin")
        given = given or self.field(TOKEN_FIELD) or self.request.headers.get(TOKEN_HEADER, "")
        nonce, mac = given[: 2 * _NONCE], given[2 * _NONCE :]
        good = hmac.compare_digest(mac.encode(), self._mac(nonce).encode())
        if not good or site not in {"same-origin", "none"}:
            raise bad_request(
                "页面已过期或者来自其他网站，没有提交",
                "the page is too old or came from another site; nothing was sent",
                code="web.forged",
            )

    def _mac(self, nonce: str) -> str:
        bound = f"{nonce}\n{self.browser}\n{self.session if self.account else ''}"
        return hmac.new(self.desk.secret, bound.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def network_of(address: str) -> str:
    """Return what one subscriber has of a network address: all of IPv4, of IPv6 the first 64 bits; what is no address as it is."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(known), _SUBSCRIBER), strict=False))


def _flash_key(flash: str) -> str:
    """Return the key of a word to show once; cookies can hold anything."""
    return flash if flash.startswith("done.") and flash in catalogue() else ""


def _language(request: Request) -> Lang:
    chosen = request.query_params.get("lang") or request.cookies.get(LANG_COOKIE)
    if chosen in {"zh", "en"}:
        return cast("Lang", chosen)
    wanted = request.headers.get("accept-language", "zh").lower()
    return "en" if wanted.startswith("en") else "zh"


def _named_language(request: Request) -> bool:
    """Say whether the address chooses a language that later pages keep; a link on another site does so for who chose none yet."""
    named, known = request.query_params.get("lang"), request.cookies.get(LANG_COOKIE)
    if request.method != "GET" or named not in {"zh", "en"} or named == known:
        return False
    return known is None or request.headers.get("sec-fetch-site", "none") in {"same-origin", "none"}


def kept(given: Mapping[str, str]) -> str:
    """Return values as the query of an address, blanks left out."""
    return "&".join(f"{quote(name)}={quote(value)}" for name, value in given.items() if value)
