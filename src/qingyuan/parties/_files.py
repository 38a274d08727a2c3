"""Reading policy files: each policy by itself, with its file and line, checked against the schema."""

from __future__ import annotations

import dataclasses
import functools
import json
import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

from qingyuan.bounded import read_text
from qingyuan.parties.errors import PartiesError
from qingyuan.parties.model import SYNTHETIC

if TYPE_CHECKING:
    from qingyuan.law import Law

#: A string, a comment, the end of a statement, or the end of a line.
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|;|\n|[^\s"/;]+|/|"|[^\S\n]+')
#: What nests an expression: brackets, and operators, each of which holds what stands before or behind it.
_NESTING = re.compile(r"[(\[{)\]}]|&&|\|\||[-+*.]|\b(?:if|then|else)\b")
#: Deepest brackets and most operators of a policy; those of this package have 5 and 15. Far beyond, the engine ends the process.
_DEEPEST, _MOST_OPERATORS = 32, 500
_NAME = re.compile(r"[a-z][a-z0-9-]*\Z")
_SENTENCES = ("zh", "en")


@dataclasses.dataclass(frozen=True)
class Policy:
    """One policy.

    Attributes:
        id: Its ``@id``.
        effect: ``permit`` or ``forbid``.
        zh: What it says, Chinese.
        en: The same in English.
        rules: Rules of the law room it rests on.
        writes: Type of the event it demands, or ``""``.
        actions: Actions it speaks of; ``None`` for all.
        place: File and line.
        body: The policy in Cedar's JSON form; it is shared, so nobody changes it.
        local: Whether it is of the site's own folder.
        text: It as it stands in its file.
    """

    id: str
    effect: str
    zh: str
    en: str
    rules: tuple[str, ...]
    writes: str
    actions: frozenset[str] | None
    place: str
    body: dict[str, object]
    local: bool
    text: str = ""


@functools.cache
def schema() -> str:
    """Return the schema that every policy is checked against."""
    return (files("qingyuan.parties") / "policies" / "schema.cedarschema").read_text(encoding="utf-8")


def read_policies(law: Law, overlay: Path | None) -> tuple[Policy, ...]:
    """Read the packaged policies and those of a site.

    Args:
        law: What the policies cite.
        overlay: A folder of ``*.cedar`` files that add policies, or ``None``.

    Raises:
        PartiesError: A file cannot be read, or a policy cannot be parsed, does not fit the schema, lacks an annotation,
            cites a rule there is not, or has an identifier that is taken. File and line are named.
    """
    packaged = files("qingyuan.parties") / "policies"
    found: dict[str, Policy] = {}
    for name, text, local in (*_texts(packaged, ""), *_overlay_texts(overlay)):
        for line, statement in statements(text):
            policy = _policy(statement, f"{name}, line {line}", local=local)
            if policy.id in found:
                raise _refuse(
                    "parties.duplicate-policy",
                    f"策略标识“{policy.id}”已被使用（{found[policy.id].place}）",
                    f"policy identifier {policy.id!r} is taken ({found[policy.id].place})",
                    policy.place,
                )
            _check_rules(law, policy)
            found[policy.id] = policy
    return tuple(found.values())


def _texts(folder: Traversable | Path, prefix: str) -> Iterator[tuple[str, str, bool]]:
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.endswith(".cedar"):
            shown = f"{prefix}{file.name}"
            try:
                text = read_text(file) if isinstance(file, Path) else file.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
                raise _refuse(
                    "parties.unreadable", f"无法读取：{reason}", f"cannot be read: {reason}", shown
                ) from error
            yield shown, text, bool(prefix)


def _overlay_texts(overlay: Path | None) -> Iterable[tuple[str, str, bool]]:
    if overlay is None:
        return ()
    if not overlay.is_dir():
        raise _refuse(
            "parties.no-overlay", "本地策略不是文件夹", "the site's policies are not a folder", str(overlay)
        )
    return _texts(overlay, f"{overlay}/")


def statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each statement of a policy file with the line it begins on; what follows the last ``;`` comes too."""
    line, begins, parts = 1, 0, list[str]()
    for match in _TOKEN.finditer(text):
        piece = match.group()
        blank = piece.isspace() or piece.startswith("//")
        if not blank and not begins:
            begins = line
        if begins:
            parts.append(piece)
        line += piece.count("\n")
        if piece == ";":
            yield begins, "".join(parts)
            begins, parts = 0, []
    if begins:
        yield begins, "".join(parts)


@functools.lru_cache(maxsize=512)
def _policy(statement: str, place: str, *, local: bool) -> Policy:
    """Parse and check one policy; the same words at the same place are checked once, whoever asks."""
    import cedarpy  # noqa: PLC0415 - only who decides on access needs the engine

    _check_nesting(statement, place)
    try:
        parsed = json.loads(cedarpy.policies_to_json_str(statement))
    except RecursionError as error:
        raise _nested(place) from error
    except ValueError as error:
        raise _refuse(
            "parties.bad-policy", f"策略无法解析：{error}", f"the policy cannot be parsed: {error}", place
        ) from error
    if parsed["templates"] or len(parsed["staticPolicies"]) != 1:
        raise _refuse(
            "parties.bad-policy", "不支持策略模板", "templates of policies are not supported", place
        )
    (body,) = parsed["staticPolicies"].values()
    notes = body.get("annotations", {})
    identifier = notes.get("id") or ""
    if not _NAME.match(identifier) or identifier in SYNTHETIC:
        raise _refuse(
            "parties.bad-policy",
            f"策略标识“{identifier}”无效或已保留",
            f"{identifier!r} is no identifier of a policy, or is reserved",
            place,
        )
    if lacking := [name for name in (*_SENTENCES, "article") if not notes.get(name)]:
        names = " ".join(f"@{name}" for name in lacking)
        raise _refuse(
            "parties.bad-policy",
            f"策略“{identifier}”缺少 {names}",
            f"policy {identifier!r} lacks {names}",
            place,
        )
    result = cedarpy.validate_policies(statement, schema())
    if not result.validation_passed:
        said = "; ".join(error.error for error in result.errors)
        raise _refuse(
            "parties.bad-policy",
            f"策略“{identifier}”与模式不符：{said}",
            f"policy {identifier!r} does not fit the schema: {said}",
            place,
        )
    try:  # the engine takes in its JSON form to a lesser depth than it parses
        cedarpy.PolicySet.from_json_str(json.dumps(parsed))
    except (ValueError, RecursionError) as error:
        raise _nested(place) from error
    return Policy(
        id=identifier,
        effect=body["effect"],
        zh=notes["zh"],
        en=notes["en"],
        rules=tuple(notes["article"].split()),
        writes=notes.get("writes") or "",
        actions=_actions(body["action"]),
        place=place,
        body=body,
        local=local,
        text=statement.strip(),
    )


def _check_nesting(statement: str, place: str) -> None:
    """Refuse a policy that the engine might not come back from: it parses by recursion, without a bound of its own."""
    depth = operators = 0
    for token in _TOKEN.finditer(statement):
        if token[0].startswith(('"', "//")):
            continue
        for found in _NESTING.findall(token[0]):
            if found in {"(", "[", "{"}:
                depth += 1
            elif found in {")", "]", "}"}:
                depth -= 1
            else:
                operators += 1
            if depth > _DEEPEST or operators > _MOST_OPERATORS:
                raise _nested(place)


def _nested(place: str) -> PartiesError:
    return _refuse(
        "parties.bad-policy",
        "策略的括号或者运算符嵌套过深，未加载；请拆成几条策略",
        "brackets or operators of the policy nest too deeply, it was not loaded; make several policies of it",
        place,
    )


def _actions(scope: dict[str, object]) -> frozenset[str] | None:
    """Return the actions in the head of a policy; ``None`` for all."""
    if scope["op"] == "All":
        return None
    entities = scope.get("entities", [scope.get("entity")])
    assert isinstance(entities, list)
    return frozenset(entity["id"] for entity in entities)


def _check_rules(law: Law, policy: Policy) -> None:
    from qingyuan.law import LawError  # noqa: PLC0415 - beside the import of Law

    for rule in policy.rules:
        try:
            law.cite(rule)
        except LawError as error:
            raise _refuse(
                "parties.bad-policy",
                f"策略“{policy.id}”引用的规则不可用：{error.zh}",
                f"policy {policy.id!r} cites a rule that cannot be used: {error.en}",
                policy.place,
            ) from error


def _refuse(code: str, zh: str, en: str, place: str) -> PartiesError:
    return PartiesError(
        code,
        zh=zh,
        en=en,
        where=place,
        remedy_zh="请对照 docs/parties.md 修正后重试；在此之前一律不予访问",
        remedy_en="correct it as docs/parties.md describes; until then nothing is permitted",
    )
