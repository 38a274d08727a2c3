"""What the law's commands answer, as pages with their state in the address."""

from __future__ import annotations

import re

from fastapi import FastAPI

from qingyuan.office.home import Home
from tests.web.making import client_of, post


def test_tables_duties_and_divisions_are_narrowed_by_the_address(app: FastAPI) -> None:
    client = client_of(app, "assistant")
    first = re.search(r'href="(/law/tables/[^"]+)"', client.get("/law/tables").text)
    assert first
    every, none = client.get(first[1]).text, client.get(first[1], params={"q": "没有这样的词xyz"}).text
    assert every.count("<tr>") > none.count("<tr>")
    assert client.get("/law/tables/no-such-table").status_code in {400, 404}
    all_of, postal = (client.get("/law/duties", params=q).text for q in ({}, {"regulator": "postal"}))
    assert all_of.count("<tr>") > postal.count("<tr>") > 1
    assert client.get("/law/duties", params={"on": "never"}).status_code == 400
    shown = client.get("/law/divisions", params={"name": "江干区", "on": "2020-01-01"}).text
    assert "330104" in shown
    assert "浙江省金华市义乌市" in client.get("/law/divisions", params={"name": "义乌"}).text
    assert "没有名为" in client.get("/law/divisions", params={"name": "无此区"}).text


def test_calculators_take_ways_of_service_and_places_by_name(app: FastAPI) -> None:
    client = client_of(app, "assistant")

    def asked(**given: str) -> str:
        answer = client.get("/law/calculators", params=given)
        assert answer.status_code == 200
        return answer.text

    served = asked(which="service", way="publication", on="2026-03-02")
    plain = asked(which="deadline", period="agency-reply", **{"from": "2026-03-02"})
    later = asked(which="deadline", period="agency-reply", mode="publication", **{"from": "2026-03-02"})
    days = [re.search(r'<p class="big"><b>([\d-]+)', page) for page in (served, plain, later)]
    assert days[0]
    assert days[1]
    assert days[2]
    assert days[0][1] > "2026-03-02"
    assert days[2][1] > days[1][1]
    few = asked(which="threshold", general="5100", **{"duplicate-general": "200"})
    many = asked(which="threshold", general="5100", recipients="2")
    assert "0.98" in few
    assert "2.04" in many
    place = asked(which="jurisdiction", track="civil", on="2026-03-02", act="义乌市")
    assert "义乌市人民检察院" in place
    assert "没有名为" in asked(which="jurisdiction", track="civil", on="2026-03-02", act="无此市")


def test_citations_are_checked_against_the_texts_of_the_office_and_their_absence_is_said(
    app: FastAPI, home: Home
) -> None:
    client = client_of(app, "assistant")
    fields: dict[str, str | list[str]] = {
        "text": "依照《试验法》第二条、《试验法》第三条",
        "on": "2022-01-01",
    }
    missing = post(client, "/law/texts", fields, form="/account")
    assert missing.status_code == 400
    assert "没有法规全文库" in missing.text
    assert "《试验法》第三条" in missing.text  # what was typed is kept
    folder = home.path / "corpus"
    folder.mkdir()
    (folder / "试验法(2021-06-01).txt").write_text("第一条　甲。\n第二条　乙。\n", encoding="utf-8")
    done = post(client, "/law/texts", fields, form="/account")
    assert done.status_code == 200
    assert 'class="verdict fail"' in done.text
    assert "乙。" in done.text
    read = client.get("/law/texts", params={"title": "试验法", "article": "第一条", "on": "2022-01-01"})
    assert "甲。" in read.text


def test_the_laws_are_folded_by_kind_and_found_by_their_title(app: FastAPI) -> None:
    client = client_of(app, "assistant")
    page = client.get("/law").text
    assert page.count('<details class="group"') > 5
    assert page.count('<details class="group" open>') == 1
    found = client.get("/law", params={"q": "邮政法"}).text
    assert re.search(
        r'<ul class="list inner titles columns">.*?/law\?law=[^"]+">中华人民共和国邮政法</a>',
        found,
        re.DOTALL,
    )
    assert "/law/rules/postal-law" in found or "/law/rules/" in found
