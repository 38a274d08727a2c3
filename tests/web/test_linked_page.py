"""Who is who in a lead and in a whole matter on their page: masked, with reasons, and nothing in clear."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI

from qingyuan.office.home import Home
from qingyuan.office.intake import intake
from tests.web.making import client_of

LEAD, MATTER = "L2026-0001", "M2026-0001"


def test_records_of_one_person_are_shown_masked_with_the_reason(
    app: FastAPI, home: Home, tmp_path: Path
) -> None:
    (tmp_path / "one.csv").write_text("姓名,手机号\n张三丰,13800138000\n李四光,13912345678\n", "utf-8")
    (tmp_path / "two.csv").write_text("收货人,手机号\n张三丰,138 0013 8000\n", "utf-8")
    lead = intake(home, [tmp_path / "one.csv", tmp_path / "two.csv"], workers=0).lead
    home.publish()
    client = client_of(app, "technician")
    assert f'href="/leads/{lead}/scan/people"' in client.get(f"/leads/{lead}/scan").text
    shown = client.get(f"/leads/{lead}/scan/people")
    assert shown.status_code == 200
    for said in ("号码（手机、卡号等）与姓名均相同", "two.csv #1", "138****8000"):
        assert said in shown.text
    for value in ("张三丰", "李四光", "13800138000", "138 0013 8000", "13912345678"):
        assert value not in shown.text


def test_a_matter_is_compared_as_a_whole_and_what_is_too_much_is_said(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(app, "technician")
    assert 'id="linked"' in client.get(f"/matters/{MATTER}/scan/people").text
    monkeypatch.setattr("qingyuan.web.workbench.linked._MOST_BYTES", 0)
    assert "qingyuan link" in client.get(f"/leads/{LEAD}/scan/people").text
