"""The reference matter 义乌快递面单, from raw material to a verified package.

Everything is synthetic: the office, the organs and the couriers carry the names of a demonstration and the
records come from a seed. The steps are those a prosecutor takes; each goes through the same doors as
the command line, so what the guards refuse here they refuse there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq

from qingyuan.demo._compare import compare
from qingyuan.demo._folder import EPOCH, clear, fix_times, note
from qingyuan.demo._generate import generate
from qingyuan.demo._procedure import acting, moment, procedure
from qingyuan.demo.desk import lay
from qingyuan.demo.replay import Action, Agenda, Told, replay_all
from qingyuan.demo.staffing import assign_staff
from qingyuan.demo.story import Reference, references
from qingyuan.demo.telling import Check, Step, Story, Teller, timed
from qingyuan.evidence.verify import verify
from qingyuan.office.casework import Argument, act, load
from qingyuan.office.clock import CHINA, FixedClock
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.office.intake import Registration, intake, seal_into
from qingyuan.office.packages.packaging import make_package
from qingyuan.office.sealing import Collector
from qingyuan.office.summary import IntakeResult

#: The demonstration's site: the province, whose offices handle the matters; all marked as a demonstration.
SITE = OfficeInfo("zhejiang-demo", "浙江省人民检察院（演示）", "330000", "province")
#: The matter is over; a desk lies after it.
_OVER = datetime(2026, 6, 3, 10, 0, tzinfo=CHINA)


def play(
    home_path: Path,
    *,
    seed: int,
    rows: int,
    tell: Callable[[Step], None],
    replay: Callable[[Reference, Told], None] | None = None,
    now: datetime | None = None,
) -> Story:
    """Run the whole matter in a new home.

    Args:
        home_path: Folder of the home; an earlier demonstration there is replaced, anything else refused.
        seed: Seed of material and keys.
        rows: Waybills to generate.
        tell: Called with each step as it happens.
        replay: When given, the reference matters are replayed first, and it is called with each of their lines.
        now: When given, the desk of that time is laid as well (:mod:`qingyuan.demo.desk`), at the earliest that of the day after the matter.

    Raises:
        QingyuanError: The folder holds something else, or a step failed.
    """
    clear(home_path)
    seconds: dict[str, float] = {}
    clock = FixedClock(EPOCH if replay is None else moment(f"{references()[0].lead.day}T08:00"))
    told = Teller(clock, tell)
    material = home_path / "material"
    truth_path = home_path / "truth.parquet"
    with Home.open(home_path, create=True, office=SITE, seed=f"demo-{seed}", clock=clock):
        pass
    with timed(seconds, "references"):
        replayed = []
        if replay is not None:
            with Home.open(home_path, clock=clock) as home:
                replayed = replay_all(
                    home, clock, home_path / "references", references(), seed=seed, tell=replay
                )
    clock.set(EPOCH)
    with timed(seconds, "generate"):
        truth = generate(material, seed=seed, rows=rows, truth=truth_path)
        fix_times(home_path)
    told(
        f"生成 {truth.rows:,} 条面单材料（种子 {seed}，全部虚构）",
        f"{truth.rows:,} waybills generated (seed {seed}, all invented)",
    )
    with Home.open(home_path, clock=clock) as home:
        desk = _desk(home, clock, home_path / "desk", now, seed)
        with timed(seconds, "intake"):
            clock.set(moment("2026-03-02T09:00"))
            taken = intake(
                home,
                [material],
                title="寄递面单个人信息泄露（义乌快递面单，演示）",
                registration=Registration(
                    Collector("P001", "P002", "file-copy", "公安机关移送的移动存储介质（演示）"),
                    source="referral",
                    field="express-waybill",
                    summary="公安机关在办理电信网络诈骗案件中发现寄递企业面单数据外泄，移送本院（演示）",
                ),
            )
            assign_staff(home, taken.lead)
        with timed(seconds, "compare"):
            accuracy = _accuracy(home, taken, truth_path)
        with timed(seconds, "procedure"):
            document, case = procedure(home, taken, acting(home, clock, desk), told, home_path)
        with timed(seconds, "package"):
            clock.set(max(clock.now(), moment("2026-06-02T09:00")))
            package = make_package(
                home, case, home_path / "yiwu.evp", to="义乌市人民法院（演示）", actor="P001"
            )
            told(
                f"制作证据包 {package.id}（{package.size:,} 字节，{package.exhibits} 件证据材料，{package.events} 条事件）",
                f"package {package.id} made ({package.size:,} bytes, {package.exhibits} exhibits, {package.events} events)",
            )
        if now is not None:
            with timed(seconds, "desk"):
                desk.add(_looking_back(home, case, home_path))
                desk.rest()
                told("铺开今日工作台", "the desk of today is laid")
        home.publish()
        trust = home.trust_path
    with timed(seconds, "verify"):
        checks = list(_checks(package.path, trust, home_path))
    files = [
        (str(material), "生成的原始材料", "the generated material"),
        (str(document.docx), "检察建议书（可编辑）", "the suggestion, editable"),
        (str(document.pdf), "检察建议书（送达本）", "the suggestion, served copy"),
        (str(package.path), "证据包", "the evidence package"),
        (str(trust), "信任文件", "the trust file"),
        (str(home_path / "log"), "公开账本（C2SP 格式）", "the published log (C2SP tiles)"),
    ]
    return Story(truth, taken, accuracy, told.steps, document, package, checks, seconds, files, replayed)


def _desk(home: Home, clock: FixedClock, folder: Path, now: datetime | None, seed: int) -> Agenda:
    """Return what lays the desk of ``now``, which lies after the matter; nothing when there is none."""
    if now is None:
        return Agenda(clock, [])
    return lay(home, clock, folder, now=max(now, _OVER), seed=seed)


def _looking_back(home: Home, case: str, folder: Path) -> Action:
    """Return the look-back of the matter on the day that was set for it, a day of the demonstration."""
    due = load(home, case).docket.cases[case].look_back_due
    assert due is not None

    def look() -> None:
        paper = note(folder, "回头看抽检记录.txt", "抽检新出运单二百件，手机号均已隐去（演示）。")
        seen = seal_into(home, case, paper, Collector("P001", "P002", "document", "本院"))
        given: dict[str, Argument] = {
            "outcome": "holds",
            "findings": "新出运单均已去标识化，受托方评估按期开展（演示）",
            "investigators": ["P001", "P002"],
            "exhibits": [seen],
        }
        act(home, "look-back", case, given, actor="P001")

    return due, look


def _checks(package: Path, trust: Path, folder: Path) -> Iterator[Check]:
    """Verify the package as it is, with one byte changed, and without a trust file."""
    broken = folder / "yiwu-changed.evp"
    data = bytearray(package.read_bytes())
    position = (
        data.index("义乌".encode(), len(data) // 2)
        if "义乌".encode() in data[len(data) // 2 :]
        else len(data) // 2
    )
    data[position] ^= 1
    broken.write_bytes(data)
    for zh, en, path, given, expected in (
        ("原样核验", "as it is", package, trust, "pass"),
        ("改动一个字节", "one byte changed", broken, trust, "fail"),
        ("没有信任文件", "no trust file", package, None, "undetermined"),
    ):
        report = verify(path, trust=given)
        reason = report.reasons[0]
        yield Check(
            zh, en, report.verdict, report.verdict_zh, reason.text_zh, reason.text_en, reason.path, expected
        )


def _accuracy(home: Home, taken: IntakeResult, truth_path: Path) -> list[dict[str, object]]:
    hits = taken.hits(home)
    rows: list[dict[str, object]] = compare(hits, pq.read_table(truth_path)).to_pylist()
    return rows


__all__ = ["Check", "Step", "Story", "play"]
