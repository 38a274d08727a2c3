"""What superior offices and agreements change about who files: designation, taking up, handing down, transfer."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from qingyuan.law._divisions import Divisions
from qingyuan.law._schema import JurisdictionRules
from qingyuan.law.errors import LawError
from qingyuan.law.model import Move


class Outcome(NamedTuple):
    """What a move comes to.

    Attributes:
        office: Division of the office that files from now on, or ``""`` when nothing is decided yet.
        rule: The rule it rests on.
        zh: Why, Chinese.
        en: Why, English.
        firm: ``False`` when a decision is still to come or a basis was not named.
    """

    office: str
    rule: str
    zh: str
    en: str
    firm: bool = True


#: From a division and a language to the office there.
Name = Callable[[str, str], str]


def outcome(move: Move, divisions: Divisions, rules: JurisdictionRules, name: Name) -> Outcome:
    """Return what ``move`` comes to.

    Raises:
        LawError: ``law.bad-move``: a division is missing, or the office that moves is not above the other.
    """
    for field, needed in (("by", True), ("to", move.kind not in {"taken-up", "self-filed"})):
        code = getattr(move, field)
        if needed and not code:
            raise _bad(f"缺少{field}", f"{field!r} is missing", f"moves.{move.kind}")
        if code:
            divisions.check(code, f"moves.{move.kind}.{field}")
    return _OUTCOMES[move.kind](move, divisions, rules, name)


def _designated(move: Move, divisions: Divisions, rules: JurisdictionRules, name: Name) -> Outcome:
    _above(move.by, move.to, divisions, name)
    return Outcome(
        move.to,
        rules.designation,
        f"{name(move.by, 'zh')}指定辖区内{name(move.to, 'zh')}办理",
        f"{name(move.by, 'en')} designates {name(move.to, 'en')}, within its area",
    )


def _handed_down(move: Move, divisions: Divisions, rules: JurisdictionRules, name: Name) -> Outcome:
    _above(move.by, move.to, divisions, name)
    return Outcome(
        move.to,
        rules.take_up,
        f"{name(move.by, 'zh')}将案件交{name(move.to, 'zh')}办理（交办）",
        f"{name(move.by, 'en')} hands the case down to {name(move.to, 'en')}",
    )


def _taken_up(move: Move, _: Divisions, rules: JurisdictionRules, name: Name) -> Outcome:
    return Outcome(
        move.by,
        rules.take_up,
        f"{name(move.by, 'zh')}认为确有必要，直接办理下级院管辖的案件（提办）",
        f"{name(move.by, 'en')} takes up a case of a lower office as it finds necessary",
    )


def _self_filed(move: Move, _: Divisions, rules: JurisdictionRules, name: Name) -> Outcome:
    return Outcome(
        move.by,
        rules.take_up,
        f"{name(move.by, 'zh')}自行立案办理下级院管辖的案件，下级院可以同时立案",
        f"{name(move.by, 'en')} files a case of lower offices itself; they may file beside it",
    )


def _asked_up(move: Move, divisions: Divisions, rules: JurisdictionRules, name: Name) -> Outcome:
    _above(move.to, move.by, divisions, name)
    return Outcome(
        "",
        rules.take_up,
        f"{name(move.by, 'zh')}报请{name(move.to, 'zh')}办理；决定之前仍由下级院办理",
        f"{name(move.by, 'en')} asks {name(move.to, 'en')} to take the case; until it decides the lower office goes on",
        firm=False,
    )


def _agreed(move: Move, _: Divisions, rules: JurisdictionRules, name: Name) -> Outcome:
    basis = move.basis.strip()
    return Outcome(
        move.to,
        rules.designation,
        f"依跨区域协作机制（{basis or '文件未写明，请补充'}），由{name(move.by, 'zh')}移送{name(move.to, 'zh')}",
        f"moved from {name(move.by, 'en')} to {name(move.to, 'en')} under a cross-region arrangement "
        f"({basis or 'not named; name it'})",
        firm=bool(basis),
    )


def _transferred(move: Move, divisions: Divisions, rules: JurisdictionRules, name: Name) -> Outcome:
    upward = move.to in divisions.line(move.by)
    common = divisions.common_above([move.by, move.to])
    zh = "制作《报请移送案件线索意见书》" if upward else "制作《移送案件线索通知书》"
    en = (
        "by an opinion asking the superior to take the lead"
        if upward
        else "by a notice of transfer of the lead"
    )
    return Outcome(
        move.to,
        rules.lead_transfer,
        f"{name(move.by, 'zh')}将线索移送{name(move.to, 'zh')}，{zh}；受移送院应当受理，"
        f"不得自行退回或者再移送，有异议的报上级院（{name(common, 'zh')}）",
        f"{name(move.by, 'en')} transfers the lead to {name(move.to, 'en')} {en}; the receiver accepts it and may "
        f"neither return nor pass it on, only report upward ({name(common, 'en')})",
    )


def _disputed(move: Move, divisions: Divisions, rules: JurisdictionRules, name: Name) -> Outcome:
    common = divisions.common_above([move.by, move.to])
    return Outcome(
        "",
        rules.designation,
        f"{name(move.by, 'zh')}与{name(move.to, 'zh')}对管辖有争议：先协商，协商不成报共同的上级院（{name(common, 'zh')}）指定",
        f"{name(move.by, 'en')} and {name(move.to, 'en')} dispute: they negotiate first, then their common superior "
        f"({name(common, 'en')}) designates",
        firm=False,
    )


_OUTCOMES = {
    "designated": _designated,
    "handed-down": _handed_down,
    "taken-up": _taken_up,
    "self-filed": _self_filed,
    "asked-up": _asked_up,
    "agreed": _agreed,
    "transferred": _transferred,
    "disputed": _disputed,
}


def _above(above: str, below: str, divisions: Divisions, name: Name) -> None:
    if above == below or above not in divisions.line(below):
        raise _bad(
            f"{name(above, 'zh')}不是{name(below, 'zh')}的上级院",
            f"{name(above, 'en')} is not above {name(below, 'en')}",
            f"{above} {below}",
        )


def _bad(zh: str, en: str, where: str) -> LawError:
    return LawError(
        "law.bad-move",
        zh=zh,
        en=en,
        where=where,
        remedy_zh="请核对作出决定的院和承办的院",
        remedy_en="check which office decides and which one handles the case",
    )
