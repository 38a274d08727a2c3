"""The chain of custody of an exhibit: what later happens to it is logged, and all of it prints as one sheet."""

from __future__ import annotations

import json
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pypdfium2
import pytest

from qingyuan.evidence import CustodyError
from qingyuan.office.custody import custody_record, custody_sheet, write_sheet
from qingyuan.office.errors import OfficeError
from qingyuan.office.handover import examine, hand_over, verify_exhibit, verify_exhibits
from qingyuan.office.home import Home
from qingyuan.office.intake import intake, seal_into
from qingyuan.office.keys.destruction import destroy
from qingyuan.office.packages.packaging import make_package
from qingyuan.office.sealing import Collector
from qingyuan.store.registry import exhibits
from tests.evidence.stamping import stamper
from tests.office.packages.test_outsiders import BEGIN, stamp_head
from tests.office.running import material
from tests.warm import run

RECEIPT = {"to": "某市公安局", "received_by": "王某", "reason": "涉嫌犯罪", "medium": "光盘 1 张"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.open(tmp_path / "home", create=True)
    intake(home, [material(tmp_path / "material", 2)], workers=0)
    return home


def lead_of(home: Home) -> str:
    return f"L{home.clock.now().year}-0001"


def ids(home: Home) -> list[str]:
    with home.database.read() as connection:
        return [row.id for row in exhibits(connection, [lead_of(home)]) if row.origin == "collected"]


def whole_life(home: Home, folder: Path) -> str:
    """Everything that can happen to an exhibit, in order."""
    first, *rest = ids(home)
    make_package(home, lead_of(home), folder / "a.evp", to="某法院", actor="P001")
    hand_over(home, [first, *rest], **RECEIPT, actor="P001")
    examine(
        home, first, party="被告", position="disputed", grounds="真实性", occasion="庭前会议", actor="P002"
    )
    assert verify_exhibit(home, first, actor="P001").payload["ok"] is True
    stamp_head(home, stamper("one"), BEGIN)
    stamp_head(home, stamper("two", sm2=True), BEGIN + timedelta(hours=1), twin=True)
    destroy(home, lead_of(home), basis="超过保存期限", approved_by="P009", by="P001")
    return first


def test_the_whole_life_of_an_exhibit_is_one_chain_with_its_places(tmp_path: Path, home: Home) -> None:
    first = whole_life(home, tmp_path)
    record = custody_record(home, first)
    stages = [step.stage.value for step in record.custody.steps]
    assert stages == ["提取", "存储", "验证", "传输", "移送", "质证", "验证", "销毁"]
    assert {gap.code for gap in record.custody.gaps} == {"no-second-collector"}
    assert [place.index for place in record.places] == [step.index for step in record.custody.steps]
    assert all(place.twin for place in record.places)
    assert [operator for operator, _ in record.places[0].stamps] == ["one", "two"]
    assert record.places[-1].stamps == (), "it was destroyed after the tokens"
    assert [size for _, size, _ in record.logs] == [record.logs[0][1]] * 2


def test_an_exhibit_is_not_in_the_packages_that_were_made_before_it(tmp_path: Path, home: Home) -> None:
    make_package(home, lead_of(home), tmp_path / "a.evp", to="某法院", actor="P001")
    (tmp_path / "late.txt").write_text("late")
    late = seal_into(home, lead_of(home), tmp_path / "late.txt", Collector(second="P002"))
    custody = custody_record(home, late).custody
    assert [step.stage.value for step in custody.steps] == ["提取", "存储"]
    assert custody.gaps == ()


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _texts(folder: Path, stem: str) -> list[str]:
    page = _Text()
    page.feed((folder / f"{stem}.html").read_text(encoding="utf-8"))
    assert not page.tags & {"script", "img", "link", "iframe"}
    opened = pypdfium2.PdfDocument(folder / f"{stem}.pdf")
    try:
        pdf = "".join(each.get_textpage().get_text_range() for each in opened)
    finally:
        opened.close()
    return [(folder / f"{stem}.txt").read_text(encoding="utf-8"), "".join(page.words), pdf]


def test_the_sheet_says_the_same_as_pdf_html_and_text(tmp_path: Path, home: Home) -> None:
    first = whole_life(home, tmp_path)
    record = custody_record(home, first)
    for suffix in (".pdf", ".html", ".txt"):
        write_sheet(custody_sheet(record), tmp_path / f"c{suffix}")
    for text in _texts(tmp_path, "c"):
        flat = "".join(text.split())
        for words in (
            "保管链",
            first,
            record.manifest.sm3,
            "某市公安局",
            "销毁",
            "没有第二名收集人员的记录",
            "one2026-03-09T09:00:00Z",
        ):
            assert words in flat, words
        for step in record.custody.steps:
            assert f"#{step.index}" in flat
    write_sheet(custody_sheet(record), tmp_path / "again.pdf")
    assert (tmp_path / "again.pdf").read_bytes() == (tmp_path / "c.pdf").read_bytes()
    with pytest.raises(OfficeError) as caught:
        write_sheet(custody_sheet(record), tmp_path / "c.docx")
    assert caught.value.code == "office.unknown-kind"


def test_names_from_strangers_are_no_markup_and_stay_on_the_page(tmp_path: Path, home: Home) -> None:
    odd = tmp_path / "<b>收据🧾\u202egpj.txt"
    odd.write_text("x")
    name = seal_into(home, lead_of(home), odd, Collector())
    sheet = custody_sheet(custody_record(home, name))
    for suffix in (".pdf", ".html", ".txt"):
        write_sheet(sheet, tmp_path / f"c{suffix}")
    assert "<b>" not in (tmp_path / "c.html").read_text(encoding="utf-8")
    assert "收据〓" in _texts(tmp_path, "c")[2]


def test_a_changed_exhibit_is_logged_as_such(home: Home) -> None:
    with home.database.read() as connection:
        rows = exhibits(connection, [lead_of(home)])
    blob = home.blobs.path(rows[0].scope, rows[0].sha256)
    blob.write_bytes(blob.read_bytes()[:-1])
    assert verify_exhibit(home, rows[0].id, actor="P001").payload["ok"] is False
    assert verify_exhibits(home, rows, actor="P001") == [rows[0].id]
    gaps = {gap.code for gap in custody_record(home, rows[0].id).custody.gaps}
    assert "digest-differs" in gaps


def test_exhibits_of_two_leads_are_handed_over_in_an_event_for_each(tmp_path: Path, home: Home) -> None:
    intake(home, [material(tmp_path / "other", 1)], workers=0)
    other = f"L{home.clock.now().year}-0002"
    with home.database.read() as connection:
        second = next(row.id for row in exhibits(connection, [other]) if row.origin == "collected")
    events = hand_over(home, [*ids(home), second], **RECEIPT, actor="P001")
    assert [(event.stream, event.payload["exhibits"]) for event in events] == [
        (lead_of(home), ids(home)),
        (other, [second]),
    ]


def test_what_cannot_be_logged_is_refused_and_logs_nothing(home: Home) -> None:
    head = home.head()
    for wrong, code in ((["X0"], "office.no-such-exhibit"), ([], "evidence.incomplete-event")):
        with pytest.raises((OfficeError, CustodyError)) as caught:
            hand_over(home, wrong, **RECEIPT, actor="P001")
        assert caught.value.code == code
    with pytest.raises(CustodyError):
        examine(home, ids(home)[0], party="被告", position="disputed", grounds="", occasion="", actor="P001")
    with pytest.raises(OfficeError):
        verify_exhibit(home, "X0", actor="P001")
    assert home.head() == head
    destroy(home, lead_of(home), basis="b", approved_by="P009", by="P001")
    for act in (
        lambda: verify_exhibit(home, ids(home)[0], actor="P001"),
        lambda: hand_over(home, ids(home), **RECEIPT, actor="P001"),
    ):
        with pytest.raises(OfficeError) as refused:
            act()
        assert refused.value.code == "office.exhibit-destroyed"


def test_the_command_line_hands_over_examines_verifies_and_prints(tmp_path: Path, home: Home) -> None:
    first = ids(home)[0]
    at = ("--home", home.path, "--json")
    home.close()
    done = run("exhibit", "hand-over", first, "--to", "某法院", "--received-by", "李某", *at)
    assert (done.returncode, json.loads(done.stdout)["exhibits"]) == (0, [first])
    done = run("exhibit", "examine", first, "--party", "被告", "--position", "disputed", *at)
    assert (done.returncode, json.loads(done.stdout)["error"]["code"]) == (2, "evidence.incomplete-event")
    done = run("exhibit", "examine", first, "--party", "被告", "--position", "accepted", *at)
    assert done.returncode == 0
    done = run("exhibit", "verify", first, *at)
    assert (done.returncode, json.loads(done.stdout)["ok"]) == (0, True)
    done = run("exhibit", "custody", first, "-o", tmp_path / "c.pdf", *at)
    assert [step["stage"] for step in json.loads(done.stdout)["steps"]][-3:] == ["移送", "质证", "验证"]
    assert (tmp_path / "c.pdf").read_bytes().startswith(b"%PDF-")
