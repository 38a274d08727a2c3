"""Which courts would hear the suit, and which offices would bring it."""

from __future__ import annotations

from collections.abc import Iterable

from qingyuan.law._drafting import Draft, Drafting
from qingyuan.law._versions import applies
from qingyuan.law.model import Level, Organ

#: How the name of a customs house ends.
_CUSTOMS = "海关"


class Courts(Drafting):
    """The rules on courts."""

    def _suing(self) -> list[Draft]:
        """Return the offices that correspond to the courts."""
        found = []
        for court in self._courts.values():
            if court.kind != "court":
                self._note(
                    "互联网法院对应的起诉检察院由当地规定或者指定确定",
                    "which office sues before the Internet court follows from local rules or designation",
                    self._rules.transfer_to_sue,
                )
                continue
            draft = Draft(court.level, court.division, preferred=court.preferred)
            self._because(
                draft,
                "起诉由有管辖权法院对应的同级人民检察院提起；立案院不同的，起诉时移送",
                "the suit is brought by the office at the court's level and place; another filing office transfers it then",
                self._rules.transfer_to_sue,
            )
            found.append(draft)
        return found

    def _administrative_courts(self, organ: Organ) -> None:
        place = self._place
        higher = self._intermediate_because(organ)
        if higher is not None and self._divisions.level(place) in {Level.COUNTY, Level.PREFECTURE}:
            draft = self._court(Level.PREFECTURE, self._divisions.at(place, Level.PREFECTURE), "court")
            self._because(draft, *higher, self._rules.court_intermediate)
            self._because(
                draft,
                "行政案件由被诉行政机关所在地人民法院管辖",
                "administrative cases are heard where the organ is",
                self._rules.court_place,
            )
            draft.preferred = True
            if organ.level is Level.COUNTY:
                self._by_interpretation(place)
        elif organ.level is Level.COUNTY:
            online = self._internet_court([place])
            self._by_interpretation(place).preferred = not online
        elif higher is None and self._divisions.level(place) is Level.COUNTY:
            online = self._internet_court([place])
            draft = self._court(Level.COUNTY, place, "court")
            self._because(
                draft,
                f"{organ.name}不是人民政府或者国务院部门，第一审由基层人民法院管辖",
                f"{organ.name} is neither a government nor a department of the State Council: a basic-level court hears it first",
                self._rules.court_basic,
            )
            self._because(
                draft,
                "行政案件由被诉行政机关所在地人民法院管辖",
                "administrative cases are heard where the organ is",
                self._rules.court_place,
            )
            draft.preferred = not online
        else:
            level, level_en = ("中级人民法院", "intermediate") if higher else ("基层人民法院", "basic-level")
            self._note(
                f"{organ.name}由其所在地{level}管辖；只知{self._name(place)}，请给出所在地的区划代码",
                f"{organ.name} is sued in the {level_en} court where it is; only {self._name(place)} is known, give the division of its seat",
                self._rules.court_place,
            )
        if self._facts.major or organ.level is not Level.COUNTY or higher:
            self._transfer()

    def _intermediate_because(self, organ: Organ) -> tuple[str, str] | None:
        """Return why an intermediate court hears a case against ``organ`` first, or ``None`` when a basic-level court does."""
        if organ.government:
            return (
                "被告为县级以上地方人民政府，第一审由中级人民法院管辖",
                "the respondent is a local government of county level or above: an intermediate court hears it first",
            )
        if organ.level is Level.NATION:
            return (
                "被告为国务院部门，第一审由中级人民法院管辖",
                "the respondent is a department of the State Council: an intermediate court hears it first",
            )
        if organ.name.endswith(_CUSTOMS):
            return (
                "海关处理的案件，第一审由中级人民法院管辖",
                "the respondent is a customs house: an intermediate court hears it first",
            )
        if self._facts.major:
            return (
                "本辖区内重大、复杂的案件，第一审由中级人民法院管辖；是否重大、复杂由法院认定",
                "an intermediate court hears major or complex cases of its district first; whether one is such is for the court to find",
            )
        return None

    def _by_interpretation(self, place: str) -> Draft:
        """Return the basic-level court before which a basic-level office sues."""
        draft = self._court(Level.COUNTY, place, "court")
        self._because(
            draft,
            "基层人民检察院提起的第一审行政公益诉讼由被诉行政机关所在地基层人民法院管辖",
            "a basic-level office sues before the basic-level court at the seat of the organ",
            self._rules.court_administrative,
        )
        return draft

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
            if self._facts.major and online:
                self._because(
                    draft,
                    "互联网法院只管辖应由基层法院受理的案件；重大、复杂的由设区的市级院办理，由中级人民法院管辖",
                    "the Internet court hears only what a basic-level court would; a major or complex case is the prefecture's and goes to "
                    "the intermediate court",
                    self._rules.major,
                )
                draft.preferred = len(cities) == 1
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
                    draft = self._court(court.level, city, "internet-court")
                    draft.preferred = not self._facts.major
                    self._because(
                        draft,
                        f"检察机关提起的网络公益诉讼，所在市辖区内应由基层法院受理的一审案件由互联网法院管辖"
                        f"（该规定所列{len(court.subjects)}类之一）",
                        "online public-interest suits that a basic-level court of the city would hear go to the Internet court "
                        f"(one of {len(court.subjects)} kinds the rule lists)",
                        court.rule,
                    )
        return found

    def _transfer(self) -> None:
        self._note(
            "立案管辖与诉讼管辖级别、地域不对应的，可以先立案，起诉时移送有管辖权法院对应的同级检察院",
            "where filing and suing do not match in level or place, file first and transfer to the office at the court's level before suing",
            self._rules.transfer_to_sue,
        )
