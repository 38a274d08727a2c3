"""``qingyuan ledger``: watching published logs, and proofs that one forked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qingyuan.bounded import read_whole
from qingyuan.cli._app import Out, common
from qingyuan.errors import QingyuanError

if TYPE_CHECKING:
    from qingyuan.ledger import Policy
    from qingyuan.office.recognition.monitor import Observed
    from qingyuan.office.recognition.peers import Peer

_VKEY = click.option(
    "--vkey",
    "vkeys",
    multiple=True,
    required=True,
    help="日志的公钥，须从其他途径得知 | public key of the log, known from elsewhere",
)
_SUITE = click.option(
    "--suite",
    type=click.Choice(["sha256", "sm3"]),
    default=None,
    help="日志树的哈希，SM2 公钥默认 sm3 | hash of the tree, by default sm3 for an SM2 key",
)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("url", required=False)
@click.option("--vkey", default=None, help="日志的公钥 | public key of the log")
@_SUITE
@click.option("--policy", "policy_file", type=_FILE, default=None, help="见证策略 | policy of witnesses")
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="上次所见，首次运行时建立 | what was seen last; made at the first run",
)
@click.option(
    "--home",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="改为监视 peers.yaml 所列各家 | watch those in peers.yaml of this home instead",
)
@click.option("--no-entries", is_flag=True, help="不重算新条目 | do not hash new entries again")
@common
def monitor(
    url: str | None,
    vkey: str | None,
    suite: str | None,
    policy_file: Path | None,
    state: Path | None,
    home: Path | None,
    no_entries: bool,
    out: Out,
) -> None:
    """监视公布的账本 | Check a published log (URL or folder) against its signature, its past and its witnesses."""
    from qingyuan.office.recognition import peers as known  # noqa: PLC0415 - the group stays quick
    from qingyuan.office.recognition.asking import read_policy  # noqa: PLC0415
    from qingyuan.office.recognition.watching import state_of, watch  # noqa: PLC0415

    if (url is None) is (home is None) or (url is not None and vkey is None):
        raise QingyuanError(
            "ledger.monitor-what",
            zh="请给出网址（或目录）和 --vkey，或者给出 --home",
            en="give a URL or folder with --vkey, or give --home",
            remedy_zh="见 qingyuan ledger monitor --help",
            remedy_en="see qingyuan ledger monitor --help",
        )
    watched: list[tuple[Peer, Path | None]]
    if home is not None:
        found = known.read_peers(home / known.PEERS)
        watched = [(peer, state_of(home, peer)) for peer in found]
    else:
        peer = known.Peer(url or "", url or "", vkey or "", suite or "")
        known.check_peer(peer, Path("--vkey"))
        watched = [(peer, state)]
    rows: list[dict[str, object]] = []
    for peer, memory in watched:
        policy = None if policy_file is None else read_policy(policy_file)
        if policy is None and home is not None:
            policy = known.peer_policy(peer, home)
        try:
            seen, files = watch(peer, policy, memory, entries=not no_entries)
        except QingyuanError as error:
            if home is None:
                raise
            rows.append({"peer": peer.name, "ok": False, "error": error.as_dict()})
            out.say(f"{peer.name}：{error.text('zh')}", f"{peer.name}: {error.text('en')}")
            continue
        left = _unchecked(policy, seen, entries=not no_entries)
        rows.append(
            {
                "peer": peer.name,
                **_observed(seen),
                "unchecked": [{"zh": zh, "en": en} for zh, en in left],
                "forks": [str(path) for path in files],
            }
        )
        _say(peer, seen, files, left, out)
    out.result({"logs": rows})
    if not all(row["ok"] for row in rows):
        sys.exit(1)


def _observed(seen: Observed) -> dict[str, object]:
    return {
        "ok": not seen.remarks,
        "origin": seen.checkpoint.origin,
        "size": seen.checkpoint.size,
        "since": seen.since,
        "entries": seen.entries,
        "quorum": None if seen.verdict is None else seen.verdict.quorum,
        "met": None if seen.verdict is None else seen.verdict.met,
        "problems": [
            {
                "code": each.code,
                "zh": each.zh,
                "en": each.en,
                "fork": None if each.fork is None else each.fork.encode().decode(),
            }
            for each in seen.remarks
        ],
        "checkpoint": seen.note.decode(),
    }


def _unchecked(policy: Policy | None, seen: Observed, *, entries: bool) -> list[tuple[str, str]]:
    """Return in both languages what a look left out, so that nobody takes it for in order."""
    left = []
    if policy is None:
        left.append(
            (
                "没有见证策略：未核对见证签名，未问见证人看到了什么；对别人出示另一个账本，这里看不出来",
                "there is no policy: no cosignature was checked and no witness asked what it saw; another log shown to others stays unseen",
            )
        )
    elif silent := [witness.name for witness in policy.witnesses if not witness.url]:
        left.append(
            (
                f"策略没有给出网址的见证人未询问：{'、'.join(silent)}",
                f"witnesses without an address in the policy were not asked: {', '.join(silent)}",
            )
        )
    if not seen.since:
        left.append(
            (
                "没有上次的记录：未核对它是否延续以前的账本",
                "nothing of it was seen before: whether it continues what it was is not checked",
            )
        )
    if not entries:
        left.append(
            (
                "按 --no-entries：未逐条核对新条目和瓦片",
                "by --no-entries: new entries and full tiles were not hashed",
            )
        )
    return left


def _say(peer: Peer, seen: Observed, files: list[Path], left: list[tuple[str, str]], out: Out) -> None:
    head = seen.checkpoint
    out.say(
        f"{peer.name}：{head.origin}，{head.size} 条（上次 {seen.since} 条）",
        f"{peer.name}: {head.origin}, {head.size} entries ({seen.since} before)",
    )
    for each in seen.remarks:
        out.say(f"  问题：{each.zh}", f"  problem: {each.en}")
    for path in files:
        out.say(f"  分叉证明：{path}", f"  fork proof: {path}")
    if not seen.remarks:
        out.say(
            "  已核对的签名、一致性和瓦片均无误",
            "  signature, consistency and tiles, as far as checked, are in order",
        )
    for zh, en in left:
        out.say(f"  未核对：{zh}", f"  not checked: {en}")
    if seen.verdict is not None and seen.verdict.met:
        names = "、".join(each.name for each in seen.verdict.cosigned)
        out.say(
            f"  法定数 {seen.verdict.quorum}：达到（{names or '无需见证'}）",
            f"  quorum {seen.verdict.quorum}: met ({names.replace('、', ', ') or 'no witness needed'})",
        )


@click.command("fork-check")
@click.argument("one", type=_FILE)
@click.argument("other", type=_FILE)
@_VKEY
@_SUITE
@click.option(
    "--tiles",
    default=None,
    help="较大检查点的瓦片，网址或目录 | tiles of the larger checkpoint, URL or folder",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="写入 fork.json | write the proof to",
)
@common
def fork_check(
    one: Path,
    other: Path,
    vkeys: tuple[str, ...],
    suite: str | None,
    tiles: str | None,
    output: Path | None,
    out: Out,
) -> None:
    """比对两个检查点 | Say whether two checkpoints contradict each other; exit 1 and a proof if so."""
    from qingyuan.ledger import SUITES, VerifierKey, open_checkpoint, verify_fork  # noqa: PLC0415
    from qingyuan.office.recognition.fetching import open_log  # noqa: PLC0415
    from qingyuan.office.recognition.monitor import find_fork  # noqa: PLC0415
    from qingyuan.office.recognition.peers import suite_of  # noqa: PLC0415

    keys = [VerifierKey.parse(each) for each in vkeys]
    notes = [read_whole(each) for each in (one, other)]
    heads = []
    for path, note in zip((one, other), notes, strict=True):
        try:
            heads.append(open_checkpoint(note, keys).checkpoint)
        except QingyuanError as error:
            error.within(str(path))
            raise
    if heads[0].size != heads[1].size and tiles is None:
        raise QingyuanError(
            "ledger.no-tiles",
            zh="两个检查点条数不同，需要较大者的瓦片",
            en="the checkpoints differ in size: the tiles of the larger one are needed",
            remedy_zh="用 --tiles 给出日志的网址或目录",
            remedy_en="give the URL or folder of the log with --tiles",
        )
    if heads[0].origin != heads[1].origin:
        raise QingyuanError(
            "ledger.two-logs",
            zh="两个检查点不属于同一日志",
            en="the checkpoints are of different logs",
            where=f"{heads[0].origin}, {heads[1].origin}",
        )
    hashes = SUITES[suite or suite_of(keys[0])]
    with open_log(tiles or ".", hashes) as log:
        proof = find_fork(log, hashes, *notes)
    if proof is None:
        out.result({"forked": False, "kind": None, "proof": None})
        out.say("两个检查点一致", "the checkpoints are consistent")
        return
    verdict = verify_fork(proof, keys)
    if output is not None:
        output.write_bytes(proof.encode())
    out.result({"forked": True, "kind": proof.kind, "proof": proof.encode().decode()})
    out.say(verdict.text("zh"), verdict.text("en"))
    if output is not None:
        out.say(f"已写入 {output}", f"written to {output}")
    sys.exit(1)


@click.command("fork-verify")
@click.argument("proof", type=_FILE)
@_VKEY
@common
def fork_verify(proof: Path, vkeys: tuple[str, ...], out: Out) -> None:
    """核验分叉证明 | Check a fork.json offline; exit 1 when the log is convicted."""
    from qingyuan.ledger import VerifierKey, parse_fork, verify_fork  # noqa: PLC0415

    verdict = verify_fork(parse_fork(read_whole(proof)), [VerifierKey.parse(each) for each in vkeys])
    out.result(
        {
            "proven": verdict.proven,
            "kind": verdict.kind,
            "origin": verdict.older.origin,
            "sizes": [verdict.older.size, verdict.newer.size],
            "text_zh": verdict.text("zh"),
            "text_en": verdict.text("en"),
        }
    )
    out.say(verdict.text("zh"), verdict.text("en"))
    if verdict.proven:
        sys.exit(1)
