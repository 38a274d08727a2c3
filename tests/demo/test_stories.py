"""The reference matters: replayed from their data, to the days their sources print."""

from __future__ import annotations

import dataclasses
import shutil
from datetime import date, datetime
from pathlib import Path

import pytest

from qingyuan.cases import timeline
from qingyuan.demo.errors import DemoError
from qingyuan.demo.replay import Replayed, replay_all
from qingyuan.demo.story import references
from qingyuan.office.casework import case_events, load
from qingyuan.office.clock import CHINA, FixedClock
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.office.paperwork import offers_of, preview
from tests.office.paperwork.tracing import untraced

STORIES = Path(__file__).parents[2] / "src" / "qingyuan" / "demo" / "stories"


@dataclasses.dataclass(frozen=True)
class Office:
    home: Path
    clock: FixedClock
    replayed: dict[str, Replayed]


def play(folder: Path, stories: Path | None = None) -> Office:
    chosen = references() if stories is None else references(stories)
    clock = FixedClock(datetime.combine(chosen[0].lead.day, datetime.min.time(), CHINA))
    site = OfficeInfo("site", "某省人民检察院（演示）", "330000", "province")
    with Home.open(folder, create=True, office=site, seed="demo-7", clock=clock):
        pass
    with Home.open(folder, clock=clock) as home:
        done = replay_all(home, clock, folder / "stories", chosen, seed=7, tell=lambda *_: None)
    return Office(folder, clock, {each.id: each for each in done})


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return play(tmp_path_factory.mktemp("references") / "home")


def days(office: Office, story: str) -> set[str]:
    return {told.on for told in office.replayed[story].steps if told.printed}


def test_every_package_passes(office: Office) -> None:
    assert {story.verdict for story in office.replayed.values()} == {"pass"}


@pytest.mark.parametrize(
    ("story", "printed"),
    [
        (
            "gc141",
            {"2020-09-15", "2020-10-22", "2020-12-02", "2020-12-04", "2021-02-07", "2021-03-11"},
        ),
        ("yuhang-beauty", {"2022-09-05", "2022-09-15"}),
        ("zhejiang-waybills", {"2022-12-01", "2023-07-12"}),
    ],
)
def test_the_days_of_the_source_are_the_days_of_the_acts(
    office: Office, story: str, printed: set[str]
) -> None:
    assert days(office, story) == printed


def test_case_141_has_thirty_four_measures_of_the_company_all_accepted(office: Office) -> None:
    civil = office.replayed["gc141"].cases["civil"]
    with Home.open(office.home, clock=office.clock) as home:
        case = load(home, civil).docket.cases[civil]
    assert len(case.measures) == 34
    assert {str(measure.status) for measure in case.measures.values()} == {"accepted"}
    assert case.stage == "closed"


def test_case_141_is_held_up_where_the_law_held_it_up(office: Office) -> None:
    early, settled = office.replayed["gc141"].refused
    assert "公告期2020-10-15尚未届满" in early
    assert "当时未施行，仅供参照" in early
    assert "最后一日2021-03-10" in settled


def test_case_141_was_sued_within_the_review_counted_by_analogy(office: Office) -> None:
    civil = office.replayed["gc141"].cases["civil"]
    assert (civil, "civil-suit-review", "2021-01-15") in office.replayed["gc141"].due


def test_the_waybill_matter_has_five_regulators_and_ends_after_a_hearing(office: Office) -> None:
    story = office.replayed["zhejiang-waybills"]
    assert set(story.cases) == {"postal", "police", "cyberspace", "market", "commerce"}
    with Home.open(office.home, clock=office.clock) as home:
        docket = load(home, story.matter).docket
    for case in docket.cases.values():
        assert case.closed_on == date(2023, 7, 14)
        assert [hearing.on for hearing in case.hearings] == [date(2023, 7, 12)]
        assert case.suggestion is None


def test_every_event_of_a_story_has_its_sentence(office: Office) -> None:
    with Home.open(office.home, clock=office.clock) as home:
        loaded = load(home, office.replayed["yuhang-earthworms"].matter)
    lines = timeline(case_events(loaded.events))
    assert len(lines) > 20
    assert all(line.zh and line.en and "{" not in line.zh + line.en for line in lines)


def test_a_story_is_added_without_python(tmp_path: Path) -> None:
    folder = tmp_path / "stories"
    folder.mkdir()
    text = (STORIES / "yuhang-beauty.yaml").read_text("utf-8")
    (folder / "another.yaml").write_text(text.replace("id: yuhang-beauty", "id: another"), "utf-8")
    done = play(tmp_path / "home", folder).replayed
    assert done["another"].verdict == "pass"


def test_a_date_that_the_engine_does_not_give_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "stories"
    folder.mkdir()
    text = (STORIES / "yuhang-beauty.yaml").read_text("utf-8")
    assert "date: 2022-11-15" in text
    (folder / "wrong.yaml").write_text(text.replace("date: 2022-11-15", "date: 2022-11-16"), "utf-8")
    with pytest.raises(DemoError, match="agency-reply") as caught:
        play(tmp_path / "home", folder)
    assert caught.value.code == "demo.other-date"


def test_a_file_that_is_no_story_is_named_with_its_field(tmp_path: Path) -> None:
    shutil.copy(STORIES / "gc141.yaml", tmp_path / "gc.yaml")
    path = tmp_path / "gc.yaml"
    path.write_text(path.read_text("utf-8").replace("field: minors", "feld: minors"), "utf-8")
    with pytest.raises(DemoError, match=r"gc\.yaml.*lead") as caught:
        references(tmp_path)
    assert caught.value.code == "demo.bad-story"


def test_documents_name_who_handled_the_matter_and_every_day_is_that_of_the_act(office: Office) -> None:
    civil = office.replayed["gc141"].cases["civil"]
    with Home.open(office.home, clock=office.clock) as home:
        notice = preview(home, "pre-suit-notice", civil, actor="P001")
        suit = preview(home, "complaint-civil", civil, actor="P001")
        attending = preview(home, "attendance-notice", civil, actor="P001").text()
        report = preview(home, "investigation-report", civil, actor="P001").text()
        told = office.replayed["gc141"]
        early = preview(home, "preliminary-report", told.lead, actor="P001")
        filed = preview(home, "filing-decision", told.cases["administrative"], actor="P001")
        advised = preview(home, "suggestion", told.cases["administrative"], actor="P001")
    assert (early.issued, filed.issued, advised.issued) == ("2020-07-20", "2020-10-22", "2020-11-02")
    assert "第七十五条" not in advised.text()  # the Rules were not in force that day
    assert (notice.issued, suit.issued) == ("2020-09-15", "2020-12-02")
    assert "周演示（检察官）、吴演示（检察官助理）。" in attending
    assert "承办检察官：周演示、吴演示　＿" in report
    assert "违法行为人：北京某科技有限公司（演示）。" in report
    assert "北京某科技有限公司（演示）。（2020年9月10日" in report


def test_every_word_of_every_document_of_the_matters_says_where_it_is_from(office: Office) -> None:
    made = set()
    with Home.open(office.home, clock=office.clock) as home:
        for told in office.replayed.values():
            for target in (told.lead, *told.cases.values()):
                for offer in offers_of(home, target, actor="P001"):
                    if offer.state != "refused":
                        document = preview(home, offer.form.id, target, actor="P001")
                        assert untraced(offer.form, document) == [], (offer.form.id, target)
                        made.add(offer.form.id)
    assert len(made) >= 25
