"""The stored form of a long case, made by the acts themselves."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

from qingyuan.cases import decide, fold, read_event
from qingyuan.law import load

Stored = tuple[str, int, str, datetime, dict[str, object]]

_CASE = "C2026-0001"
_CHINA = timezone(timedelta(hours=8))

#: The acts that bring a case to where measures are entered: day, act, particulars.
_STORY: tuple[tuple[date, str, dict[str, object]], ...] = (
    (
        date(2026, 3, 2),
        "lead-register",
        {
            "lead": "L2026-0001",
            "title": "仓库面单外泄",
            "source": "casework",
            "field": "express-waybill",
            "exhibits": ["X0000000000000001"],
            "kinds": {"mobile": 900},
            "persons": 700,
            "sensitive": 0,
            "important": 0,
            "general": 900,
        },
    ),
    (
        date(2026, 3, 3),
        "lead-assess",
        {
            "lead": "L2026-0001",
            "authenticity": "抽样与原件一致",
            "investigability": "地点明确",
            "conclusion": "open",
            "ongoing": True,
            "respondent_known": True,
        },
    ),
    (date(2026, 3, 4), "matter-open", {"matter": "M2026-0001", "leads": ["L2026-0001"]}),
    (
        date(2026, 3, 5),
        "case-file",
        {
            "matter": "M2026-0001",
            "case": _CASE,
            "track": "administrative",
            "office": "某县人民检察院",
            "jurisdiction": "same-level",
            "basis": "anti-fraud",
            "harm": "收件人信息可被任何人读取",
            "violation": "未依法检查面单",
            "respondents": ["某县邮政管理局"],
            "regulator": "postal",
            "duties": ["postal-waybill"],
            "approved_by": "P009",
            "approved_on": "2026-03-05",
        },
    ),
    (date(2026, 3, 10), "serve-filing", {"case": _CASE, "mode": "direct"}),
    (
        date(2026, 3, 20),
        "confirm-facts",
        {
            "case": _CASE,
            "harm": "抽取的面单可直接读取",
            "duty": "监督检查寄递安全",
            "failure": "未检查",
            "causation": "未检查致其持续",
            "exhibits": ["X0000000000000001"],
            "investigators": ["P001", "P002"],
            "method": "inspection",
        },
    ),
    (
        date(2026, 3, 25),
        "conclude-investigation",
        {"case": _CASE, "opinion": "suggest", "report": "D0001"},
    ),
    (
        date(2026, 3, 26),
        "issue-suggestion",
        {"case": _CASE, "demands": ["督促整改"], "approved_by": "P009", "approved_on": "2026-03-26"},
    ),
    (date(2026, 3, 27), "serve-suggestion", {"case": _CASE, "mode": "announcement"}),
)


def history(count: int) -> list[Stored]:
    """Return ``count`` events of a case with many measures: stream, number, type, time, payload."""
    law = load()
    stored: list[Stored] = []
    docket = fold([])

    def write(stream: str, kind: str, payload: dict[str, object], at: datetime) -> None:
        nonlocal docket
        number = docket.heads.get(stream, 0)
        stored.append((stream, number, kind, at, payload))
        docket = fold([read_event(stream, number, kind, at, "P001", payload)], docket)

    def act(day: date, verb: str, particulars: dict[str, object]) -> None:
        at = datetime(day.year, day.month, day.day, 10, tzinfo=_CHINA)
        for draft in decide(verb, docket, particulars, law=law, now=at, actor="P001"):  # type: ignore[arg-type]
            write(draft.stream, draft.type, dict(draft.payload), at)

    begin = datetime(2026, 3, 2, 9, tzinfo=_CHINA)
    write("L2026-0001", "evidence.extracted", {"exhibit": "X0000000000000001"}, begin)
    for day, verb, particulars in _STORY:
        act(day, verb, particulars)
    measures = 0
    while len(stored) < count:
        measures += 1
        act(
            date(2026, 4, 10),
            "add-measure",
            {
                "case": _CASE,
                "text": f"第{measures}项：逐网点检查面单",
                "owner": "某县邮政管理局",
                "due": "2026-05-20",
                "test": "抽查合格",
                "duty": "postal-waybill",
                "before": ["X0000000000000001"],
            },
        )
        act(date(2026, 4, 11), "start-measure", {"case": _CASE, "measure": f"m{measures:02}"})
    return stored[:count]
