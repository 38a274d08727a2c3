"""Pages that no address alone leads to, for the gallery: desks behind links, results of jobs, refusals, an empty office."""

from __future__ import annotations

import contextlib
import io
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pyrage  # type: ignore[import-untyped]
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qingyuan.office.adding import add_material
from qingyuan.office.browser import Page
from qingyuan.office.casework import Argument, act
from qingyuan.office.exchange import add_peer, send
from qingyuan.office.exchange.peers import own_keys
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.office.packages.recipient_keys import add_recipient
from qingyuan.office.recognition.stopped import Stop, write_stop
from qingyuan.office.sealing import Collector
from qingyuan.store import events
from qingyuan.store.registry import exhibits
from qingyuan.web.portal.invitations import invite
from tests.office.capture.site import serving as site_serving
from tests.web.browsing import arrive
from tests.web.making import (
    PASSWORD,
    client_of,
    clock,
    desk_of,
    handle_all,
    make_office,
    packaged,
    post,
    token_of,
)
from tests.web.portal.serving import CASE, FIRM, ORGAN, serve_suggestion
from tests.web.portal.test_hearing import announce
from tests.web.portal.test_invited import sent
from tests.web.portal.test_selfcheck import NAMED, TABLE
from tests.web.serving import served
from tests.web.test_sellers import TABLE as SHOPS

_LEAD, _MATTER = "L2026-0001", "M2026-0001"
_LONG = 120.0
Fields = dict[str, str | list[str]]
_PEOPLE = (
    ("li", "李检察官", ["prosecutor", "chief"]),
    ("gao", "高管理员", ["administrator"]),
    ("shen", "沈审计员", ["auditor"]),
    ("zhu", "朱助理", ["assistant"]),
    ("bu", "卜主任", ["department-head"]),
)


class Scene(NamedTuple):
    """One page to draw.

    Attributes:
        name: Of the picture.
        path: Its address.
        who: Name of the account that looks; ``""`` is nobody.
        then: What is done on the page before it is drawn.
        printed: Whether it is drawn as it is printed too.
    """

    name: str
    path: str
    who: str = "li"
    then: Callable[[Page], None] | None = None
    printed: bool = False


@contextlib.contextmanager
def busy_office(folder: Path) -> Iterator[tuple[str, list[Scene]]]:
    """Serve a small office in the middle of a case; yields its address and what is to be seen there."""
    make_office(folder)
    with site_serving() as site, Home.open(folder / "home", clock=clock()) as home:
        serve_suggestion(home)
        shops = folder / "店铺.csv"
        shops.write_text(SHOPS, encoding="utf-8")
        add_material(home, _MATTER, [shops], Collector("P001"), workers=0)
        announce(home)
        with home.database.read() as connection:
            first, second = [row.id for row in exhibits(connection, [_LEAD]) if row.origin == "collected"][:2]
        proof: dict[str, Argument] = {"measure": "m01", "after": [second], "on": "2026-07-01"}
        act(home, "prove-measure", CASE, proof, actor="P001")
        home.publish()
        with served(home, frozenset({("127.0.0.1", site.server_port)})) as (url, app):
            for name, display, roles in _PEOPLE:
                made = desk_of(app).people.add(name, display, roles, PASSWORD)
                if name != "gao":
                    handle_all(desk_of(app), made.person)
            client = client_of(app, "prosecutor")
            checked: Fields = {"measure": "m01", "before": [first], "after": [second]}
            wanted: Fields = {
                "record": _LEAD,
                "urls": f"{site.url}/\nhttp://127.0.0.1:9/",
                "second": "P009",
                "place": "清州",
            }
            rechecked = _job(app, client, f"/cases/{CASE}/recheck", checked)
            captured = _job(app, client_of(app, "technician"), "/capture", wanted)
            client.get(f"/exhibits/{first}/content")
            asked: Fields = {"basis": "保管期限届满，2026 年第 3 号销毁决定", "reason": "案件已终结并归档"}
            post(client, "/destroy/L2026-0002/ask", asked, form="/account")
            hand_in_bundle(client, home, folder)
            yield url, [*_desks(app, client, home), *_inside(captured, rechecked, first), *_refused()]


@contextlib.contextmanager
def empty_office(folder: Path) -> Iterator[tuple[str, list[Scene]]]:
    """Serve an office in which nothing has happened yet."""
    office = OfficeInfo("new", "清州市人民检察院")
    with (
        Home.open(folder / "home", create=True, office=office, clock=clock()) as home,
        served(home) as (url, app),
    ):
        desk_of(app).people.add("li", "李检察官", ["prosecutor", "chief"], PASSWORD)
        paths = (
            "/",
            "/deadlines",
            "/leads",
            "/matters",
            "/intake",
            "/capture",
            "/search",
            "/law",
            "/statistics",
        )
        yield url, [Scene(f"empty-{path.strip('/') or 'home'}", path) for path in paths]


@contextlib.contextmanager
def new_office(folder: Path) -> Iterator[tuple[str, list[Scene]]]:
    """Serve a home of which nobody has said yet whose it is."""
    with (
        Home.open(folder / "home", create=True, begin=False, clock=clock()) as home,
        served(home) as (url, app),
    ):
        code = desk_of(app).setup_code
        chosen = f"/setup?code={code}&office=procuratorate-330782"
        yield (
            url,
            [
                Scene("setup-search", f"/setup?code={code}&q=义乌", ""),
                Scene("setup-chosen", chosen, ""),
                Scene("setup-refused", chosen, "", send_blank),
                Scene("setup-no-code", "/setup", ""),
            ],
        )


@contextlib.contextmanager
def stopped_office(folder: Path) -> Iterator[tuple[str, list[Scene]]]:
    """Serve an office whose log a witness found to be shorter than what it had cosigned."""
    office = OfficeInfo("stopped", "清州市人民检察院")
    with (
        Home.open(folder / "home", create=True, office=office, clock=clock()) as home,
        served(home) as (url, app),
    ):
        for name, display, roles in _PEOPLE[:2]:
            desk_of(app).people.add(name, display, roles, PASSWORD)
        home.publish()
        held = home.head()
        assert held is not None
        at = (home.path / "log" / "checkpoint").read_text(encoding="utf-8")
        url_of = "https://witness.example/"
        write_stop(
            home.path,
            Stop(
                1,
                "rolled-back",
                home.settings.origin,
                "2026-07-01T09:00:00+08:00",
                held.size,
                at,
                "witness.example",
                "witness.example+0",
                url_of,
                held.size + 9,
            ),
        )
        yield (
            url,
            [
                Scene("stopped-home", "/"),
                Scene("stopped-witnesses", "/admin/witnesses", "gao"),
                Scene("stopped-act", "/acts/new/lead-register"),
            ],
        )


def _job(app: FastAPI, client: TestClient, path: str, fields: Fields) -> str:
    """Begin a job and return its address when it has ended."""
    begun = post(client, path, fields, form="/account")
    where = begun.headers["location"]
    deadline = time.monotonic() + _LONG
    while not (found := desk_of(app).jobs.get(where.rpartition("/")[2])) or not found.over:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return where


def hand_in_bundle(client: TestClient, home: Home, folder: Path) -> None:
    """Let another office send a suggestion with its letter, and take it in on the page."""
    office = OfficeInfo("jinhua", "金华市人民检察院")
    with Home.open(folder / "jinhua", create=True, office=office, clock=home.clock) as other:
        for one, name, theirs in ((home, "jinhua", other), (other, "ours", home)):
            log, package = own_keys(theirs)
            add_peer(one, name, title=theirs.settings.office.name, log=log, package=package, actor="P001")
        letter = folder / "检察建议书.pdf"
        letter.write_bytes(b"%PDF-1.7 letter")
        said: dict[str, str | int | bool | list[str]] = {
            "title": "快递面单外泄",
            "demands": ["全部遮挡面单", "三个月内整改完毕"],
        }
        made = send(other, "suggestion", "ours", body=said, files=[letter], actor="P001", offline=True)
        token = {"_token": token_of(client, "/account")}
        client.post("/exchange/receive", data=token, files=[("bundle", ("1.qyx", made.data))])


def _desks(app: FastAPI, client: TestClient, home: Home) -> Iterator[Scene]:
    """Yield what outsiders see, after the officer spoke and the court asked for corrections."""
    desk = desk_of(app)
    package = packaged(app, client, CASE, "清州市人民法院")
    key = str(pyrage.x25519.Identity.generate().to_public())
    add_recipient(home, "清州市人民法院", key, basis="书记员当面提供，末六位核对一致", by="P002")
    invited = {
        "organ": invite(desk, CASE, "organ", name=ORGAN, days=9, actor="P001"),
        "firm": invite(desk, CASE, "firm", name=FIRM, days=9, actor="P001", owner=FIRM),
        "officer": invite(desk, CASE, "hearing", name="听证员一", days=9, actor="P001", role="officer"),
        "party": invite(desk, CASE, "hearing", name=FIRM, days=9, actor="P001", role="party"),
        "court": invite(desk, CASE, "court", name="清州市人民法院", days=9, actor="P001"),
    }
    paths = {name: link[link.index("/portal/") :] for name, (link, _) in invited.items()}
    sent(client, f"{paths['officer']}/statement", {"view": "partly", "text": "建议三个月后复查"}, [])
    with home.database.read() as connection:
        told = [one for one in events(connection, [_MATTER, CASE]) if one.type == "evidence.transferred"]
    asked = {"package": str(told[0].payload["package"]), "outcome": "corrections", "text": "缺少面单原件照片"}
    sent(client, f"{paths['court']}/answer", {**asked, "by": "2026-07-10"}, [])
    for name, path in paths.items():
        yield Scene(f"desk-{name}", path, "", printed=name == "organ")
    yield Scene("desk-self-check", f"{paths['firm']}/self-check", "")
    yield Scene("desk-self-checked", f"{paths['firm']}/self-check", "", _check_itself, printed=True)
    yield Scene("package", f"/packages/{package}")
    yield Scene("packages", f"/packages?record={_MATTER}")
    yield Scene("material", f"/material/{_MATTER}")
    yield Scene("desk-no-link", "/portal/i/withdrawn-or-mistyped", "")
    yield Scene("desk-organ-refused", paths["organ"], "", send_blank)


def _inside(captured: str, rechecked: str, exhibit: str) -> Iterator[Scene]:
    yield Scene("captured", captured, "user-technician")
    yield Scene("rechecked", rechecked, "user-prosecutor")
    yield Scene("exchange", "/exchange")
    yield Scene("exchanged", "/exchange/jinhua/received/1", printed=True)
    yield Scene("recheck", f"/cases/{CASE}/recheck?measure=m01")
    yield Scene("matter", f"/matters/{_MATTER}", printed=True)
    yield Scene("matter-read-only", f"/matters/{_MATTER}", "bu")
    yield Scene("lead", f"/leads/{_LEAD}", printed=True)
    yield Scene("lead-to-assess", "/leads/L2026-0002")
    yield Scene("scan", f"/leads/{_LEAD}/scan", printed=True)
    yield Scene("sellers", f"/matters/{_MATTER}/sellers")
    yield Scene("scan-matter", f"/matters/{_MATTER}/scan")
    yield Scene("source", f"/exhibits/{exhibit}/source?at=1")
    yield Scene("exhibit", f"/exhibits/{exhibit}", printed=True)
    yield Scene("exhibit-forms", f"/exhibits/{exhibit}", then=unfold)
    yield Scene("exhibit-forms-refused", f"/exhibits/{exhibit}", then=_hand_over_to_nobody)
    yield Scene("deidentified", f"/exhibits/{exhibit}/deidentify", then=_begin)
    yield Scene("anonymity", f"/exhibits/{exhibit}/anonymity")
    yield Scene("reidentify", f"/exhibits/{exhibit}/reidentify")
    yield Scene("calculated", "/law/calculators?which=deadline&period=agency-reply&from=2026-03-18")
    yield Scene("division-meant", "/law/divisions?name=朝阳")
    yield Scene("allowed", f"/access?person=P002&action=read&what={_LEAD}")
    yield Scene("document", f"/documents/{CASE}/filing-decision", printed=True)
    yield Scene("palette", f"/matters/{_MATTER}", then=summon)
    yield Scene("provision-beside", f"/matters/{_MATTER}", then=cite)
    yield Scene("looked", "/scan", then=_check_itself, printed=True)
    yield Scene("bag-checked", "/verify", "", _check_bag)
    yield Scene("search", "/search?q=面单")
    yield Scene("deadlines", "/deadlines")
    for path in (
        "/admin",
        "/admin/health",
        "/admin/hooks",
        "/admin/keys",
        "/admin/provider",
        "/admin/recipients",
        "/admin/timestamps",
        "/admin/witnesses",
    ):
        yield Scene(path.strip("/").replace("/", "-"), path, "gao")
    for name in ("parties", "parties/procuratorate-330782", "posts", "access", "access/matrix"):
        yield Scene(name.replace("/", "-"), f"/{name}", "gao")
    yield Scene("handlers", f"/handlers/{_MATTER}")
    yield Scene("destroy", f"/destroy/{_LEAD}")
    yield Scene("destroy-waiting", "/destroy/L2026-0002")
    yield Scene("home-destruction", "/")
    yield Scene("act-file", f"/acts/{_MATTER}/case-file")
    yield Scene("act-sue", f"/acts/{CASE}/file-suit")
    yield Scene("readings", "/readings", "shen")


def _refused() -> Iterator[Scene]:
    yield Scene("refused-act", f"/acts/{CASE}/consult", then=send_blank)
    yield Scene("not-found", "/matters/M2026-0999")
    yield Scene("nowhere", "/nowhere", "")
    yield Scene("not-permitted", "/admin", "zhu")
    yield Scene("too-large", "/sign-in/code", "", _send_too_much)
    yield Scene("too-many", "/sign-in/code", "", _guess)


def _check_itself(page: Page) -> None:
    page.evaluate(
        f"const t = new DataTransfer(); t.items.add(new File([`{TABLE.decode()}`], '{NAMED}'));"
        "document.querySelector('#files').files = t.files;"
        "document.querySelector('form.card').action += `?lang=${document.documentElement.lang.slice(0, 2)}`; 0"
    )
    page.click("form.card .button")
    arrive(page, "document.querySelector('#result')")


def _check_bag(page: Page) -> None:
    """Send a small bag whose manifest is wrong about one file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("案卷/bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
        archive.writestr("案卷/data/名单.csv", "a,b\n")
        archive.writestr(
            "案卷/manifest-sha256.txt", f"{'0' * 64}  data/名单.csv\n{'1' * 64}  data/照片.jpg\n"
        )
    page.evaluate(
        f"const t = new DataTransfer(); t.items.add(new File([new Uint8Array({list(made.getvalue())})], '案卷.zip'));"
        "document.querySelector('#package').files = t.files;"
        "document.querySelector('form.card').action += `?lang=${document.documentElement.lang.slice(0, 2)}`; 0"
    )
    page.click("form.card .button")
    arrive(page, "document.querySelector('#bag')")


def send_blank(page: Page) -> None:
    """Send the form of the page with nothing in it, and wait for the refusal."""
    page.evaluate(
        "document.querySelectorAll('main form [required]').forEach(e => e.removeAttribute('required')); 0"
    )
    page.click("main form:last-of-type .button")
    arrive(page, "document.querySelector('.problem')")


def unfold(page: Page) -> None:
    """Open everything on the page that is folded."""
    page.evaluate("document.querySelectorAll('main details').forEach(e => { e.open = true; }); 0")


def _hand_over_to_nobody(page: Page) -> None:
    """Record a hand-over without saying to whom."""
    page.evaluate(
        "document.querySelectorAll('main details [required]').forEach(e => e.removeAttribute('required')); 0"
    )
    page.click("main details form .button")
    arrive(page, "document.querySelector('.problem')")


def _begin(page: Page) -> None:
    """Begin the job of the page and wait for what came of it."""
    page.click("main form:last-of-type .button:not(.plain)")
    arrive(page, "document.querySelector('.outcome, .problem')")


def _send_too_much(page: Page) -> None:
    """Send more than anybody may who has not signed in."""
    page.evaluate(
        "document.title = 'before'; document.querySelector('main form input:not([type=hidden])').value = 'a'.repeat(1e5); document.querySelector('main form').submit(); 0"
    )
    arrive(page, "document.title !== 'before'")


def _guess(page: Page) -> None:
    """Guess codes until it is too much."""
    while not page.evaluate("document.body.innerText.includes('web.too-many')"):
        page.evaluate("document.title = 'before'; document.querySelector('main form').submit(); 0")
        arrive(page, "document.title !== 'before'")


def summon(page: Page) -> None:
    """Open the palette and look for something."""
    page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'k', ctrlKey: true})); 0")
    page.evaluate(
        "const i = document.querySelector('#palette-input'); i.value = '听证'; i.dispatchEvent(new Event('input')); 0"
    )
    arrive(page, "document.querySelectorAll('#palette-list li').length > 0")


def cite(page: Page) -> None:
    """Read a provision beside its citation."""
    page.evaluate("document.querySelector('main a.article').focus(); 0")
    arrive(page, "!document.querySelector('#tip').hidden")
