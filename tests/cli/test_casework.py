"""Acts on leads, matters and cases as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import run


def serve(home: Path) -> None:
    assert run("case", "act", "serve-filing", "C2026-0001", "mode=direct", "--home", home).code == 0


def first_exhibit(home: Path) -> str:
    listed = run("exhibit", "list", "L2026-0001", "--home", home, "--json").json()
    return str(listed[0]["id"])


def test_an_act_that_is_refused_is_exit_code_one_with_what_is_missing_and_the_article(made: Path) -> None:
    done = run("case", "act", "close", "C2026-0001", "ground=rectified", "--home", made)
    assert done.code == 1
    assert done.err.startswith("错误: C2026-0001: 暂不能“终结案件”：")
    assert "《人民检察院公益诉讼办案规则》" in done.err
    assert done.err.count("\n") == 1


def test_a_refusal_is_json_when_asked(made: Path) -> None:
    done = run("case", "act", "close", "C2026-0001", "ground=rectified", "--home", made, "--json")
    assert done.code == 1
    error = done.json()["error"]
    assert error["code"] in {"cases.not-possible", "cases.missing"}
    assert error["where"] == "C2026-0001"


def test_a_refused_act_writes_nothing(home: Path) -> None:
    before = run("ledger", "status", "--home", home, "--json").json()
    assert run("case", "act", "close", "C2026-0001", "ground=rectified", "--home", home).code == 1
    assert run("ledger", "status", "--home", home, "--json").json() == before


def test_an_act_says_which_event_it_made(home: Path) -> None:
    done = run("case", "act", "serve-filing", "C2026-0001", "mode=direct", "--home", home)
    assert done.out.startswith("送达立案决定书：C2026-0001 第 1 号事件 case.filing_served（账本序号 ")


def test_a_name_given_twice_makes_a_list(home: Path) -> None:
    exhibit = first_exhibit(home)
    done = run(
        *("case", "act", "confirm-facts", "C2026-0001", "harm=外泄", "method=collection"),
        *(f"exhibits={exhibit}", "investigators=P001", "investigators=P002", "--home", home, "--json"),
    )
    assert done.code == 0, done.out
    payload = done.json()["events"][0]["payload"]
    assert payload["investigators"] == ["P001", "P002"]
    assert payload["facts"][0]["exhibits"] == [exhibit]


def test_one_value_of_a_list_is_a_list_of_one_and_may_be_too_few(home: Path) -> None:
    done = run(
        *("case", "act", "confirm-facts", "C2026-0001", "harm=外泄", "method=collection"),
        *(f"exhibits={first_exhibit(home)}", "investigators=P001", "--home", home),
    )
    assert done.code == 1
    assert "调查取证人员不足两名" in done.err


def test_particulars_may_come_from_a_file_and_words_win(home: Path, tmp_path: Path) -> None:
    particulars = tmp_path / "args.json"
    particulars.write_text(json.dumps({"mode": "electronic", "on": "2026-07-01"}), encoding="utf-8")
    words = ("case", "act", "serve-filing", "C2026-0001", "mode=direct", "--args", particulars)
    done = run(*words, "--home", home, "--json")
    assert done.code == 0
    assert done.json()["events"][0]["payload"]["mode"] == "direct"


def test_a_single_value_given_twice_is_not_taken_for_the_last_one(made: Path) -> None:
    words = ("case", "act", "serve-filing", "C2026-0001", "mode=direct", "mode=lien")
    done = run(*words, "--home", made, "--json")
    assert done.code == 2
    assert done.json()["error"]["code"] == "cases.bad-argument"


def test_a_list_that_is_typed_replaces_that_of_the_file(home: Path, tmp_path: Path) -> None:
    particulars = tmp_path / "args.json"
    body = {"investigators": ["P008", "P009"], "harm": "外泄", "method": "collection"}
    particulars.write_text(json.dumps(body | {"exhibits": [first_exhibit(home)]}), encoding="utf-8")
    words = ("case", "act", "confirm-facts", "C2026-0001", "--args", particulars)
    done = run(*words, "investigators=P001", "investigators=P002", "--home", home, "--json")
    assert done.json()["events"][0]["payload"]["investigators"] == ["P001", "P002"]


@pytest.mark.parametrize("text", ["{", "[1]", '"word"'])
def test_a_file_that_holds_no_particulars_is_refused(made: Path, tmp_path: Path, text: str) -> None:
    particulars = tmp_path / "args.json"
    particulars.write_text(text, encoding="utf-8")
    words = ("case", "act", "serve-filing", "C2026-0001", "--args", particulars)
    done = run(*words, "--home", made, "--json")
    assert done.code == 2
    assert done.json()["error"]["code"] == "cli.bad-args"


def test_next_lists_what_is_possible_and_what_is_missing(home: Path) -> None:
    acts = {row["verb"]: row for row in run("case", "next", "C2026-0001", "--home", home, "--json").json()}
    assert acts["serve-filing"]["possible"]
    assert not acts["consult"]["possible"]
    assert acts["consult"]["refused"]["zh"].startswith("暂不能“磋商”：立案决定书尚未送达")
    assert "close" not in acts
    serve(home)
    acts = {row["verb"]: row for row in run("case", "next", "C2026-0001", "--home", home, "--json").json()}
    assert acts["consult"]["possible"]


def test_next_with_all_lists_what_the_stage_rules_out_too(made: Path) -> None:
    listed = run("case", "next", "C2026-0001", "--all", "--home", made, "--json").json()
    close = next(row for row in listed if row["verb"] == "close" and row["target"] == "C2026-0001")
    assert close["refused"]["code"] == "cases.not-possible"
    assert "终结案件" in run("case", "next", "C2026-0001", "--all", "--home", made).out


def test_next_of_a_lead_offers_acts_on_the_lead(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert run("office", "init", "--id", "a", "--name", "甲院", "--home", home).code == 0
    words = ("title=一条线索", "source=media", "field=personal-information")
    assert run("lead", "register", *words, "--home", home).code == 0
    listed = run("case", "next", "L2026-0001", "--home", home, "--json").json()
    assert {row["verb"] for row in listed if row["possible"]} >= {"lead-assess", "lead-transfer"}


def test_deadlines_name_day_article_and_days_left(home: Path) -> None:
    rows = run("case", "deadlines", "C2026-0001", "--home", home, "--json").json()
    due = {row["what"]: row for row in rows}["filing-decision-service"]
    assert due["due"] == "2026-07-08"
    assert due["days_left"] == 7
    assert due["firm"]
    assert "《人民检察院公益诉讼办案规则》" in due["article"]
    assert all(step["zh"] and step["en"] for step in due["steps"])
    shown = run("case", "deadlines", "--home", home).out
    assert "2026-07-08" in shown


def test_a_home_without_cases_has_no_deadline_and_says_so(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert run("office", "init", "--id", "a", "--name", "甲院", "--home", home).code == 0
    assert run("case", "deadlines", "--home", home).out == "没有未届满的期限\n"
    assert run("case", "deadlines", "--home", home, "--json").json() == []


def test_lists_show_leads_matters_and_cases(made: Path) -> None:
    leads = run("lead", "list", "--home", made, "--json").json()
    assert leads == [{"id": "L2026-0001", "title": "面单线索", "stage": "opened", "matter": "M2026-0001"}]
    assert "已建总案" in run("lead", "list", "--home", made).out
    matters = {row["id"]: row for row in run("matter", "list", "--home", made, "--json").json()}
    assert matters["C2026-0001"]["matter"] == "M2026-0001"
    assert matters["C2026-0001"]["title"] == "清州市邮政管理局"


@pytest.mark.parametrize(
    ("group", "name"), [("lead", "L2026-0001"), ("matter", "M2026-0001"), ("case", "C2026-0001")]
)
def test_show_tells_the_story_of_the_docket(made: Path, group: str, name: str) -> None:
    body = run(group, "show", name, "--home", made, "--json").json()
    assert [line["type"] for line in body["timeline"]][:2] == ["lead.registered", "lead.assessed"]
    assert body["docket"]["matter"]["id"] == "M2026-0001"
    assert "建立总案" in run(group, "show", name, "--home", made).out


def test_exhibits_are_listed_and_their_custody_is_told(made: Path) -> None:
    listed = run("exhibit", "list", "M2026-0001", "--home", made, "--json").json()
    assert {row["origin"] for row in listed} == {"collected", "derived"}
    assert all(len(row["sha256"]) == 64 for row in listed)
    told = run("exhibit", "custody", listed[0]["id"], "--home", made)
    assert listed[0]["id"] in told.out
    assert "提取" in told.out
    assert "缺口：没有第二名收集人员的记录" in told.out
    assert run("exhibit", "custody", listed[0]["id"], "--home", made, "--json").json()


def test_the_officers_of_a_hearing_are_listed_with_what_each_holds(home: Path) -> None:
    assert "没有听证记录" in run("case", "hearing", "C2026-0001", "--home", home).out
    for words in (
        ("notify-hearing", "held_on=2026-07-01", "place=听证室", "officers=1", "public=true"),
        ("name-hearing-officer", "speaker=一号席", "standing=专家", "eligible=true", "disinterested=true"),
        ("hearing-officer-opinion", "speaker=一号席", "view=against", "text=抽样仍见明文"),
    ):
        done = run("case", "act", words[0], "C2026-0001", *words[1:], "--home", home)
        assert done.code == 0, done.err
    shown = run("case", "hearing", "C2026-0001", "--home", home).out
    assert "2026-07-01  未召开  多数意见：无" in shown
    assert "一号席（专家）：不同意 抽样仍见明文" in shown
