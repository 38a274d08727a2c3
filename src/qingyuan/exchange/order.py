"""The order of bundles from one sender: each once, none left out, nothing put in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from qingyuan.exchange.errors import ExchangeError
from qingyuan.exchange.model import Manifest

#: How far ahead of what was taken in a bundle may be; a sender makes no more without an answer.
AHEAD = 1000
#: Bytes of one sender that may wait for what is missing before them; the first that waits may be larger.
WAITING = 1 << 30

#: What to do with a bundle: take it in, say that it was taken in, or keep it until the ones before it are here.
Place = Literal["next", "repeated", "early"]


def place_of(
    manifest: Manifest, digest: str, taken: Mapping[int, str], waiting: Mapping[int, str] | None = None
) -> Place:
    """Return where a bundle stands among those taken in.

    Args:
        manifest: Of the bundle.
        digest: Of the manifest.
        taken: Digests of the manifests taken in from the sender, by number; from 1 without a gap.
        waiting: Digests of those that came early, by number.

    Raises:
        ExchangeError: ``exchange.two-of-one`` when the sender gave the number to another bundle, ``exchange.broken-chain`` when it
            does not follow what was taken in before, ``exchange.too-far-ahead`` when more than :data:`AHEAD` are missing before it.
    """
    last = len(taken)
    if taken.get(manifest.seq) == digest:
        return "repeated"
    # One that waits and does not follow what came in gives way to the one that does.
    known = taken.get(manifest.seq) or (
        (waiting or {}).get(manifest.seq) if manifest.seq > last + 1 else None
    )
    if known is not None and known != digest:
        raise ExchangeError(
            "exchange.two-of-one",
            zh=f"对方以同一序号（{manifest.seq}）签署了两个不同的交换包",
            en=f"the peer signed two different bundles as number {manifest.seq}",
            where=f"{manifest.sender} {manifest.seq}",
            remedy_zh="不予接收；两份签名文件本身即为证据，请与对方核实",
            remedy_en="it is not taken in; both signed files are proof of it, ask the peer",
        )
    if manifest.seq > last + AHEAD:
        raise ExchangeError(
            "exchange.too-far-ahead",
            zh=f"第 {manifest.seq} 号交换包远在已收到的第 {last} 号之后，不予暂存",
            en=f"bundle {manifest.seq} is too far ahead of {last}, the last that was taken in, to be kept",
            where=f"{manifest.sender} {manifest.seq}",
            remedy_zh="请对方先送此前各号",
            remedy_en="ask the peer for the earlier numbers first",
        )
    if manifest.seq > last + 1:
        return "early"
    if manifest.seq < 1 or manifest.prev != taken.get(last, ""):
        raise ExchangeError(
            "exchange.broken-chain",
            zh=f"第 {manifest.seq} 号交换包不承接此前收到的内容",
            en=f"bundle {manifest.seq} does not follow what was taken in before",
            where=f"{manifest.sender} {manifest.seq}",
            remedy_zh="不予接收；请与对方核对此前各号",
            remedy_en="it is not taken in; compare the earlier numbers with the peer",
        )
    return "next"


def check_waiting(sender: str, seq: int, size: int, waiting: int) -> None:
    """Refuse to keep more of what comes early than one sender may have waiting.

    Args:
        sender: Who sent it.
        seq: Its number.
        size: Its length in bytes.
        waiting: Bytes of the sender that wait already.

    Raises:
        ExchangeError: ``exchange.too-much-waiting``.
    """
    if waiting and waiting + size > WAITING:
        raise ExchangeError(
            "exchange.too-much-waiting",
            zh=f"该对端提前到达、等待前序的内容已有 {waiting >> 20} MiB，第 {seq} 号交换包不予暂存",
            en=f"{waiting >> 20} MiB of this peer came early and wait; bundle {seq} is not kept besides",
            where=f"{sender} {seq}",
            remedy_zh="请对方先送此前各号，再送该号",
            remedy_en="ask the peer for the earlier numbers first, then for this one again",
        )
