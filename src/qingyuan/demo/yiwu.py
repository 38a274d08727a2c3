"""The reference matter 义乌快递面单, from raw material to a verified package.

Everything is synthetic: the office, the organs and the couriers carry the names of a demonstration and the
records come from a seed. The steps are those a prosecutor takes; each goes through the same doors as
the command line, so what the guards refuse here they refuse there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from qingyuan.cases import Refused
from qingyuan.demo._compare import compare
from qingyuan.demo._generate import generate
from qingyuan.demo.desk import lay
from qingyuan.demo.replay import Action, Agenda, Told, replay_all
from qingyuan.demo.staffing import assign_staff
from qingyuan.demo.story import Reference, references
from qingyuan.demo.telling import Check, Step, Story, Teller, timed
from qingyuan.errors import QingyuanError
from qingyuan.evidence.verify import verify
from qingyuan.law import Facts, Level, Organ
from qingyuan.office.casework import Argument, act, load
from qingyuan.office.clock import CHINA, FixedClock
from qingyuan.office.home import Home, OfficeInfo
from qingyuan.office.intake import Registration, intake, seal_into
from qingyuan.office.packages.packaging import make_package
from qingyuan.office.paperwork import Made, make_document
from qingyuan.office.sealing import Collector
from qingyuan.office.summary import IntakeResult

#: The demonstration's site: the province, whose offices handle the matters; all marked as a demonstration.
SITE = OfficeInfo("zhejiang-demo", "浙江省人民检察院（演示）", "330000", "province")
#: The office of the waybill matter: the county-level city of the published case.
OFFICE = "义乌市人民检察院（演示）"
ORGAN = "义乌市邮政管理局（演示）"
SUPERIOR = "金华市人民检察院（演示）"
_DIVISION = "330782"
_EPOCH = datetime(2026, 3, 2, 8, 0, tzinfo=CHINA)
#: The matter is over; a desk lies after it.
_OVER = datetime(2026, 6, 3, 10, 0, tzinfo=CHINA)

_MEASURES = (
    (
        "督促辖区快递企业全面使用隐私面单，对运单上的姓名、电话、地址作去标识化处理",
        "抽检新出运单，明文手机号为零",
        "postal-waybill",
    ),
    (
        "对泄露运单数据的企业责令改正并依法处理，督促删除外泄数据",
        "查处文书及企业删除证明齐备",
        "postal-penalise",
    ),
    (
        "督促寄递企业对云仓、打单软件等受托方开展个人信息保护评估和监督",
        "评估报告及整改回执齐备",
        "postal-entrusting",
    ),
)


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
    _clear(home_path)
    seconds: dict[str, float] = {}
    clock = FixedClock(_EPOCH if replay is None else _at(f"{references()[0].lead.day}T08:00"))
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
    clock.set(_EPOCH)
    with timed(seconds, "generate"):
        truth = generate(material, seed=seed, rows=rows, truth=truth_path)
        _fix_times(home_path)
    told(
        f"生成 {truth.rows:,} 条面单材料（种子 {seed}，全部虚构）",
        f"{truth.rows:,} waybills generated (seed {seed}, all invented)",
    )
    with Home.open(home_path, clock=clock) as home:
        desk = _desk(home, clock, home_path / "desk", now, seed)
        with timed(seconds, "intake"):
            clock.set(_at("2026-03-02T09:00"))
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
            document, case = _procedure(home, taken, _on(home, clock, desk), told, home_path)
        with timed(seconds, "package"):
            clock.set(max(clock.now(), _at("2026-06-02T09:00")))
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


def _procedure(
    home: Home, taken: IntakeResult, on: Callable[..., list[str]], told: Teller, folder: Path
) -> tuple[Made, str]:
    lead = taken.lead
    told(
        f"收取并登记线索 {lead}：{len(taken.exhibits)} 件材料封存，涉及自然人 {taken.distinct():,} 人",
        f"lead {lead} registered: {len(taken.exhibits)} exhibits sealed, {taken.distinct():,} distinct persons",
    )
    on(
        "2026-03-03",
        "lead-assess",
        lead,
        authenticity="材料由公安机关移送，扫描检出的号码通过校验",
        investigability="电子数据已封存，企业和站点可查",
        conclusion="open",
        ongoing=True,
        respondent_known=True,
    )
    assessment = load(home, lead).docket.leads[lead].assessment
    score = assessment.score if assessment else 0
    told(f"评估线索：{score} 分，建议立案", f"lead assessed: score {score}, proposal to file")
    made = on("2026-03-04", "matter-open", lead)
    matter = made[0]
    told(f"建立总案 {matter}", f"matter {matter} opened")
    proposal = home.law.jurisdiction(
        "administrative",
        Facts(
            on=home.clock.now().date(),
            respondent=Organ(ORGAN, Level.COUNTY, _DIVISION),
            result=(_DIVISION,),
            online=True,
        ),
    )
    reason = proposal.candidates[0].reasons[0]
    told(
        f"管辖建议：{_DIVISION} 县级检察院，{reason.zh}",
        f"jurisdiction: county-level office of {_DIVISION}, {reason.en}",
    )
    duties = [
        duty
        for duty in home.law.duties("express-waybill", "postal", home.clock.now().date())
        if duty.basis == "law"
    ]
    told(
        "监管职责："
        + "；".join(f"{d.act_zh}（{d.articles[0].article}）" for d in duties[:2])
        + f" 等 {len(duties)} 项",
        f"duties of the regulator: {len(duties)}, first: {duties[0].act_en}",
    )
    case = on(
        "2026-03-05",
        "case-file",
        matter,
        track="administrative",
        office=OFFICE,
        jurisdiction="same-level",
        basis="personal-information",
        harm=f"寄递面单数据外泄，涉及自然人 {taken.distinct():,} 人，信息未去标识化，众多消费者个人信息权益受到侵害",
        violation="辖区快递企业未落实运单去标识化，主管部门可能未依法履行监督管理职责",
        respondents=[ORGAN],
        regulator="postal",
        duties=[duty.id for duty in duties],
        approved_by="P009",
        approved_on="2026-03-05",
    )[0]
    told(
        f"检察长批准，立行政公益诉讼案 {case}，对象：{ORGAN}",
        f"case {case} filed against the postal administration, approved by the chief procurator",
    )
    on("2026-03-06", "serve-filing", case, mode="direct")
    told("送达立案决定书", "filing decision served")
    record = seal_into(
        home,
        matter,
        _note(folder, "磋商纪要.txt", "就运单去标识化和整改方案磋商，双方确认事实。"),
        Collector("P001", "P002", "document", "磋商会议"),
    )
    on(
        "2026-03-10",
        "consult",
        case,
        form="meeting",
        topics=["performance", "plan"],
        record=record,
        outcome="对方认可事实，提出分步整改意向",
    )
    told("磋商并形成纪要", "consultation held, minutes sealed")
    first = taken.exhibits[0].id
    on(
        "2026-03-13",
        "confirm-facts",
        case,
        harm="面单数据外泄，大量身份证号、手机号码、住址以明文存在",
        duty="对寄递企业运单和用户信息保护负有监督管理职责",
        failure="未对企业运单去标识化落实情况开展检查、责令改正",
        causation="监管不到位致外泄风险持续",
        exhibits=[first],
        investigators=["P001", "P002"],
        method="collection",
    )
    report = seal_into(
        home,
        matter,
        _note(folder, "调查终结报告.txt", "经查，公益受损，主管部门未全面履职，建议提出检察建议。"),
        Collector("P001", "P002", "document", "本院"),
    )
    on("2026-03-16", "conclude-investigation", case, opinion="suggest", report=report)
    told(
        "查明事实，调查终结，意见：提出检察建议",
        "facts established, investigation concluded: a suggestion is proposed",
    )
    on(
        "2026-03-17",
        "issue-suggestion",
        case,
        demands=[text for text, _, _ in _MEASURES],
        approved_by="P009",
        approved_on="2026-03-17",
    )
    document = make_document(home, "检察建议书", case, folder / "documents", number=None, actor="P001")
    on("2026-03-18", "serve-suggestion", case, mode="direct")
    due = home.law.deadline("agency-reply", home.clock.now().date())
    told(
        f"送达检察建议书；回复期限 {due.due}（{due.articles[0].article}，{'确定' if due.firm else '暂定'}）",
        f"suggestion served; reply due {due.due} ({due.articles[0].article_en}, {'firm' if due.firm else 'provisional'})",
    )
    for step in due.steps:
        told(f"　· {step.zh}", f"  - {step.en}")
    on("2026-03-20", "record-suggestion", case, with_office=SUPERIOR)
    for text, test, duty in _MEASURES:
        on("2026-03-25", "add-measure", case, text=text, owner=ORGAN, due="2026-05-15", test=test, duty=duty)
    told(
        f"报上一级院备案；登记整改措施 {len(_MEASURES)} 项",
        f"filed with the office above; {len(_MEASURES)} measures entered",
    )
    on(
        "2026-05-12",
        "receive-reply",
        case,
        accepted="accepted",
        summary="已部署隐私面单，处理涉事企业，正在开展受托方评估",
    )
    told("收到书面回复：采纳", "written reply received: accepted")
    _prove(home, on, told, case, matter, folder)
    return document, case


def _prove(
    home: Home, on: Callable[..., list[str]], told: Teller, case: str, matter: str, folder: Path
) -> None:
    """Prove all measures but one, be refused, prove the last, close."""
    waybills = _new_waybills(folder)
    for measure, proof in (
        ("m01", waybills),
        ("m02", _note(folder, "查处情况.txt", "责令改正通知书及企业删除证明（演示）。")),
    ):
        exhibit = seal_into(home, matter, proof, Collector("P001", "P002", "document", ORGAN))
        on("2026-05-18", "prove-measure", case, measure=measure, submitter="P101", after=[exhibit])
        on(
            "2026-05-20",
            "verify-measure",
            case,
            measure=measure,
            verifier="P002",
            verdict="accepted",
            reason="抽检材料与验收标准相符",
        )
    told(
        "两项措施提交证明并核验通过（第一项附新出运单样本）",
        "two measures proved and accepted (the first with a sample of new waybills)",
    )
    review = seal_into(
        home,
        matter,
        _note(folder, "审查终结报告.txt", "跟进调查，整改到位，建议终结案件。"),
        Collector("P001", "P002", "document", "本院"),
    )
    on(
        "2026-05-22",
        "follow-up",
        case,
        findings="隐私面单已普遍使用，涉事企业已处理",
        outcome="terminate",
        investigators=["P001", "P002"],
        report=review,
    )
    closing: dict[str, Argument] = {
        "ground": "rectified",
        "reason": "行政机关已依法履行职责，社会公共利益得到有效保护",
        "approved_by": "P009",
        "approved_on": "2026-05-25",
    }
    try:
        on("2026-05-25", "close", case, **closing)
    except Refused as refused:
        article = refused.citations[0] if refused.citations else None
        cited_zh = f"（《{article.law}》{article.article}）" if article else ""
        cited_en = f" ({article.law_en} {article.article_en})" if article else ""
        told(
            f"申请终结被拒：{'；'.join(m.zh for m in refused.missing)}{cited_zh}",
            f"closing refused: {'; '.join(m.en for m in refused.missing)}{cited_en}",
        )
    else:
        raise QingyuanError(
            "demo.guard",
            zh="守卫未拦截未完成的措施",
            en="the guard let a case with an open measure close",
            where=case,
        )
    last = seal_into(
        home,
        matter,
        _note(folder, "受托方评估报告.txt", "云仓与打单软件受托方评估及整改回执（演示）。"),
        Collector("P001", "P002", "document", ORGAN),
    )
    on("2026-05-27", "prove-measure", case, measure="m03", submitter="P101", after=[last])
    on(
        "2026-05-28",
        "verify-measure",
        case,
        measure="m03",
        verifier="P002",
        verdict="accepted",
        reason="评估报告及回执齐备",
    )
    on("2026-06-01", "close", case, **(closing | {"approved_on": "2026-06-01"}))
    on("2026-06-02", "serve-closing", case, mode="direct")
    closed = load(home, case).docket.cases[case]
    told(
        f"第三项核验通过，终结案件；回头看日期 {closed.look_back_due}",
        f"third measure accepted, case closed; look-back on {closed.look_back_due}",
    )


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
        paper = _note(folder, "回头看抽检记录.txt", "抽检新出运单二百件，手机号均已隐去（演示）。")
        seen = seal_into(home, case, paper, Collector("P001", "P002", "document", "本院"))
        given: dict[str, Argument] = {
            "outcome": "holds",
            "findings": "新出运单均已去标识化，受托方评估按期开展（演示）",
            "investigators": ["P001", "P002"],
            "exhibits": [seen],
        }
        act(home, "look-back", case, given, actor="P001")

    return due, look


def _on(home: Home, clock: FixedClock, desk: Agenda) -> Callable[..., list[str]]:
    """Return a way to do one act on one day, and what the desk holds before; gives the streams of the events made."""

    def do(day: str, verb: str, target: str, **args: Argument) -> list[str]:
        desk.before(date.fromisoformat(day))
        clock.set(max(clock.now(), _at(f"{day}T10:00")))
        return sorted({event.stream for event in act(home, verb, target, args, actor="P001")})

    return do


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


def _new_waybills(folder: Path) -> Path:
    """Write a sample of new waybills that carry no clear personal information."""
    rng = np.random.default_rng(7)
    lines = ["运单号,收件人,收件电话,收件地址"]
    for number in rng.integers(10**11, 10**12, 200):
        tail = int(rng.integers(1000, 9999))
        lines.append(f"YD{number},王**,138****{tail},浙江省义乌市****")
    return _note(folder, "新出运单样本.csv", "\r\n".join(lines) + "\r\n")


def _note(folder: Path, name: str, text: str) -> Path:
    path = folder / "notes" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")
    os.utime(path, (_EPOCH.timestamp(), _EPOCH.timestamp()))
    return path


def _fix_times(folder: Path) -> None:
    """Give generated files the time of the story, so that manifests repeat."""
    stamp = _EPOCH.timestamp()
    for path in sorted((folder / "material").rglob("*")):
        os.utime(path, (stamp, stamp), follow_symlinks=False)


def _clear(home_path: Path) -> None:
    """Remove an earlier demonstration; refuse to touch anything else."""
    if not home_path.exists():
        return
    if (home_path / "office.json").exists():
        with Home.open(home_path) as home:
            ours = (home.settings.seed or "").startswith("demo-")
        if ours:
            shutil.rmtree(home_path)
            return
    if any(home_path.iterdir()):
        raise QingyuanError(
            "demo.folder-in-use",
            zh="目录已有其他内容，演示不会覆盖",
            en="the folder holds something else; the demonstration does not overwrite it",
            where=str(home_path),
            remedy_zh="请用 --home 另选目录",
            remedy_en="choose another folder with --home",
        )


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


__all__ = ["Check", "Step", "Story", "play"]
