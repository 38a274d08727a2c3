"""Every finding and every place of a scan: narrowed by the address, page by page, and as files without a value."""

from __future__ import annotations

import csv
import io
import json
import re

import pyarrow as pa
import pyarrow.parquet as pq
from fastapi import FastAPI

from qingyuan.office.home import Home
from qingyuan.office.scanned import Wanted, narrowed, places
from qingyuan.office.summary import gather, read_hits
from tests.web.making import client_of
from tests.web.test_sources import clear_of, first

LEAD = "L2026-0001"


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
