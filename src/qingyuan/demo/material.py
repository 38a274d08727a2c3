"""The raw material of the reference matters: invented, from a seed, and belonging to nobody."""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType

import numpy as np

from qingyuan.demo._generate import small
from qingyuan.demo._pool import Pool, make_pool
from qingyuan.demo.errors import DemoError

_CHILDREN = 180
_LISTINGS = 96
_CLINICS = 12
_WAYBILLS = 2_000


def generate_material(name: str, folder: Path, seed: int) -> None:
    """Write the material ``name`` into ``folder``.

    Args:
        name: One of ``children``, ``earthworms``, ``beauty``, ``waybills``.
        folder: An empty or absent folder.
        seed: The same seed gives the same bytes.

    Raises:
        DemoError: There is no such material.
    """
    maker = _MAKERS.get(name)
    if maker is None:
        raise DemoError(
            "demo.unknown-material",
            zh=f"没有名为“{name}”的材料",
            en=f"there is no material {name!r}",
            remedy_zh=f"可用的有：{'、'.join(_MAKERS)}",
            remedy_en=f"known: {', '.join(_MAKERS)}",
        )
    folder.mkdir(parents=True, exist_ok=True)
    maker(folder, seed)


def _children(folder: Path, seed: int) -> None:
    """A short-video app: its old policy, accounts of children, what the phone sent, the examination."""
    rng = np.random.default_rng(seed)
    pool = make_pool(rng, _CHILDREN)
    accounts = list(_accounts(rng, pool))
    _write(folder / "账号样本.csv", _table(accounts))
    _write(folder / "隐私政策（旧版）.txt", _POLICY)
    _write(
        folder / "手机测试记录.txt",
        "\n".join(f"{number}. {line}" for number, line in enumerate(_PHONE_TEST, 1)) + "\n",
    )
    _write(folder / "网络请求.har", json.dumps(_traffic(accounts), ensure_ascii=False, indent=1))


def _accounts(rng: np.random.Generator, pool: Pool) -> Sequence[Mapping[str, str]]:
    rows = []
    mobiles = [bytes(row).decode("ascii") for row in pool.mobile]
    for person in range(len(pool)):
        age = int(rng.integers(5, 18))
        born = date(2020, 7, 1) - timedelta(days=365 * age + int(rng.integers(0, 365)))
        rows.append(
            {
                "账号": f"u{100_000 + person}",
                "昵称": f"{_NICK[int(rng.integers(0, len(_NICK)))]}{int(rng.integers(10, 99))}",
                "出生日期": born.isoformat(),
                "监护人姓名": pool.name[person].as_py(),
                "监护人手机号": mobiles[int(pool.mobile_of[person])],
                "定位": f"{30.2 + rng.random():.6f},{119.9 + rng.random():.6f}",
                "学校": f"第{_DIGITS[int(rng.integers(0, 9))]}实验小学（虚构）",
                "监护人同意记录": "无",
                "陌生人私信": "默认开启",
                "视频推送给未关注者": "是",
            }
        )
    return rows


def _traffic(accounts: Sequence[Mapping[str, str]]) -> dict[str, object]:
    """HTTP Archive 1.2 of the first accounts: what the app sent before anybody agreed to anything."""
    entries = []
    for number, account in enumerate(accounts[:24]):
        body = json.dumps(
            {
                "user_id": account["账号"],
                "birthday": account["出生日期"],
                "guardian_phone": account["监护人手机号"],
                "location": account["定位"],
                "oaid": f"{number:08x}-0000-4000-8000-{number:012x}",
            },
            ensure_ascii=False,
        )
        entries.append(
            {
                "startedDateTime": f"2020-07-{10 + number % 18:02d}T09:{number:02d}:00.000+08:00",
                "time": 80 + number,
                "request": {
                    "method": "POST",
                    "url": "https://api.video.example/v1/profile",
                    "httpVersion": "HTTP/1.1",
                    "headers": [{"name": "Content-Type", "value": "application/json"}],
                    "queryString": [],
                    "cookies": [],
                    "headersSize": -1,
                    "bodySize": len(body.encode()),
                    "postData": {"mimeType": "application/json", "text": body},
                },
                "response": {
                    "status": 200,
                    "statusText": "OK",
                    "httpVersion": "HTTP/1.1",
                    "headers": [],
                    "cookies": [],
                    "content": {"size": 11, "mimeType": "application/json", "text": '{"ok":true}'},
                    "redirectURL": "",
                    "headersSize": -1,
                    "bodySize": 11,
                },
                "cache": {},
                "timings": {"send": 1, "wait": 70, "receive": 9},
            }
        )
    return {"log": {"version": "1.2", "creator": {"name": "demo", "version": "1"}, "entries": entries}}


def _earthworms(folder: Path, seed: int) -> None:
    """A marketplace: listings of electric earthworm catchers among harmless ones, pages, the tip-off."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(_LISTINGS):
        banned = number % 3 != 0
        titles, claims = (_BANNED, _BANNED_CLAIMS) if banned else (_HARMLESS, _HARMLESS_CLAIMS)
        rows.append(
            {
                "商品编号": f"G{700_000 + number * 37}",
                "店铺": f"{_SHOPS[int(rng.integers(0, len(_SHOPS)))]}（虚构）",
                "标题": titles[int(rng.integers(0, len(titles)))],
                "宣传": claims[int(rng.integers(0, len(claims)))],
                "价格": str(int(rng.integers(100, 500)) if banned else int(rng.integers(15, 260))),
                "销量": str(int(rng.integers(20, 4_000))),
                "链接": f"https://shop.example/item/{700_000 + number * 37}",
            }
        )
    _write(folder / "商品检索结果.csv", _table(rows))
    for row in [one for one in rows if one["标题"] in _BANNED][:8]:
        _write(folder / f"商品页-{row['商品编号']}.html", _page(row["标题"], [row["宣传"], f"￥{row['价格']}", f"已售 {row['销量']}", row["店铺"]]))  # fmt: skip
    _write(folder / "志愿者线索说明.txt", _EARTHWORM_TIP)


def _beauty(folder: Path, seed: int) -> None:
    """A life-service platform: pages of cosmetic clinics and what the registers say of their licences."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(_CLINICS):
        licensed, reviewed = bool(rng.random() < 0.5), bool(rng.random() < 0.3)  # noqa: PLR2004
        row = {
            "机构": f"{_CLINIC_NAMES[number % len(_CLINIC_NAMES)]}{number + 1}号店（虚构）",
            "医疗机构执业许可证": "有" if licensed else "未查到",
            "医疗广告审查证明": "有" if reviewed else "未查到",
            "宣传用语": _BEAUTY_CLAIMS[int(rng.integers(0, len(_BEAUTY_CLAIMS)))],
            "链接": f"https://life.example/clinic/{9_000 + number}",
        }
        rows.append(row)
        _write(folder / f"店铺页-{9_000 + number}.html", _page(row["机构"], [row["宣传用语"], "在线预约"]))
    _write(folder / "平台机构与资质比对.csv", _table(rows))
    _write(folder / "群众反映.txt", _BEAUTY_TIP)


def _waybills(folder: Path, seed: int) -> None:
    """A small leak of courier waybills."""
    small(folder, seed, _WAYBILLS, truth=folder.parent / f"{folder.name}-truth.parquet")


_MAKERS: Mapping[str, Callable[[Path, int], None]] = MappingProxyType(
    {"children": _children, "earthworms": _earthworms, "beauty": _beauty, "waybills": _waybills}
)


def _table(rows: Sequence[Mapping[str, str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _page(title: str, lines: Sequence[str]) -> str:
    body = "".join(f"<p>{html.escape(line)}</p>" for line in lines)
    return (
        '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title></head><body><h1>{html.escape(title)}</h1>{body}</body></html>\n"
    )


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="")


_DIGITS = "一二三四五六七八九"
_NICK = ("小小星", "豆豆", "元气糖", "跳跳虎仔", "蓝天纸飞机", "奶茶味的云", "小火车", "画画的果果")
_POLICY = """隐私政策（演示用虚构文本，2020年6月版）
一、您注册即视为同意本政策的全部内容。
二、我们会收集您的昵称、出生日期、手机号码、位置、通讯录、设备信息，用于改进产品。
三、我们可能向合作方提供您的信息。
四、为了让更多人看到您的作品，系统会把视频推荐给可能感兴趣的用户。
五、未成年人应当在监护人指导下使用本产品。
"""
_PHONE_TEST = (
    "新装应用，以12周岁生日注册，未出现监护人同意环节，注册成功。",
    "首次启动时，同意隐私政策之前已上传定位和设备标识。",
    "陌生账号关注后即可向儿童账号发送私信，默认开启。",
    "连续观看含儿童形象的视频后，系统持续推送同类视频。",
    "注销入口层级为七层，注销须提交手持证件照片。",
    "定位、通讯录权限被拒绝后，应用反复弹窗。",
)
_SHOPS = ("田野渔具", "大地五金", "丰收农具", "溪边钓具", "绿野工具", "顺风电器")
_BANNED = (
    "电蚯蚓机 大功率",
    "地龙仪 升级款",
    "蚯蚓捕捉机 便携",
    "电捕蚯蚓神器 锂电",
    "变频智能蚯蚓机 超长续航",
)
_BANNED_CLAIMS = ("干湿可用，秒出蚯蚓", "四季通用，不分土壤", "一日可捕数百斤", "大功率电击，蚯蚓自己爬出来")
_HARMLESS = ("蚯蚓养殖箱 家用", "鱼饵 红虫干", "手动松土铲", "养殖蚯蚓活体 钓饵")
_HARMLESS_CLAIMS = ("环保养殖", "新鲜现发", "加厚锰钢", "人工养殖，持证经营")
_EARTHWORM_TIP = """志愿者线索（演示，虚构）
在某电商平台检索“电蚯蚓机”“地龙仪”，出现大量电捕蚯蚓设备，页面以“秒出蚯蚓”等用语招揽，
设备以电击方式捕捉土壤中的蚯蚓，破坏土壤生态。请检察机关关注平台的管理责任。
"""
_CLINIC_NAMES = ("颜研社", "美肤坊", "轻颜工作室", "焕新皮肤管理", "芳华美学", "清颜阁")
_BEAUTY_CLAIMS = (
    "注射瘦脸，一次见效，百分百安全",
    "光子嫩肤，永不反弹",
    "专家亲诊，全网销量第一",
    "术前术后真人对比，无效退款",
    "皮肤护理，舒缓保湿",
)
_BEAUTY_TIP = """群众反映（演示，虚构）
在某生活服务平台预约医疗美容项目，发现部分店铺页面未公示医疗机构执业许可证，
广告中有保证疗效、前后对比等内容，担心消费者健康受损。
"""

__all__ = ["generate_material"]
