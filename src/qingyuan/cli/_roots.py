"""``qingyuan key root|roles``: offline roots and what they sign; signing needs no home."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import click

from qingyuan.bounded import read_text, read_whole
from qingyuan.cli._app import Out, common, home_option
from qingyuan.errors import QingyuanError

BY = click.option("--by", "actor", default="P001", show_default=True, help="经办人编号 | who acts")
_FILE = click.Path(dir_okay=False, path_type=Path)
PASSPHRASE_FILE = click.option(
    "--passphrase-file", type=_FILE, default=None, help="从文件读取口令 | read the passphrase from a file"
)


def ask_passphrase(file: Path | None, out: Out, *, new: bool) -> str:
    """Return a passphrase from a file, from standard input, or from a person at the terminal.

    Args:
        file: The file, if one is named.
        out: Language of the question.
        new: Whether it is made now; then a person types it twice.
    """
    if file is not None:
        return read_text(file).rstrip("\r\n")
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    asked: str = click.prompt(
        out.t("口令", "passphrase"),
        hide_input=True,
        confirmation_prompt=new,
        err=True,
        default="",
        show_default=False,
    )
    return asked


@click.group()
def root() -> None:
    """离线根密钥 | Offline root keys."""


@root.command("new")
@click.option(
    "--out",
    "target",
    type=_FILE,
    required=True,
    help="密钥文件（宜在移动介质上） | the key file, best on removable media",
)
@click.option("--name", required=True, help="密钥名，各根不同 | key name, different for each root")
@click.option("--sm2", is_flag=True, help="使用 SM2（默认 Ed25519） | an SM2 key instead of Ed25519")
@PASSPHRASE_FILE
@common
def new_root(target: Path, name: str, sm2: bool, passphrase_file: Path | None, out: Out) -> None:
    """生成根密钥，口令由标准输入或终端给出 | Make a root key; the passphrase comes from standard input or the terminal."""
    from qingyuan.evidence import Kek  # noqa: PLC0415 - the office is not needed
    from qingyuan.evidence.roles import new_root_key  # noqa: PLC0415

    kek = Kek.passphrase(ask_passphrase(passphrase_file, out, new=True))
    key = new_root_key(target, name, kek, os.urandom, algorithm="sm2" if sm2 else "ed25519")
    out.result({"path": str(target), "vkey": key.encode()})
    out.say(f"已写入 {target}（已加密，请离线保管）", f"written to {target} (encrypted; keep it offline)")
    out.say(f"公钥：{key.encode()}", f"public key: {key.encode()}")


@root.command("public")
@click.argument("file", type=_FILE)
@common
def public_root(file: Path, out: Out) -> None:
    """显示根密钥的公钥，不需要口令 | Show the public half of a root key file; needs no passphrase."""
    from qingyuan.evidence.roles import read_root_public  # noqa: PLC0415 - the office is not needed

    vkey = read_root_public(file).encode()
    out.result({"vkey": vkey})
    out.say(vkey, vkey)


@root.command()
@click.option(
    "--threshold", type=click.IntRange(1, 32), required=True, help="须有几把签名 | how many must sign"
)
@click.argument("vkeys", metavar="VKEY...", nargs=-1, required=True)
@BY
@home_option
@common
def adopt(threshold: int, vkeys: tuple[str, ...], actor: str, home: Path, out: Out) -> None:
    """登记本院的根密钥；更换时由下一份角色文件带入 | Adopt root keys; a change takes effect with the next role file."""
    from qingyuan.evidence.roles import RootSet  # noqa: PLC0415
    from qingyuan.office.home import Home  # noqa: PLC0415 - signing must start without the office
    from qingyuan.office.keys.roots import adopt as adopt_roots  # noqa: PLC0415

    with Home.open(home) as office:
        known = adopt_roots(office, RootSet(threshold, vkeys), by=actor)
        office.publish()
    waiting = known.next is not None
    out.result({"threshold": threshold, "keys": list(vkeys), "effective": not waiting})
    if waiting:
        out.say(
            "已登记；由新旧两组根密钥签名的下一份角色文件发布后生效",
            "adopted; effective with the next role file, signed by the old and by the new roots",
        )
    else:
        out.say(
            f"已登记 {len(vkeys)} 把根密钥，须 {threshold} 把签名",
            f"{len(vkeys)} root keys adopted, {threshold} must sign",
        )


@root.command()
@click.argument("roles_file", metavar="ROLES", type=_FILE)
@click.argument("key_file", metavar="ROOTKEY", type=_FILE)
@click.option(
    "-o",
    "--output",
    type=_FILE,
    default=None,
    help="写入文件（默认 ROLES 同名 .note） | write here; by default ROLES as .note",
)
@PASSPHRASE_FILE
@common
def sign(
    roles_file: Path, key_file: Path, output: Path | None, passphrase_file: Path | None, out: Out
) -> None:
    """用根密钥签署角色文件（离线） | Sign a role file with a root key, offline; others' signatures stay."""
    from qingyuan.evidence import Kek  # noqa: PLC0415 - the office is not needed
    from qingyuan.evidence.roles import open_root_key, read_roles, sign_roles, unsigned  # noqa: PLC0415

    target = output or roles_file.with_suffix(".note")
    data = read_whole(roles_file)
    note = unsigned(data)
    if target.exists() and target != roles_file:
        before = read_whole(target)
        if unsigned(before).text != note.text:
            raise _other_text(target)
        data = before
    roles = read_roles(note.text)
    digest = hashlib.sha256(note.text.encode()).hexdigest()
    out.note(
        f"角色文件第 {roles.version} 版，SHA-256 {digest}",
        f"role file version {roles.version}, SHA-256 {digest}",
    )
    signer = open_root_key(key_file, Kek.passphrase(ask_passphrase(passphrase_file, out, new=False)))
    signed = sign_roles(data, signer)
    target.write_bytes(signed)
    names = [line.name for line in unsigned(signed).signatures]
    out.result({"path": str(target), "version": roles.version, "sha256": digest, "signed": names})
    out.say(f"已签名：{'、'.join(names)}；{target}", f"signed by {', '.join(names)}; {target}")


@click.group()
def roles() -> None:
    """角色文件：根密钥对本院各密钥的签署 | Role files: what the roots sign about the office's keys."""


@roles.command()
@click.option("-o", "--output", type=_FILE, required=True, help="未签名的文本 | the unsigned text")
@home_option
@common
def draft(output: Path, home: Path, out: Out) -> None:
    """起草下一份角色文件 | Write the text of the next role file, for the roots to sign."""
    from qingyuan.office.home import Home  # noqa: PLC0415 - signing must start without the office
    from qingyuan.office.keys.roots import draft as draft_roles  # noqa: PLC0415

    with Home.open(home) as office:
        text = draft_roles(office)
    output.write_bytes(text.encode())
    digest = hashlib.sha256(text.encode()).hexdigest()
    out.result({"path": str(output), "sha256": digest})
    out.say(
        f"已写入 {output}；SHA-256 {digest}（签名前核对）",
        f"written to {output}; SHA-256 {digest} (compare before signing)",
    )


@roles.command()
@click.argument("file", type=_FILE)
@BY
@home_option
@common
def publish(file: Path, actor: str, home: Path, out: Out) -> None:
    """核对并发布已签名的角色文件 | Check, store and log a signed role file."""
    from qingyuan.office.home import Home  # noqa: PLC0415 - signing must start without the office
    from qingyuan.office.keys.roots import publish as publish_roles  # noqa: PLC0415

    with Home.open(home) as office:
        done = publish_roles(office, read_whole(file), by=actor)
        office.publish()
    out.result(
        {"version": done.version, "sha256": done.sha256, "path": str(done.path), "signed": list(done.signed)}
    )
    out.say(
        f"角色文件第 {done.version} 版已发布，签名：{'、'.join(done.signed)}",
        f"role file version {done.version} published, signed by {', '.join(done.signed)}",
    )


def _other_text(path: Path) -> QingyuanError:
    return QingyuanError(
        "cli.other-roles",
        zh="该文件签署的是另一份文本，未改动",
        en="that file signs another text; it was not changed",
        where=str(path),
        remedy_zh="用 -o 另选文件名，或先移走旧文件",
        remedy_en="choose another name with -o, or move the old file away",
    )
