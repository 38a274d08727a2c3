"""Every finding and every place of a scan: narrowed by the address, page by page, and as files without a value."""

from __future__ import annotations

import csv
import io
import json
import re

import pyarrow as pa
import pyarrow.parquet as pq
from fastapi import FastAPI

from qingyuan.office.casework import act
from qingyuan.office.home import Home
from qingyuan.office.scanned import Wanted, narrowed, places
from qingyuan.office.summary import gather, read_hits
from tests.web.making import ASSESSED, client_of
from tests.web.test_sources import clear_of, first

LEAD, OTHER, MATTER = "L2026-0001", "L2026-0002", "M2026-0001"


def test_filters_pages_and_files_agree_with_the_sealed_results(app: FastAPI, home: Home) -> None:
    client = client_of(app, "technician")
    hits = read_hits(home, LEAD).to_pylist()
    wanted = [
        row for row in hits if row["kind"] == "mobile" and not row["masked"] and row["state"] == "confirmed"
    ]
    assert wanted
    narrow = {"kind": "mobile", "masked": "no", "decision": "confirmed"}
    found = places(home, LEAD, Wanted(kind="mobile", masked="no", state="confirmed"), first=0, size=10_000)
    assert found.total == len(wanted)
    assert sorted(one.place for one in found.rows) == sorted(row["place"] for row in wanted)
    shown = client.get(f"/leads/{LEAD}/scan/places", params=narrow)
    assert f"{len(wanted):,}" in shown.text
    assert client.get(f"/leads/{LEAD}/scan/places", params={**narrow, "page": "999"}).status_code == 200
    assert client.get(f"/leads/{LEAD}/scan/places", params={"page": "x"}).status_code == 400

    def taken(what: str, kind: str, **more: str) -> bytes:
        asked = {"what": what, "format": kind, **narrow, **more}
        answer = client.get(f"/leads/{LEAD}/scan/file", params=asked)
        assert answer.status_code == 200
        assert "attachment" in answer.headers["content-disposition"]
        return answer.content

    lines = [json.loads(line) for line in taken("places", "jsonl").splitlines()]
    rows = list(csv.DictReader(io.StringIO(taken("places", "csv").decode("utf-8-sig"))))
    table = pq.read_table(pa.BufferReader(taken("places", "parquet")))
    assert len(lines) == len(rows) == table.num_rows == len(wanted)
    findings = narrowed(gather(home, LEAD).findings, Wanted(kind="mobile", masked="no", state="confirmed"))
    assert findings
    named = [json.loads(line)["id"] for line in taken("findings", "jsonl").splitlines()]
    assert named == [one.id for one in findings]
    assert [
        row["id"] for row in csv.DictReader(io.StringIO(taken("findings", "csv").decode("utf-8-sig")))
    ] == named
    assert client.get(f"/leads/{LEAD}/scan/file", params={"format": "exe"}).status_code == 404
    exhibit, _, at = first(home)
    everything = b"".join(
        client.get(
            f"/leads/{LEAD}/scan/file", params={"what": what, "format": "csv", "decision": "every"}
        ).content
        for what in ("places", "findings")
    )
    for value in clear_of(home, exhibit, at):
        assert not re.search(rf"(?<![0-9a-f]){re.escape(value)}(?![0-9a-f])", everything.decode())


def test_findings_are_narrowed_and_the_report_is_a_file(app: FastAPI, home: Home) -> None:
    client = client_of(app, "technician")
    every = client.get(f"/leads/{LEAD}/scan", params={"masked": "no", "class": "C"}).text
    one = {"exhibit": gather(home, LEAD).findings[0].exhibit}
    narrow = client.get(f"/leads/{LEAD}/scan", params=one).text
    assert every.count('class="finding"') > narrow.count('class="finding"') > 0
    nothing = client.get(f"/leads/{LEAD}/scan", params={"class": "A"}).text
    assert 'class="finding"' not in nothing
    report = client.get(f"/leads/{LEAD}/scan/report", params={"format": "html"})
    assert "attachment" in report.headers["content-disposition"]
    assert "个人信息扫描报告" in report.text
    assert client.get(f"/leads/{LEAD}/scan/report").content.startswith(b"%PDF")


def test_a_matter_is_shown_as_a_whole_and_who_stands_in_several_leads_is_one_person(
    app: FastAPI, home: Home
) -> None:
    act(home, "lead-assess", OTHER, ASSESSED, actor="P001")
    act(home, "matter-join", MATTER, {"lead": OTHER}, actor="P001")
    home.publish()
    each = [gather(home, one).summary for one in (LEAD, OTHER)]
    whole = gather(home, LEAD, OTHER, MATTER)
    apart = sum(one.persons.distinct for one in each)
    assert max(one.persons.distinct for one in each) <= whole.summary.persons.distinct < apart
    assert whole.summary.records.clear == sum(one.records.clear for one in each)
    client = client_of(app, "technician")
    assert f'href="/matters/{MATTER}/scan"' in client_of(app, "prosecutor").get(f"/matters/{MATTER}").text
    page = client.get(f"/matters/{MATTER}/scan").text
    assert f"{apart:,} 人，合并后不同自然人 {whole.summary.persons.distinct:,} 人" in page
    for one in (LEAD, OTHER):
        assert f'href="/leads/{one}/scan"' in page
    asked = {"what": "places", "format": "jsonl", "decision": "every"}
    alone, together = (
        [client.get(f"{base}/scan/file", params=asked).text.splitlines() for base in bases]
        for bases in ([f"/leads/{LEAD}", f"/leads/{OTHER}"], [f"/matters/{MATTER}"])
    )
    assert sorted(line for lines in alone for line in lines) == sorted(together[0])
    exhibit = gather(home, OTHER).findings[0].exhibit
    narrow = client.get(f"/matters/{MATTER}/scan/places", params={"exhibit": exhibit}).text
    assert f"/exhibits/{exhibit}" in narrow
    assert client.get(f"/matters/{MATTER}/scan/report").content.startswith(b"%PDF")
    assert (
        client.get(f"/matters/{LEAD}/scan").status_code
        == client.get("/leads/M2026-0001/scan").status_code
        == 404
    )


def test_the_reason_of_a_place_is_a_sentence_on_the_page_and_a_code_in_files(app: FastAPI) -> None:
    client = client_of(app, "technician")
    page = client.get(f"/leads/{LEAD}/scan/places", params={"decision": "every"})
    cells = re.findall(r'<td class="why">([^<]*)</td>', page.text)
    assert cells
    assert not [one for one in cells if "+" in one]
    assert any(re.search("[\u4e00-\u9fff]", one) for one in cells)
