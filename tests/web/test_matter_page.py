"""What the page of a matter brings together: exhibits that prove nothing yet, and calculators that know the matter."""

from __future__ import annotations

import re

from fastapi import FastAPI

from qingyuan.office.casework import Argument, act, load
from qingyuan.office.home import Home
from qingyuan.store.registry import exhibits
from tests.web.making import client_of, post
from tests.web.portal.serving import serve_suggestion
from tests.web.test_need_to_know import one_of

FACTS: dict[str, Argument] = {
    "harm": "面单可直接读取姓名和电话",
    "investigators": ["P001", "P002"],
    "method": "inspection",
}


def test_exhibits_that_prove_nothing_yet_are_listed(app: FastAPI, home: Home) -> None:
    client = client_of(app, "prosecutor")
    with home.database.read() as connection:
        collected = [row for row in exhibits(connection, ["L2026-0001"]) if row.origin == "collected"]
    assert len(collected) > 1
    text = client.get("/matters/M2026-0001").text
    assert f"（{len(collected)}，共 {len(collected)}）" in text
    act(home, "confirm-facts", "C2026-0001", {**FACTS, "exhibits": [collected[0].id]}, actor="P001")
    text = client.get("/matters/M2026-0001").text
    assert f"（{len(collected) - 1}，共 {len(collected)}）" in text
    listed = text.partition("尚未用于证明")[2].partition("</details>")[0]
    assert collected[0].id not in listed
    assert collected[1].id in listed
    every: list[str] = [row.id for row in collected]
    act(home, "confirm-facts", "C2026-0001", {**FACTS, "exhibits": every}, actor="P001")
    assert "尚未用于证明" not in client.get("/matters/M2026-0001").text


def test_calculators_begin_with_what_the_matter_knows(app: FastAPI, home: Home) -> None:
    client = client_of(app, "prosecutor")
    counts = load(home, "L2026-0001").docket.leads["L2026-0001"].registered.counts
    text = client.get("/law/calculators?matter=M2026-0001").text
    for name in ("important", "general"):
        count = getattr(counts, name)
        if count:
            assert f'name="{name}" type="text" value="{count}"' in text, name
    assert counts.important or counts.general
    assert re.search(r'<option value="personal-information" selected>', text)
    assert "面单外泄" in text
    assert 'name="matter" value="M2026-0001"' in text
    changed = client.get("/law/calculators?matter=M2026-0001&which=threshold&general=7").text
    assert 'name="general" type="text" value="7"' in changed
    assert client.get("/law/calculators?matter=M2026-0999").status_code == 404
    assert one_of(app, "colleague", "prosecutor").get("/law/calculators?matter=M2026-0001").status_code == 403


def test_a_merged_lead_is_parted_from_the_list(app: FastAPI, home: Home) -> None:
    client = client_of(app, "prosecutor")
    with_second: dict[str, str | list[str]] = {
        "title": "同一条线索",
        "source": "media",
        "field": "express-waybill",
        "summary": "一",
    }
    made = post(client, "/acts/new/lead-register", with_second, form="/account")
    lead = made.headers["location"].rpartition("/")[2].partition("?")[0]
    assert "/unmerge-lead" not in client.get("/leads").text
    act(home, "merge-lead", lead, {"into": "L2026-0002", "reason": "同一事实"}, actor="P001")
    assert f'href="/acts/{lead}/unmerge-lead"' in client.get("/leads").text
    undone = post(client, f"/acts/{lead}/unmerge-lead", {"reason": "并非同一事实"}, form="/account")
    assert undone.status_code == 303, undone.text
    assert "/unmerge-lead" not in client.get("/leads").text


def test_a_hearing_shows_its_officers_one_by_one_the_majority_and_what_came_of_it(
    app: FastAPI, home: Home
) -> None:
    case = "C2026-0001"
    told: dict[str, Argument] = {"held_on": "2026-07-01", "place": "听证室", "officers": 3, "public": True}
    act(home, "notify-hearing", case, told, actor="P001")
    checked: dict[str, Argument] = {"eligible": True, "disinterested": True}
    for seat, standing in (("听证员一", "人民监督员"), ("听证员二", "人大代表"), ("听证员三", "专家")):
        act(
            home,
            "name-hearing-officer",
            case,
            {"speaker": seat, "standing": standing, **checked},
            actor="P001",
        )
    client = client_of(app, "prosecutor")

    def section() -> str:
        return client.get("/matters/M2026-0001").text.partition('id="hearing"')[2].partition("</section>")[0]

    awaited = section()
    assert awaited.count("尚未发表") == 3
    assert "定于 2026-07-01 召开" in awaited
    views: tuple[tuple[str, str, str], ...] = (
        ("听证员一", "against", "仍见明文面单"),
        ("听证员二", "against", "云仓尚未整改"),
    )
    for seat, view, why in views:
        act(
            home,
            "hearing-officer-opinion",
            case,
            {"speaker": seat, "view": view, "text": why},
            actor="P001",
        )
    held: dict[str, Argument] = {
        "noticed_on": "2026-07-01",
        "ground": "effect",
        "public": True,
        "officers": 3,
        "opinion": "against",
        "opinion_text": "多数认为整改不到位",
        "record": "听证笔录1号",
        "approved_by": "P009",
        "approved_on": "2026-07-01",
    }
    act(home, "hold-hearing", case, held, actor="P001")
    answer: dict[str, Argument] = {
        "adopted": "not-adopted",
        "reason": "复核已整改",
        "approved_by": "P009",
        "approved_on": "2026-07-01",
    }
    act(home, "answer-hearing", case, answer, actor="P001")
    over = section()
    for words in (
        "人大代表",
        "仍见明文面单",
        "不同意 2",
        "多数认为整改不到位",
        "未采纳多数意见",
        "检察长 P009",
    ):
        assert words in over, words
    assert over.count("尚未发表") == 1


def test_acts_of_hearing_and_court_are_offered_when_there_is_a_hearing_or_a_package(
    app: FastAPI, home: Home
) -> None:
    client = client_of(app, "prosecutor")
    names = ("release-hearing-materials", "hearing-statement", "hearing-officer-opinion")

    def offered() -> str:
        return client.get("/matters/M2026-0001").text.partition('id="acts"')[2].partition("</section>")[0]

    before = offered()
    for name in (*names, "court-receives-package", "answer-corrections", "answer-hearing"):
        assert f"/{name}" not in before, name
    assert "/notify-hearing" in before
    assert "尚未制作证据包" in before
    told: dict[str, Argument] = {"held_on": "2026-07-08", "place": "听证室", "officers": 3, "public": True}
    act(home, "notify-hearing", "C2026-0001", told, actor="P001")
    after = offered()
    for name in names:
        assert f"/{name}" in after, name
    assert "/court-receives-package" not in after


def test_a_form_asks_for_a_time_of_day_and_for_another_record_with_the_right_fields(
    app: FastAPI, home: Home
) -> None:
    client = client_of(app, "prosecutor")
    form = client.get("/acts/C2026-0001/decide-crime-transfer").text
    assert re.search(r'name="at" type="datetime-local"[^>]* max="2026-07-01T09:00"', form)
    told: dict[str, str | list[str]] = {
        "organ": "清州市公安局",
        "facts": "涉嫌侵犯公民个人信息",
        "on": "2026-07-01",
    }
    post(client, "/acts/C2026-0001/report-crime", told, form="/account")
    path, timed = "/acts/C2026-0001/decide-crime-transfer", {"on": "2026-07-01", "at": "2026-07-01T08:30"}
    wrong = post(client, path, {**timed}, form="/account")
    assert (wrong.status_code, 'value="2026-07-01T08:30"' in wrong.text) == (409, True)
    done = post(client, path, {**timed, "outcome": "approved"}, form="/account")
    assert done.status_code == 303, done.text
    (decided,) = load(home, "C2026-0001").docket.cases["C2026-0001"].acted("crime-transfer-decision")
    assert str(decided.fields["at"]).replace(" ", "T") == "2026-07-01T08:30:00+08:00"
    merge = client.get("/acts/L2026-0002/merge-lead").text
    assert re.search(r'name="into" type="text"[^>]* list="l-into"', merge)
    assert '<option value="L2026-0001">面单外泄</option>' in merge
    assert '<option value="L2026-0002">' not in merge


def test_evidence_stands_in_its_groups_with_what_was_found_and_tables_are_files(
    app: FastAPI, home: Home
) -> None:
    client = client_of(app, "prosecutor")
    with home.database.read() as connection:
        first = next(row for row in exhibits(connection, ["L2026-0001"]) if row.origin == "collected")
    act(home, "confirm-facts", "C2026-0001", {**FACTS, "exhibits": [first.id]}, actor="P001")
    text = client.get("/matters/M2026-0001").text
    matrix = text.partition('id="evidence"')[2].partition("</section>")[0]
    proved = matrix.partition("面单可直接读取")[2].partition("</tr>")[0]
    link = f"/leads/L2026-0001/scan?exhibit={first.id}#places"
    assert f'href="{link}"' in proved
    assert matrix.count('scope="rowgroup"') >= 4
    shown = client.get(link).text.partition('id="places"')[2].partition("</section>")[0]
    assert first.path.rpartition("/")[2] in shown
    assert set(re.findall(r'class="xid" href="/exhibits/(\w+)"', shown)) == {first.id}
    assert f"exhibit={first.id}" in client.get(f"/exhibits/{first.id}").text
    lines = client.get("/cases/C2026-0001/evidence/file").content.decode("utf-8-sig").splitlines()
    assert any("面单可直接读取姓名和电话" in one and first.id in one for one in lines)
    assert client.get("/cases/C2026-0001/nothing/file").status_code == 404
    assert one_of(app, "colleague", "prosecutor").get("/cases/C2026-0001/duties/file").status_code == 403


def test_measures_are_ordered_and_narrowed_by_the_address(app: FastAPI, home: Home) -> None:
    serve_suggestion(home)
    more: dict[str, Argument] = {"owner": "甲公司", "test": "复检无明文", "duty": "postal-waybill"}
    for text, due in (("乙措施", "2026-07-20"), ("甲措施", "2026-07-10")):
        act(home, "add-measure", "C2026-0001", {**more, "text": text, "due": due}, actor="P001")
    client = client_of(app, "prosecutor")

    def rows(query: str) -> list[str]:
        page = client.get(f"/matters/M2026-0001?{query}").text.partition('id="measure-rows"')[2]
        return re.findall(r'id="C2026-0001-(m\d+)"', page.partition("</section>")[0])

    every = rows("")
    assert every == sorted(every)
    days = rows("sort=due")
    assert days.index(every[-1]) < days.index(every[-2])
    assert rows("sort=-id") == every[::-1]
    assert rows("owner=甲公司") == every[-2:]
    assert rows("owner=nobody") == []
    lines = client.get("/cases/C2026-0001/measures/file?owner=甲公司&sort=due").content.decode("utf-8-sig")
    assert [one.split(",")[1] for one in lines.splitlines()[1:]] == ["甲措施", "乙措施"]
