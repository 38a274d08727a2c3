"""What a site adds to the procedure in ``law/cases/*.yaml`` of its home: acts, tighter guards, numbers, limits, tasks.

A site may add and tighten. What would loosen the packaged procedure, or names what there is not, is refused with file and line.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec.structs import replace

from qingyuan.bounded import read_whole
from qingyuan.cases import _checks
from qingyuan.cases._checks import Problem
from qingyuan.cases._data import (
    Choice,
    Limit,
    Loader,
    Need,
    Number,
    Param,
    Reminders,
    TaskRule,
    Verb,
)
from qingyuan.cases._procedure import Procedure
from qingyuan.cases.errors import CasesError
from qingyuan.law import Document, Law, LawError


class Tightened(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a site narrows a packaged verb.

    Attributes:
        verb: The verb.
        rule: The local rule it rests on.
        stages: The only stages left; empty for no change.
        needs: Further facts the docket must show.
        asks: Further facts the particulars must show.
        requires: Particulars that are no longer optional.
        params: Further particulars, only of declared acts.
    """

    verb: str
    rule: str
    stages: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    asks: tuple[Need, ...] = ()
    requires: tuple[str, ...] = ()
    params: tuple[Param, ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    shared: tuple[Param, ...] = ()
    acts: tuple[Verb, ...] = ()
    tighten: tuple[Tightened, ...] = ()
    choices: dict[str, dict[str, Choice]] = {}
    numbers: dict[str, Number] = {}
    limits: tuple[Limit, ...] = ()
    tasks: tuple[TaskRule, ...] = ()
    reminders: Reminders | None = None


def overlaid(base: Procedure, law: Law) -> Procedure:
    """Return the packaged procedure with what the overlay of ``law`` adds.

    Raises:
        CasesError: ``cases.bad-overlay``, naming file and line of the first problem.
    """
    folder = law.overlay / "cases" if law.overlay else None
    if folder is None or not folder.is_dir():
        return base
    files = [_read(path) for path in sorted(folder.glob("*.yaml"))]
    found = base
    for step in (_choices, _numbers, _acts, _limits, _tighten, _tasks):
        for document, content in files:
            found = step(found, document, content)
    for document, content in files:
        for at, problem in _wrong(found, content, law):
            raise _refused(document, (*at, *problem.at), problem.zh, problem.en)
    return found


def _read(path: Path) -> tuple[Document, _File]:
    try:
        document = Document(f"law/cases/{path.name}", read_whole(path))
        document.refuse_duplicate_keys()
        return document, document.parse(_File, Loader)
    except LawError as error:
        raise CasesError(
            "cases.bad-overlay",
            zh=error.zh,
            en=error.en,
            where=error.where,
            remedy_zh="请对照 docs/cases.md 修正该处",
            remedy_en="correct it as docs/cases.md describes it",
        ) from error
    except OSError as error:
        raise CasesError(
            "cases.bad-overlay",
            zh=f"无法读取：{error.strerror}",
            en=f"cannot be read: {error.strerror}",
            where=f"law/cases/{path.name}",
            remedy_zh="请检查文件权限",
            remedy_en="check the file's permissions",
        ) from error


def _refused(document: Document, at: tuple[str | int, ...], zh: str, en: str) -> CasesError:
    return CasesError(
        "cases.bad-overlay",
        zh=f"本地办案规则有误：{zh}",
        en=f"the local procedure is wrong: {en}",
        where=document.where(at),
        remedy_zh="本地规则只能增加或者收紧；请改正该处",
        remedy_en="a site may only add and tighten; correct that place",
    )


def _choices(found: Procedure, document: Document, content: _File) -> Procedure:
    for name in content.choices:
        if name in found.choices:
            raise _refused(
                document,
                ("choices", name),
                f"取值表“{name}”已经存在，不得改写",
                f"the closed list {name!r} exists and may not be rewritten",
            )
    return dataclasses.replace(found, choices={**found.choices, **content.choices})


def _numbers(found: Procedure, document: Document, content: _File) -> Procedure:
    for name, number in content.numbers.items():
        known = found.numbers.get(name)
        if known is None:
            continue
        most = number.most if number.most is not None else float("inf")
        if number.least < known.least or (known.most is not None and most > known.most):
            raise _refused(
                document,
                ("numbers", name),
                f"“{name}”不得放宽（内置为至少{known.least}）",
                f"{name!r} may not be loosened (packaged: at least {known.least})",
            )
    return dataclasses.replace(found, numbers={**found.numbers, **content.numbers})


def _acts(found: Procedure, document: Document, content: _File) -> Procedure:
    verbs, acts = dict(found.verbs), dict(found.choices["act"])
    for number, verb in enumerate(content.acts):
        at = ("acts", number)
        if verb.name in verbs:
            raise _refused(
                document,
                (*at, "name"),
                f"事项“{verb.name}”已经存在，不得改写；收紧请用 tighten",
                f"the verb {verb.name!r} exists and may not be rewritten; use tighten to narrow it",
            )
        if not verb.records or verb.records in acts:
            raise _refused(
                document,
                (*at, "records"),
                "本地事项须有自己的记录名称（records）",
                "a local act needs a name of its own to be recorded under (records)",
            )
        if verb.scope not in {"case", "lead"}:
            raise _refused(
                document,
                (*at, "scope"),
                "本地事项只能对线索或者案件",
                "a local act is one on a lead or a case",
            )
        if verb.moves or verb.office:
            raise _refused(
                document,
                (*at, "moves" if verb.moves else "office"),
                "本地事项不得改变办理阶段或者承办检察院",
                "a local act may move neither the stage nor the office",
            )
        verbs[verb.name] = verb
        acts[verb.records] = Choice(verb.zh, verb.en)
    return dataclasses.replace(
        found,
        verbs=verbs,
        choices={**found.choices, "act": acts},
        local=found.local | {verb.records for verb in content.acts},
    )


def _limits(found: Procedure, document: Document, content: _File) -> Procedure:
    known = {limit.id for limit in found.limits}
    for number, limit in enumerate(content.limits):
        if limit.id in known:
            raise _refused(
                document,
                ("limits", number, "id"),
                f"期限“{limit.id}”的起止已有规定；缩短请在 periods.yaml 中写 narrows",
                f"when {limit.id!r} begins and ends is set; shorten it in periods.yaml with narrows",
            )
    return dataclasses.replace(found, limits=(*found.limits, *content.limits))


def _tighten(found: Procedure, document: Document, content: _File) -> Procedure:
    verbs = dict(found.verbs)
    for number, change in enumerate(content.tighten):
        at = ("tighten", number)
        verb = verbs.get(change.verb)
        if verb is None:
            raise _refused(document, (*at, "verb"), f"没有“{change.verb}”", f"there is no {change.verb!r}")
        for problem in _loosened(verb, change):
            raise _refused(document, (*at, *problem.at), problem.zh, problem.en)
        verbs[verb.name] = replace(
            verb,
            stages=change.stages or verb.stages,
            needs=(*verb.needs, *(_resting(need, change.rule) for need in change.needs)),
            asks=(*verb.asks, *(_resting(need, change.rule) for need in change.asks)),
            params=(
                *(
                    replace(param, required=True, rule=change.rule)
                    if param.name in change.requires
                    else param
                    for param in verb.params
                ),
                *change.params,
            ),
            rules=tuple(dict.fromkeys((*verb.rules, change.rule))),
        )
    return dataclasses.replace(found, verbs=verbs)


def _resting(need: Need, rule: str) -> Need:
    return need if need.rule else replace(need, rule=rule)


def _loosened(verb: Verb, change: Tightened) -> Iterator[Problem]:
    wider = [stage for stage in change.stages if verb.stages and stage not in verb.stages]
    if wider:
        yield Problem(
            ("stages",),
            f"“{verb.zh}”内置不在“{wider[0]}”阶段办理，不得放宽",
            f"{verb.name} is not possible while {wider[0]!r} and may not be loosened",
        )
    for name in change.requires:
        if verb.param(name) is None:
            yield Problem(
                ("requires",), f"“{verb.zh}”没有参数“{name}”", f"{verb.name} has no particular {name!r}"
            )
    if change.params and not verb.records:
        yield Problem(
            ("params",),
            f"“{verb.zh}”有自己的事件，不能增加参数；可以另设本地事项",
            f"{verb.name} has an event of its own and takes no further particulars; add a local act instead",
        )
    for param in change.params:
        if verb.param(param.name) is not None:
            yield Problem(
                ("params",), f"参数“{param.name}”已经存在", f"there is a particular {param.name!r} already"
            )


def _tasks(found: Procedure, _: Document, content: _File) -> Procedure:
    return dataclasses.replace(
        found, tasks=(*found.tasks, *content.tasks), reminders=content.reminders or found.reminders
    )


def _wrong(found: Procedure, content: _File, law: Law) -> Iterator[tuple[tuple[str | int, ...], Problem]]:
    for number, verb in enumerate(content.acts):
        yield from _at(("acts", number), _checks.of_verb(verb, found, law))
    for number, change in enumerate(content.tighten):
        at = ("tighten", number)
        yield from _at(at, _checks.of_rules(("rule",), [change.rule], law))
        for key, needs in (("needs", change.needs), ("asks", change.asks)):
            for n, need in enumerate(needs):
                yield from _at(at, _checks.of_need((key, n), need, found, law))
        yield from _at(
            at,
            (
                each
                for each in _checks.of_verb(found.verbs[change.verb], found, law)
                if each.at[0] == "params"
            ),
        )
        stages = _checks.of_verb(replace(found.verbs[change.verb], stages=change.stages), found, law)
        yield from _at(at, (each for each in stages if each.at[0] == "stages"))
    for number, limit in enumerate(content.limits):
        yield from _at(("limits", number), _checks.of_limit(limit, found, law))
    for number, task in enumerate(content.tasks):
        yield from _at(("tasks", number), _checks.of_task(task, found, law))
    for name, one in content.numbers.items():
        yield from _at(("numbers", name), _checks.of_rules(("rule",), [one.rule], law))


def _at(
    at: tuple[str | int, ...], problems: Iterable[Problem]
) -> Iterator[tuple[tuple[str | int, ...], Problem]]:
    for problem in problems:
        yield at, problem
