"""What a proposal of jurisdiction is drafted with: candidates, reasons with their articles, names of places on the day."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

import msgspec

from qingyuan.law._divisions import NATION, Divisions
from qingyuan.law._naming import named_office
from qingyuan.law._store import Store
from qingyuan.law._versions import Citer
from qingyuan.law._words import articles_en, articles_zh
from qingyuan.law.errors import LawError
from qingyuan.law.model import Candidate, Citation, Facts, Level, Office, Organ, Step, Track

_HIGHER = {Level.COUNTY: Level.PREFECTURE, Level.PREFECTURE: Level.PROVINCE, Level.PROVINCE: Level.NATION}
POINTS = {
    "act": ("违法行为发生地", "place of the unlawful act"),
    "result": ("损害结果地", "place of the harm"),
    "domicile": ("违法行为人住所地", "domicile of the wrongdoer"),
}


@dataclasses.dataclass
class Draft:
    """A candidate while reasons are still being gathered."""

    level: Level
    division: str
    kind: str = "procuratorate"
    preferred: bool = False
    reasons: list[Step] = dataclasses.field(default_factory=list)
    cited: list[Citation] = dataclasses.field(default_factory=list)


class Drafting:
    """A proposal while it is drafted."""

    def __init__(
        self,
        store: Store,
        citer: Citer,
        track: Track,
        facts: Facts,
        offices: Sequence[Office],
        *,
        analogous: bool,
    ) -> None:
        self._citer, self._track, self._analogous = citer, track, analogous
        self._rules = store.jurisdiction.record
        self._divisions = Divisions(self._rules.municipalities)
        self._gazetteer = store.gazetteer
        self._offices = (*offices, *(entry.record for entry in store.offices.values()))
        self._drafts: dict[tuple[str, Level, str], Draft] = {}
        self._courts: dict[tuple[str, Level, str], Draft] = {}
        self._notes: list[Step] = []
        self._cited: list[Citation] = []
        self._firm = True
        #: Where the organ is, as precisely as it was given.
        self._place = ""
        self._facts = facts
        self._facts = msgspec.structs.replace(
            facts, **{name: self._present(name, getattr(facts, name)) for name in POINTS}
        )

    def _present(self, name: str, codes: Iterable[str]) -> tuple[str, ...]:
        """Return the divisions as they are on the day of filing; one that was abolished is followed to what it became."""
        found: list[str] = []
        for code in codes:
            self._divisions.check(code, name)
            now = self._gazetteer.successors(code, self._facts.on)
            if now:
                names, split = "、".join(map(self._name, now)), len(now) > 1
                self._doubt(
                    f"{code}在立案之日已不存在，现为{names}" + "；原区域归入哪一区须核对" * split,
                    f"{code} no longer exists on the day of filing and is now {names}"
                    + "; check which of them the place is in" * split,
                    doubtful=split,
                )
            elif self._divisions.level(code) is not Level.NATION and not self._gazetteer.find(
                code, self._facts.on
            ):
                self._doubt(
                    f"区划表在{self._facts.on}没有代码{code}，请核对",
                    f"the table of divisions has no code {code} on {self._facts.on}; check it",
                )
            found.extend(now or (code,))
        return tuple(dict.fromkeys(found))

    def _doubt(self, zh: str, en: str, *, doubtful: bool = True) -> None:
        self._notes.append(Step(zh, en))
        self._firm = self._firm and not doubtful

    def _name(self, code: str) -> str:
        """Return code and name of a division, e.g. ``330782浙江省金华市义乌市``."""
        name = self._gazetteer.full_name(code, self._facts.on)
        return code if name == code else f"{code}{name}"

    def _office_of(self, code: str, lang: str) -> str:
        """Return how the office of a division is spoken of."""
        if code == NATION:
            return "最高人民检察院" if lang == "zh" else "the Supreme People's Procuratorate"
        return f"{self._name(code)}的检察院" if lang == "zh" else f"the office of {self._name(code)}"

    def _is_cross(self) -> bool:
        return self._facts.cross_division or len(set(self._facts.result)) > 1

    def _seat(self, organ: Organ) -> str:
        self._divisions.check(organ.division, "respondent.division")
        (code, *others) = self._present("respondent.division", [organ.division])
        if others:
            self._doubt(
                f"{organ.name}的所在地须确定，先按{self._name(code)}",
                f"where {organ.name} is now must be settled; {self._name(code)} is taken",
            )
        finest = [Level.NATION, Level.PROVINCE, Level.PREFECTURE, Level.COUNTY]
        if finest.index(self._divisions.level(code)) < finest.index(organ.level):
            raise LawError(
                "law.bad-division",
                zh=f"区划{code}的层级高于{organ.name}的层级（{organ.level.zh}）",
                en=f"division {code} is above the level of {organ.name} ({organ.level.value})",
                where="respondent.division",
                remedy_zh="请填写该机关所在的区划代码",
                remedy_en="give the division of the organ itself",
            )
        self._place = code
        return self._divisions.at(code, organ.level)

    def _above(self, code: str) -> tuple[Level, str]:
        above = self._divisions.above(code)
        level = _HIGHER[self._divisions.level(code)]
        return (
            Level.NATION
            if above == NATION
            else max(level, self._divisions.level(above), key=list(Level).index)
        ), above

    def _candidate(self, level: Level, division: str) -> Draft:
        key = ("procuratorate", level, division)
        return self._drafts.setdefault(key, Draft(level, division))

    def _court(self, level: Level, division: str, kind: str) -> Draft:
        return self._courts.setdefault((kind, level, division), Draft(level, division, kind))

    def _because(self, draft: Draft, zh: str, en: str, rule: str) -> None:
        citation = self._citer.cite(rule, self._facts.on, analogous=self._analogous)
        step = Step(f"{zh}（{articles_zh([citation])}）", f"{en} ({articles_en([citation])})")
        if step not in draft.reasons:
            draft.reasons.append(step)
            draft.cited.append(citation)

    def _note(self, zh: str, en: str, rule: str) -> None:
        citation = self._citer.cite(rule, self._facts.on, analogous=self._analogous)
        step = Step(f"{zh}（{articles_zh([citation])}）", f"{en} ({articles_en([citation])})")
        if step not in self._notes:
            self._cited.append(citation)
            self._notes.append(step)

    def _finish(self, draft: Draft) -> Candidate:
        office = next(
            (
                office
                for office in self._offices
                if (office.kind, office.level, office.division) == (draft.kind, draft.level, draft.division)
            ),
            None,
        ) or named_office(self._gazetteer, draft.kind, draft.level, draft.division, self._facts.on)
        return Candidate(
            level=draft.level,
            division=draft.division,
            office=office,
            preferred=draft.preferred,
            reasons=tuple(draft.reasons),
            articles=tuple({citation.rule: citation for citation in draft.cited}.values()),
        )
