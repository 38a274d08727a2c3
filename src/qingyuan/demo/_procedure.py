"""The acts of the waybill matter, from the assessment of the lead to the closing of the case, each through the doors of the office."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from qingyuan.cases import Refused
from qingyuan.demo._folder import new_waybills, note
from qingyuan.demo.replay import Agenda
from qingyuan.demo.telling import Teller
from qingyuan.errors import QingyuanError
from qingyuan.law import Facts, Level, Organ
from qingyuan.office.casework import Argument, act, load
from qingyuan.office.clock import CHINA, FixedClock
from qingyuan.office.home import Home
from qingyuan.office.intake import seal_into
from qingyuan.office.paperwork import Made, make_document
from qingyuan.office.sealing import Collector
from qingyuan.office.summary import IntakeResult

#: The office of the waybill matter: the county-level city of the published case.
OFFICE = "义乌市人民检察院（演示）"
ORGAN = "义乌市邮政管理局（演示）"
SUPERIOR = "金华市人民检察院（演示）"
_DIVISION = "330782"

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


def procedure(
    home: Home, taken: IntakeResult, on: Callable[..., list[str]], told: Teller, folder: Path
) -> tuple[Made, str]:
    """Carry the lead through to a closed case; return the suggestion and the case."""
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
        note(folder, "磋商纪要.txt", "就运单去标识化和整改方案磋商，双方确认事实。"),
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
        note(folder, "调查终结报告.txt", "经查，公益受损，主管部门未全面履职，建议提出检察建议。"),
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
    waybills = new_waybills(folder)
    for measure, proof in (
        ("m01", waybills),
        ("m02", note(folder, "查处情况.txt", "责令改正通知书及企业删除证明（演示）。")),
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
        note(folder, "审查终结报告.txt", "跟进调查，整改到位，建议终结案件。"),
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
        cited_zh = f"（{article.zh}）" if article else ""
        cited_en = f" ({article.en})" if article else ""
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
        note(folder, "受托方评估报告.txt", "云仓与打单软件受托方评估及整改回执（演示）。"),
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


def acting(home: Home, clock: FixedClock, desk: Agenda) -> Callable[..., list[str]]:
    """Return a way to do one act on one day, and what the desk holds before; gives the streams of the events made."""

    def do(day: str, verb: str, target: str, **args: Argument) -> list[str]:
        desk.before(date.fromisoformat(day))
        clock.set(max(clock.now(), moment(f"{day}T10:00")))
        return sorted({event.stream for event in act(home, verb, target, args, actor="P001")})

    return do


def moment(text: str) -> datetime:
    """Return a moment in China."""
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)
