"""Leads that may be one affair are suggested with their reasons, and nothing else is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from qingyuan.office.casework import act
from qingyuan.office.register.similar import similar_leads
from qingyuan.store.register import Scope
from tests.office.register.playing import Player


def test_leads_about_one_platform_are_suggested_with_reasons(tmp_path: Path) -> None:
    player = Player(tmp_path / "home")
    home = player.home

    def register(title: str, **more: str) -> str:
        given = {
            "title": title,
            "source": "media",
            "field": "personal-information",
            "region": "江口镇",
            **more,
        }
        return act(home, "lead-register", None, given, actor="P001")[0].stream

    first = register("某云仓快递面单明文打印", summary="见 https://shop.example.com/a")
    twin = register("云仓快递面单明文打印外泄", summary="shop.example.com 上的截图")
    other = register("儿童应用超范围收集信息", region="南湖镇")
    elsewhere = register("某云仓快递面单明文打印", field="ecology")
    (alike,) = similar_leads(home, first)
    assert (alike.lead, alike.score) == (twin, sum(reason.points for reason in alike.reasons))
    assert {reason.id for reason in alike.reasons} == {"title", "site", "region", "field", "time"}
    assert alike.reasons[1].zh == "同一网站或平台：shop.example.com"
    assert {one.lead for one in similar_leads(home, first, least=0)} == {twin, other}
    assert elsewhere not in {one.lead for one in similar_leads(home, first, least=0)}
    assert similar_leads(home, first, Scope(offices=("/440000/",))) == ()
    player.on(date(2026, 9, 1))
    late = register("某云仓快递面单明文打印")
    assert "time" not in {reason.id for reason in similar_leads(home, late)[0].reasons}
    home.close()


def test_a_lead_that_is_not_there_has_no_likes(tmp_path: Path) -> None:
    player = Player(tmp_path / "home")
    with pytest.raises(Exception, match="L2026-0099"):
        similar_leads(player.home, "L2026-0099")
    player.home.close()
