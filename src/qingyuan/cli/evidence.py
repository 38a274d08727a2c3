"""``qingyuan package|verify|verifier|exhibit``: evidence that an outsider can check."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click
import msgspec

from qingyuan.cli._app import Out, common, home_option
from qingyuan.cli._exhibits import exhibit
from qingyuan.cli._visible import visible
from qingyuan.errors import QingyuanError

if TYPE_CHECKING:
    from qingyuan.office.packages.packaging import Packed

#: What is named so is judged as a package, whatever is in it.
_PACKAGE = ".evp"
#: How age files begin: as they are, and armored.
_AGE = (b"age-encryption.org/", b"-----BEGIN AGE ")


@click.command()
@click.argument("identifier")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="证据包文件 | the .evp file, or .evp.age when encrypted",
)
@click.option("--to", default="（未写明）", show_default=True, help="移送对象 | whom it is handed to")
@click.option("--by", "actor", default="P001", show_default=True, help="经办人编号 | who makes it")
@click.option(
    "--encrypt-to",
    multiple=True,
    metavar="age1…",
    help="加密给该接收方（公钥或 recipients.yaml 中的名称），可重复 | encrypt to this age recipient, or name of recipients.yaml; may be repeated",
)
@click.option(
    "--offline", is_flag=True, help="不联系见证方和时间戳机构 | ask no witness and no time-stamping authority"
)
@click.option("--force", is_flag=True, help="替换已有的同名文件 | replace a file that exists")
@home_option
@common
def package(
    identifier: str,
    output: Path,
    to: str,
    actor: str,
    encrypt_to: tuple[str, ...],
    offline: bool,
    force: bool,
    home: Path,
    out: Out,
) -> None:
    """制作证据包 | Build the evidence package of a lead, matter or case."""
    from qingyuan.evidence import digest_bytes  # noqa: PLC0415
    from qingyuan.office.home import Home  # noqa: PLC0415 - verify must start without the office
    from qingyuan.office.packages.packaging import make_package  # noqa: PLC0415

    with Home.open(home) as office:
        packed = make_package(
            office,
            identifier,
            output,
            to=to,
            actor=actor,
            encrypt_to=encrypt_to,
            offline=offline,
            overwrite=force,
        )
        trust = office.trust_path
    fingerprint = digest_bytes(trust.read_bytes()).sha256
    out.result(
        {
            **msgspec.to_builtins(packed, enc_hook=str),
            "trust": str(trust),
            "trust_sha256": fingerprint,
        }
    )
    _say_packed(packed, out)
    out.say(
        f"信任文件：{trust}（请另行交给对方，或告知其指纹 SHA-256 {fingerprint}）",
        f"trust file: {trust} (hand it over, or tell its fingerprint, by another way: SHA-256 {fingerprint})",
    )
    if packed.recipients:
        out.say(
            f"核验：qingyuan verify {output} --identity 身份文件 --trust {trust}",
            f"to check: qingyuan verify {output} --identity IDENTITY-FILE --trust {trust}",
        )
    else:
        out.say(
            f"核验：qingyuan verify {output} --trust {trust}",
            f"to check: qingyuan verify {output} --trust {trust}",
        )


def _say_packed(packed: Packed, out: Out) -> None:
    out.say(
        f"证据包 {packed.id}：{packed.path}（{packed.size:,} 字节，证据材料 {packed.exhibits} 件，事件 {packed.events} 条，时间戳 {packed.timestamps} 个）",
        f"package {packed.id}: {packed.path} ({packed.size:,} bytes, {packed.exhibits} exhibits, {packed.events} events, {packed.timestamps} time stamps)",
    )
    if packed.withheld:
        out.say(
            f"其中 {packed.withheld} 件内容未随包", f"the content of {packed.withheld} of them is not inside"
        )
    if not packed.twin:
        out.say("没有国密孪生日志的证明", "there are no proofs in the twin log")
    if packed.recipients:
        out.say(
            f"已用 age 加密给 {packed.recipients} 个接收方",
            f"encrypted with age to {packed.recipients} recipients",
        )
    if packed.witnesses:
        out.say(f"会签的见证方：{'、'.join(packed.witnesses)}", f"cosigned by: {', '.join(packed.witnesses)}")
    if packed.missed:
        out.say(f"没有应答的：{'、'.join(packed.missed)}", f"no answer from: {', '.join(packed.missed)}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--policy", type=click.Path(path_type=Path), default=None, help="见证策略文件 | tlog-policy file"
)
@click.option("--trust", type=click.Path(path_type=Path), default=None, help="信任文件 | trust file")
@click.option(
    "--home",
    type=click.Path(path_type=Path),
    default=None,
    help="采用该工作目录的信任文件 | use the trust file of this home",
)
@click.option(
    "--identity",
    type=click.Path(path_type=Path),
    default=None,
    help="age 身份文件，用于打开 .evp.age | age identity file that opens an .evp.age",
)
@common
def verify(
    file: Path,
    policy: Path | None,
    trust: Path | None,
    home: Path | None,
    identity: Path | None,
    out: Out,
) -> None:
    """核验证据包、分叉证明或 BagIt 包（目录或 ZIP）：0 通过，1 不通过，3 无法判断 | Check an .evp, a fork proof or a bag (folder or ZIP): exit 0 pass, 1 fail, 3 undetermined."""
    if file.is_dir():
        sys.exit(_check_bag(file, out))
    with file.open("rb") as opened:  # what cannot be read is reported like every other error, also as JSON
        encrypted = opened.read(32).startswith(_AGE)
        if file.suffix.lower() != _PACKAGE and _is_bag(opened):
            sys.exit(_check_bag(file, out, opened))
    if trust is None and home is not None:
        trust = home / "trust.json"
    if encrypted:
        sys.exit(_verify_encrypted(file, policy, trust, identity, out))
    argv = ["--lang", out.lang]
    if trust is not None:
        argv += ["--trust", str(trust)]
    if policy is not None:
        argv += ["--policy", str(policy)]
    if out.json:
        argv.append("--json")
    argv += ["--", str(file)]
    checker = importlib.import_module("qingyuan.evidence.verify.verify_evp")
    sys.exit(checker.main(argv))


def _is_bag(opened: BinaryIO) -> bool:
    """Return whether a file is somebody's bag as a ZIP archive; our own packages have verifiers that know more."""
    opened.seek(0)
    if opened.read(4) != b"PK\x03\x04":
        return False
    from qingyuan.evidence.bags import holds_bag  # noqa: PLC0415

    return holds_bag(opened)


def _check_bag(folder: Path, out: Out, archive: BinaryIO | None = None) -> int:
    from qingyuan.evidence.bags import check_bag, check_zipped_bag  # noqa: PLC0415

    report = check_bag(folder) if archive is None else check_zipped_bag(archive)
    faults = [
        {"code": each.code, "path": each.path, "text_zh": each.zh, "text_en": each.en, "remark": each.remark}
        for each in report.faults
    ]
    out.result({**msgspec.to_builtins(report), "verdict": report.verdict.value, "faults": faults})
    words = _BAG_VERDICTS[report.verdict.value]
    out.say(f"{words[0]}：{folder}", f"{words[1]}: {folder}")
    out.say(
        f"BagIt {report.version or '？'}，载荷 {report.files:,} 个文件，{report.size:,} 字节；清单算法：{'、'.join(report.algorithms) or '无'}",
        f"BagIt {report.version or '?'}, {report.files:,} payload files, {report.size:,} bytes; manifests: {', '.join(report.algorithms) or 'none'}",
    )
    for each in report.faults:
        out.say(f"  {each.zh}（{each.path}）", f"  {each.en} ({each.path})")
    out.say(
        "只说明内容与包内清单是否一致，不说明由谁、何时制作。",
        "this says whether the content agrees with the bag's own lists, not who made it or when.",
    )
    return words[2]


_BAG_VERDICTS = {
    "valid": ("通过（包完整、有效）", "pass (complete and valid)", 0),
    "invalid": ("不通过", "fail", 1),
    "undetermined": ("无法判断", "undetermined", 3),
}


def _verify_encrypted(
    file: Path, policy: Path | None, trust: Path | None, identity: Path | None, out: Out
) -> int:
    from qingyuan.evidence.verify import verify as check  # noqa: PLC0415
    from qingyuan.evidence.verify.verify_evp import render  # noqa: PLC0415
    from qingyuan.office.packages.encryption import decrypted  # noqa: PLC0415

    if identity is None:
        raise QingyuanError(
            "cli.encrypted",
            zh="文件是加密的",
            en="the file is encrypted",
            where=str(file),
            remedy_zh="请用 --identity 给出 age 身份文件",
            remedy_en="give an age identity file with --identity",
        )
    for given in (trust, policy):
        if given is not None:
            given.open("rb").close()  # say so before anything is decrypted
    with decrypted(file, identity) as clear:
        report = check(clear, trust, policy)
    if out.json:
        click.echo(visible(json.dumps(report.as_dict(), ensure_ascii=False, indent=2)))
    else:
        click.echo(visible(render(report, str(file), out.lang)), nl=False)
    return report.exit_code


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@common
def verifier(folder: Path, out: Out) -> None:
    """导出两个核验程序及其摘要 | Write both verifiers with their digests into FOLDER, to hand over."""
    from qingyuan.office.packages.verifiers import export_verifiers  # noqa: PLC0415

    exported = export_verifiers(folder)
    out.result({"folder": str(folder), "verifiers": msgspec.to_builtins(exported)})
    for each in exported:
        out.say(
            f"{folder / each.name}（{each.size:,} 字节）\n  SHA-256 {each.sha256}\n  SM3     {each.sm3}",
            f"{folder / each.name} ({each.size:,} bytes)\n  SHA-256 {each.sha256}\n  SM3     {each.sm3}",
        )
    out.say(
        "请通过证据包以外的渠道交给对方，或公布上述摘要。",
        "hand them over, or publish these digests, by another way than the package.",
    )


__all__ = ["exhibit", "package", "verifier", "verify"]
