"""What a local overlay may change, and how it is refused when it goes further."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TypeVar

import msgspec

from qingyuan.law._files import Entry
from qingyuan.law._schema import Period, PeriodVersion
from qingyuan.law.errors import LawError
from qingyuan.law.model import Office

R = TypeVar("R")


def same_identifier(known: Entry[R], local: Entry[R]) -> Entry[R]:
    """Refuse a local record that uses the identifier of a packaged one.

    Raises:
        LawError: Always; local rules have identifiers of their own.
    """
    raise _contradiction(
        local,
        "本地数据不得改写内置记录",
        "local data may not rewrite a packaged record",
        f"内置记录见 {known.document.where(known.path)}；请使用新的标识",
        f"the packaged record is at {known.document.where(known.path)}; use another identifier",
    )


def replace_office(known: Entry[Office], local: Entry[Office]) -> Entry[Office]:
    """Accept a corrected name; refuse another level, division or kind.

    Raises:
        LawError: The office would become another office.
    """
    before, after = known.record, local.record
    if (before.level, before.division, before.kind) != (after.level, after.division, after.kind):
        raise _contradiction(
            local,
            f"“{before.id}”的层级、区划或类型与内置数据矛盾",
            f"level, division or kind of {before.id!r} contradicts the packaged data",
            "请改用新的标识，或只更正名称",
            "use another identifier, or correct the name only",
        )
    return local


def replace_period(known: Entry[Period], local: Entry[Period]) -> Entry[Period]:
    """Accept a setting, or a period that ``narrows`` a statutory one; refuse anything else.

    Raises:
        LawError: The local period contradicts the packaged one.
    """
    before, after = known.record, local.record
    if before.kind == "setting":
        if after.kind != "setting":
            raise _contradiction(
                local,
                f"“{before.id}”是本院设置，不得改成法定期限",
                f"{before.id!r} is a setting of the office and may not become a statutory period",
                "请写 kind: setting",
                "write kind: setting",
                "kind",
            )
        return _continued(before, local)
    if not after.narrows:
        raise _contradiction(
            local,
            f"本地数据改写了法定期限“{before.id}”",
            f"local data rewrites the statutory period {before.id!r}",
            "只缩紧时请写 narrows: true 并引用本地依据；否则请使用新的标识",
            "write narrows: true with the local rule when it only narrows; otherwise use another identifier",
        )
    for number, version in enumerate(after.versions):
        if (problem := _wider(before, version)) is not None:
            raise _contradiction(
                local,
                f"本地期限与法定期限“{before.id}”矛盾：{problem[0]}",
                f"the local period contradicts the statutory period {before.id!r}: {problem[1]}",
                f"法定期限见 {known.document.where(known.path)}",
                f"the statutory period is at {known.document.where(known.path)}",
                "versions",
                number,
            )
    return _continued(before, local)


def _continued(before: Period, local: Entry[Period]) -> Entry[Period]:
    """Let the packaged versions apply until the local ones begin; a narrowed period cites both rules."""
    versions = local.record.versions
    if local.record.narrows:
        statutory = before.versions[-1].rules
        versions = tuple(
            msgspec.structs.replace(version, rules=tuple(dict.fromkeys((*version.rules, *statutory))))
            for version in versions
        )
    begins = versions[0].since if versions else None
    if begins is not None:
        eve = begins - timedelta(days=1)
        kept = [version for version in before.versions if version.since is None or version.since < begins]
        if kept:
            kept[-1] = msgspec.structs.replace(kept[-1], until=min(kept[-1].until or eve, eve))
        versions = (*kept, *versions)
    return dataclasses.replace(local, record=msgspec.structs.replace(local.record, versions=versions))


def _wider(before: Period, local: PeriodVersion) -> tuple[str, str] | None:
    for version in before.versions:
        if (version.unit, version.bound, version.before) != (local.unit, local.bound, local.before):
            return "单位或性质不同", "unit or kind of bound differs"
        if version.bound == "exact" and version.value != local.value:
            return "该期限是固定的，不能增减", "the period is fixed"
        longer_allowed = version.bound == "min"
        if (local.value < version.value) if longer_allowed else (local.value > version.value):
            return (
                f"法定为{version.value}，本地为{local.value}",
                f"the statute says {version.value}, the local rule {local.value}",
            )
        if len(local.extensions) > len(version.extensions):
            return "增加了延长", "it adds extensions"
    return None


def _contradiction(
    local: Entry[R], zh: str, en: str, remedy_zh: str, remedy_en: str, *at: str | int
) -> LawError:
    return local.refuse("law.overlay-contradiction", zh, en, remedy_zh=remedy_zh, remedy_en=remedy_en, at=at)
