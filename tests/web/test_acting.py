"""What a page offers: what has to be done first, every act by its group; one search; every date; amounts that facts state."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI

from qingyuan.cases import choice_lists
from qingyuan.office.home import Home
from qingyuan.office.offers import verbs_of
from qingyuan.web.workbench._amounts import amounts_in
from tests.web.making import client_of
from tests.web.portal.serving import CASE, serve_suggestion
from tests.web.test_need_to_know import one_of


def part(text: str, name: str) -> str:
    return text.partition(f'id="{name}"')[2].partition("</section>")[0]


def test_what_has_to_be_done_stands_first_with_its_day_and_article(app: FastAPI, home: Home) -> None:
    serve_suggestion(home)
    text = client_of(app, "prosecutor").get("/matters/M2026-0001").text
    todo = part(text, "due")
    assert text.index('id="due"') < text.index('id="acts"') < text.index('id="evidence"')
    assert todo.index("下一步：") < todo.index("登记行政机关回复")
    reply = (
        todo[: todo.index("登记行政机关回复")].rpartition("<li")[2] + todo.partition("登记行政机关回复")[2]
    )
    assert f"/acts/{CASE}/receive-reply" in reply
    assert 'datetime="2026-09-01"' in reply
    assert 'href="/law/rules/pil-interpretation-reply"' in reply
    assert f"/acts/{CASE}/prove-measure?measure=m01" in todo
    read_only = part(client_of(app, "department-head").get("/matters/M2026-0001").text, "due")
    assert "登记行政机关回复" in read_only
    assert "/acts/" not in read_only


def test_every_act_stands_in_its_group_once_and_what_lacks_something_says_what(
    app: FastAPI, home: Home
) -> None:
    serve_suggestion(home)
    acts = part(client_of(app, "prosecutor").get("/matters/M2026-0001").text, "acts")
    headings = re.findall(r"<summary><b>([^<]+)</b>", acts)
    order = [one.zh for one in choice_lists()["verb-group"].values()]
    assert len(headings) > 5
    assert headings == [one for one in order if one in headings]
    offered = re.findall(r'class="act" href="([^"]+)"', acts)
    assert len(offered) == len(set(offered)) > 20
    for blocked in re.findall(r'<details class="blocked">.*?</details>', acts, re.DOTALL):
        assert "<li>" in blocked


def test_one_search_finds_records_provisions_and_pages_within_what_one_sees(app: FastAPI, home: Home) -> None:
    client = client_of(app, "prosecutor")
    assert 'href="/matters/M2026-0001" data-hit' in client.get("/search?q=m2026-0001").text
    assert 'href="/leads/L2026-0001" data-hit' in client.get("/search?q=面单外泄").text
    assert 'href="/law/rules/' in client.get("/search?q=检察建议").text
    assert 'href="/deadlines" data-hit' in client.get("/search?q=期限").text
    stranger = one_of(app, "stranger", "prosecutor").get("/search?q=m2026-0001").text
    assert 'href="/matters/M2026-0001" data-hit' not in stranger


def test_every_open_date_is_listed_narrowed_and_handed_out(app: FastAPI, home: Home) -> None:
    serve_suggestion(home)
    client = client_of(app, "prosecutor")
    every, near = client.get("/deadlines").text, client.get("/deadlines?when=week").text
    assert every.count("<tr>") > near.count("<tr>") > 1
    assert "2026-09-01" in every
    assert "2026-09-01" not in near
    assert "没有符合条件的记录" in client.get("/deadlines?when=overdue").text
    lines = client.get("/deadlines/file?kind=statutory").text.splitlines()
    assert any("2026-09-01" in one and "《" in one for one in lines[1:])
    assert "2026-09-01" not in one_of(app, "stranger", "prosecutor").get("/deadlines").text


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("被告违法所得共计 32.5 万元", {"gain": "325000"}),
        ("获利1,234.50元；造成损失 2 亿元", {"gain": "1234.5", "loss": "200000000"}),
        ("违法所得 3 万元。另查明违法所得 5 万元", {}),
        ("违法所得 3 万元，复核违法所得30000元", {"gain": "30000"}),
        ("服务功能损失 10 元，鉴定费 8000 元", {"services": "10", "costs": "8000"}),
        ("违法所得无法查明，罚款 5 万元", {}),
    ],
)
def test_an_amount_is_taken_from_the_facts_when_they_state_one(said: str, known: dict[str, str]) -> None:
    assert amounts_in([said]) == known


def test_the_form_of_every_act_shows_what_it_rests_on(app: FastAPI, home: Home) -> None:
    serve_suggestion(home)
    targets = {"lead": "L2026-0001", "matter": "M2026-0001", "case": CASE, "measure": CASE}
    wrong = []
    with client_of(app, "prosecutor") as client:
        for verb in verbs_of(home).values():
            if verb.scope not in targets:
                continue
            query = "?measure=m01" if verb.scope == "measure" else ""
            answer = client.get(f"/acts/{targets[verb.scope]}/{verb.name}{query}")
            if answer.status_code != 200 or (verb.rules and "<h2>依据</h2>" not in answer.text):
                wrong.append((verb.name, answer.status_code))
    assert wrong == []


def test_a_list_is_ordered_by_its_columns_through_links(app: FastAPI) -> None:
    client = client_of(app, "prosecutor")

    def order(sort: str) -> tuple[list[str], list[str]]:
        text = client.get(f"/leads?sort={sort}").text
        head = re.findall(r'aria-sort="(\w+)"><a href="([^"]+)"', text)
        return re.findall(r'<td class="num">(L\d{4}-\d{4})</td>', text), [*head[0]] if head else []

    first, falling = order("score")
    second, rising = order("-score")
    assert first == second[::-1] == ["L2026-0001", "L2026-0002"]
    assert falling == ["descending", "/leads?sort=-score"]
    assert rising == ["ascending", "/leads?sort=score"]
    assert "aria-sort" not in client.get("/leads?q=面单&sort=score").text
