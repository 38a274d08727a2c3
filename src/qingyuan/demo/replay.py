"""Replaying a reference matter in an office: every step goes through the doors that a person uses."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from functools import partial
from pathlib import Path

import msgspec

from qingyuan.cases import Refused, due_dates
from qingyuan.demo.errors import DemoError
from qingyuan.demo.material import generate_material
from qingyuan.demo.staffing import assign_staff
from qingyuan.demo.story import Carried, Due, Event, Parcel, Reference, Sealed, Start, Value
from qingyuan.evidence.verify import verify
from qingyuan.office.casework import Argument, act, load
from qingyuan.office.clock import CHINA, FixedClock
from qingyuan.office.home import Home
from qingyuan.office.intake import Registration, intake, seal_into
from qingyuan.office.packages.packaging import make_package
from qingyuan.office.paperwork import make_document
from qingyuan.office.sealing import Collector

#: Hour of the day at which acts happen.
_TEN = time(10, tzinfo=CHINA)

#: Something to be done on a day.
Action = tuple[date, Callable[[], None]]


class Told(msgspec.Struct, frozen=True):
    """One line of the story as it was told.

    Attributes:
        on: The day.
        zh: What happened, in Chinese.
        en: The same in English.
        printed: Whether the published source prints the day.
    """

    on: str
    zh: str
    en: str
    printed: bool


class Replayed(msgspec.Struct, frozen=True):
    """A matter that was replayed.

    Attributes:
        id: The story.
        zh: Its title, in Chinese.
        en: Its title, in English.
        lead: The lead.
        matter: The matter, or nothing when none was opened.
        cases: The cases, by the name the story gives them.
        steps: What was told.
        due: Dates that the engine gave and the story expects: case, period, last day.
        refused: What the guards refused, with the articles.
        measures: Measures proved and verified.
        documents: Documents made.
        package: The package.
        verdict: What the verifier says of it.
    """

    id: str
    zh: str
    en: str
    lead: str
    matter: str
    cases: dict[str, str]
    steps: list[Told]
    due: list[tuple[str, str, str]]
    refused: list[str]
    measures: int
    documents: list[str]
    package: Path
    verdict: str


class Replay:
    """Plays one story; :func:`replay_all` plays several in the order of their days.

    Args:
        home: The office; its clock is ``clock``.
        clock: A clock that can be set; it never goes back.
        folder: Where material, papers and the package go.
        seed: Seed of the material.
        tell: Called with each line as it happens.
    """

    def __init__(
        self, home: Home, clock: FixedClock, folder: Path, *, seed: int, tell: Callable[[Told], None]
    ) -> None:
        """Prepare to play."""
        self._home, self._clock, self._folder, self._seed = home, clock, folder, seed
        self._told: list[Told] = []
        self._tell = tell
        self._names: dict[str, str] = {}
        self._exhibits: dict[str, str] = {}
        self._due: list[tuple[str, str, str]] = []
        self._refused: list[str] = []
        self._documents: list[str] = []
        self._entered: dict[tuple[str, int], list[tuple[str, str]]] = {}
        self._measures = 0
        self._package, self._verdict = folder, ""

    def schedule(self, story: Reference) -> list[Action]:
        """Return what is to be done on which day, in order; doing all of it plays the story."""
        actions: list[Action] = [(story.lead.day, lambda: self._begin(story))]
        for event in story.steps:
            actions.append((event.day, partial(self._step, event)))
            if event.carry is not None:
                actions.append((event.carry.proved, partial(self._prove, event, event.carry)))
                actions.append((event.carry.verified, partial(self._verify, event, event.carry)))
        if story.package is not None:
            actions.append((story.package.day, partial(self._pack, story.id, story.package)))
        return sorted(actions, key=lambda action: action[0])

    def _pack(self, story: str, parcel: Parcel) -> None:
        target = self._folder / f"{story}.evp"
        packed = make_package(self._home, self._names[parcel.case], target, to=parcel.to, actor="P001")
        report = verify(target, trust=self._home.trust_path)
        self._package, self._verdict = target, report.verdict
        self._line(
            parcel.day,
            f"制作证据包 {packed.id}，核验：{report.verdict_zh}",
            f"package {packed.id} made; verification: {report.verdict}",
        )

    def result(self, story: Reference) -> Replayed:
        """Return what was done, once all of the schedule was."""
        others = {"lead", "matter"}
        return Replayed(
            id=story.id,
            zh=story.zh,
            en=story.en,
            lead=self._names["lead"],
            matter=self._names.get("matter", ""),
            cases={name: identifier for name, identifier in self._names.items() if name not in others},
            steps=self._told,
            due=self._due,
            refused=self._refused,
            measures=self._measures,
            documents=self._documents,
            package=self._package,
            verdict=self._verdict,
        )

    def _begin(self, story: Reference) -> None:
        lead = story.lead
        if not story.material:
            self._register(lead)
            return
        material = self._folder / "material"
        generate_material(story.material, material, self._seed)
        for path in material.rglob("*"):
            self._stamp(path)
        taken = intake(
            self._home,
            [material],
            title=lead.title,
            workers=0,
            registration=Registration(
                Collector("P001", "P002", "file-copy", lead.origin), lead.source, lead.field, lead.summary
            ),
        )
        self._names["lead"] = taken.lead
        assign_staff(self._home, taken.lead)
        self._exhibits["first"] = taken.exhibits[0].id
        self._line(
            lead.day,
            f"收取并登记线索 {taken.lead}：{len(taken.exhibits)} 件材料封存，涉及自然人 {taken.distinct():,} 人",
            f"lead {taken.lead} registered: {len(taken.exhibits)} exhibits sealed, {taken.distinct():,} distinct persons",
            printed=lead.printed,
        )

    def _register(self, lead: Start) -> None:
        """Register a lead that has papers and no material to scan."""
        given: dict[str, Argument] = {
            "title": lead.title,
            "source": lead.source,
            "field": lead.field,
            "summary": lead.summary,
            **({"major": True} if lead.major else {}),
        }
        identifier = act(self._home, "lead-register", None, given, actor="P001")[0].stream
        self._names["lead"] = identifier
        assign_staff(self._home, identifier)
        for paper in lead.papers:
            self._seal(identifier, paper)

    def _step(self, event: Event) -> None:
        scope = self._names.get("matter", self._names["lead"])
        for paper in event.seals:
            self._seal(scope, paper)
        zh, en = event.zh, event.en
        for target in event.to if event.do else ():
            if event.refused:
                reason = self._must_refuse(event, target)
                zh, en = f"{zh}：{reason[0]}", f"{en}: {reason[1]}"
                continue
            made = self._act(event.do, target, event.args)
            if event.names:
                self._names[event.names] = made
        for target in event.to:
            self._expect(target, event.due)
            if event.carry is not None:
                self._enter(target, event.carry)
            if event.document:
                self._document(self._names[target], event.document)
        if zh:
            self._line(event.day, zh, en, printed=event.printed)
        for due in event.due:
            self._line(
                event.day,
                f"　· 期限 {due.key}：{due.date}（{'确定' if due.firm else '暂定'}）",
                f"  - {due.key}: {due.date} ({'firm' if due.firm else 'provisional'})",
            )

    def _act(self, verb: str, target: str, args: Mapping[str, Value]) -> str:
        given: dict[str, Argument] = {name: self._value(value) for name, value in args.items()}
        return act(self._home, verb, self._names[target], given, actor="P001")[0].stream

    def _must_refuse(self, event: Event, target: str) -> tuple[str, str]:
        try:
            self._act(event.do, target, event.args)
        except Refused as refused:
            self._refused.append(refused.zh)
            return refused.zh, refused.en
        raise DemoError(
            "demo.guard",
            zh=f"守卫未拦截应当拦截的事项“{event.do}”",
            en=f"the guards let {event.do!r} pass, which they must refuse",
            where=self._names[target],
        )

    def _expect(self, target: str, expected: Sequence[Due]) -> None:
        if not expected:
            return
        identifier = self._names[target]
        loaded = load(self._home, identifier)
        rows = due_dates(loaded.docket, law=self._home.law, now=self._clock.now(), include_done=True)
        given = {(row.key, row.due, row.firm) for row in rows if row.target == identifier}
        for due in expected:
            if (due.key, due.date, due.firm) not in given:
                raise DemoError(
                    "demo.other-date",
                    zh=f"期限 {due.key} 应为 {due.date}，得到 {sorted((str(day), firm) for key, day, firm in given if key == due.key)}",
                    en=f"{due.key} should end on {due.date}, found {sorted((str(day), firm) for key, day, firm in given if key == due.key)}",
                    where=identifier,
                )
            self._due.append((identifier, due.key, due.date.isoformat()))

    def _enter(self, target: str, table: Carried) -> None:
        case = self._names[target]
        for group in table.groups:
            for text, test in group.measures:
                given = {"text": text, "owner": table.owner, "due": table.due.isoformat(), "test": test}
                args: dict[str, Argument] = {**given, **({"duty": table.duty} if table.duty else {})}
                act(self._home, "add-measure", case, args, actor="P001")
                number = len(load(self._home, case).docket.cases[case].measures)
                entered = self._entered.setdefault((target, id(table)), [])
                entered.append((f"m{number:02d}", self._exhibits[group.proof]))

    def _prove(self, event: Event, table: Carried) -> None:
        for target in event.to:
            for measure, proof in self._entered[target, id(table)]:
                given: dict[str, Argument] = {
                    "measure": measure,
                    "submitter": table.submitter,
                    "after": [proof],
                }
                act(self._home, "prove-measure", self._names[target], given, actor="P001")
            self._line(
                table.proved,
                f"{table.owner}提交整改证明 {len(self._entered[target, id(table)])} 项",
                f"{len(self._entered[target, id(table)])} proofs handed in",
            )

    def _verify(self, event: Event, table: Carried) -> None:
        for target in event.to:
            entered = self._entered[target, id(table)]
            for measure, _ in entered:
                given: dict[str, Argument] = {
                    "measure": measure,
                    "verifier": "P002",
                    "verdict": "accepted",
                    "reason": "证明材料与验收标准相符",
                }
                act(self._home, "verify-measure", self._names[target], given, actor="P001")
            self._measures += len(entered)
            self._line(
                table.verified,
                f"核验通过 {len(entered)} 项",
                f"{len(entered)} measures verified and accepted",
            )

    def _document(self, case: str, form: str) -> None:
        made = make_document(self._home, form, case, self._folder / "documents", number=None, actor="P001")
        self._documents.append(made.pdf.name)

    def _seal(self, scope: str, paper: Sealed) -> None:
        path = self._folder / "papers" / paper.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(paper.text, encoding="utf-8", newline="")
        self._stamp(path)
        collector = Collector("P001", "P002", "document", paper.source)
        self._exhibits[paper.name] = seal_into(self._home, scope, path, collector)

    def _value(self, value: Value) -> Argument:
        if isinstance(value, list):
            return [self._text(each) for each in value]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, value: str) -> str:
        return self._exhibits[value[1:]] if value.startswith("@") else value

    def _stamp(self, path: Path) -> None:
        """Give a generated file the time of the story, so that manifests repeat."""
        stamp = self._clock.now().timestamp()
        os.utime(path, (stamp, stamp))

    def _line(self, day: date, zh: str, en: str, *, printed: bool = False) -> None:
        told = Told(day.isoformat(), zh, en, printed)
        self._told.append(told)
        self._tell(told)


class Agenda:
    """What is to be done on which day, done in the order of the days.

    Args:
        clock: Set to ten o'clock of the day of each action, or left where it is when it is later already.
        actions: What is to be done.
        until: No action is later than this, also on its day.
    """

    def __init__(self, clock: FixedClock, actions: Sequence[Action], until: datetime | None = None) -> None:
        """Keep what is to be done."""
        self._clock, self._until = clock, until
        self._left = sorted(actions, key=lambda action: action[0])

    def add(self, action: Action) -> None:
        """Have one more thing to do, unless its day lies after the end."""
        if self._until is None or action[0] <= self._until.date():
            self._left = sorted([*self._left, action], key=lambda one: one[0])

    def before(self, day: date) -> None:
        """Do what lies before ``day``."""
        while self._left and self._left[0][0] < day:
            self._do(self._left.pop(0))

    def rest(self) -> None:
        """Do all that is left."""
        self.before(date.max)

    def _do(self, action: Action) -> None:
        day, do = action
        at = datetime.combine(day, _TEN)
        self._clock.set(max(self._clock.now(), at if self._until is None else min(at, self._until)))
        do()


def replay_all(
    home: Home,
    clock: FixedClock,
    folder: Path,
    stories: Sequence[Reference],
    *,
    seed: int,
    tell: Callable[[Reference, Told], None],
) -> list[Replayed]:
    """Play all ``stories`` in one office, side by side: what happened first is done first.

    Args:
        home: The office.
        clock: Its clock; it only goes forward.
        folder: Each story gets a folder here.
        stories: What to play.
        seed: Seed of the material.
        tell: Called with each line of each story as it happens.

    Raises:
        DemoError: A guard let pass what a story says it refuses, or a date is not the expected one.
        Refused: A guard refused what a story says was done.
    """
    players = [
        Replay(home, clock, folder / story.id, seed=seed, tell=partial(tell, story)) for story in stories
    ]
    schedule = [
        action for story, player in zip(stories, players, strict=True) for action in player.schedule(story)
    ]
    Agenda(clock, schedule).rest()
    return [player.result(story) for story, player in zip(stories, players, strict=True)]


__all__ = ["Action", "Agenda", "Replay", "Replayed", "Told", "replay_all"]
