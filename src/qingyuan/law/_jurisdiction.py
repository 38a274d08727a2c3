"""Who may file a case and where it would be sued, with reasons."""

from __future__ import annotations

from collections.abc import Sequence

from qingyuan.law._courts import Courts
from qingyuan.law._drafting import POINTS, Draft
from qingyuan.law._moves import outcome
from qingyuan.law._naming import OUTSIDE
from qingyuan.law._store import Store
from qingyuan.law._versions import Citer
from qingyuan.law.errors import LawError
from qingyuan.law.model import (
    Candidate,
    Facts,
    Level,
    Move,
    Office,
    Organ,
    Proposal,
    Step,
    Track,
)


def propose(
    store: Store,
    citer: Citer,
    track: Track,
    facts: Facts,
    offices: Sequence[Office],
    *,
    analogous: bool = False,
) -> Proposal:
    """Return the competent offices and courts for ``facts``; with ``analogous`` also on days before the rules.

    Raises:
        LawError: A fact the rules need is missing, a division code is malformed, or the rules of
            jurisdiction were not in force on ``facts.on``.
    """
    if track is Track.BOTH:
        raise _missing("track", "请分别就行政、民事提出", "ask for administrative and civil separately")
    return _Proposing(store, citer, track, facts, offices, analogous=analogous).run()


class _Proposing(Courts):
    """The rules on places, levels and decisions of superiors."""

    def run(self) -> Proposal:
        if self._track is Track.ADMINISTRATIVE:
            self._administrative()
        else:
            self._civil()
        for move in self._facts.moves:
            self._move(move)
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
        suing = [self._finish(draft) for draft in self._suing()]
        courts = [self._finish(draft) for draft in self._courts.values()]
        courts.sort(key=lambda court: not court.preferred)
        self._unnamed(courts)
        cited = {
            citation.rule: citation
            for citation in (
                *(c for each in (*candidates, *courts, *suing) for c in each.articles),
                *self._cited,
            )
        }
        return Proposal(
            track=self._track,
            candidates=tuple(candidates),
            courts=tuple(courts),
            notes=tuple(self._notes),
            articles=tuple(cited.values()),
            verified=all(citation.verified for citation in cited.values()),
            suing=tuple(suing),
            firm=self._firm and not any(citation.analogous for citation in cited.values()),
        )

    def _unnamed(self, courts: Sequence[Candidate]) -> None:
        """Say which courts the table of divisions cannot name: in municipalities, and for cities right under a province."""
        for court in courts:
            if court.office is None and court.division[:2] not in OUTSIDE:
                self._doubt(
                    f"{court.division}的{court.level.zh}法院不按区划设立（如直辖市的第一中级人民法院、省直辖县级市的专设中级法院），请按当地名册确定",
                    f"the court of {court.division} does not follow a division (several courts of a municipality, one for cities "
                    "right under the province); take it from a local list",
                    doubtful=False,
                )

    def _move(self, move: Move) -> None:
        found = outcome(move, self._divisions, self._rules, self._office_of)
        self._note(found.zh, found.en, found.rule)
        self._firm = self._firm and found.firm
        if not found.office:
            return
        if move.kind in {"taken-up", "self-filed"}:
            lower = [each.division for each in self._drafts.values()]
            if not any(found.office in self._divisions.line(code) and code != found.office for code in lower):
                raise LawError(
                    "law.bad-move",
                    zh=f"{self._name(found.office)}的检察院不是任何有管辖权院的上级院",
                    en=f"the office of {self._name(found.office)} is above none of the competent offices",
                    where=f"moves.{move.kind}.by",
                    remedy_zh="请核对上级院",
                    remedy_en="check the superior office",
                )
        for draft in self._drafts.values():
            draft.preferred = False
        draft = self._candidate(self._divisions.level(found.office), found.office)
        draft.preferred = True
        self._because(draft, found.zh, found.en, found.rule)

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
        self._administrative_courts(organ)

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
                f"跨行政区划的网络行政公益诉讼一般由网络企业注册地（{'、'.join(map(self._name, sorted(seats)))}）管辖，与{organ.name}所在地不同，请核对监督对象",
                f"online administrative cases across divisions usually go to the place of registration "
                f"({', '.join(map(self._name, sorted(seats)))}), which is not where {organ.name} is; check the respondent",
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
        for name, (zh, en) in POINTS.items():
            for code in dict.fromkeys(getattr(self._facts, name)):
                if self._divisions.level(code) is Level.PREFECTURE and not self._gazetteer.has_counties(
                    code, self._facts.on
                ):
                    self._notes.append(
                        Step(
                            f"{self._name(code)}不设区县，其基层检察院由当地名册确定",
                            f"{self._name(code)} has no counties; a local list says which its basic-level offices are",
                        )
                    )
                elif self._divisions.level(code) is not Level.COUNTY:
                    self._notes.append(
                        Step(
                            f"{zh}只知{code}，须确定到县级才能确定基层检察院",
                            f"{en}: only {code} is known; the county decides which basic-level office",
                        )
                    )
                draft = self._candidate(Level.COUNTY, code)
                self._because(
                    draft,
                    f"{self._name(code)}为{zh}",
                    f"{self._name(code)} is the {en}",
                    self._rules.civil_place,
                )
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

    def _raise_for_weight(self, place: str) -> Draft:
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
        if len(set(codes)) == 1:
            self._doubt(
                f"损害涉及的其他行政区划未列出，共同上一级院先按{self._name(codes[0])}的上一级；其他区划在别处的，共同上一级院更高，请补充",
                f"the other divisions the harm reaches were not given: the office above {self._name(codes[0])} is taken; "
                "if they lie elsewhere the common superior is higher, give them",
            )
        common = self._divisions.common_above(codes)
        self._because(
            self._candidate(self._divisions.level(common), common),
            "公益损害范围涉及两个以上行政区划，可以由共同的上一级人民检察院管辖",
            "the harm reaches two or more divisions: the common superior may take the case",
            self._rules.cross,
        )


def _missing(where: str, zh: str, en: str) -> LawError:
    return LawError(
        "law.missing-fact", zh=zh, en=en, where=where, remedy_zh="请补充该事实", remedy_en="give that fact"
    )
