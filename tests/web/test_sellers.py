"""Clusters of sellers on the page of a matter: tables of any format, reasons with places, a picture and a file, nothing in clear."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from fastapi import FastAPI

from qingyuan.office.adding import add_material
from qingyuan.office.home import Home
from qingyuan.office.sealing import Collector
from tests.web.making import client_of

PAGE = "/matters/M2026-0001/sellers"
#: Made up; nobody's.
PHONE = "13800130077"
ADVERT = "本店专营野外捕虫器材，功率可调，电池耐用，全国包邮，支持七天无理由退换，下单请联系客服核对型号与数量，量大从优"
TABLE = f"""平台,店铺ID,店铺名称,商品描述,联系电话
甲,s1,捕虫小店{PHONE},{ADVERT},{PHONE}
甲,s2,<b>户外</b>,无,{PHONE}
乙,s3,=器材行,{ADVERT}！,
乙,s4,无关,别的,
"""


def test_sellers_of_a_matter_are_clustered_with_reasons_and_places_and_nothing_in_clear(
    app: FastAPI, home: Home, tmp_path: Path
) -> None:
    client = client_of(app, "technician")
    assert f'href="{PAGE}"' in client_of(app, "prosecutor").get("/matters/M2026-0001").text
    assert "没有商品信息表" in client.get(PAGE).text
    path = tmp_path / "店铺.csv"
    path.write_text(TABLE, encoding="utf-8")
    add_material(home, "M2026-0001", [path], Collector("P001"), workers=0)
    shown = client.get(PAGE).text
    for words in (
        "第 1 组：3 家商家，3 条商品信息",
        "同一电话",
        "138******77",
        "文字几乎相同",
        "&lt;b&gt;户外",
        "#1",
        "<svg",
        "另有 1 家",
    ):
        assert words in shown, words
    answer = client.get(f"{PAGE}/file")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[3] for row in rows[1:]] == ["同一电话", "同一电话", "文字几乎相同", "文字几乎相同"]
    assert rows[4][1] == "'=器材行"
    assert PHONE not in shown + answer.text
    assert client.get("/matters/L2026-0001/sellers").status_code == 404
