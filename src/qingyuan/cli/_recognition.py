"""``qingyuan ledger``: having our log witnessed, and logging the checkpoints of others."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qingyuan.cli._app import Out, common, home_option
from qingyuan.errors import QingyuanError

if TYPE_CHECKING:
    from qingyuan.office.recognition.asking import Asked
    from qingyuan.office.recognition.peers import Peer


@click.command()
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="见证策略，默认为工作目录的 policy.txt | policy of witnesses",
)
@click.option("--seconds", type=click.FloatRange(0.1), default=10.0, help="每个见证方的时限 | time for each")
@home_option
@common
def cosign(policy_file: Path | None, seconds: float, home: Path, out: Out) -> None:
    """请见证方会签 | Have the witnesses cosign both logs; exit 1 when the quorum is not met."""
    from qingyuan.office.home import Home  # noqa: PLC0415
    from qingyuan.office.recognition import asking as recognition  # noqa: PLC0415 - a witness needs no home, and starts without it

    with Home.open(home) as office:
        policy = None if policy_file is None else recognition.read_policy(policy_file)
        asked = recognition.cosign(office, policy, seconds=seconds)
    out.result({"logs": [each.as_dict() for each in asked]})
    for each in asked:
        _say_asked(each, out)
    if not all(each.verdict.met for each in asked):
        sys.exit(1)


def _say_asked(each: Asked, out: Out) -> None:
    met = out.t("达到" if each.verdict.met else "未达到", "met" if each.verdict.met else "NOT met")
    out.say(f"{each.origin}，{each.size} 条", f"{each.origin}, {each.size} entries")
    names = "、".join(one.name for one in each.verdict.cosigned)
    out.say(f"  已会签：{names or '无'}", f"  cosigned: {names.replace('、', ', ') or 'none'}")
    for name, error in each.failures:
        out.say(f"  未会签：{name}：{error.text('zh')}", f"  not cosigned: {name}: {error.text('en')}")
    for name, seconds in each.off_clock.items():
        out.say(
            f"  {name} 的时钟与本机相差 {seconds} 秒", f"  the clock of {name} differs by {seconds} seconds"
        )
    for name, done in each.verdict.groups:
        mark = "✓" if done else "✗"
        out.say(f"  {mark} {name}", f"  {mark} {name}")
    zh, en = f"  法定数 {each.verdict.quorum}：{met}", f"  quorum {each.verdict.quorum}: {met}"
    if not each.verdict.met:
        zh += f"；缺少：{'、'.join(each.verdict.missing)}"
        en += f"; missing: {', '.join(each.verdict.missing)}"
    out.say(zh, en)


@click.command("stop-status")
@home_option
@common
def stop_status(home: Path, out: Out) -> None:
    """停止状态 | Whether a witness stopped this log, why, and what to do; exit 1 when it is stopped."""
    from qingyuan.office.recognition.asking import read_stop  # noqa: PLC0415
    from qingyuan.office.recognition.resuming import advice  # noqa: PLC0415

    stop = read_stop(home)
    if stop is None:
        out.result({"stopped": False})
        out.say("账本未被停止", "the log is not stopped")
        return
    said = advice(stop)
    out.result(
        {
            "stopped": True,
            "reason": stop.reason,
            "origin": stop.origin,
            "witness": stop.witness,
            "at": stop.at,
            "size": stop.size,
            "claimed": stop.claimed,
            "proven": stop.proven,
            "witnessed": stop.witnessed,
            "advice": [{"zh": zh, "en": en} for zh, en in said],
        }
    )
    out.say(
        f"账本已停止（{stop.at}，见证方 {stop.witness}）",
        f"the log is stopped ({stop.at}, witness {stop.witness})",
    )
    for zh, en in said:
        out.say(f"- {zh}", f"- {en}")
    sys.exit(1)


@click.command()
@click.option("--actor", default="D001", show_default=True, help="操作人标识 | who does it")
@home_option
@common
def resume(actor: str, home: Path, out: Out) -> None:
    """解除停止 | Lift a stop, once the log again contains what was witnessed; the act is logged."""
    from qingyuan.office.home import Home  # noqa: PLC0415
    from qingyuan.office.recognition import resuming  # noqa: PLC0415

    with Home.open(home) as office:
        lifted = resuming.resume(office, actor=actor)
        office.publish()
    out.result({"lifted": lifted is not None, "origin": None if lifted is None else lifted.origin})
    if lifted is None:
        out.say("账本未被停止", "the log is not stopped")
    else:
        out.say(
            "一致性已得到证明，停止已解除并记入账本", "consistency is proven; the stop is lifted, and logged"
        )


@click.command()
@click.argument("url", required=False)
@click.option("--vkey", default=None, help="对方日志的公钥 | public key of the other log")
@click.option(
    "--suite",
    type=click.Choice(["sha256", "sm3"]),
    default=None,
    help="对方日志的哈希，SM2 公钥默认 sm3 | its hash, by default sm3 for an SM2 key",
)
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="其检查点须达到的见证策略 | policy it must meet",
)
@click.option("--actor", default="D001", show_default=True, help="操作人标识 | who does it")
@home_option
@common
def anchor(
    url: str | None,
    vkey: str | None,
    suite: str | None,
    policy_file: Path | None,
    actor: str,
    home: Path,
    out: Out,
) -> None:
    """锚定对方账本 | Log the newest checkpoint of another office, or of all in peers.yaml."""
    from qingyuan.office.home import Home  # noqa: PLC0415
    from qingyuan.office.recognition import asking as recognition  # noqa: PLC0415
    from qingyuan.office.recognition import peers as known  # noqa: PLC0415
    from qingyuan.office.recognition.anchoring import anchor as log_it  # noqa: PLC0415

    rows: list[dict[str, object]] = []
    failed: list[QingyuanError] = []
    with Home.open(home) as office:
        for peer in _peers(url, vkey, suite, home):
            try:
                policy = (
                    known.peer_policy(peer, home)
                    if policy_file is None
                    else recognition.read_policy(policy_file)
                )
                done = log_it(office, peer, policy, actor=actor)
            except QingyuanError as error:
                if url is not None:
                    raise
                failed.append(error)
                rows.append({"peer": peer.name, "error": error.as_dict()})
                out.say(f"{peer.name}：{error.text('zh')}", f"{peer.name}: {error.text('en')}")
                continue
            size, quorum = done.checkpoint.size, None if done.verdict is None else done.verdict.quorum
            rows.append(
                {
                    "peer": peer.name,
                    "origin": done.checkpoint.origin,
                    "size": size,
                    "since": done.since,
                    "index": done.index,
                    "quorum": quorum,
                }
            )
            if done.index is None:
                out.say(f"{peer.name}：{size} 条，已登记过", f"{peer.name}: {size} entries, anchored before")
            else:
                out.say(
                    f"{peer.name}：{size} 条，登记为第 {done.index} 条",
                    f"{peer.name}: {size} entries, anchored as entry {done.index}",
                )
        if not (home / recognition.POLICY).is_file():  # with witnesses, new entries are shown once cosigned
            office.publish()
    out.result({"anchored": rows})
    if failed:
        sys.exit(1)


def _peers(url: str | None, vkey: str | None, suite: str | None, home: Path) -> tuple[Peer, ...]:
    from qingyuan.office.recognition import peers as known  # noqa: PLC0415

    if url is None:
        return known.read_peers(home / known.PEERS)
    if vkey is None:
        raise QingyuanError(
            "ledger.no-vkey",
            zh="缺少对方日志的公钥",
            en="the public key of the log is missing",
            remedy_zh="用 --vkey 给出，并通过其他途径核对",
            remedy_en="give it with --vkey, as you know it from elsewhere",
        )
    peer = known.Peer(url, url, vkey, suite or "")
    known.check_peer(peer, Path("--vkey"))
    return (peer,)
