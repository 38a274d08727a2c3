"""Who may file a case and where it would be sued, with reasons."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from qingyuan.law._divisions import NATION, Divisions
from qingyuan.law._store import Store
from qingyuan.law._versions import Citer, applies
from qingyuan.law._words import articles_en, articles_zh
from qingyuan.law.errors import LawError
from qingyuan.law.model import Candidate, Citation, Facts, Level, Office, Organ, Proposal, Step, Track

_HIGHER = {Level.COUNTY: Level.PREFECTURE, Level.PREFECTURE: Level.PROVINCE, Level.PROVINCE: Level.NATION}
_POINTS = {
    "act": ("违法行为发生地", "place of the unlawful act"),
    "result": ("损害结果地", "place of the harm"),
    "domicile": ("违法行为人住所地", "domicile of the wrongdoer"),
}


def propose(store: Store, citer: Citer, track: Track, facts: Facts, offices: Sequence[Office]) -> Proposal:
    """Return the competent offices and courts for ``facts``.

    Raises:
        LawError: A fact the rules need is missing, a division code is malformed, or the rules of
            jurisdiction were not in force on ``facts.on``.
    """
    if track is Track.BOTH:
        raise _missing("track", "请分别就行政、民事提出", "ask for administrative and civil separately")
    return _Proposing(store, citer, track, facts, offices).run()


@dataclasses.dataclass
class _Draft:
    """A candidate while reasons are still being gathered."""

    level: Level
    division: str
    kind: str = "procuratorate"
    preferred: bool = False
    reasons: list[Step] = dataclasses.field(default_factory=list)
    cited: list[Citation] = dataclasses.field(default_factory=list)


class _Proposing:
    def __init__(
        self, store: Store, citer: Citer, track: Track, facts: Facts, offices: Sequence[Office]
    ) -> None:
        self._citer, self._track, self._facts = citer, track, facts
        self._rules = store.jurisdiction.record
        self._divisions = Divisions(self._rules.municipalities)
        self._offices = (*offices, *(entry.record for entry in store.offices.values()))
        self._drafts: dict[tuple[str, Level, str], _Draft] = {}
        self._courts: dict[tuple[str, Level, str], _Draft] = {}
        self._notes: list[Step] = []
        self._cited: list[Citation] = []
        for name in ("act", "result", "domicile"):
            for code in getattr(facts, name):
                self._divisions.check(code, name)

    def run(self) -> Proposal:
        if self._track is Track.ADMINISTRATIVE:
            self._administrative()
        else:
            self._civil()
        self._note(
            "上级院可以指定其他院办理，或依跨区域协作机制移送；有争议先协商，协商不成报共同上级院指定",
            "a superior may designate another office, or cooperation rules may move the case; disputes are "
            "negotiated first, then designated by the common superior",
            self._rules.designation,
        )
        self._note(
            "上级院认为确有必要可以提办，也可以交下级院办理；下级院可以报请上级院办理",
            "a superior may take the case up or hand it down; a lower office may ask it to",
            self._rules.take_up,
        )
        candidates = [self._finish(draft) for draft in self._drafts.values()]
        candidates.sort(key=lambda candidate: not candidate.preferred)
        courts = [self._finish(draft) for draft in self._courts.values()]
        courts.sort(key=lambda court: not court.preferred)
        cited = {
            citation.rule: citation
            for citation in (*(c for each in (*candidates, *courts) for c in each.articles), *self._cited)
        }
        return Proposal(
            track=self._track,
            candidates=tuple(candidates),
            courts=tuple(courts),
            notes=tuple(self._notes),
            articles=tuple(cited.values()),
            verified=all(citation.verified for citation in cited.values()),
        )

    def _administrative(self) -> None:
        organ = self._facts.respondent
        if organ is None:
            raise _missing(
                "respondent",
                "行政公益诉讼须给出行政机关；以事立案而对象未定的，先填拟查的行政机关",
                "administrative cases need the organ; when filing on the facts alone, give the organ to be examined",
            )
        seat = self._seat(organ)
        own = self._candidate(organ.level, seat)
        self._because(
            own,
            f"{organ.name}的同级人民检察院",
            f"the procuratorate at the same level as {organ.name}",
            self._rules.same_level,
        )
        raised = None
        if self._facts.major and organ.level is Level.COUNTY:
            raised = self._raise_for_weight(seat)
        if organ.government and organ.level is not Level.NATION:
            self._because(
                self._candidate(*self._above(seat)),
                "行政机关为人民政府，上一级院管辖更为适宜的，也可以由上一级院立案",
                "the organ is a people's government: the next office up may file when that is more suitable",
                self._rules.government_higher,
            )
        self._cross([seat, *self._facts.result])
        (raised or own).preferred = True
        if self._facts.online and self._is_cross():
            self._online_administrative(organ, seat)
        self._administrative_courts(organ, seat)

    def _online_administrative(self, organ: Organ, seat: str) -> None:
        seats = {self._divisions.at(code, organ.level) for code in self._facts.domicile}
        if not seats:
            self._note(
                "跨行政区划的网络案件一般由网络企业注册地的检察院管辖；请补充注册地",
                "online cases across divisions usually go to the place of registration of the Internet company; give it",
                self._rules.online_choice,
            )
        elif seat in seats:
            self._because(
                self._candidate(organ.level, seat),
                "跨行政区划的网络行政公益诉讼一般由网络企业注册地管辖，该院在注册地",
                "online administrative cases across divisions usually go to the place of registration, where this office is",
                self._rules.online_choice,
            )
        else:
            self._note(
                f"跨行政区划的网络行政公益诉讼一般由网络企业注册地（{'、'.join(sorted(seats))}）管辖，与{organ.name}所在地不同，请核对监督对象",
                f"online administrative cases across divisions usually go to the place of registration "
                f"({', '.join(sorted(seats))}), which is not where {organ.name} is; check the respondent",
                self._rules.online_choice,
            )

    def _civil(self) -> None:
        self._incidental()
        places = self._connecting_points()
        if not places and not self._drafts:
            raise _missing(
                "act, result, domicile",
                "民事公益诉讼须给出违法行为发生地、损害结果地或违法行为人住所地",
                "civil cases need a place of act, place of harm or domicile",
            )
        if self._facts.major:
            for place in places:
                self._raise_for_weight(place).preferred = not self._facts.criminal_office
        self._cross(list(self._facts.result) or places)
        self._choose_civil(places)
        self._civil_courts()

    def _incidental(self) -> None:
        code = self._facts.criminal_office
        if code is None:
            return
        self._divisions.check(code, "criminal_office")
        draft = self._candidate(self._divisions.level(code), code)
        draft.preferred = True
        self._because(
            draft,
            "刑事附带民事公益诉讼由办理刑事案件的人民检察院立案管辖",
            "incidental civil cases are filed by the office that handles the criminal case",
            self._rules.incidental,
        )

    def _connecting_points(self) -> list[str]:
        places: list[str] = []
        for name, (zh, en) in _POINTS.items():
            for code in dict.fromkeys(getattr(self._facts, name)):
                if self._divisions.level(code) is not Level.COUNTY:
                    self._notes.append(
                        Step(
                            f"{zh}只知{code}，须确定到县级才能确定基层检察院",
                            f"{en}: only {code} is known; the county decides which basic-level office",
                        )
                    )
                draft = self._candidate(Level.COUNTY, code)
                self._because(draft, f"{code}为{zh}", f"{code} is the {en}", self._rules.civil_place)
                if code not in places:
                    places.append(code)
        return places

    def _choose_civil(self, places: Sequence[str]) -> None:
        if any(draft.preferred for draft in self._drafts.values()) or not places:
            return
        if len(places) == 1:
            self._candidate(Level.COUNTY, places[0]).preferred = True
            return
        results = list(dict.fromkeys(self._facts.result))
        if not (self._facts.online and self._is_cross()):
            self._notes.append(
                Step(
                    "几个连接点指向不同的基层院，规则没有规定先后，请协商确定",
                    "the connecting points lead to different basic-level offices and the rules set no order; settle it by agreement",
                )
            )
            return
        for code in results:
            draft = self._candidate(Level.COUNTY, code)
            draft.preferred = len(results) == 1
            self._because(
                draft,
                "跨行政区划的网络民事公益诉讼层报共同上级院指定，一般由损害结果发生地管辖",
                "online civil cases across divisions are reported to the common superior, which usually designates the place of the harm",
                self._rules.online_choice,
            )

    def _raise_for_weight(self, place: str) -> _Draft:
        draft = self._candidate(*self._above(place))
        self._because(
            draft,
            "重大、复杂案件由设区的市级以上人民检察院管辖",
            "major or complex cases belong to offices of prefecture level or above",
            self._rules.major,
        )
        return draft

    def _cross(self, codes: Sequence[str]) -> None:
        if not self._is_cross() or not codes:
            return
        common = self._divisions.common_above(codes)
        self._because(
            self._candidate(self._divisions.level(common), common),
            "公益损害范围涉及两个以上行政区划，可以由共同的上一级人民检察院管辖",
            "the harm reaches two or more divisions: the common superior may take the case",
            self._rules.cross,
        )

    def _administrative_courts(self, organ: Organ, seat: str) -> None:
        if organ.level is not Level.COUNTY:
            self._notes.append(
                Step(
                    "被告非县级机关，一审法院级别依行政诉讼法关于级别管辖的规定确定（数据未收）",
                    "the respondent is above county level: the Administrative Litigation Law decides the level of the court (not in the data)",
                )
            )
            return
        draft = self._court(Level.COUNTY, seat, "court")
        self._because(
            draft,
            "基层人民检察院提起的第一审行政公益诉讼由被诉行政机关所在地基层人民法院管辖",
            "a basic-level office sues before the basic-level court at the seat of the organ",
            self._rules.court_administrative,
        )
        online = self._internet_court([seat])
        draft.preferred = not online
        if self._facts.major:
            self._transfer()

    def _civil_courts(self) -> None:
        codes = dict.fromkeys((*self._facts.act, *self._facts.result, *self._facts.domicile))
        cities = list(dict.fromkeys(self._divisions.at(code, Level.PREFECTURE) for code in codes))
        online = self._internet_court(cities)
        for city in cities:
            draft = self._court(Level.PREFECTURE, city, "court")
            self._because(
                draft,
                "第一审民事公益诉讼由侵权行为地或者被告住所地中级人民法院管辖",
                "civil cases are heard by the intermediate court at the place of the infringement or the defendant's domicile",
                self._rules.court_civil,
            )
            draft.preferred = len(cities) == 1 and not online
        if cities:
            self._transfer()

    def _internet_court(self, codes: Iterable[str]) -> bool:
        if not self._facts.online:
            return False
        found = False
        for court in self._rules.internet_courts:
            if not applies(court, self._facts.on):
                continue
            for code in codes:
                city = code[:2] + "0000" if code[:2] in self._rules.municipalities else code[:4] + "00"
                if city in court.cities:
                    found = True
                    draft = self._court(self._divisions.level(city), city, "internet-court")
                    draft.preferred = True
                    self._because(
                        draft,
                        "检察机关提起的网络公益诉讼，所在市辖区内应由基层法院受理的一审案件由互联网法院管辖",
                        "online public-interest suits that a basic-level court of the city would hear go to the Internet court",
                        court.rule,
                    )
        return found

    def _transfer(self) -> None:
        self._note(
            "立案管辖与诉讼管辖级别、地域不对应的，可以先立案，起诉时移送有管辖权法院对应的同级检察院",
            "where filing and suing do not match in level or place, file first and transfer to the office at the court's level before suing",
            self._rules.transfer_to_sue,
        )

    def _is_cross(self) -> bool:
        return self._facts.cross_division or len(set(self._facts.result)) > 1

    def _seat(self, organ: Organ) -> str:
        code = self._divisions.check(organ.division, "respondent.division")
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
        return self._divisions.at(code, organ.level)

    def _above(self, code: str) -> tuple[Level, str]:
        above = self._divisions.above(code)
        level = _HIGHER[self._divisions.level(code)]
        return (
            Level.NATION
            if above == NATION
            else max(level, self._divisions.level(above), key=list(Level).index)
        ), above

    def _candidate(self, level: Level, division: str) -> _Draft:
        key = ("procuratorate", level, division)
        return self._drafts.setdefault(key, _Draft(level, division))

    def _court(self, level: Level, division: str, kind: str) -> _Draft:
        return self._courts.setdefault((kind, level, division), _Draft(level, division, kind))

    def _because(self, draft: _Draft, zh: str, en: str, rule: str) -> None:
        citation = self._citer.cite(rule, self._facts.on)
        step = Step(f"{zh}（{articles_zh([citation])}）", f"{en} ({articles_en([citation])})")
        if step not in draft.reasons:
            draft.reasons.append(step)
            draft.cited.append(citation)

    def _note(self, zh: str, en: str, rule: str) -> None:
        citation = self._citer.cite(rule, self._facts.on)
        self._cited.append(citation)
        self._notes.append(Step(f"{zh}（{articles_zh([citation])}）", f"{en} ({articles_en([citation])})"))

    def _finish(self, draft: _Draft) -> Candidate:
        office = next(
            (
                office
                for office in self._offices
                if (office.kind, office.level, office.division) == (draft.kind, draft.level, draft.division)
            ),
            None,
        )
        return Candidate(
            level=draft.level,
            division=draft.division,
            office=office,
            preferred=draft.preferred,
            reasons=tuple(draft.reasons),
            articles=tuple({citation.rule: citation for citation in draft.cited}.values()),
        )


def _missing(where: str, zh: str, en: str) -> LawError:
    return LawError(
        "law.missing-fact", zh=zh, en=en, where=where, remedy_zh="请补充该事实", remedy_en="give that fact"
    )
