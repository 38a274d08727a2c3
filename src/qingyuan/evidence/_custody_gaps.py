"""What a chain of custody does not show, or shows to be wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from qingyuan.evidence._custody_words import delay
from qingyuan.evidence._stages import STAGES, Gap, LoggedEvent, Stage, text_of, time_of
from qingyuan.evidence.manifest import Manifest

_DIGESTED = {Stage.EXTRACTED, Stage.GENERATED, Stage.VERIFIED}
_LEAVING = {Stage.TRANSFERRED, Stage.HANDED_OVER}


def gaps(manifest: Manifest, events: Sequence[LoggedEvent]) -> Iterable[Gap]:
    """Yield every gap in the custody of an exhibit.

    Args:
        manifest: The exhibit.
        events: Its events, in log order.
    """
    if manifest.collected.second is None and manifest.origin == "collected":
        yield Gap("no-second-collector", "没有第二名收集人员的记录", "no second collector is recorded")
    stages = [STAGES[event.type] for event in events]
    yield from _beginning(manifest, events, stages)
    yield from _leaving(events, stages)
    yield from _examination(events, stages)
    yield from _destruction(events, stages)
    for event in events:
        yield from _contradictions(manifest, event)
    if events and delay(events[0], manifest) < 0:
        yield Gap(
            "logged-too-early",
            "所称记录时间早于收集结束时间",
            "the claimed time of logging lies before the end of the collection",
            events[0].index,
        )
    for before, after in pairwise(events):
        if time_of(after) < time_of(before):
            yield Gap(
                "clock-back",
                "所称时间早于前一事件",
                "the claimed time lies before that of the event before",
                after.index,
            )


def unfinished(transfer: LoggedEvent, abandonment: LoggedEvent | None) -> Gap:
    """Return the gap of a transfer that was announced and, as far as the log shows, never completed.

    Args:
        transfer: The event that announced the package.
        abandonment: The event that says why it was not made, if there is one.
    """
    package = text_of(transfer, "package")
    zh, en = "没有制作完成的记录", "its completion was never recorded"
    if abandonment is not None:
        zh, en = text_of(abandonment, "reason_zh"), text_of(abandonment, "reason_en")
    return Gap(
        "transfer-not-completed",
        f"证据包 {package} 传输未完成：{zh}",
        f"transfer in package {package} not completed: {en}",
        transfer.index,
    )


def _beginning(manifest: Manifest, events: Sequence[LoggedEvent], stages: list[Stage]) -> Iterable[Gap]:
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


def _leaving(events: Sequence[LoggedEvent], stages: list[Stage]) -> Iterable[Gap]:
    left = next((at for at, stage in enumerate(stages) if stage in _LEAVING), None)
    if left is not None and Stage.VERIFIED not in stages[:left]:
        zh = f"{stages[left].value}前没有核验记录"
        yield Gap("not-verified", zh, "it was not verified before it left the office", events[left].index)
    for event, stage in zip(events, stages, strict=True):
        if stage is Stage.HANDED_OVER and not text_of(event, "received_by"):
            yield Gap(
                "no-receipt", "移送没有接收人的记录", "nobody is recorded to have received it", event.index
            )


def _examination(events: Sequence[LoggedEvent], stages: list[Stage]) -> Iterable[Gap]:
    for at, (event, stage) in enumerate(zip(events, stages, strict=True)):
        if stage is not Stage.EXAMINED or text_of(event, "position") == "accepted":
            continue
        if Stage.VERIFIED not in stages[at:]:
            yield Gap(
                "disputed",
                "质证中有异议，此后没有再次核验",
                "it was disputed, and not verified again since",
                event.index,
            )


def _destruction(events: Sequence[LoggedEvent], stages: list[Stage]) -> Iterable[Gap]:
    if Stage.DESTROYED not in stages:
        return
    at = stages.index(Stage.DESTROYED)
    if not text_of(events[at], "approved_by") or not text_of(events[at], "basis"):
        yield Gap(
            "not-approved", "销毁没有依据或批准人的记录", "no basis or approver is recorded", events[at].index
        )
    for event, stage in zip(events[at + 1 :], stages[at + 1 :], strict=True):
        if stage in {Stage.TRANSFERRED, Stage.EXAMINED, Stage.HANDED_OVER}:
            continue  # it is still named, withheld, and copies may exist outside
        yield Gap("after-destruction", "销毁之后仍有其他事件", "events follow its destruction", event.index)


def _contradictions(manifest: Manifest, event: LoggedEvent) -> Iterable[Gap]:
    stage = STAGES[event.type]
    if stage not in _DIGESTED:
        return
    same = (text_of(event, "sha256"), text_of(event, "sm3")) == (manifest.sha256, manifest.sm3)
    if not same or (stage is Stage.VERIFIED and event.payload.get("ok") is not True):
        yield Gap("digest-differs", "摘要与清单不一致", "the digests differ from the manifest", event.index)
    elif stage is not Stage.VERIFIED and text_of(event, "manifest_sha256") != manifest.sha256_of_manifest():
        yield Gap(
            "manifest-differs", "所登记的清单与现清单不一致", "another manifest was logged", event.index
        )
