"""Events of evidence, and the chain of custody that they make.

Builders return payloads exactly as section 5 of the package format lists them. The fold reads the
events of one exhibit back into a record of who did what when, in the stages of electronic evidence
(生成、提取、存储、传输、验证) and of what follows them (移送、质证、销毁), and names every gap.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal, get_args

import msgspec

from qingyuan.evidence._custody_gaps import gaps, unfinished
from qingyuan.evidence._custody_words import listed_only, sentence
from qingyuan.evidence._stages import ABANDONED, COMPLETED, STAGES, Gap, LoggedEvent, Payload, Stage, text_of
from qingyuan.evidence._wire import JsonValue
from qingyuan.evidence.digests import Digests
from qingyuan.evidence.errors import CustodyError
from qingyuan.evidence.manifest import Manifest, SignedManifest
from qingyuan.evidence.sealing import Sealed

#: What a party says of an exhibit when it is examined.
Position = Literal["accepted", "disputed", "accepted-in-part"]


class Step(msgspec.Struct, frozen=True):
    """One step in the custody of an exhibit.

    Attributes:
        stage: See :class:`Stage`.
        index: Place of the event in the log.
        at: Claimed time.
        actor: Who.
        zh: What, in Chinese.
        en: What, in English.
    """

    stage: Stage
    index: int
    at: str
    actor: str
    zh: str
    en: str

    def line(self, lang: str) -> str:
        """Return one line in ``lang`` (``"zh"`` or ``"en"``)."""
        name, what = (self.stage.value, self.zh) if lang == "zh" else (self.stage.en, self.en)
        return f"{self.at}  {name}  {self.actor}  {what}  [#{self.index}]"


class Custody(msgspec.Struct, frozen=True):
    """The chain of custody of one exhibit.

    Attributes:
        exhibit: Its identifier.
        steps: What happened, in log order.
        gaps: What is not shown; empty when nothing is missing.
    """

    exhibit: str
    steps: tuple[Step, ...]
    gaps: tuple[Gap, ...]

    def lines(self, lang: str) -> list[str]:
        """Return the record as text in ``lang`` (``"zh"`` or ``"en"``): steps, then gaps."""
        title = (
            f"证据材料 {self.exhibit} 保管链"
            if lang == "zh"
            else f"Chain of custody of exhibit {self.exhibit}"
        )
        none = "未发现缺口" if lang == "zh" else "no gap found"
        label = "缺口" if lang == "zh" else "gap"
        gaps = [f"{label}：{g.zh}" if lang == "zh" else f"{label}: {g.en}" for g in self.gaps]
        return [title, *(step.line(lang) for step in self.steps), *(gaps or [none])]


def extracted(signed: SignedManifest) -> Payload:
    """Return the payload of ``evidence.extracted`` for a collected exhibit.

    Raises:
        CustodyError: The exhibit is a derived one.
    """
    _demand_origin(signed.manifest, "collected")
    return _origin_payload(signed)


def generated(signed: SignedManifest, *, engine: str) -> Payload:
    """Return the payload of ``evidence.generated`` for a derived exhibit made by ``engine``.

    Raises:
        CustodyError: The exhibit is a collected one.
    """
    _demand_origin(signed.manifest, "derived")
    return {**_origin_payload(signed), "parents": list(signed.manifest.parents), "engine": engine}


def stored(exhibit: str, sealed: Sealed) -> Payload:
    """Return the payload of ``evidence.stored``."""
    return {
        "exhibit": exhibit,
        "sealed": {
            "alg": sealed.alg,
            "chunk": sealed.chunk,
            "size": sealed.sealed_size,
            "sha256": sealed.sealed_sha256,
        },
    }


def verified(manifest: Manifest, found: Digests) -> Payload:
    """Return the payload of ``evidence.verified``: the digests found now, and whether they still fit."""
    return {
        "exhibit": manifest.id,
        "sha256": found.sha256,
        "sm3": found.sm3,
        "ok": found == manifest.digests(),
    }


def transferred(
    package: str, to: str, *, manifest_sha256: str, manifest_sm3: str, exhibits_sha256: str
) -> Payload:
    """Return the payload of ``evidence.transferred``; see :func:`qingyuan.evidence.transfer_digests`."""
    return {
        "package": package,
        "to": to,
        "manifest_sha256": manifest_sha256,
        "manifest_sm3": manifest_sm3,
        "exhibits_sha256": exhibits_sha256,
    }


def transfer_completed(package: str, *, size: int, sha256: str) -> Payload:
    """Return the payload of ``evidence.transfer_completed``: the file that was announced is there, whole and synced.

    Args:
        package: Its identifier.
        size: Bytes of the file, as it was written: encrypted when it is.
        sha256: Of the same file, lower-case hex.
    """
    return {"package": package, "size": size, "sha256": sha256}


def transfer_abandoned(package: str, *, code: str, reason_zh: str, reason_en: str) -> Payload:
    """Return the payload of ``evidence.transfer_abandoned``: the package that was announced was not made.

    Args:
        package: Its identifier, which is used up.
        code: Stable name of the reason.
        reason_zh: The reason, in Chinese.
        reason_en: The reason, in English.
    """
    return {"package": package, "code": code, "reason_zh": reason_zh, "reason_en": reason_en}


def handed_over(exhibits: Sequence[str], *, to: str, received_by: str, reason: str, medium: str) -> Payload:
    """Return the payload of ``evidence.handed_over``: custody of the material passes to another organ or person.

    Args:
        exhibits: Identifiers of what is handed over.
        to: The organ or person that takes it.
        received_by: Who signed for it.
        reason: Why.
        medium: On what, and how it is sealed.

    Raises:
        CustodyError: No exhibit is named, one twice, or not to whom.
    """
    _demand_distinct("evidence.handed_over", exhibits)
    _demand("evidence.handed_over", "to", to)
    listed: list[JsonValue] = list(exhibits)
    return {"exhibits": listed, "to": to, "received_by": received_by, "reason": reason, "medium": medium}


def examined(exhibit: str, *, party: str, position: Position, grounds: str, occasion: str) -> Payload:
    """Return the payload of ``evidence.examined``: what a party said of the exhibit.

    Args:
        exhibit: Its identifier.
        party: Who said it.
        position: ``accepted``, ``disputed`` or ``accepted-in-part``.
        grounds: Why.
        occasion: When and where, for example a pre-trial meeting.

    Raises:
        CustodyError: The exhibit or the party is not named, the position is another one, or it is not
            ``accepted`` and no grounds are given.
    """
    kind = "evidence.examined"
    _demand(kind, "exhibit", exhibit)
    _demand(kind, "party", party)
    _demand(kind, "position", position if position in get_args(Position) else "")
    if position != "accepted":
        _demand(kind, "grounds", grounds)
    return {
        "exhibit": exhibit,
        "party": party,
        "position": position,
        "grounds": grounds,
        "occasion": occasion,
    }


def destroyed(
    scope: str,
    *,
    key: str,
    exhibits: Sequence[str],
    basis: str,
    approved_by: str,
    asked_by: str = "",
    request: int | None = None,
) -> Payload:
    """Return the payload of ``evidence.destroyed``: the sealing key of a scope is gone, and its content with it.

    Args:
        scope: Lead or matter whose key was destroyed.
        key: Identifier of the key.
        exhibits: Identifiers of the exhibits that it had sealed; may be none.
        basis: The rule or decision that it rests on.
        approved_by: Actor identifier of who approved it.
        asked_by: Actor identifier of who asked for it; another person than who approved it.
        request: Index of the event by which they asked; ``None`` when the approver is only stated.

    Raises:
        CustodyError: Scope, key, basis or approver is not given, or an exhibit is named twice.
    """
    for member, value in (("scope", scope), ("key", key), ("basis", basis), ("approved_by", approved_by)):
        _demand("evidence.destroyed", member, value)
    if exhibits:
        _demand_distinct("evidence.destroyed", exhibits)
    listed: list[JsonValue] = list(exhibits)
    payload: Payload = {
        "scope": scope,
        "key": key,
        "exhibits": listed,
        "basis": basis,
        "approved_by": approved_by,
    }
    return payload if request is None else {**payload, "asked_by": asked_by, "request": request}


def chain_of_custody(
    manifest: Manifest,
    events: Iterable[LoggedEvent],
    *,
    packages: Mapping[str, Collection[str]] | None = None,
) -> Custody:
    """Fold events into the chain of custody of one exhibit.

    A transfer is a step only when its completion was logged; else it is a gap. After the destruction of its key an
    exhibit is only listed in packages, and the step says so.

    Args:
        manifest: The exhibit.
        events: Any events; those of other exhibits and other types are passed over.
        packages: Which exhibits each package holds; ``None`` when every package holds this one.

    Raises:
        CustodyError: An event of this exhibit lacks a member that its type demands.
    """
    steps: list[Step] = []
    own: list[LoggedEvent] = []
    open_ends: list[Gap] = []
    ordered = sorted(events, key=lambda e: e.index)
    completed = {text_of(event, "package") for event in ordered if event.type == COMPLETED}
    abandoned = {text_of(event, "package"): event for event in ordered if event.type == ABANDONED}
    destroyed_already = False
    for event in ordered:
        if not _concerns(event, manifest.id, packages):
            continue
        stage = STAGES[event.type]
        if stage is Stage.TRANSFERRED:
            package = text_of(event, "package")
            if package in abandoned or package not in completed:
                open_ends.append(unfinished(event, abandoned.get(package)))
                continue
        destroyed_already = destroyed_already or stage is Stage.DESTROYED
        only_listed = destroyed_already and stage is Stage.TRANSFERRED
        zh, en = listed_only(event) if only_listed else sentence(event, manifest)
        own.append(event)
        steps.append(Step(stage, event.index, event.at, event.actor, zh, en))
    return Custody(manifest.id, tuple(steps), (*gaps(manifest, own), *open_ends))


def _origin_payload(signed: SignedManifest) -> Payload:
    manifest = signed.manifest
    return {
        "exhibit": manifest.id,
        "manifest_sha256": manifest.sha256_of_manifest(),
        "path": manifest.path,
        "size": manifest.size,
        "sha256": manifest.sha256,
        "sm3": manifest.sm3,
        "key": signed.key,
        "sig": signed.sig,
    }


def _demand(kind: str, member: str, value: str) -> None:
    if not value.strip():
        raise CustodyError(
            "evidence.incomplete-event",
            zh=f"事件 {kind} 须写明“{member}”",
            en=f"event {kind} must say {member!r}",
            where=kind,
            remedy_zh="请补充该项；position 只能是 accepted、disputed、accepted-in-part",
            remedy_en="give it; position is accepted, disputed or accepted-in-part",
        )


def _demand_distinct(kind: str, exhibits: Sequence[str]) -> None:
    _demand(kind, "exhibits", "x" if exhibits and all(exhibits) else "")
    if len(set(exhibits)) != len(exhibits):
        raise CustodyError(
            "evidence.exhibit-twice",
            zh="同一材料列了两次",
            en="an exhibit is named twice",
            where=kind,
            remedy_zh="每件材料只列一次",
            remedy_en="name each exhibit once",
        )


def _demand_origin(manifest: Manifest, origin: str) -> None:
    if manifest.origin != origin:
        raise CustodyError(
            "evidence.wrong-origin-event",
            zh="收集的材料用“提取”事件，派生的材料用“生成”事件",
            en="a collected exhibit is extracted, a derived one is generated",
            where=f"exhibit {manifest.id}",
            remedy_zh="请改用相应的事件",
            remedy_en="use the other event",
        )


def _concerns(event: LoggedEvent, exhibit: str, packages: Mapping[str, Collection[str]] | None) -> bool:
    if event.type not in STAGES:
        return False
    stage = STAGES[event.type]
    if stage in {Stage.HANDED_OVER, Stage.DESTROYED}:
        listed = event.payload.get("exhibits")
        return isinstance(listed, list) and exhibit in listed
    if stage is not Stage.TRANSFERRED:
        return event.payload.get("exhibit") == exhibit
    return packages is None or exhibit in packages.get(text_of(event, "package"), ())


__all__ = [
    "ABANDONED",
    "COMPLETED",
    "STAGES",
    "Custody",
    "Gap",
    "LoggedEvent",
    "Payload",
    "Position",
    "Stage",
    "Step",
    "chain_of_custody",
    "destroyed",
    "examined",
    "extracted",
    "generated",
    "handed_over",
    "stored",
    "transfer_abandoned",
    "transfer_completed",
    "transferred",
    "verified",
]
