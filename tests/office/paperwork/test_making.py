"""Making documents in a real home: sealed, logged, numbered, refused; a form of the office's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from qingyuan.cases import Refused
from qingyuan.documents import DocumentError
from qingyuan.office.casework import act, load
from qingyuan.office.errors import OfficeError
from qingyuan.office.fsck import check_home
from qingyuan.office.home import Home
from qingyuan.office.intake import intake
from qingyuan.office.paperwork import make_document, offers_of, preview, record_number
from tests.office.paperwork.rendered import docx_text, letters, pdf_text
from tests.office.running import material

NUMBER = "清州检行公立〔2026〕1号"


@pytest.fixture
def filed(tmp_path: Path) -> tuple[Path, str]:
    folder = tmp_path / "papers"
    folder.mkdir()
    with Home.open(folder / "home", create=True) as home:
        lead = intake(home, [material(folder / "material", 2)], workers=0).lead
        act(home, "lead-assess", lead, {"authenticity": "可靠", "investigability": "可查", "conclusion": "open"}, actor="P001")  # fmt: skip
        act(home, "matter-open", lead, {}, actor="P001")
        today = home.clock.now().date().isoformat()
        events = act(
            home,
            "case-file",
            load(home, lead).docket.matter.id,  # type: ignore[union-attr]
            {
                "track": "administrative", "office": "清州市人民检察院", "jurisdiction": "same-level",
                "basis": "personal-information", "harm": "面单明文", "violation": "未依法监管",
                "respondents": ["清州市邮政管理局"],
                "approved_by": "P009", "approved_on": today,
            },
            actor="P001",
        )  # fmt: skip
    return folder / "home", events[0].stream


def test_a_document_is_written_sealed_and_logged_with_its_sources(
    filed: tuple[Path, str], tmp_path: Path
) -> None:
    path, case = filed
    with Home.open(path) as home:
        made = make_document(home, "立案决定书", case, tmp_path, actor="P001")
        events = load(home, case).events
        logged = next(event for event in reversed(events) if event.type == "document.made")
        assert list(check_home(home)) == []
    assert logged.payload["sources"] == sorted({source.event for source in made.sources})
    assert (logged.payload["docx"], logged.payload["pdf"]) == made.exhibits
    types = {event.index: (event.type, event.stream, event.at) for event in events}
    assert all(types[source.event] == (source.type, source.stream, source.at) for source in made.sources)
    assert {"case.filed", "matter.opened"} <= {source.type for source in made.sources}
    assert letters(docx_text(made.docx.read_bytes())) == letters(pdf_text(made.pdf.read_bytes()))
    assert [blank.name for blank in made.missing] == ["number"]


def test_a_number_is_a_blank_until_it_is_recorded_and_then_an_event(
    filed: tuple[Path, str], tmp_path: Path
) -> None:
    path, case = filed
    with Home.open(path) as home:
        assert "〔　　　〕" in preview(home, "investigation-plan", case, actor="P001").text()
        event = record_number(home, "立案决定书", case, NUMBER, actor="P001")
        made = make_document(home, "filing-decision", case, tmp_path, actor="P001")
    assert made.number == NUMBER
    assert made.missing == ()
    assert (NUMBER, event.index) in [(source.text, source.event) for source in made.sources]


def test_a_number_of_another_document_or_a_blank_one_is_refused(filed: tuple[Path, str]) -> None:
    path, case = filed
    with Home.open(path) as home:
        record_number(home, "filing-decision", case, NUMBER, actor="P001")
        record_number(home, "filing-decision", case, NUMBER, actor="P001")
        with pytest.raises(DocumentError, match="another document"):
            record_number(home, "investigation-plan", case, NUMBER, actor="P001")
        with pytest.raises(DocumentError, match="blank"):
            record_number(home, "investigation-plan", case, " ", actor="P001")
        with pytest.raises(Refused):
            record_number(home, "suggestion", case, "清州检建〔2026〕9号", actor="P001")


def test_what_is_not_possible_yet_is_refused_and_writes_nothing(
    filed: tuple[Path, str], tmp_path: Path
) -> None:
    path, case = filed
    with Home.open(path) as home:
        before = home.head()
        with pytest.raises(Refused, match="possible only while"):
            make_document(home, "检察建议书", case, tmp_path / "none", actor="P001")
        with pytest.raises(OfficeError, match="lead"):
            make_document(home, "不立案决定书", case, tmp_path / "none", actor="P001")
        with pytest.raises(OfficeError):
            make_document(home, "立案决定书", case, tmp_path / "none", actor="P001", about=1)
        with pytest.raises(DocumentError, match="no field"):
            make_document(home, "investigation-plan", case, tmp_path / "none", actor="P001", given={"x": "y"})
        assert home.head() == before
    assert not (tmp_path / "none").exists()


def test_a_stated_particular_fills_its_blank_and_is_only_named_in_the_log(
    filed: tuple[Path, str], tmp_path: Path
) -> None:
    path, case = filed
    with Home.open(path) as home:
        made = make_document(
            home, "调查方案", case, tmp_path, actor="P001", given={"steps": "先查面单；再走访企业"}
        )
        logged = [event for event in load(home, case).events if event.type == "document.made"][-1]
    assert made.given == ("steps",)
    assert "先查面单；再走访企业。" in docx_text(made.docx.read_bytes())
    assert "steps" not in [blank.name for blank in made.missing]
    assert "先查面单" not in str(logged.payload)


def test_a_form_in_the_home_needs_no_python(filed: tuple[Path, str], tmp_path: Path) -> None:
    path, case = filed
    (path / "forms").mkdir(exist_ok=True)
    (path / "forms" / "work-note.yaml").write_text(
        "id: work-note\nname: 工作说明\nname_en: work note\nrules: [pil-rules-methods]\nlayout: instrument\n"
        "act: {verbs: [case-file], events: [case.filed]}\n"
        "requires: [{fact: case.harm, zh: 公益受侵害, en: harm}]\n"
        "fields: [{name: purpose, zh: 用途, en: purpose}]\n"
        "blocks:\n"
        "  - {text: \"{{ this.harm | sentence }}{{ case.filed_on | day }}，{{ cite('pil-rules-methods') }}。用途：{{ purpose }}\"}\n",
        encoding="utf-8",
    )
    with Home.open(path) as home:
        states = {offer.form.id: offer.state for offer in offers_of(home, case, actor="P001")}
        made = make_document(home, "工作说明", case, tmp_path, actor="P001")
    assert states["work-note"] == "due"
    text = letters(pdf_text(made.pdf.read_bytes()))
    assert "面单明文。" in text
    assert "《人民检察院公益诉讼办案规则》第三十五条" in text
    assert [blank.zh for blank in made.missing][-1] == "用途"
