"""What one event of evidence says, in words that follow the name of its stage."""

from __future__ import annotations

from collections.abc import Callable

from qingyuan.evidence._stages import STAGES, LoggedEvent, Stage, text_of, time_of
from qingyuan.evidence._wire import parse_time
from qingyuan.evidence.manifest import Manifest

_POSITIONS = {
    "accepted": ("无异议", "accepted it"),
    "disputed": ("提出异议", "disputed it"),
    "accepted-in-part": ("部分无异议", "accepted it in part"),
}


def sentence(event: LoggedEvent, manifest: Manifest) -> tuple[str, str]:
    """Return what ``event`` says of the exhibit of ``manifest``, in Chinese and in English, without the name of its stage.

    Raises:
        CustodyError: The event lacks a member that its type demands.
    """
    stage = STAGES[event.type]
    return _extracted(event, manifest) if stage is Stage.EXTRACTED else _WORDS[stage](event)


def delay(event: LoggedEvent, manifest: Manifest) -> int:
    """Return the seconds from the end of the collection to the event, by the clocks of both."""
    ended = parse_time(manifest.collected.ended, where=f"exhibit {manifest.id}").timestamp()
    return int(time_of(event) - ended)


def _extracted(event: LoggedEvent, manifest: Manifest) -> tuple[str, str]:
    digest, late = text_of(event, "sha256")[:16], delay(event, manifest)
    if late > 0:
        zh, en = f"收集结束 {late} 秒后记入日志", f"logged {late} s after the collection ended"
    elif late < 0:
        zh, en = (
            f"记入日志的时间比所称收集结束早 {-late} 秒",
            f"logged {-late} s before the stated end of the collection",
        )
    else:
        zh, en = "收集结束即记入日志", "logged as the collection ended"
    return f"SHA-256 {digest}…，{zh}", f"SHA-256 {digest}…, {en}"


def _generated(event: LoggedEvent) -> tuple[str, str]:
    engine = text_of(event, "engine")
    return f"由 {engine} 得出", f"by {engine}"


def _stored(event: LoggedEvent) -> tuple[str, str]:
    alg = text_of(event, "sealed", "alg")
    return f"封存（{alg}）", f"sealed ({alg})"


def _transferred(event: LoggedEvent) -> tuple[str, str]:
    package, to = text_of(event, "package"), text_of(event, "to")
    return f"以证据包 {package} 发给 {to}", f"to {to}, in package {package}"


def listed_only(event: LoggedEvent) -> tuple[str, str]:
    """Return what a transfer says of an exhibit whose content was destroyed before it."""
    package, to = text_of(event, "package"), text_of(event, "to")
    return (
        f"在发给 {to} 的证据包 {package} 中仅列明，内容未随包",
        f"listed in package {package} to {to}, content not sent",
    )


def _verified(event: LoggedEvent) -> tuple[str, str]:
    if event.payload.get("ok") is True:
        return "核验一致", "verified, unchanged"
    return "核验不一致", "verified, CHANGED"


def _handed_over(event: LoggedEvent) -> tuple[str, str]:
    to, received = text_of(event, "to"), text_of(event, "received_by")
    reason, medium = text_of(event, "reason"), text_of(event, "medium")
    zh = f"至 {to}，接收人：{received or '未记录'}；载体：{medium or '未记录'}；事由：{reason or '未记录'}"
    no = "not recorded"
    en = f"to {to}, received by: {received or no}; medium: {medium or no}; reason: {reason or no}"
    return zh, en


def _examined(event: LoggedEvent) -> tuple[str, str]:
    party, position = text_of(event, "party"), text_of(event, "position")
    grounds, occasion = text_of(event, "grounds"), text_of(event, "occasion")
    said_zh, said_en = _POSITIONS.get(position, (position, position))
    zh = f"{party}：{said_zh}" + (f"，理由：{grounds}" if grounds else "")
    en = f"{party} {said_en}" + (f", on the ground: {grounds}" if grounds else "")
    return zh + (f"（{occasion}）" if occasion else ""), en + (f" ({occasion})" if occasion else "")


def _destroyed(event: LoggedEvent) -> tuple[str, str]:
    key, basis, approved = text_of(event, "key"), text_of(event, "basis"), text_of(event, "approved_by")
    zh = f"封存密钥 {key} 已销毁，内容不可恢复；依据：{basis or '未记录'}；批准：{approved or '未记录'}"
    no = "not recorded"
    en = f"sealing key {key} destroyed, the content cannot be recovered; basis: {basis or no}; "
    return zh, en + f"approved by: {approved or no}"


_WORDS: dict[Stage, Callable[[LoggedEvent], tuple[str, str]]] = {
    Stage.GENERATED: _generated,
    Stage.STORED: _stored,
    Stage.TRANSFERRED: _transferred,
    Stage.VERIFIED: _verified,
    Stage.HANDED_OVER: _handed_over,
    Stage.EXAMINED: _examined,
    Stage.DESTROYED: _destroyed,
}
