"""Events of evidence, and the chain of custody that they make.

Builders return payloads exactly as section 5 of the package format lists them. The fold reads the
events of one exhibit back into a record of who did what when, in the five stages of electronic
evidence (生成、提取、存储、传输、验证), and names every gap.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise

import msgspec

from qingyuan.evidence._wire import JsonValue, parse_time
from qingyuan.evidence.digests import Digests
from qingyuan.evidence.errors import CustodyError
from qingyuan.evidence.manifest import Manifest, SignedManifest
from qingyuan.evidence.sealing import ALGORITHM, Sealed

#: Payload of an event: builtins for canonical JSON.
Payload = dict[str, JsonValue]


class Stage(enum.StrEnum):
    """The stages of electronic evidence."""

    GENERATED = "生成"
    EXTRACTED = "提取"
    STORED = "存储"
    TRANSFERRED = "传输"
    VERIFIED = "验证"

    @property
    def en(self) -> str:
        """Return the English name."""
        return self.name.lower()


#: Event type of each stage.
STAGES: dict[str, Stage] = {f"evidence.{stage.en}": stage for stage in Stage}


class LoggedEvent(msgspec.Struct, frozen=True):
    """One event as the log holds it.

    Attributes:
        index: Its place in the log.
        type: Event type.
        at: Claimed time, as the format writes times.
        actor: Actor identifier.
        payload: Its payload.
    """

    index: int
    type: str
    at: str
    actor: str
    payload: Payload


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


class Gap(msgspec.Struct, frozen=True):
    """Something that the chain of custody does not show.

    Attributes:
        code: Stable name, e.g. ``"no-second-collector"``.
        zh: What is missing or wrong, in Chinese.
        en: The same in English.
        index: Place in the log of the event concerned, or ``None``.
    """

    code: str
    zh: str
    en: str
    index: int | None = None


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
            "alg": ALGORITHM,
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


def chain_of_custody(
    manifest: Manifest,
    events: Iterable[LoggedEvent],
    *,
    packages: Mapping[str, Collection[str]] | None = None,
) -> Custody:
    """Fold events into the chain of custody of one exhibit.

    Args:
        manifest: The exhibit.
        events: Any events; those of other exhibits and other types are passed over.
        packages: Which exhibits each package holds; ``None`` when every package holds this one.

    Raises:
        CustodyError: An event of this exhibit lacks a member that its type demands.
    """
    steps: list[Step] = []
    own: list[LoggedEvent] = []
    for event in sorted(events, key=lambda e: e.index):
        if not _concerns(event, manifest.id, packages):
            continue
        own.append(event)
        stage = STAGES[event.type]
        zh, en = _sentence(stage, event, manifest)
        steps.append(Step(stage, event.index, event.at, event.actor, zh, en))
    return Custody(manifest.id, tuple(steps), tuple(_gaps(manifest, own)))


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
    if STAGES[event.type] is not Stage.TRANSFERRED:
        return event.payload.get("exhibit") == exhibit
    return packages is None or exhibit in packages.get(_text(event, "package"), ())


def _text(event: LoggedEvent, *path: str) -> str:
    value: JsonValue = event.payload
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, str):
        return value
    raise CustodyError(
        "evidence.bad-event",
        zh=f"事件 {event.type} 缺少“{'.'.join(path)}”",
        en=f"event {event.type} lacks {'.'.join(path)!r}",
        where=f"log index {event.index}",
        remedy_zh="事件不可修改，请追加更正事件并在说明中注明",
        remedy_en="events cannot be changed: add a correcting one and say so",
    )


def _sentence(stage: Stage, event: LoggedEvent, manifest: Manifest) -> tuple[str, str]:
    match stage:
        case Stage.EXTRACTED:
            digest, delay = _text(event, "sha256")[:16], _delay(event, manifest)
            return (
                f"提取，SHA-256 {digest}…，收集结束 {delay} 秒后记入日志",
                f"extracted, SHA-256 {digest}…, logged {delay} s after the collection ended",
            )
        case Stage.GENERATED:
            engine = _text(event, "engine")
            return f"由 {engine} 生成", f"generated by {engine}"
        case Stage.STORED:
            alg = _text(event, "sealed", "alg")
            return f"封存（{alg}）", f"sealed ({alg})"
        case Stage.TRANSFERRED:
            package, to = _text(event, "package"), _text(event, "to")
            return f"以证据包 {package} 移送 {to}", f"handed to {to} in package {package}"
        case Stage.VERIFIED:
            ok = event.payload.get("ok") is True
            return ("核验一致" if ok else "核验不一致"), (
                "verified, unchanged" if ok else "verified, CHANGED"
            )


def _delay(event: LoggedEvent, manifest: Manifest) -> int:
    """Return the seconds from the end of the collection to the event, by the clocks of both."""
    return int(
        _time(event) - parse_time(manifest.collected.ended, where=f"exhibit {manifest.id}").timestamp()
    )


def _gaps(manifest: Manifest, events: list[LoggedEvent]) -> Iterable[Gap]:
    if manifest.collected.second is None and manifest.origin == "collected":
        yield Gap("no-second-collector", "没有第二名收集人员的记录", "no second collector is recorded")
    stages = [STAGES[event.type] for event in events]
    origin = Stage.EXTRACTED if manifest.origin == "collected" else Stage.GENERATED
    if origin not in stages:
        yield Gap("no-origin", f"没有{origin.value}事件", f"it was never logged as {origin.en}")
    elif stages[0] is not origin:
        yield Gap(
            "late-origin",
            f"{origin.value}之前已有其他事件",
            f"events precede its being {origin.en}",
            events[0].index,
        )
    if Stage.STORED not in stages:
        yield Gap("not-stored", "没有封存入库的记录", "its sealing is not recorded")
    if Stage.TRANSFERRED in stages and Stage.VERIFIED not in stages[: stages.index(Stage.TRANSFERRED)]:
        at = events[stages.index(Stage.TRANSFERRED)].index
        yield Gap("not-verified", "移送前没有核验记录", "it was not verified before it was handed over", at)
    for event in events:
        yield from _contradictions(manifest, event)
    if events and _delay(events[0], manifest) < 0:
        zh, en = (
            "所称记录时间早于收集结束时间",
            "the claimed time of logging lies before the end of the collection",
        )
        yield Gap("logged-too-early", zh, en, events[0].index)
    for before, after in pairwise(events):
        if _time(after) < _time(before):
            yield Gap(
                "clock-back",
                "所称时间早于前一事件",
                "the claimed time lies before that of the event before",
                after.index,
            )


def _contradictions(manifest: Manifest, event: LoggedEvent) -> Iterable[Gap]:
    stage = STAGES[event.type]
    if stage in {Stage.STORED, Stage.TRANSFERRED}:
        return
    same = (_text(event, "sha256"), _text(event, "sm3")) == (manifest.sha256, manifest.sm3)
    if not same or (stage is Stage.VERIFIED and event.payload.get("ok") is not True):
        yield Gap("digest-differs", "摘要与清单不一致", "the digests differ from the manifest", event.index)
    elif stage is not Stage.VERIFIED and _text(event, "manifest_sha256") != manifest.sha256_of_manifest():
        yield Gap(
            "manifest-differs", "所登记的清单与现清单不一致", "another manifest was logged", event.index
        )


def _time(event: LoggedEvent) -> float:
    return parse_time(event.at, where=f"log index {event.index}").timestamp()
