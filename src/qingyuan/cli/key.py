"""``qingyuan key``: the office's keys, their rotation, revocation and destruction, and the roots above them."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from qingyuan.canonical import canonical_json
from qingyuan.cli._app import Out, common, home_option
from qingyuan.cli._roots import BY, PASSPHRASE_FILE, ask_passphrase, roles, root
from qingyuan.errors import QingyuanError

_ROLES = {"log": "账本", "package": "证据包", "officer": "人员", "device": "设备"}
_STATES = {"current": "现用", "waiting": "待启用", "replaced": "已更换", "revoked": "已吊销"}


@click.group()
def key() -> None:
    """密钥：查看、更换、吊销、销毁、根密钥 | Keys: list, rotate, revoke, destroy, roots."""


key.add_command(root)
key.add_command(roles)


@key.command("list")
@home_option
@common
def list_(home: Path, out: Out) -> None:
    """列出密钥及其有效范围 | List keys and the entries they count for; exit 1 when a rotation does not hold."""
    from qingyuan.office.home import Home  # noqa: PLC0415 - heavy
    from qingyuan.office.keys.listing import list_keys  # noqa: PLC0415

    with Home.open(home) as office:
        found = list_keys(office)
    out.result(msgspec.to_builtins(found))
    out.table(
        out.t("签名密钥", "Signing keys"),
        [
            out.t("编号", "id"),
            out.t("用途", "role"),
            out.t("持有", "holder"),
            out.t("算法", "algorithm"),
            out.t("状态", "state"),
            out.t("起", "from"),
            out.t("止", "until"),
        ],
        [
            [
                row.id,
                out.t(_ROLES[row.role], row.role),
                row.actor,
                row.algorithm,
                out.t(_STATES[row.state], row.state),
                str(row.valid_from),
                "—" if row.revoked_at is None else str(row.revoked_at),
            ]
            for row in found.keys
        ],
    )
    out.say(
        f"封存密钥：{'、'.join(found.scopes) or '无'}", f"sealing keys: {', '.join(found.scopes) or 'none'}"
    )
    if found.destroyed:
        gone = ", ".join(sorted(found.destroyed))
        out.say(f"已销毁：{gone}", f"destroyed: {gone}")
    for problem in found.problems:
        out.say(f"账本第 {problem} 项不成立", f"log index {problem} does not hold")
    if found.problems:
        raise click.exceptions.Exit(1)


@key.command()
@click.option(
    "--role",
    type=click.Choice(["package", "device", "officer", "log"]),
    required=True,
    help="用途 | what the key is for",
)
@click.option(
    "--holder", "--actor", "holder", default="", help="人员或设备编号 | whose it is, of an officer or device"
)
@click.option(
    "--replaces",
    default=None,
    help="要更换的密钥编号：已更换则不再更换 | the key to replace; nothing is done when it was replaced before",
)
@click.option("--external", is_flag=True, help="新密钥取自 signers.yaml | take the new key from signers.yaml")
@BY
@home_option
@common
def rotate(
    role: str, holder: str, replaces: str | None, external: bool, actor: str, home: Path, out: Out
) -> None:
    """更换密钥，新旧密钥共同签署并登记 | Replace a key; both sign, and the log says from which entry on."""
    from qingyuan.office.home import Home  # noqa: PLC0415 - heavy
    from qingyuan.office.keys.roots import roots_of  # noqa: PLC0415
    from qingyuan.office.keys.rotation import rotate as rotate_key  # noqa: PLC0415

    if (role in {"officer", "device"}) != bool(holder):
        raise QingyuanError(
            "cli.holder",
            zh="人员和设备密钥须写明 --actor，其他密钥不写",
            en="--actor goes with the roles officer and device, and with no other",
            where="--actor",
            remedy_zh="例如 --role officer --actor P001",
            remedy_en="for example --role officer --actor P001",
        )
    with Home.open(home) as office:
        done = rotate_key(
            office,
            "officer"
            if role == "officer"
            else "device"
            if role == "device"
            else "log"
            if role == "log"
            else "package",
            actor=holder,
            by=actor,
            replaces=replaces,
            external=external,
        )
        office.publish()
        trust, due = office.trust_path, bool(done) and roots_of(office) is not None
    out.result({"rotated": msgspec.to_builtins(done), "trust": str(trust), "roles_due": due})
    for each in done:
        out.say(
            f"{each.old} → {each.new}，自账本第 {each.valid_from} 条起",
            f"{each.old} → {each.new}, from log index {each.valid_from} on",
        )
    if not done:
        out.say("该密钥先前已更换", "that key had been replaced before")
    out.say(
        f"信任文件已更新：{trust}（请重新告知对方）", f"the trust file changed: {trust} (tell others again)"
    )
    if due:
        _say_roles_due(home, out)


@key.command()
@click.argument("identifier", metavar="KEYID")
@click.option(
    "--last-trusted-size",
    type=click.IntRange(min=0),
    default=None,
    help="此条数以内的签名仍有效（默认：到登记吊销为止） | signatures up to this tree size still count; by default up to now",
)
@click.option("--reason", required=True, help="理由，不写个人信息 | why, without names of persons")
@BY
@home_option
@common
def revoke(
    identifier: str, last_trusted_size: int | None, reason: str, actor: str, home: Path, out: Out
) -> None:
    """吊销密钥：超出可信条数的签名作废 | Revoke a key: signatures beyond a tree size are void, earlier ones stay good."""
    from qingyuan.office.home import Home  # noqa: PLC0415 - heavy
    from qingyuan.office.keys.roots import roots_of  # noqa: PLC0415
    from qingyuan.office.keys.rotation import revoke as revoke_key  # noqa: PLC0415

    with Home.open(home) as office:
        done = revoke_key(office, identifier, reason=reason, by=actor, last_trusted_size=last_trusted_size)
        office.publish()
        trust, due = office.trust_path, roots_of(office) is not None
    out.result({**msgspec.to_builtins(done), "trust": str(trust), "roles_due": due})
    out.say(
        f"密钥 {done.key} 已吊销：账本前 {done.last_trusted_size} 条以内的签名仍有效，其后作废",
        f"key {done.key} is revoked: signatures within the first {done.last_trusted_size} entries count, later ones do not",
    )
    if done.role == "log":
        out.say(
            "账本已停止登记，请运行 qingyuan key rotate --role log",
            "the log has stopped: run qingyuan key rotate --role log",
        )
    if due:
        _say_roles_due(home, out)


def _say_roles_due(home: Path, out: Out) -> None:
    draft = f"qingyuan key roles draft -o roles.txt --home {home}"
    publish = f"qingyuan key roles publish roles.note --home {home}"
    out.say(
        f"本院设有根密钥：请发布新的角色文件，否则只信根密钥的人不认新密钥：{draft}，离线签名后 {publish}",
        f"the office has roots: publish a new role file, or who trusts the roots only will not know of this: {draft}, "
        f"sign it offline, then {publish}",
    )


@key.command()
@click.option(
    "--random-key", is_flag=True, help="改用新的随机密钥文件 | a new random key file instead of a passphrase"
)
@PASSPHRASE_FILE
@home_option
@common
def rekey(random_key: bool, passphrase_file: Path | None, home: Path, out: Out) -> None:
    """更换打开密钥环的口令或密钥文件 | Change the passphrase or key file that opens the keyring."""
    from qingyuan.office.home import Home  # noqa: PLC0415 - heavy
    from qingyuan.office.keys.rotation import rekey as rekey_home  # noqa: PLC0415

    with Home.open(home) as office:
        words = None if random_key else ask_passphrase(passphrase_file, out, new=True)
        rekey_home(office, words)
    out.result({"opens": "key-file" if random_key else "passphrase"})
    out.say(
        "已更换；旧的密钥环备份仍可用旧口令打开，请一并处置",
        "changed; copies of the old keyring still open with the old secret: see to them too",
    )


def _confirm(question: str, scope: str) -> None:
    """Ask, and go on only after a yes.

    Raises:
        click.Abort: The answer is no.
        QingyuanError: ``cli.unconfirmed`` when nobody is there to answer.
    """
    try:
        answer = click.confirm(question, err=True)
    except click.Abort as error:
        if sys.stdin.isatty():
            raise
        raise QingyuanError(
            "cli.unconfirmed",
            zh=f"没有终端可供确认；{scope} 的封存密钥未销毁",
            en=f"there is no terminal to confirm on; the sealing key of {scope} was not destroyed",
            where="--yes",
            remedy_zh="确认无误后加 --yes 再运行",
            remedy_en="add --yes and run it again when that is really meant",
        ) from error
    if not answer:
        raise click.Abort


@key.command()
@click.argument("scope")
@click.option("--basis", required=True, help="依据 | the rule or decision it rests on")
@click.option("--approved-by", required=True, help="批准人编号 | who approved it")
@click.option("--delete-blobs", is_flag=True, help="同时删除封存文件 | delete the sealed files too")
@click.option("--yes", is_flag=True, help="不再询问 | do not ask")
@BY
@home_option
@common
def destroy(
    scope: str, basis: str, approved_by: str, delete_blobs: bool, yes: bool, actor: str, home: Path, out: Out
) -> None:
    """销毁一个线索或总案的封存密钥，不可恢复 | Destroy the sealing key of a lead or matter, for ever."""
    from qingyuan.office.home import Home  # noqa: PLC0415 - heavy
    from qingyuan.office.keys.destruction import destroy as destroy_key  # noqa: PLC0415

    if not yes:
        question = out.t(
            f"{scope} 的全部封存内容将永远无法读取。继续？",
            f"All that was sealed for {scope} becomes unreadable. Go on?",
        )
        _confirm(question, scope)
    with Home.open(home) as office:
        done = destroy_key(
            office, scope, basis=basis, approved_by=approved_by, by=actor, delete_blobs=delete_blobs
        )
        office.publish()
    out.result(msgspec.to_builtins(done))
    out.say(
        f"{scope} 的密钥 {done.key} 已销毁（账本第 {done.index} 条），{len(done.exhibits)} 件证据材料的内容不可恢复",
        f"key {done.key} of {scope} is destroyed (log index {done.index}); the content of {len(done.exhibits)} exhibits is gone",
    )
    out.say(
        "keyring.json 的旧备份仍含该密钥，须一并销毁",
        "older copies of keyring.json still hold the key: destroy them too",
    )


@key.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="信任文件 | the trust file",
)
@click.option(
    "--roots-only",
    is_flag=True,
    help="只写根密钥，其余由包内角色文件给出 | name the roots only; the rest is in role files",
)
@click.option(
    "--current-roots",
    is_flag=True,
    help="只信现用根密钥，不再追溯旧根密钥（旧根密钥失密时用） | the roots of now only, without the older ones: when those are compromised",
)
@home_option
@common
def trust(output: Path, roots_only: bool, current_roots: bool, home: Path, out: Out) -> None:
    """写出供外部核验的信任文件 | Write the trust file for outsiders."""
    import hashlib  # noqa: PLC0415 - small, but only here

    from qingyuan.office.home import Home  # noqa: PLC0415 - heavy
    from qingyuan.office.keys.roots import trust_in_roots  # noqa: PLC0415

    with Home.open(home) as office:
        office.write_trust()
        rooted = roots_only or current_roots
        said = trust_in_roots(office, current=current_roots) if rooted else office.trust()
        data = canonical_json(said) + b"\n"
    output.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    out.result({"path": str(output), "sha256": digest, "form": "roots" if rooted else "direct"})
    out.say(f"已写入 {output}", f"written to {output}")
    out.say(
        f"指纹（SHA-256，应通过其他途径告知对方）：{digest}",
        f"fingerprint (SHA-256, to be told by another way): {digest}",
    )
