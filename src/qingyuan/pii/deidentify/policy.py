"""Policies: what becomes of each kind and each column; YAML files, adding one needs no Python."""

from __future__ import annotations

import datetime as dt
import fnmatch
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Literal

import msgspec
import yaml

from qingyuan.bounded import read_text
from qingyuan.pii.catalog import catalog
from qingyuan.pii.deidentify.generalise import To
from qingyuan.pii.errors import PiiError
from qingyuan.plainyaml import load_yaml
from qingyuan.shapes import convert

Method = Literal["keep", "mask", "drop", "generalise", "pseudonym", "fpe"]
#: Methods that need a key.
KEYED = ("pseudonym", "fpe")
_FOLDER = "policies"


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of a value.

    Attributes:
        method: ``keep``; ``mask`` as values are shown; ``drop``; ``generalise``; ``pseudonym`` (HMAC, one way);
            ``fpe`` (FF1, reversible with the key).
        to: How coarse ``generalise`` makes it.
        width: Width of ranges and age bands.
        day: The day that ages are told for, ISO 8601.
    """

    method: Method
    to: To | None = None
    width: Decimal = Decimal(10)
    day: dt.date | None = None

    def __post_init__(self) -> None:
        """Refuse a rule that lacks what its method needs.

        Raises:
            ValueError: It does.
        """
        if (self.method == "generalise") is not (self.to is not None):
            raise ValueError("'to' goes with the method generalise, and it needs it")
        if self.to == "age-band" and self.day is None:
            raise ValueError("an age-band needs 'day', the day that ages are told for")
        if self.width <= 0:
            raise ValueError("'width' must be above 0")


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of a file.

    Attributes:
        name: Its name.
        zh: What it is for, Chinese.
        en: The same in English.
        default: The rule of kinds that are not listed.
        suspected: Whether suspected values are treated like confirmed ones (``treat``) or left.
        masked: Whether values that the source masks already are treated again or left.
        kinds: Rule by kind.
        columns: Rule by column name or path, ``*`` for any characters; it takes the whole cell and goes before the kinds.
        unsupported: Whether an archive with a member that cannot be rewritten is refused, or the member left out.
    """

    name: str
    zh: str
    en: str
    default: Rule
    suspected: Literal["treat", "leave"] = "treat"
    masked: Literal["treat", "leave"] = "leave"
    kinds: dict[str, Rule] = {}
    columns: dict[str, Rule] = {}
    unsupported: Literal["refuse", "drop"] = "refuse"

    def for_kind(self, kind: str) -> Rule:
        """Return the rule of a kind."""
        return self.kinds.get(kind, self.default)

    def for_column(self, column: str) -> Rule | None:
        """Return the rule of a column: by its name, by its path, or by the end of its path."""
        last = column.rpartition(".")[2]
        for pattern, rule in self.columns.items():
            if any(fnmatch.fnmatchcase(name.casefold(), pattern.casefold()) for name in (column, last)):
                return rule
        return None

    @property
    def needs_key(self) -> bool:
        """Say whether any rule needs a key."""
        return any(r.method in KEYED for r in (self.default, *self.kinds.values(), *self.columns.values()))


def policies() -> dict[str, Policy]:
    """Return the policies shipped with the package, by name."""
    folder = resources.files(__package__) / _FOLDER
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)
    return {f.name.removesuffix(".yaml"): _parsed(f.read_text(encoding="utf-8"), f.name) for f in files}


def load_policy(name: str) -> Policy:
    """Return a policy by the name of a shipped one or the path of a YAML file.

    Raises:
        PiiError: There is none, or the file is wrong; the field is named.
    """
    shipped = policies()
    if name in shipped:
        return shipped[name]
    path = Path(name)
    if not path.is_file():
        raise PiiError(
            "pii.no-policy",
            zh="没有这个去标识化方案",
            en="there is no such policy",
            where=name,
            remedy_zh="可用：" + "、".join(shipped) + "，或给出 YAML 文件",
            remedy_en="known: " + ", ".join(shipped) + "; or give a YAML file",
        )
    return _parsed(read_text(path, errors="replace"), name)


def _parsed(text: str, where: str) -> Policy:
    try:
        policy = convert(load_yaml(text, _Plain), Policy, strict=False)
    except (yaml.YAMLError, msgspec.ValidationError, ValueError) as error:
        raise _wrong(str(error), where) from error
    if unknown := sorted(set(policy.kinds) - set(catalog().kinds)):
        raise _wrong(f"unknown kind: {', '.join(unknown)}", where)
    return policy


class _Plain(yaml.SafeLoader):
    """The safe loader, with days left as text."""


_Plain.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _wrong(said: str, where: str) -> PiiError:
    return PiiError(
        "pii.bad-policy",
        zh=f"去标识化方案有误：{said}",
        en=f"the policy is wrong: {said}",
        where=where,
        remedy_zh="请按 docs/deidentify.md 改正所指字段",
        remedy_en="correct the field named, see docs/deidentify.md",
    )
