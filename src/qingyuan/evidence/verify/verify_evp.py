#!/usr/bin/env python3
"""Check an evidence package (``.evp``, version 1) with nothing but Python's standard library.

This one file is a whole program: copy it anywhere and run
``python3 verify_evp.py FILE.evp --trust TRUST.json [--policy POLICY] [--json] [--lang zh|en]``.
It needs Python 3.9 or newer, no network and no other file. It was written from the published
description of the format and the public standards the format stands on, not from the program that
makes packages, so that the two can contradict each other.

Sources: the evidence-package format, version 1; ZIP APPNOTE 6.3; RFC 8493 (BagIt); RFC 8785
(canonical JSON); RFC 6962 (Merkle trees); RFC 8032 (Ed25519); GB/T 32905-2016 (SM3); C2SP
signed-note, tlog-checkpoint, tlog-proof, tlog-cosignature and tlog-policy.

Exit codes: 0 pass (通过), 1 fail (不通过), 3 undetermined (无法判断), 2 the package file cannot be
read or the command is wrong. "Cannot tell" is never shown as "passed".
"""

from __future__ import annotations

import argparse
import base64
import binascii
import datetime as dt
import functools
import hashlib
import io
import json
import os
import re
import struct
import sys
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TextIO, Union

__version__ = "1.0"

FORMAT = "qingyuan-evp/1"
VERSION = 1

_Readable = Union[io.BufferedReader, io.BytesIO]  # noqa: UP007 - evaluated, and 3.9 has no X | Y

# ---------------------------------------------------------------------------------------------
# Bounds. Whatever a package claims, no more than this is held in memory or walked through.

MAX_MEMBERS = 100_000
MAX_NAME = 1_024
MAX_ID = 128
MAX_DEPTH = 64
MAX_LINE = 2 << 20
MAX_MANIFEST_LINE = 8 << 10
MAX_JSON = 2 << 20
MAX_TEXT = 64 << 10
MAX_PROOF = 256 << 10
MAX_PATH = 64
MAX_SIGNATURES = 100
MAX_TRUST = 4 << 20
MAX_POLICY = 256 << 10
MAX_POLICY_LINES = 4_096
MAX_SHOWN = 10
_CHUNK = 1 << 20

# ---------------------------------------------------------------------------------------------
# Verdicts and reasons

PASS, FAIL, UNDETERMINED = "pass", "fail", "undetermined"
VERDICTS_ZH = {PASS: "通过", FAIL: "不通过", UNDETERMINED: "无法判断"}
EXIT_CODES = {PASS: 0, FAIL: 1, UNDETERMINED: 3}
USAGE = 2

_RULES = "《人民法院在线诉讼规则》"
_ARTICLE_16, _ARTICLE_17, _ARTICLE_18 = (_RULES + n for n in ("第十六条", "第十七条", "第十八条"))

FAIL_CODES = frozenset(
    (
        "container",
        "name",
        "bag",
        "digest",
        "unlisted",
        "missing",
        "signature",
        "json",
        "event",
        "proof",
        "exhibit",
        "transfer",
    )
)
UNDETERMINED_CODES = frozenset(("no-trust", "unknown-key", "revoked-key", "withheld", "unsupported"))
OK_CODES = (
    "ok-container",
    "ok-digests",
    "ok-events",
    "ok-proofs",
    "ok-exhibits",
    "ok-transfer",
    "ok-signature",
)
_SCOPE = "scope-before"
_ARTICLE_17_CODES = frozenset(("no-trust", "unknown-key", "revoked-key", "quorum"))


@dataclass(frozen=True)
class Reason:
    """One statement of the verdict.

    Attributes:
        code: One of the codes of the format, e.g. ``"digest"``.
        text_zh: What was found, in Chinese.
        text_en: The same in English.
        article: The article of 《人民法院在线诉讼规则》 it speaks to.
        path: The member concerned, or ``None``.
    """

    code: str
    text_zh: str
    text_en: str
    article: str
    path: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        """Return the machine-readable form."""
        return {
            "code": self.code,
            "text_zh": self.text_zh,
            "text_en": self.text_en,
            "article": self.article,
            "path": self.path,
        }


@dataclass(frozen=True)
class Report:
    """The verdict on one package and everything it rests on.

    Attributes:
        verdict: ``"pass"``, ``"fail"`` or ``"undetermined"``.
        reasons: Contradictions first, then what could not be told, then what was checked.
        quorum: ``demanded`` (bool), ``met`` (bool or ``None``), ``name`` of the quorum and the
            ``witnesses`` whose cosignature verified (``name``, ``key``, ``at`` in Unix seconds).
        package: ``id``, ``matter``, ``exhibits``, ``events`` and ``log`` as the package states
            them, or ``None`` when it could not be read.
        trust_sha256: Fingerprint of the trust file used, or ``None``.
    """

    verdict: str
    reasons: tuple[Reason, ...]
    quorum: dict[str, Any]
    package: dict[str, Any] | None
    trust_sha256: str | None = None

    @property
    def verdict_zh(self) -> str:
        """Return the verdict in Chinese."""
        return VERDICTS_ZH[self.verdict]

    @property
    def exit_code(self) -> int:
        """Return 0 for pass, 1 for fail, 3 for undetermined."""
        return EXIT_CODES[self.verdict]

    def as_dict(self) -> dict[str, Any]:
        """Return the machine-readable form printed by ``--json``."""
        return {
            "verdict": self.verdict,
            "verdict_zh": self.verdict_zh,
            "reasons": [reason.as_dict() for reason in self.reasons],
            "quorum": self.quorum,
            "package": self.package,
            "trust_sha256": self.trust_sha256,
        }


class _Said(NamedTuple):
    """The same words in Chinese and English."""

    zh: str
    en: str


def _printable(text: str, limit: int = 1_200) -> str:
    """Return ``text`` safe to show: no control, format or surrogate characters, bounded length."""
    shown = text if len(text) <= limit else text[:limit] + "…"
    if shown.isprintable():
        return shown
    return "".join(
        c if c.isprintable() else (f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}")  # noqa: PLR2004
        for c in shown
    )


def _brief(text: object) -> str:
    return _printable(str(text), 80)


# Every sentence the verifier can say, one a line: key | Chinese | English. What stands before the first dot
# of a key is the code of the reason; "misfit" sentences only occur inside others.
_SAYINGS = """
misfit.utf8 | 不是有效的 UTF-8 文本 | not valid UTF-8 text
misfit.json | 不是有效的 JSON | not valid JSON
misfit.unreadable | 无法读取（{reason}） | cannot be read ({reason})
misfit.large | 超过 {limit} 字节 | is longer than {limit} bytes
misfit.number | 数字不是整数：{text} | a number that is not an integer: {text}
misfit.vkey | 不是 C2SP 验证公钥（名称+标识+base64） | not a C2SP verifier key (name+hash+base64)
misfit.proof | 证明文件格式不符 | the proof is malformed
misfit.twice | 成员名重复 | a member name occurs twice
misfit.ascii | 成员名含非 ASCII 字符 | a member name is not ASCII
misfit.integer | 整数超出 2^53 − 1 | an integer is beyond 2^53 - 1
misfit.canonical | 不是 RFC 8785 规范形式 | not in canonical form (RFC 8785)
misfit.base64 | 不是 base64 | not base64
misfit.base64-form | 不是规范的 base64 | not canonical base64
misfit.length | 长度不是 {size} 字节 | not {size} bytes long
misfit.object | {place} 不是对象 | {place} is not an object
misfit.extra | {place} 有未规定的成员 {extra} | {place} has an unknown member {extra}
misfit.note-control | 签名文书含控制字符 | the note has a control character
misfit.note-parts | 签名文书缺少空行或签名 | the note has no blank line or no signature
misfit.note-many | 签名超过 {limit} 个 | the note has more than {limit} signatures
misfit.note-line | 签名行格式不符 | a signature line is malformed
misfit.checkpoint | 检查点格式不符 | the checkpoint is malformed
misfit.role | 角色 {role} 未规定 | role {role} is not known
misfit.point | 不是可用的 Ed25519 公钥 | not a usable Ed25519 public key
misfit.key-form | keys[] 须有 vkey 或 public 之一 | keys[] must have one of vkey and public
misfit.deep | 嵌套过深 | nested too deeply
misfit.key-id | 密钥 {key} 的标识与其公钥不符 | the identifier of key {key} does not follow from its public key
misfit.key-order | 未按角色和标识排序或重复 | out of order by role and identifier, or repeated
misfit.log-name | 日志 {origin} 的公钥名称与其来源不同 | the key of log {origin} is not named by its origin
misfit.lacks | {place} 缺少成员 {name} | {place} has no member {name}
misfit.value | {place}.{name} 的值不合规定 | {place}.{name} is not what it must be
misfit.policy-control | 含不允许的控制字符 | it has a control character that is not allowed
misfit.policy-long | 行数过多 | it has too many lines
misfit.policy-quorum | 缺少 quorum 行 | it has no quorum line
misfit.cosignature | 见证签名不成立 | the cosignature does not verify
misfit.key-twice | 密钥 {key} 重复 | key {key} occurs twice
misfit.policy-line | 第 {line} 行不符合规定 | line {line} is not valid
misfit.feed | 末尾缺少换行 | it does not end with a line feed
container.changed | 文件在读取过程中被改动 | the file was changed while it was read
container.end | 压缩包尾部记录不是唯一的规定形式 | the end records are not in the one valid form
container.short | 文件过短，不是压缩包 | the file is too short to be a ZIP file
container.no-end | 文件不以压缩包尾部记录结束：文件不完整、末尾有多余内容，或不是压缩包 | the file does not end with a ZIP end record: it is cut, has bytes after its end, or is no ZIP file
container.length | 压缩包目录与文件长度不符，无法读取 | the directory does not fit the length of the file, it cannot be followed
container.rest | 目录后有多余内容 | there are bytes after the directory's last entry
container.place | 目录没有紧接在最后一个文件之后 | the directory does not stand directly after the last member
container.directory-cut | 压缩包目录不完整 | the directory is cut
container.directory | 压缩包目录损坏 | the directory is damaged
container.entry | 压缩包目录中的记录不是唯一的规定形式 | the entry in the directory is not in the one valid form
container.header | 文件头与目录不符，或不是唯一的规定形式 | the local header differs from the directory or is not in the one valid form
container.cut | 文件内容不完整 | the content of a member is cut
container.crc | 文件内容与 CRC-32 校验值不符 | the content does not fit its CRC-32
container.sum | 各文件长度之和超过压缩包 | the members together are longer than the file
container.gap | 文件在压缩包中的位置不连续 | the members do not follow each other without gaps
container.order | 文件未按名称排序 | the members are not sorted by name
name.long | 文件名超过 {limit} 字节 | the name is longer than {limit} bytes
name.utf8 | 文件名不是有效的 UTF-8 | the name is not valid UTF-8
name.path | 文件名不是规范的相对路径 | the name is not a plain relative path
name.drive | 文件名含反斜杠或盘符 | the name has a backslash or a drive letter
name.control | 文件名含控制字符 | the name has a control character
name.percent | 文件名含百分号 | the name has a percent sign
name.nfc | 文件名不是 NFC 形式 | the name is not in NFC
name.twice | 文件名重复 | the name occurs twice
name.clash | 与文件 {first} 仅大小写或编码形式不同 | differs from {first} only by case or normal form
bag.info | 格式不符 RFC 8493 | malformed (RFC 8493, 2.2.2)
bag.bagit | 内容不是规定的 BagIt 1.0 声明 | not the BagIt 1.0 declaration it must be
bag.oxum | Payload-Oxum 与内容不符 | Payload-Oxum does not fit the payload
bag.missing | 缺少规定的文件 | a member that must be there is missing
bag.unknown | 不是规定的文件 | not a member this format knows
bag.line | 第 {line} 行格式不符 | line {line} is malformed
bag.order | 第 {line} 行未按名称排序或重复 | line {line} is out of order or repeated
bag.other | 第 {line} 行所列文件不属于本清单 | line {line} names a member that does not belong in this manifest
digest.differs | 内容与清单 {manifest} 的 {kind} 值不符，已被改动或损坏 | the content differs from its {kind} in {manifest}: it was changed or damaged
unlisted.member | 没有列入清单 {name} | not listed in {name}
missing.member | 清单 {manifest} 列有此文件，但包内没有 | listed in {manifest} but not in the package
signature.none | 缺少核对签名所需的文件 | what is needed to check the signature is missing
signature.text | 签名文书所写的编号或清单摘要与本证据包不符 | the note's identifier or digests are not those of this package
signature.unreadable | 签名文书无法读取：{why} | the note cannot be read: {why}
signature.false | 证据包签名不成立 | the signature of the package does not verify
json.value | 不是规定的规范 JSON：{why} | not the canonical JSON it must be: {why}
json.line | 第 {line} 行不是规定的规范 JSON：{why} | line {line}: not the canonical JSON it must be: {why}
event.none | 没有事件文件，无法核对事件 | there is no file of events to check
event.number | 第 {line} 行：流 {stream} 的编号应为 {n}，实为 {found} | line {line}: number {n} of stream {stream} was expected, not {found}
event.sha256 | 第 {line} 行：内容与 SHA-256 承诺值不符 | line {line}: the payload does not fit its SHA-256 commitment
event.sm3 | 第 {line} 行：内容与 SM3 承诺值不符 | line {line}: the payload does not fit its SM3 commitment
event.exhibit | 第 {line} 行：没有写明证据材料编号 | line {line}: names no exhibit
event.check | 第 {line} 行：验证事件的内容不合规定 | line {line}: the payload of the check is not what it must be
event.checks | 第 {line} 行：两次验证记录的摘要不同 | line {line}: two recorded checks found different digests
event.order | 第 {line} 行：事件未按 index 递增排列 | line {line}: the events are not in rising order of index
event.count | 事件共 {count} 个，与 {package} 所写 {stated} 个不符 | {count} events, but {package} says {stated}
event.beyond | 事件的 index 超出日志长度 | the index of an event lies beyond the log
event.chain | 第 {line} 行：与流 {stream} 的前一事件不衔接 | line {line}: does not join the event before it in stream {stream}
proof.none | 没有可用的检查点 | there is no usable checkpoint
proof.missing | 缺少该事件的证明 | the proof of this event is missing
proof.index | 证明的 index 为 {index}，与文件名不符 | it proves index {index}, not that of its name
proof.log | 检查点的日志签名不成立 | the log's signature on the checkpoint does not verify
proof.stray | 没有与此证明对应的事件 | there is no event this proof belongs to
proof.unreadable | 证明文件无法读取：{why} | the proof cannot be read: {why}
proof.checkpoint | 检查点无法读取：{why} | the checkpoint cannot be read: {why}
proof.head | 检查点与 {package} 所写的日志不一致 | the checkpoint is not the log head that {package} states
proof.other | 检查点与 {first} 的不同 | its checkpoint is not that of {first}
proof.inclusion | 包含证明不成立：该事件不在日志的这一树头之下 | the inclusion proof fails: this event is not under this head of the log
proof.witness | 见证人 {name} 的见证签名不成立 | the cosignature of witness {name} does not verify
exhibit.none | 没有证据材料清单，无法核对 | there is no file of exhibits to check
exhibit.count | 证据材料共 {count} 件，与 {package} 所写 {stated} 件不符 | {count} exhibits, but {package} says {stated}
exhibit.empty | 没有任何证据材料 | there is no exhibit
exhibit.order | 第 {line} 行：证据材料未按编号排序 | line {line}: the exhibits are not sorted by identifier
exhibit.parents | 证据材料 {exhibit} 的来源类别与来源材料不一致：派生材料须有来源材料且不重复，收集的材料不得有 | exhibit {exhibit}: a derived exhibit must name its parents, each once, and a collected one none
exhibit.one | 证据材料 {exhibit} 应有一个内容文件，实有 {count} 个 | exhibit {exhibit} must have one content member, it has {count}
exhibit.event | 证据材料 {exhibit} 的清单没有唯一对应的提取或生成事件 | the manifest of exhibit {exhibit} is not in exactly one extraction or generation event
exhibit.differs | 证据材料 {exhibit} 的事件与清单或签名不一致 | the event of exhibit {exhibit} does not agree with its manifest or signature
exhibit.check | 证据材料 {exhibit} 的验证记录与清单的摘要不同 | a recorded check of exhibit {exhibit} found other digests than its manifest
exhibit.failed | 证据材料 {exhibit} 最近一次验证记录为不一致 | the newest recorded check of exhibit {exhibit} did not succeed
exhibit.signature | 证据材料 {exhibit} 的签名不成立 | the signature of exhibit {exhibit} does not verify
exhibit.stray | 内容不属于任何一件证据材料 | the content belongs to no exhibit
exhibit.twice | 编号 {exhibit} 重复 | identifier {exhibit} occurs twice
exhibit.inside | 写明未附内容，却附有内容 | said to be withheld, yet its content is inside
exhibit.content | 内容与证据材料 {exhibit} 清单所写的大小或摘要不符 | the content does not have the size and digests of exhibit {exhibit}
transfer.none | 无法找到本证据包的传输事件 | the transfer event of this package cannot be found
transfer.count | 本证据包应有一个传输事件，实有 {count} 个 | there must be one transfer event of this package, there are {count}
transfer.differs | 与传输事件所记 {name} 不符 | differs from {name} in the transfer event
no-trust.none | 没有提供信任文件，无法判断签名人和日志是否可信 | no trust file was given: whether the signers and the log can be trusted cannot be told
no-trust.unreadable | 信任文件{why} | the trust file {why}
no-trust.unusable | 信任文件无法使用：{why} | the trust file cannot be used: {why}
unknown-key.policy | 见证策略没有列出日志 {origin} 或其签名公钥 | the policy does not name log {origin} or the key that signed
unknown-key.log | 信任文件没有列出日志 {origin} 或其签名公钥 | the trust file does not name log {origin} or the key that signed
unknown-key.exhibit | 证据材料 {exhibit} 的签名密钥 {name} 不在信任文件所列人员或设备之中 | key {name}, which signed exhibit {exhibit}, is no officer's or device's in the trust file
unknown-key.package | 信任文件没有列出为本证据包签名的密钥 {name} | the trust file does not name the key {name} that signed the package
revoked-key.log | 日志密钥 {key} 在此树长不在有效区间内 | log key {key} is outside its valid range at this tree size
revoked-key.exhibit | 证据材料 {exhibit} 的签名密钥 {name} 在该事件时不在有效区间内 | key {name}, which signed exhibit {exhibit}, is outside its valid range at that event
revoked-key.package | 证据包密钥 {key} 在传输事件时不在有效区间内 | package key {key} is outside its valid range at the transfer event
quorum.unmet | 见证要求 {named} 未满足；见证人：{by} | quorum {named} is not met; witnesses: {by}
quorum.undemanded | 未提供见证策略：本结论没有要求任何见证 | no policy was given: this verdict demands no witness
quorum.none | 没有检查点，见证要求未满足 | there is no checkpoint, so the quorum is not met
quorum.met | 见证要求 {named} 已满足；见证人：{by} | quorum {named} is met; witnesses: {by}
quorum.unreadable | 见证策略文件{why}，见证要求视为未满足 | the policy file {why}; the quorum counts as not met
quorum.unusable | 见证策略文件无法使用：{why} | the policy file cannot be used: {why}
withheld.named | 提到证据材料 {exhibit}，但包内没有它的清单和内容 | exhibit {exhibit} is named, but neither its manifest nor its content is inside
withheld.content | 证据材料 {exhibit} 的内容未附入，无法核对内容 | the content of exhibit {exhibit} is not inside and cannot be checked
unsupported.proof | 证明的版本未知 | the version of the proof is not known
unsupported.trust | 信任文件的版本未知 | the version of the trust file is not known
unsupported.members | 文件数 {count} 超过本程序的上限 {limit} | {count} members are more than the {limit} this program takes
unsupported.size | 文件超过本程序的上限 {limit} 字节 | the member is longer than the {limit} bytes this program takes
unsupported.log | 日志公钥的算法未知 | the algorithm of the log's key is not known
unsupported.key | 密钥 {name} 的算法未知 | the algorithm of key {name} is not known
unsupported.package | 证据包签名的算法未知 | the algorithm of the package's signature is not known
unsupported.witness | {unknown} 个见证人的签名算法未知 | the algorithm of {unknown} witnesses is not known
unsupported.line | 有一行超过本程序的上限 {limit} 字节 | a line is longer than the {limit} bytes this program takes
unsupported.identifier | 有标识超过本程序的上限 {limit} 个字符 | an identifier is longer than the {limit} characters this program takes
unsupported.lines | 行数超过本程序的上限 {limit} | there are more lines than the {limit} this program takes
unsupported.format | 证据包格式 {format}（版本 {version}）未知 | package format {format} (version {version}) is not known
unsupported.event | 第 {line} 行事件的版本未知 | line {line}: the version of the event is not known
unsupported.manifest | 第 {line} 行清单的版本未知 | line {line}: the version of the manifest is not known
unsupported.internal | 本程序未能完成“{check}”一项核对（{error}） | this program could not finish the check “{check}” ({error})
ok-container | 压缩包为唯一规定形式，每个字节均已核对 | the container is in its one valid form; every byte was checked
ok-digests | 全部文件与 SHA-256、SM3 两套清单一致 | every member agrees with its SHA-256 and its SM3 manifest
ok-events | 事件的承诺值、编号和前后衔接均成立 | the commitments, numbers and chains of the events hold
ok-proofs | 每个事件都在所信任日志的同一树头之下 | every event is under the same head of a trusted log
ok-exhibits | 每件证据材料的清单、签名、事件和内容一致 | the manifest, signature, event and content of every exhibit agree
ok-transfer | 传输事件与本证据包相符 | the transfer event fits this package
ok-signature | 证据包签名成立 | the signature of the package holds
more | 另有 {count} 处同类问题未逐一列出 | and {count} more of this kind
scope-before | 本程序只核对固定之后是否一致，不能证明收集之前的内容真实；上链前的真实性须另行审查{alone} | this checks only what happened after the material was fixed; it cannot prove that the material was true before it was collected, which has to be examined separately{alone}
alone | 。另有 {count} 件证据材料只记录了一名收集人：{names} | . {count} exhibits record one collector only: {names}
"""
_TABLE = {key: _Said(zh, en) for key, zh, en in (line.split(" | ") for line in _SAYINGS.strip().splitlines())}


def _say(saying: str, /, **values: object) -> _Said:
    """Return a sentence with its values filled in; a value may itself be said in two languages."""
    zh = {name: value.zh if isinstance(value, _Said) else _brief(value) for name, value in values.items()}
    en = {name: value.en if isinstance(value, _Said) else _brief(value) for name, value in values.items()}
    return _Said(_TABLE[saying].zh.format(**zh), _TABLE[saying].en.format(**en))


class _Problem(Exception):  # noqa: N818 - a finding that ends one check, not a programming error
    """Something that ends one check; it becomes a reason."""

    def __init__(self, saying: str, /, **values: object) -> None:
        super().__init__(saying)
        self.saying, self.values = saying, values


class _Misfit(ValueError):  # noqa: N818 - what the input is, not a programming error
    """Input that is not what the format says."""

    def __init__(self, saying: str, /, **values: object) -> None:
        self.said = _say(saying, **values)
        super().__init__(self.said.en)


def _explain(error: ValueError) -> _Said:
    """Return what ``error`` says in both languages."""
    if isinstance(error, _Misfit):
        return error.said
    return _say("misfit.utf8" if isinstance(error, UnicodeError) else "misfit.json")


class _Findings:
    """Collects reasons; of one code at most ``MAX_SHOWN`` are shown, the others are counted."""

    def __init__(self) -> None:
        self._shown: dict[str, list[Reason]] = {}
        self._more: dict[str, int] = {}
        self._information: list[Reason] = []
        self.count = 0

    def problem(self, saying: str, path: str | None = None, /, **values: object) -> None:
        """Record what contradicts or cannot be told; the code is the first part of ``saying``."""
        self.count += 1
        code = saying.partition(".")[0]
        shown = self._shown.setdefault(code, [])
        if len(shown) < MAX_SHOWN:
            shown.append(self._reason(code, _say(saying, **values), path))
        else:
            self._more[code] = self._more.get(code, 0) + 1

    def leave_open(self) -> None:
        """Keep the current check from counting as passed, without a further reason."""
        self.count += 1

    def end(self, problem: _Problem, path: str | None = None) -> None:
        """Record the problem that ended a check."""
        self.problem(problem.saying, path, **problem.values)

    def inform(self, saying: str, /, **values: object) -> None:
        """Record what was checked or has to be said, without weight for the verdict."""
        self._information.append(self._reason(saying.partition(".")[0], _say(saying, **values), None))

    @staticmethod
    def _reason(code: str, said: _Said, path: str | None) -> Reason:
        article = _ARTICLE_17 if code in _ARTICLE_17_CODES else _ARTICLE_18 if code == _SCOPE else _ARTICLE_16
        shown = None if path is None else _printable(path)
        return Reason(code, _printable(said.zh), _printable(said.en), article, shown)

    @property
    def verdict(self) -> str:
        """Return the verdict: a pass needs every check to have been completed."""
        if FAIL_CODES & self._shown.keys():
            return FAIL
        done = {reason.code for reason in self._information}
        if self._shown or not done.issuperset(OK_CODES):
            return UNDETERMINED
        return PASS

    def reasons(self) -> tuple[Reason, ...]:
        """Return all reasons: contradictions, open questions, information."""
        ordered: list[Reason] = []
        for code in sorted(self._shown, key=lambda c: c not in FAIL_CODES):
            ordered += self._shown[code]
            if code in self._more:
                ordered.append(self._reason(code, _say("more", count=self._more[code]), None))
        return (*ordered, *self._information)


# ---------------------------------------------------------------------------------------------
# SM3 (GB/T 32905-2016)

_MASK32 = 0xFFFFFFFF


def _rotate(value: int, count: int) -> int:
    count %= 32
    return ((value << count) | (value >> (32 - count))) & _MASK32


_SM3_T = tuple(_rotate(0x79CC4519 if j < 16 else 0x7A879D8A, j) for j in range(64))  # noqa: PLR2004
_SM3_IV: tuple[int, ...] = (
    0x7380166F,
    0x4914B2B9,
    0x172442D7,
    0xDA8A0600,
    0xA96F30BC,
    0x163138AA,
    0xE38DEE4D,
    0xB0FB0E4E,
)
_SM3_BLOCK = 64
_SM3_KNOWN = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


class PureSM3:
    """SM3 in pure Python, for machines whose OpenSSL lacks it; the interface of ``hashlib``."""

    digest_size = 32
    block_size = _SM3_BLOCK
    name = "sm3"

    def __init__(self, data: bytes = b"") -> None:
        """Start a hash, optionally with its first bytes."""
        self._state = _SM3_IV
        self._rest = b""
        self._length = 0
        self.update(data)

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """Feed bytes."""
        self._length += len(data)
        block = self._rest + bytes(data)
        whole = len(block) - len(block) % _SM3_BLOCK
        state = self._state
        for start in range(0, whole, _SM3_BLOCK):
            state = _sm3_compress(state, block[start : start + _SM3_BLOCK])
        self._state, self._rest = state, block[whole:]

    def digest(self) -> bytes:
        """Return the 32 bytes of the hash of what was fed so far."""
        padding = b"\x80" + b"\0" * ((55 - self._length) % 64) + struct.pack(">Q", self._length * 8)
        state, tail = self._state, self._rest + padding
        for start in range(0, len(tail), _SM3_BLOCK):
            state = _sm3_compress(state, tail[start : start + _SM3_BLOCK])
        return struct.pack(">8I", *state)

    def hexdigest(self) -> str:
        """Return the hash in lower-case hex."""
        return self.digest().hex()


def _sm3_compress(
    state: tuple[int, ...], block: bytes
) -> tuple[int, ...]:  # one round function, kept flat for speed
    mask = _MASK32
    w = list(struct.unpack(">16I", block))
    for j in range(16, 68):
        x = w[j - 16] ^ w[j - 9] ^ (((w[j - 3] << 15) | (w[j - 3] >> 17)) & mask)
        x ^= (((x << 15) | (x >> 17)) ^ ((x << 23) | (x >> 9))) & mask
        y = w[j - 13]
        w.append(x ^ (((y << 7) | (y >> 25)) & mask) ^ w[j - 6])
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        a12 = ((a << 12) | (a >> 20)) & mask
        s = (a12 + e + _SM3_T[j]) & mask
        ss1 = ((s << 7) | (s >> 25)) & mask
        if j < 16:  # noqa: PLR2004
            ff, gg = a ^ b ^ c, e ^ f ^ g
        else:
            ff, gg = (a & b) | (a & c) | (b & c), (e & f) | (~e & g)
        tt1 = (ff + d + (ss1 ^ a12) + (w[j] ^ w[j + 4])) & mask
        tt2 = ((gg & mask) + h + ss1 + w[j]) & mask
        d, c, b, a = c, ((b << 9) | (b >> 23)) & mask, a, tt1
        h, g, f = g, ((f << 19) | (f >> 13)) & mask, e
        e = tt2 ^ ((((tt2 << 9) | (tt2 >> 23)) ^ ((tt2 << 17) | (tt2 >> 15))) & mask)
    return tuple(
        old ^ new
        for old, new in (
            (state[0], a),
            (state[1], b),
            (state[2], c),
            (state[3], d),
            (state[4], e),
            (state[5], f),
            (state[6], g),
            (state[7], h),
        )
    )


def _choose_sm3() -> Callable[[], Any]:
    """Return the constructor of SM3: OpenSSL's when it has it and knows the standard's example."""
    try:
        if hashlib.new("sm3", b"abc").hexdigest() == _SM3_KNOWN:
            return functools.partial(hashlib.new, "sm3")
    except ValueError:
        return PureSM3
    return PureSM3


_new_sm3 = _choose_sm3()


def _sm3(data: bytes) -> bytes:
    state = _new_sm3()
    state.update(data)
    return bytes(state.digest())


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


# ---------------------------------------------------------------------------------------------
# Ed25519 verification (RFC 8032, 5.1.7), strict: canonical encodings only, no small-order key

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_SQRT_M1 = pow(2, (_P - 1) // 4, _P)
_KEY_BYTES = 32
_SIGNATURE_BYTES = 64
_WINDOWS = 64
_HALF_WINDOW = 8
_BASE = bytes([0x58]) + bytes([0x66]) * 31

_Point = tuple[int, int, int, int]
_Niels = tuple[int, int, int]


def _decompress(data: bytes) -> _Point | None:
    """Decode a point (RFC 8032, 5.1.3); ``None`` unless ``data`` is its one canonical encoding."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= _P:
        return None
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = u * pow(v, 3, _P) * pow(u * pow(v, 7, _P), (_P - 5) // 8, _P) % _P
    square = v * x * x % _P
    if square == (_P - u) % _P:
        x = x * _SQRT_M1 % _P
    elif square != u:
        return None
    if x == 0 and sign:
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _add(p: _Point, q: _Point) -> _Point:
    """Add two points in extended coordinates; complete, so it doubles as well."""
    a = (p[1] - p[0]) * (q[1] - q[0]) % _P
    b = (p[1] + p[0]) * (q[1] + q[0]) % _P
    c = 2 * _D * p[3] * q[3] % _P
    d = 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _multiples(point: _Point) -> list[list[_Niels]]:
    """Return ``j * 16**i * point`` for j = 1..8, i = 0..63 as (y + x, y - x, 2dxy), affine."""
    flat: list[_Point] = []
    for _ in range(_WINDOWS):
        multiple = point
        for _ in range(_HALF_WINDOW - 1):
            flat.append(multiple)
            multiple = _add(multiple, point)
        flat.append(multiple)
        point = _add(multiple, multiple)
    products = [1]
    for p in flat:
        products.append(products[-1] * p[2] % _P)
    inverse = pow(products[-1], _P - 2, _P)
    rows: list[_Niels] = []
    for i in range(len(flat) - 1, -1, -1):
        x0, y0, z0, _t0 = flat[i]
        z = inverse * products[i] % _P
        inverse = inverse * z0 % _P
        x, y = x0 * z % _P, y0 * z % _P
        rows.append(((y + x) % _P, (y - x) % _P, 2 * _D * x * y % _P))
    rows.reverse()
    return [rows[i : i + _HALF_WINDOW] for i in range(0, len(rows), _HALF_WINDOW)]


@functools.lru_cache(maxsize=1)
def _base_table() -> list[list[_Niels]]:
    base = _decompress(_BASE)
    assert base is not None
    return _multiples(base)


@functools.lru_cache(maxsize=256)
def _public_point(public: bytes) -> _Point | None:
    """Return the point of an acceptable public key: canonical and not of small order; else ``None``."""
    point = _decompress(public) if len(public) == _KEY_BYTES else None
    if point is None:
        return None
    eight = point
    for _ in range(3):
        eight = _add(eight, eight)
    return None if eight[0] == 0 and eight[1] == eight[2] else point


@functools.lru_cache(maxsize=32)
def _key_table(public: bytes) -> list[list[_Niels]] | None:
    """Return the table of ``-A`` for an acceptable public key, else ``None``."""
    point = _public_point(public)
    if point is None:
        return None
    return _multiples((_P - point[0], point[1], 1, _P - point[3]))


def _accumulate(total: _Point, scalar: int, table: list[list[_Niels]]) -> _Point:
    """Return ``total + scalar * point`` by signed radix-16 digits of ``scalar`` (< 2^253)."""
    x, y, z, t = total
    for row in table:
        digit, scalar = scalar & 15, scalar >> 4
        if digit > _HALF_WINDOW:
            digit -= 16
            scalar += 1
        if digit > 0:
            plus, minus, product = row[digit - 1]
        elif digit < 0:
            minus, plus, product = row[-digit - 1]
            product = -product
        else:
            continue
        a, b, c, d = (y - x) * minus, (y + x) * plus, t * product, 2 * z
        e, f, g, h = (b - a) % _P, (d - c) % _P, (d + c) % _P, (b + a) % _P
        x, y, z, t = e * f % _P, g * h % _P, f * g % _P, e * h % _P
    return x, y, z, t


def ed25519_usable(public: bytes) -> bool:
    """Return whether ``public`` is a canonical point that is not of small order."""
    return _public_point(public) is not None


def ed25519_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether ``signature`` is the Ed25519 signature of ``message`` by ``public``.

    Strict: S below the group order, canonical encodings of A and R, A not of small order, and the
    equation without the cofactor.
    """
    table = _key_table(public)
    if table is None or len(signature) != _SIGNATURE_BYTES:
        return False
    encoded_r, s = signature[:32], int.from_bytes(signature[32:], "little")
    if s >= _ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(encoded_r + public + message).digest(), "little") % _ORDER
    x, y, z, _t = _accumulate(_accumulate((0, 1, 1, 0), s, _base_table()), k, table)
    inverse = pow(z, _P - 2, _P)
    x, y = x * inverse % _P, y * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little") == encoded_r


# ---------------------------------------------------------------------------------------------
# Strict JSON (RFC 8785), base64 (RFC 4648) and the shapes of values

_MAX_SAFE = 2**53 - 1
_MAX_DIGITS = 17


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Misfit("misfit.twice")
    return members


def _ascii_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = _members(pairs)
    if not all(name.isascii() for name in members):
        raise _Misfit("misfit.ascii")
    return members


def _integer(digits: str) -> int:
    value = int(digits) if len(digits) <= _MAX_DIGITS else _MAX_SAFE + 1
    if abs(value) > _MAX_SAFE:
        raise _Misfit("misfit.integer")
    return value


def _refuse_number(text: str) -> Any:
    raise _Misfit("misfit.number", text=text[:20])


_STRICT = json.JSONDecoder(
    object_pairs_hook=_ascii_members,
    parse_float=_refuse_number,
    parse_int=_integer,
    parse_constant=_refuse_number,
)
_UNIQUE = json.JSONDecoder(
    object_pairs_hook=_members, parse_float=_refuse_number, parse_int=_integer, parse_constant=_refuse_number
)
_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _canonical(value: Any) -> bytes:
    """Return canonical JSON; sorting by code point is RFC 8785's order because names are ASCII."""
    return _CANONICAL.encode(value).encode("utf-8")


def _parse_canonical(data: bytes) -> Any:
    """Return the value of ``data``; raise ``ValueError`` unless ``data`` is its canonical form."""
    try:
        value = _STRICT.decode(data.decode("utf-8"))
        again = _canonical(value)
    except RecursionError as error:
        raise _Misfit("misfit.deep") from error
    if again != data:
        raise _Misfit("misfit.canonical")
    # Deep nesting needs many brackets, so the usual line is not walked through.
    if data.count(b"{") + data.count(b"[") > MAX_DEPTH:
        _refuse_depth(value)
    return value


def _refuse_depth(value: Any) -> None:
    """Raise ``ValueError`` when arrays and objects stand inside each other more than ``MAX_DEPTH`` deep."""
    level = [value]
    for _ in range(MAX_DEPTH):
        inside: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inside += item.values()
            elif isinstance(item, list):
                inside += item
        level = [item for item in inside if isinstance(item, (dict, list))]
        if not level:
            return
    raise _Misfit("misfit.deep")


def _unbase64(text: object, size: int | None = None) -> bytes:
    """Decode standard base64 with padding; raise ``ValueError`` unless it is the one encoding."""
    if not isinstance(text, str) or not text.isascii():
        raise _Misfit("misfit.base64")
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise _Misfit("misfit.base64") from error
    if base64.b64encode(data).decode("ascii") != text:
        raise _Misfit("misfit.base64-form")
    if size is not None and len(data) != size:
        raise _Misfit("misfit.length", size=size)
    return data


_HEX64 = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\+08:00")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")

_Check = Callable[[Any], bool]


def _text(value: object) -> bool:
    return isinstance(value, str)


def _word(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _hex64(value: object) -> bool:
    return isinstance(value, str) and _HEX64.fullmatch(value) is not None


def _time(value: object) -> bool:
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return False
    try:
        dt.datetime(*(int(part) for part in match.groups()))  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return False
    return True


def _object(value: object) -> bool:
    return isinstance(value, dict)


def _list(value: object) -> bool:
    return isinstance(value, list)


def _words(value: object) -> bool:
    return isinstance(value, list) and all(_word(item) for item in value)


def _b64_of(size: int) -> _Check:
    def check(value: object) -> bool:
        try:
            _unbase64(value, size)
        except ValueError:
            return False
        return True

    return check


def _one_of(*allowed: str) -> _Check:
    return lambda value: isinstance(value, str) and value in allowed


def _or_null(check: _Check) -> _Check:
    return lambda value: value is None or check(value)


def _segment(value: object) -> bool:
    return isinstance(value, str) and value not in {"", ".", ".."} and "/" not in value


_PACKAGE_SHAPE: dict[str, _Check] = {
    "v": _count,
    "format": _text,
    "id": _word,
    "matter": _word,
    "title": _text,
    "office": _object,
    "made_at": _time,
    "made_by": _word,
    "tool": _text,
    "log": _object,
    "events": _count,
    "exhibits": _count,
    "withheld": _list,
}
_OFFICE_SHAPE: dict[str, _Check] = {"id": _text, "name": _text}
_LOG_SHAPE: dict[str, _Check] = {"origin": _word, "size": _count, "root": _b64_of(32)}
_WITHHELD_SHAPE: dict[str, _Check] = {"exhibit": _word, "reason_zh": _text, "reason_en": _text}
_EXHIBIT_SHAPE: dict[str, _Check] = {"key": _word, "manifest": _object, "sig": _b64_of(_SIGNATURE_BYTES)}
_MANIFEST_SHAPE: dict[str, _Check] = {
    "v": _count,
    "id": _segment,
    "scope": _word,
    "name": _text,
    "path": _text,
    "media_type": _text,
    "size": _count,
    "sha256": _hex64,
    "sm3": _hex64,
    "origin": _one_of("collected", "derived"),
    "parents": _words,
    "collected": _object,
}
_COLLECTED_SHAPE: dict[str, _Check] = {
    "by": _word,
    "second": _or_null(_word),
    "method": _text,
    "source": _text,
    "device": _text,
    "tool": _text,
    "started": _time,
    "ended": _time,
    "mono_ns": _count,
    "file_mtime": _or_null(_time),
}
_EVENT_SHAPE: dict[str, _Check] = {"index": _count, "leaf": _object, "payload": _object, "salt": _b64_of(16)}
_LEAF_SHAPE: dict[str, _Check] = {
    "v": _count,
    "type": _word,
    "stream": _word,
    "n": _count,
    "prev": lambda value: value == "" or _hex64(value),
    "at": _time,
    "actor": _word,
    "sha256": _hex64,
    "sm3": _hex64,
}


def _demand(value: Any, shape: dict[str, _Check], what: str, *, exact: bool) -> None:
    """Raise ``ValueError`` unless ``value`` is an object of ``shape``, naming the first misfit."""
    if not isinstance(value, dict):
        raise _Misfit("misfit.object", place=what)
    for name, check in shape.items():
        if name not in value:
            raise _Misfit("misfit.lacks", place=what, name=name)
        if not check(value[name]):
            raise _Misfit("misfit.value", place=what, name=name)
    if exact and len(value) != len(shape):
        extra = min(name for name in value if name not in shape)
        raise _Misfit("misfit.extra", place=what, extra=extra)


# ---------------------------------------------------------------------------------------------
# The container: a ZIP of the one valid byte form

_ONES16, _ONES32 = 0xFFFF, 0xFFFFFFFF
# From these values on a field moves to its 64-bit place; tests lower them.
ZIP64_COUNT, ZIP64_SIZE = _ONES16, _ONES32

_LOCAL = struct.Struct("<IHHHHHIIIHH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_END64 = struct.Struct("<IQHHIIQQQQ")
_LOCATOR = struct.Struct("<IIQI")
_END = struct.Struct("<IHHHHIIH")
_SIG_LOCAL, _SIG_CENTRAL, _SIG_END = 0x04034B50, 0x02014B50, 0x06054B50
_SIG_END64, _SIG_LOCATOR = 0x06064B50, 0x07064B50
_UTF8_FLAG, _METHOD, _NO_TIME, _NO_DATE = 0x0800, 0, 0, 0x0021
_MADE, _NEED, _MADE64, _NEED64 = 0x0314, 20, 0x032D, 45
_ATTRIBUTES = 0o100644 << 16
_EXTRA64 = 0x0001


def _local_header(name: bytes, crc: int, size: int) -> bytes:
    large = size >= ZIP64_SIZE
    shown = _ONES32 if large else size
    extra = struct.pack("<HHQQ", _EXTRA64, 16, size, size) if large else b""
    need = _NEED64 if large else _NEED
    fixed = _LOCAL.pack(
        _SIG_LOCAL, need, _UTF8_FLAG, _METHOD, _NO_TIME, _NO_DATE, crc, shown, shown, len(name), len(extra)
    )
    return fixed + name + extra


def _central_header(name: bytes, crc: int, size: int, offset: int) -> bytes:
    wide = b""
    shown_size, shown_offset = size, offset
    if size >= ZIP64_SIZE:
        wide += struct.pack("<QQ", size, size)
        shown_size = _ONES32
    if offset >= ZIP64_SIZE:
        wide += struct.pack("<Q", offset)
        shown_offset = _ONES32
    extra = struct.pack("<HH", _EXTRA64, len(wide)) + wide if wide else b""
    made, need = (_MADE64, _NEED64) if wide else (_MADE, _NEED)
    fixed = _CENTRAL.pack(
        _SIG_CENTRAL,
        made,
        need,
        _UTF8_FLAG,
        _METHOD,
        _NO_TIME,
        _NO_DATE,
        crc,
        shown_size,
        shown_size,
        len(name),
        len(extra),
        0,
        0,
        0,
        _ATTRIBUTES,
        shown_offset,
    )
    return fixed + name + extra


def _end_records(count: int, size: int, offset: int) -> bytes:
    wide = b""
    if count >= ZIP64_COUNT or size >= ZIP64_SIZE or offset >= ZIP64_SIZE:
        wide = _END64.pack(_SIG_END64, 44, _MADE64, _NEED64, 0, 0, count, count, size, offset)
        wide += _LOCATOR.pack(_SIG_LOCATOR, 0, offset + size, 1)
    shown = _ONES16 if count >= ZIP64_COUNT else count
    shown_size = _ONES32 if size >= ZIP64_SIZE else size
    shown_offset = _ONES32 if offset >= ZIP64_SIZE else offset
    return wide + _END.pack(_SIG_END, 0, 0, shown, shown, shown_size, shown_offset, 0)


class _Member:
    """One member: where its data lies and the digests that were computed from it."""

    __slots__ = ("_raw", "crc", "listed", "name", "offset", "sha256", "size", "sm3")

    def __init__(self, raw: bytes, crc: int, size: int, offset: int) -> None:
        self.name = raw.decode("utf-8", "backslashreplace")
        self._raw = None if self.name.encode("utf-8") == raw else raw
        self.crc, self.size, self.offset = crc, size, offset
        self.sha256 = self.sm3 = b""
        self.listed = 0

    @property
    def raw(self) -> bytes:
        """Return the bytes of the name."""
        return self.name.encode("utf-8") if self._raw is None else self._raw

    @property
    def start(self) -> int:
        """Return the offset of the data."""
        return self.offset + len(_local_header(self.raw, 0, self.size))


class _Hasher:
    """CRC-32, SHA-256 and SM3 of a stretch of a file in one pass; large ones on two threads."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._buffers: tuple[bytearray, ...] = ()

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown()

    def run(self, file: _Readable, size: int) -> tuple[int, bytes, bytes] | None:
        """Hash the next ``size`` bytes of ``file``; ``None`` when it ends before."""
        if size <= _CHUNK:
            data = file.read(size)
            return (zlib.crc32(data), _sha256(data), _sm3(data)) if len(data) == size else None
        return self._run_large(file, size)

    def _run_large(self, file: _Readable, size: int) -> tuple[int, bytes, bytes] | None:
        sha256, sm3, crc = hashlib.sha256(), _new_sm3(), 0

        def quick(part: memoryview) -> None:
            nonlocal crc
            crc = zlib.crc32(part, crc)
            sha256.update(part)

        if not self._buffers:
            self._buffers = (bytearray(_CHUNK), bytearray(_CHUNK))
        jobs: list[Future[None] | None] = [None, None]
        turn = 0
        while size:
            job = jobs[turn]
            if job is not None:
                job.result()
            view = memoryview(self._buffers[turn])[: min(size, _CHUNK)]
            if _read_full(file, view) != len(view):
                return None
            jobs[turn] = self._pool.submit(quick, view)
            sm3.update(view)
            size -= len(view)
            turn ^= 1
        for job in jobs:
            if job is not None:
                job.result()
        return crc, sha256.digest(), bytes(sm3.digest())


def _read_full(file: _Readable, view: memoryview) -> int:
    done = 0
    while done < len(view):
        count: int = file.readinto(view[done:])
        if not count:
            break
        done += count
    return done


class _Archive:
    """The members of a package file, found by its directory and checked against the one valid form."""

    def __init__(self, file: _Readable, findings: _Findings) -> None:
        self.file, self.findings = file, findings
        self.length = file.seek(0, os.SEEK_END)
        self.members: dict[str, _Member] = {}

    def load(self) -> None:
        """Read and check the whole container; raise ``_Problem`` when it cannot be followed."""
        count, size, offset = self._locate_directory()
        ordered = self._read_directory(count, size, offset)
        self.file.seek(offset + size)
        if self.file.read() != _end_records(count, size, offset):
            self.findings.problem("container.end")
        hasher = _Hasher()
        try:
            for member in ordered:
                self._check_member(member, hasher)
        finally:
            hasher.close()

    def _locate_directory(self) -> tuple[int, int, int]:
        tail_size = min(self.length, _END64.size + _LOCATOR.size + _END.size)
        self.file.seek(self.length - tail_size)
        tail = self.file.read(tail_size)
        if len(tail) < _END.size:
            raise _Problem("container.short")
        end = _END.unpack(tail[-_END.size :])
        if end[0] != _SIG_END:
            raise _Problem("container.no-end")
        count, size, offset, end_size = end[4], end[5], end[6], _END.size
        wide = tail[: _END64.size]
        if len(tail) == _END64.size + _LOCATOR.size + _END.size and (
            tail[_END64.size : _END64.size + 4] == struct.pack("<I", _SIG_LOCATOR)
        ):
            fields = _END64.unpack(wide)
            if fields[0] == _SIG_END64:
                count, size, offset, end_size = fields[7], fields[8], fields[9], len(tail)
        if offset + size + end_size != self.length or size < count * _CENTRAL.size:
            raise _Problem("container.length")
        if count > MAX_MEMBERS:
            raise _Problem("unsupported.members", count=count, limit=MAX_MEMBERS)
        return count, size, offset

    def _read_directory(self, count: int, size: int, offset: int) -> list[_Member]:
        self.file.seek(offset)
        left, expected, total, previous = size, 0, 0, b""
        ordered: list[_Member] = []
        for _ in range(count):
            entry = self._read_entry(left)
            member, length = entry
            left -= length
            total += member.size
            if total > self.length:
                raise _Problem("container.sum")
            if member.offset != expected:
                self.findings.problem("container.gap", member.name)
            expected = member.start + member.size
            if ordered and member.raw < previous:
                self.findings.problem("container.order", member.name)
            previous = member.raw
            ordered.append(member)
        if left:
            self.findings.problem("container.rest")
        if expected != offset:
            self.findings.problem("container.place")
        return ordered

    def _read_entry(self, left: int) -> tuple[_Member, int]:
        fixed = self.file.read(_CENTRAL.size)
        if left < _CENTRAL.size or len(fixed) != _CENTRAL.size:
            raise _Problem("container.directory-cut")
        fields = _CENTRAL.unpack(fixed)
        name_length, extra_length, comment_length = fields[10:13]
        length = _CENTRAL.size + name_length + extra_length + comment_length
        if fields[0] != _SIG_CENTRAL or length > left:
            raise _Problem("container.directory")
        raw, extra, comment = (self.file.read(n) for n in (name_length, extra_length, comment_length))
        size, offset = self._wide_values(fields[9], fields[16], extra)
        member = _Member(raw, fields[7], size, offset)
        if fixed + raw + extra + comment != _central_header(raw, fields[7], size, offset):
            self.findings.problem("container.entry", member.name)
        return member, length

    @staticmethod
    def _wide_values(size: int, offset: int, extra: bytes) -> tuple[int, int]:
        """Return size and offset, from the ZIP64 extra field where the 32-bit fields are all ones."""
        at = 4
        if size == _ONES32 and len(extra) >= at + 16:
            size = int.from_bytes(extra[at : at + 8], "little")
            at += 16
        if offset == _ONES32 and len(extra) >= at + 8:
            offset = int.from_bytes(extra[at : at + 8], "little")
        return size, offset

    def _check_member(self, member: _Member, hasher: _Hasher) -> None:
        wanted = _local_header(member.raw, member.crc, member.size)
        self.file.seek(member.offset)
        if self.file.read(len(wanted)) != wanted:
            self.findings.problem("container.header", member.name)
            self.file.seek(member.start)
        hashed = hasher.run(self.file, member.size)
        if hashed is None:
            raise _Problem("container.cut")
        crc, member.sha256, member.sm3 = hashed
        if crc != member.crc:
            self.findings.problem("container.crc", member.name)
        if member.name in self.members:
            self.findings.problem("name.twice", member.name)
        else:
            self.members[member.name] = member

    def read(self, member: _Member, limit: int) -> bytes:
        """Return the content of a small member, the same that was hashed before."""
        if member.size > limit:
            raise _Problem("unsupported.size", limit=limit)
        self.file.seek(member.start)
        data = self.file.read(member.size)
        if _sha256(data) != member.sha256:
            raise _changed()
        return data

    def lines(self, member: _Member, limit: int) -> Iterator[bytes]:
        """Yield the lines of a member, each with its line feed unless the last one lacks it."""
        digest, position, left = hashlib.sha256(), member.start, member.size
        while left:
            self.file.seek(position)
            line = self.file.readline(min(limit, left))
            if not line:
                raise _changed()
            if len(line) == limit and line[-1:] != b"\n" and left > limit:
                raise _Problem("unsupported.line", limit=limit)
            digest.update(line)
            position += len(line)
            left -= len(line)
            yield line
        if digest.digest() != member.sha256:
            raise _changed()


def _bounded(*identifiers: str) -> None:
    """Refuse identifiers too long to be kept; so what a package makes the verifier remember stays small."""
    if any(len(identifier) > MAX_ID for identifier in identifiers):
        raise _Problem("unsupported.identifier", limit=MAX_ID)


def _counted(number: int) -> None:
    """Refuse more lines than there may be members."""
    if number > MAX_MEMBERS:
        raise _Problem("unsupported.lines", limit=MAX_MEMBERS)


def _changed() -> _Problem:
    return _Problem("container.changed")


# ---------------------------------------------------------------------------------------------
# Names

_DRIVE = re.compile(r"[A-Za-z]:")


def _name_fault(raw: bytes) -> str | None:
    """Return what to say of the name of a member that is not allowed (format, section 1), or ``None``."""
    if len(raw) > MAX_NAME:
        return "name.long"
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError:
        return "name.utf8"
    broken = {
        "name.path": any(segment in {"", ".", ".."} for segment in name.split("/")),
        "name.drive": "\\" in name or _DRIVE.match(name) is not None,
        "name.percent": "%" in name,
        "name.control": any(unicodedata.category(c) == "Cc" for c in name),
        "name.nfc": unicodedata.normalize("NFC", name) != name,
    }
    return next((saying for saying, is_so in broken.items() if is_so), None)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


# ---------------------------------------------------------------------------------------------
# C2SP notes, verifier keys, checkpoints, proofs and policies

_TYPE_ED25519, _TYPE_COSIGNATURE = 0x01, 0x04
_DASH = "— "
_KEY_ID = 4
_MAX_STAMP = 2**63 - 1


@dataclass(frozen=True)
class _VerifierKey:
    """A C2SP verifier key: name, key id, signature type and key material."""

    name: str
    key_id: bytes
    kind: int
    public: bytes


def _key_id(name: str, kind: int, public: bytes) -> bytes:
    return _sha256(name.encode("utf-8", "surrogateescape") + b"\n" + bytes([kind]) + public)[:_KEY_ID]


def _name_ok(name: str) -> bool:
    return name != "" and "+" not in name and not any(c.isspace() for c in name)


def _parse_vkey(text: object) -> _VerifierKey:
    """Parse ``name+hash+b64`` (C2SP signed-note, verifier keys)."""
    parts = text.split("+", 2) if isinstance(text, str) else []
    bad = _Misfit("misfit.vkey")
    if len(parts) != 3 or not _name_ok(parts[0]) or not re.fullmatch(r"[0-9a-fA-F]{8}", parts[1]):  # noqa: PLR2004
        raise bad
    data = _unbase64(parts[2])
    if len(data) < 2:  # noqa: PLR2004 - a type byte and at least one byte of key
        raise bad
    key_id, kind, public = bytes.fromhex(parts[1]), data[0], data[1:]
    if kind in {_TYPE_ED25519, _TYPE_COSIGNATURE} and (
        not ed25519_usable(public) or key_id != _key_id(parts[0], kind, public)
    ):
        raise bad
    return _VerifierKey(parts[0], key_id, kind, public)


@dataclass(frozen=True)
class _Note:
    """A C2SP signed note: the signed text and the signature lines (name, key id, signature)."""

    text: bytes
    signatures: tuple[tuple[str, bytes, bytes], ...]

    def by(self, name: str, key_id: bytes) -> list[bytes]:
        """Return the signatures that claim the key (``name``, ``key_id``)."""
        return [s for n, k, s in self.signatures if n == name and k == key_id]


def _parse_note(data: bytes) -> _Note:
    """Parse a signed note; raise ``ValueError`` when it is not one."""
    text = data.decode("utf-8")
    if any(c < " " and c != "\n" for c in text):
        raise _Misfit("misfit.note-control")
    head, blank, tail = text.rpartition("\n\n")
    lines = tail.split("\n")
    if not blank or not head or lines.pop() != "" or not lines:
        raise _Misfit("misfit.note-parts")
    if len(lines) > MAX_SIGNATURES:
        raise _Misfit("misfit.note-many", limit=MAX_SIGNATURES)
    return _Note((head + "\n").encode("utf-8"), tuple(_parse_signature(line) for line in lines))


def _parse_signature(line: str) -> tuple[str, bytes, bytes]:
    name, space, encoded = line[len(_DASH) :].partition(" ")
    if not line.startswith(_DASH) or not space or not _name_ok(name):
        raise _Misfit("misfit.note-line")
    signature = _unbase64(encoded)
    if len(signature) <= _KEY_ID:
        raise _Misfit("misfit.note-line")
    return name, signature[:_KEY_ID], signature[_KEY_ID:]


@dataclass(frozen=True)
class _Checkpoint:
    """A tree head: origin, size, root, and the note that carries it."""

    origin: str
    size: int
    root: bytes
    note: _Note


_CHECKPOINT_LINES = 3


def _parse_checkpoint(data: bytes) -> _Checkpoint:
    """Parse a C2SP checkpoint; extension lines are allowed and covered by the signature."""
    note = _parse_note(data)
    lines = note.text.decode("utf-8")[:-1].split("\n")
    if len(lines) < _CHECKPOINT_LINES or "" in lines or not _DECIMAL.fullmatch(lines[1]):
        raise _Misfit("misfit.checkpoint")
    return _Checkpoint(lines[0], int(lines[1]), _unbase64(lines[2], 32), note)


@dataclass(frozen=True)
class _Proof:
    """A ``tlog-proof@v1``: index, inclusion path from the leaf up, the bytes of the checkpoint."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes


_PROOF_FAMILY, _PROOF_V1 = b"c2sp.org/tlog-proof@", b"c2sp.org/tlog-proof@v1"


def _parse_proof(data: bytes) -> _Proof:
    """Parse a C2SP tlog-proof; raise ``ValueError`` when malformed, ``_Problem`` for a later version."""
    head, blank, checkpoint = data.partition(b"\n\n")
    lines = head.split(b"\n")
    if lines[0] != _PROOF_V1 and lines[0].startswith(_PROOF_FAMILY):
        raise _Problem("unsupported.proof")
    malformed = _Misfit("misfit.proof")
    if not blank or lines[0] != _PROOF_V1:
        raise malformed
    rest = [line.decode("ascii") for line in lines[1:]]
    if rest and rest[0].startswith("extra ") and not _unbase64(rest.pop(0)[len("extra ") :]):
        raise malformed
    if not rest or not rest[0].startswith("index ") or not _DECIMAL.fullmatch(rest[0][len("index ") :]):
        raise malformed
    if len(rest) > MAX_PATH + 1:
        raise malformed
    return _Proof(int(rest[0][len("index ") :]), tuple(_unbase64(line, 32) for line in rest[1:]), checkpoint)


def _leaf_hash(entry: bytes) -> bytes:
    return _sha256(b"\0" + entry)


def _root_from_path(leaf: bytes, index: int, size: int, path: tuple[bytes, ...]) -> bytes | None:
    """Return the root an inclusion path leads to (RFC 6962, 2.1.1), or ``None`` when it cannot fit."""
    if index >= size:
        return None
    node, last, current = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if node & 1 or node == last:
            current = _sha256(b"\x01" + sibling + current)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            current = _sha256(b"\x01" + current + sibling)
        node >>= 1
        last >>= 1
    return current if last == 0 else None


@dataclass(frozen=True)
class _Policy:
    """A C2SP tlog-policy: logs, witnesses, groups (threshold, members) and the name of the quorum."""

    logs: tuple[_VerifierKey, ...]
    witnesses: dict[str, _VerifierKey]
    groups: dict[str, tuple[int, tuple[str, ...]]]
    quorum: str

    def met_by(self, cosigned: set[str]) -> bool:
        """Return whether the witnesses in ``cosigned`` make the quorum."""
        reached = set(cosigned)
        for name, (threshold, members) in self.groups.items():
            if sum(member in reached for member in members) >= threshold:
                reached.add(name)
        return self.quorum == "none" or self.quorum in reached


class _PolicyReader:
    """Reads a policy file line by line."""

    def __init__(self) -> None:
        self.logs: list[_VerifierKey] = []
        self.witnesses: dict[str, _VerifierKey] = {}
        self.groups: dict[str, tuple[int, tuple[str, ...]]] = {}
        self.quorum: str | None = None
        self._used: set[str] = set()

    def read(self, data: bytes) -> _Policy:
        """Return the policy; raise ``ValueError`` when the file is not one."""
        if any((b < 32 and b not in b"\t\n") or b == 127 for b in data):  # noqa: PLR2004 - C2SP character set
            raise _Misfit("misfit.policy-control")
        lines = data.decode("utf-8", "surrogateescape").split("\n")
        if len(lines) > MAX_POLICY_LINES:
            raise _Misfit("misfit.policy-long")
        for number, line in enumerate(lines, start=1):
            words = [word for word in re.split(r"[ \t]+", line) if word]
            if words and not words[0].startswith("#") and not self._line(words):
                raise _Misfit("misfit.policy-line", line=number)
        if self.quorum is None:
            raise _Misfit("misfit.policy-quorum")
        return _Policy(tuple(self.logs), self.witnesses, self.groups, self.quorum)

    def _line(self, words: list[str]) -> bool:
        verb, rest = words[0], words[1:]
        reader = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._quorum,
        }.get(verb)
        return reader is not None and reader(rest)

    def _known(self, name: str) -> bool:
        return name in self.witnesses or name in self.groups

    def _log(self, words: list[str]) -> bool:
        if len(words) not in {1, 2}:
            return False
        key = _parse_vkey(words[0])
        if any(key.public == other.public for other in self.logs):
            return False
        self.logs.append(key)
        return True

    def _witness(self, words: list[str]) -> bool:
        if len(words) not in {2, 3} or words[0] == "none" or self._known(words[0]):
            return False
        key = _parse_vkey(words[1])
        if any(key.public == other.public for other in self.witnesses.values()):
            return False
        self.witnesses[words[0]] = key
        return True

    def _group(self, words: list[str]) -> bool:
        if len(words) < 3 or words[0] == "none" or self._known(words[0]):  # noqa: PLR2004
            return False
        name, rule, members = words[0], words[1], words[2:]
        if (
            len(set(members)) != len(members)
            or not all(map(self._known, members))
            or self._used & set(members)
        ):
            return False
        if rule not in {"any", "all"} and not re.fullmatch(r"[1-9][0-9]{0,8}", rule):
            return False
        threshold = {"any": 1, "all": len(members)}.get(rule) or int(rule)
        if threshold > len(members):
            return False
        self._used |= set(members)
        self.groups[name] = (threshold, tuple(members))
        return True

    def _quorum(self, words: list[str]) -> bool:
        if self.quorum is not None or len(words) != 1 or not (words[0] == "none" or self._known(words[0])):
            return False
        self.quorum = words[0]
        return True


def _cosigned_at(key: _VerifierKey, checkpoint: _Checkpoint) -> int | None:
    """Return when witness ``key`` cosigned, ``None`` if it did not; raise ``ValueError`` if it is false."""
    at: int | None = None
    for signature in checkpoint.note.by(key.name, key.key_id):
        stamp = int.from_bytes(signature[:8], "big")
        message = b"cosignature/v1\ntime %d\n" % stamp + checkpoint.note.text
        whole = len(signature) == 8 + _SIGNATURE_BYTES and stamp <= _MAX_STAMP
        if not whole or not ed25519_verify(key.public, message, signature[8:]):
            raise _Misfit("misfit.cosignature")
        at = stamp
    return at


# ---------------------------------------------------------------------------------------------
# The trust file

_ROLES = frozenset(("log", "package", "officer", "device"))


@dataclass(frozen=True)
class _TrustedKey:
    """A key of the trust file and the tree sizes between which it counts."""

    id: str
    role: str
    kind: int
    name: str | None
    public: bytes
    valid_from: int
    revoked_at: int | None

    def counts_at(self, index: int) -> bool:
        """Return whether a signature in the event at ``index`` counts."""
        return index >= self.valid_from and (self.revoked_at is None or index < self.revoked_at)


@dataclass(frozen=True)
class _Trust:
    """Whom the reader believes."""

    logs: tuple[tuple[str, _VerifierKey], ...]
    keys: dict[str, _TrustedKey] = field(default_factory=dict)


def _parse_trust(data: bytes) -> _Trust:
    """Parse a trust file; raise ``ValueError`` when it is not one, ``_Problem`` for a later version."""
    try:
        value = _UNIQUE.decode(data.decode("utf-8-sig"))
    except RecursionError as error:
        raise _Misfit("misfit.deep") from error
    _refuse_depth(value)
    _demand(value, {"v": _count}, "trust", exact=False)
    if value["v"] != VERSION:
        raise _Problem("unsupported.trust")
    _demand(value, {"office": _object, "logs": _list, "keys": _list}, "trust", exact=False)
    logs = []
    for entry in value["logs"]:
        _demand(entry, {"origin": _word, "vkey": _word}, "logs[]", exact=False)
        vkey = _parse_vkey(entry["vkey"])
        if vkey.name != entry["origin"]:
            raise _Misfit("misfit.log-name", origin=entry["origin"])
        logs.append((entry["origin"], vkey))
    keys: dict[str, _TrustedKey] = {}
    for entry in value["keys"]:
        key = _parse_trusted_key(entry)
        if key.id in keys:
            raise _Misfit("misfit.key-twice", key=key.id)
        keys[key.id] = key
    return _Trust(tuple(logs), keys)


def _parse_trusted_key(entry: Any) -> _TrustedKey:
    shape: dict[str, _Check] = {
        "id": _word,
        "role": _word,
        "valid_from": _count,
        "revoked_at": _or_null(_count),
    }
    _demand(entry, shape, "keys[]", exact=False)
    kind, name, public = _parse_key(entry)
    return _TrustedKey(
        entry["id"], entry["role"], kind, name, public, entry["valid_from"], entry["revoked_at"]
    )


def _parse_key(entry: Any) -> tuple[int, str | None, bytes]:
    """Return algorithm, name and public key of a listed key; raise ``ValueError`` when they do not fit.

    The identifier of an Ed25519 key follows from its public key (format, section 8).
    """
    _demand(entry, {"id": _word, "role": _word}, "keys[]", exact=False)
    if entry["role"] not in _ROLES:
        raise _Misfit("misfit.role", role=entry["role"])
    if ("vkey" in entry) == ("public" in entry):
        raise _Misfit("misfit.key-form")
    kind: int
    name: str | None
    if "vkey" in entry:
        vkey = _parse_vkey(entry["vkey"])
        kind, name, public = vkey.kind, vkey.name, vkey.public
    else:
        kind, name, public = _TYPE_ED25519, None, _unbase64(entry["public"], _KEY_BYTES)
        if not ed25519_usable(public):
            raise _Misfit("misfit.point")
    if kind == _TYPE_ED25519 and entry["id"] != _sha256(b"qingyuan-key/1\n" + public).hex()[:16]:
        raise _Misfit("misfit.key-id", key=entry["id"])
    return kind, name, public


# ---------------------------------------------------------------------------------------------
# The checks

_BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_PACKAGE, _EXHIBITS, _EVENTS = "evidence/package.json", "evidence/exhibits.jsonl", "evidence/events.jsonl"
_KEYS = "trust/keys.jsonl"
_NOTE = "signature.note"
_TAG_SHA256, _TAG_SM3 = "tagmanifest-sha256.txt", "tagmanifest-sm3.txt"
_PAY_SHA256, _PAY_SM3 = "manifest-sha256.txt", "manifest-sm3.txt"
_DATA, _PROOFS = "data/", "proofs/"
_REQUIRED = (
    "bagit.txt",
    "bag-info.txt",
    _PAY_SHA256,
    _PAY_SM3,
    _TAG_SHA256,
    _TAG_SM3,
    _NOTE,
    _PACKAGE,
    _EXHIBITS,
    _EVENTS,
    _KEYS,
    "说明.md",
)
_PROOF_NAME = re.compile(r"proofs/(0|[1-9][0-9]{0,18})\.tlog-proof")
_DATA_NAME = re.compile(r"data/[^/]+/[^/]+")
_MANIFEST_LINE = re.compile(rb"([0-9a-f]{64})  ([^\r\n]+)\n")
_INFO_LINE = re.compile(r"[^:\s](?:[^:\r\n]*[^:\s])?:[ \t].*")
_OXUM = re.compile(r"([0-9]{1,19})\.([0-9]{1,19})")
_UNTAGGED = frozenset((_TAG_SHA256, _TAG_SM3, _NOTE))
_EXTRACTED, _GENERATED = "evidence.extracted", "evidence.generated"
_STORED, _VERIFIED, _TRANSFERRED = "evidence.stored", "evidence.verified", "evidence.transferred"


class _Facts:
    """What the events say of one exhibit.

    Attributes:
        made: For each extraction or generation: index, manifest digest, digest of the other facts,
            whether it is a generation, digest of the parents it names (or ``None``).
        confirmed: The digest of the digests a recorded check found right, or ``None``.
        last_check: The result of the newest recorded check, or ``None``.
    """

    __slots__ = ("confirmed", "last_check", "made")

    def __init__(self) -> None:
        self.made: tuple[tuple[int, bytes, bytes, bool, bytes | None], ...] = ()
        self.confirmed: bytes | None = None
        self.last_check: bool | None = None


def _digest_of(*values: Any) -> bytes:
    return _sha256(_canonical(list(values)))


class _Run:
    """One run over one package, check after check; every check adds to the findings."""

    def __init__(self, file: _Readable, given: _Given) -> None:
        self.findings = _Findings()
        self.archive = _Archive(file, self.findings)
        self.members = self.archive.members
        self.given = given
        self.trust: _Trust | None = None
        self.package: dict[str, Any] | None = None
        self.readable = True
        self.leaves: dict[int, bytes] = {}
        self.facts: dict[str, _Facts] = {}
        self.made: dict[bytes, int] = {}
        self.transfer: tuple[int, dict[str, Any]] | None = None
        self.transfer_count = 0
        self.checkpoint: _Checkpoint | None = None
        self.checkpoint_path: str | None = None
        self.single_collector: list[str] = []
        self.quorum: dict[str, Any] = {
            "demanded": given.policy is not None or given.policy_fault is not None,
            "met": None if given.policy is None and given.policy_fault is None else False,
            "name": None,
            "witnesses": [],
        }

    # -- running ------------------------------------------------------------------------------

    def run(self) -> Report:
        """Run every check and return the report."""
        if self._stage("container", self._container):
            self._stage("digests", self._bag_and_manifests)
            self._stage("trust", self._read_trust)
            self._stage("package", self._read_package)
            self._stage("keys", self._listed_keys)
            self._meaning()
        self._scope()
        fingerprint = None if self.given.trust is None else _sha256(self.given.trust).hex()
        findings = self.findings
        return Report(findings.verdict, findings.reasons(), self.quorum, self._stated(), fingerprint)

    def _stated(self) -> dict[str, Any] | None:
        """Return what the package says of itself, safe to show."""
        if self.package is None:
            return None
        log = self.package["log"]
        return {
            "id": _printable(self.package["id"]),
            "matter": _printable(self.package["matter"]),
            "exhibits": self.package["exhibits"],
            "events": self.package["events"],
            "log": {"origin": _printable(log["origin"]), "size": log["size"], "root": log["root"]},
        }

    def _meaning(self) -> None:
        """Run the checks that build on each other, as long as what they build on could be read to its end."""
        for name, check in (
            ("events", self._events),
            ("proofs", self._proofs),
            ("exhibits", self._exhibits),
            ("transfer", self._transfer),
            ("signature", self._signature),
            ("quorum", self._quorum),
        ):
            if self.readable:
                self._stage(name, check)

    def _stage(self, name: str, check: Callable[[], None]) -> bool:
        """Run one check; say so when it found nothing. Return whether it could be finished."""
        before = self.findings.count
        try:
            check()
        except _Problem as problem:
            self.findings.end(problem)
            return False
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - what no one foresaw must read "cannot tell", not exit code 1
            self.findings.problem("unsupported.internal", check=name, error=type(error).__name__)
            return False
        if f"ok-{name}" in OK_CODES and self.findings.count == before:
            self.findings.inform(f"ok-{name}")
        return True

    def _try(self, path: str, check: Callable[[], None]) -> bool:
        """Run one check of one member; what ends it is recorded under ``path``. Return whether it ended well."""
        try:
            check()
        except _Problem as problem:
            self.findings.end(problem, path)
            return False
        return True

    # -- container, names, bag ----------------------------------------------------------------

    def _container(self) -> None:
        self.archive.load()
        folded: dict[str, str] = {}
        for member in self.members.values():
            fault = _name_fault(member.raw)
            if fault is not None:
                self.findings.problem(fault, member.name, limit=MAX_NAME)
                continue
            form = _folded(member.name)
            first = form if form in self.members else folded.setdefault(form, member.name)
            if first != member.name:
                self.findings.problem("name.clash", member.name, first=first)

    def _bag_and_manifests(self) -> None:
        for name in _REQUIRED:
            if name not in self.members:
                self.findings.problem("bag.missing", name)
        for name in self.members:
            if not (name in _REQUIRED or _PROOF_NAME.fullmatch(name) or _DATA_NAME.fullmatch(name)):
                self.findings.problem("bag.unknown", name)
        self._try("bagit.txt", self._bagit)
        self._try("bag-info.txt", self._bag_info)
        for bit, (name, payload, sm3) in enumerate(
            (
                (_PAY_SHA256, True, False),
                (_PAY_SM3, True, True),
                (_TAG_SHA256, False, False),
                (_TAG_SM3, False, True),
            )
        ):
            if name in self.members:
                self._try(name, functools.partial(self._manifest, name, 1 << bit, payload=payload, sm3=sm3))

    def _bagit(self) -> None:
        member = self.members.get("bagit.txt")
        if member is not None and self.archive.read(member, MAX_TEXT) != _BAGIT:
            raise _Problem("bag.bagit")

    def _bag_info(self) -> None:
        member = self.members.get("bag-info.txt")
        if member is None:
            return
        malformed = _Problem("bag.info")
        try:
            text = self.archive.read(member, MAX_TEXT).decode("utf-8")
        except UnicodeDecodeError as error:
            raise malformed from error
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        if lines.pop() != "":
            raise malformed
        for number, line in enumerate(lines):
            folded = number > 0 and line[:1] in {" ", "\t"}
            if not folded and not _INFO_LINE.fullmatch(line):
                raise malformed
            label, _, value = line.partition(":")
            if not folded and label.lower() == "payload-oxum":
                self._oxum(value.strip())

    def _oxum(self, value: str) -> None:
        payload = [member.size for member in self.members.values() if member.name.startswith(_DATA)]
        match = _OXUM.fullmatch(value)
        if match is None or (int(match[1]), int(match[2])) != (sum(payload), len(payload)):
            raise _Problem("bag.oxum")

    def _manifest(self, name: str, bit: int, *, payload: bool, sm3: bool) -> None:
        previous = b""
        for number, line in enumerate(self.archive.lines(self.members[name], MAX_MANIFEST_LINE), start=1):
            match = _MANIFEST_LINE.fullmatch(line)
            try:
                listed = match[2].decode("utf-8") if match else None
            except ValueError:
                listed = None
            if match is None or listed is None:
                self.findings.problem("bag.line", name, line=number)
                continue
            raw = listed.encode("utf-8")
            if raw <= previous:
                self.findings.problem("bag.order", name, line=number)
            previous = raw
            if listed.startswith(_DATA) != payload or listed in _UNTAGGED:
                self.findings.problem("bag.other", name, line=number)
                continue
            self._listed(name, bit, listed, match[1].decode("ascii"), sm3=sm3)
        for member in self.members.values():
            wanted = member.name not in _UNTAGGED and member.name.startswith(_DATA) == payload
            if wanted and not member.listed & bit:
                self.findings.problem("unlisted.member", member.name, name=name)

    def _listed(self, manifest: str, bit: int, name: str, digest: str, *, sm3: bool) -> None:
        member = self.members.get(name)
        if member is None:
            self.findings.problem("missing.member", name, manifest=manifest)
            return
        member.listed |= bit
        if (member.sm3 if sm3 else member.sha256).hex() != digest:
            kind = "SM3" if sm3 else "SHA-256"
            self.findings.problem("digest.differs", name, manifest=manifest, kind=kind)

    # -- what the reader and the package say ----------------------------------------------------

    def _read_trust(self) -> None:
        if self.given.trust is None:
            raise self.given.trust_fault
        try:
            self.trust = _parse_trust(self.given.trust)
        except ValueError as error:
            raise _Problem("no-trust.unusable", why=_explain(error)) from error

    def _json(self, path: str, line: int, data: bytes) -> dict[str, Any] | None:
        """Return the canonical JSON object of a line (0: of a whole file), ``None`` after saying why not."""
        try:
            if data[-1:] != b"\n":
                raise _Misfit("misfit.feed")
            value = _parse_canonical(data[:-1])
            if not isinstance(value, dict):
                raise _Misfit("misfit.object", place="$")
        except ValueError as error:
            self._misfit(path, line, error)
            return None
        return value

    def _misfit(self, path: str, line: int, error: ValueError) -> None:
        self.findings.problem("json.line" if line else "json.value", path, line=line, why=_explain(error))

    def _read_package(self) -> None:
        if _PACKAGE in self.members:
            self.readable = self._try(_PACKAGE, self._package)

    def _package(self) -> None:
        value = self._json(_PACKAGE, 0, self.archive.read(self.members[_PACKAGE], MAX_JSON))
        if value is None:
            return
        try:
            _demand(value, {"v": _count, "format": _text}, "package", exact=False)
            if value["v"] != VERSION or value["format"] != FORMAT:
                raise _Problem("unsupported.format", format=value["format"], version=value["v"])
            _demand(value, _PACKAGE_SHAPE, "package", exact=False)
            _demand(value["office"], _OFFICE_SHAPE, "office", exact=False)
            _demand(value["log"], _LOG_SHAPE, "log", exact=True)
            for entry in value["withheld"]:
                _demand(entry, _WITHHELD_SHAPE, "withheld[]", exact=False)
        except ValueError as error:
            self._misfit(_PACKAGE, 0, error)
            return
        _bounded(value["id"], value["matter"], value["made_by"])
        _bounded(*(entry["exhibit"] for entry in value["withheld"]))
        self.package = value

    def _listed_keys(self) -> None:
        if _KEYS in self.members:
            self._try(_KEYS, self._key_lines)

    def _key_lines(self) -> None:
        previous = ("", "")
        for number, line in enumerate(self.archive.lines(self.members[_KEYS], MAX_LINE), start=1):
            _counted(number)
            entry = self._json(_KEYS, number, line)
            if entry is None:
                continue
            try:
                _demand(entry, {"actor": _text}, "keys[]", exact=False)
                _parse_key(entry)
                if (entry["role"], entry["id"]) <= previous:
                    raise _Misfit("misfit.key-order")
                previous = entry["role"], entry["id"]
            except ValueError as error:
                self._misfit(_KEYS, number, error)

    # -- events and the log -------------------------------------------------------------------

    def _events(self) -> None:
        if _EVENTS not in self.members:
            raise _Problem("event.none")
        self.readable = self._try(_EVENTS, self._event_lines)

    def _event_lines(self) -> None:
        streams: dict[str, tuple[int, str]] = {}
        last, count = -1, 0
        for number, line in enumerate(self.archive.lines(self.members[_EVENTS], MAX_LINE), start=1):
            count = number
            _counted(number)
            event = self._event(number, line)
            if event is None:
                continue
            if event["index"] <= last:
                self.findings.problem("event.order", _EVENTS, line=number)
            last = event["index"]
            entry = _canonical(event["leaf"])
            self.leaves[last] = _leaf_hash(entry)
            if event["leaf"]["v"] != VERSION:
                self.findings.problem("unsupported.event", _EVENTS, line=number)
                stream, n = event["leaf"].get("stream"), event["leaf"].get("n")
                if isinstance(stream, str) and _count(n):
                    _bounded(stream)
                    streams[stream] = (n + 1, _sha256(entry).hex())
                continue
            _bounded(event["leaf"]["stream"], event["leaf"]["actor"])
            self._event_in_stream(number, event["leaf"], entry, streams)
            self._commitment(number, event)
            self._event_meaning(number, event)
        if self.package is not None:
            if self.package["events"] != count:
                self.findings.problem(
                    "event.count", _EVENTS, count=count, package=_PACKAGE, stated=self.package["events"]
                )
            if last >= self.package["log"]["size"]:
                self.findings.problem("event.beyond", _EVENTS)

    def _event(self, number: int, line: bytes) -> dict[str, Any] | None:
        event = self._json(_EVENTS, number, line)
        if event is None:
            return None
        try:
            _demand(event, _EVENT_SHAPE, "event", exact=True)
            if event["leaf"].get("v") == VERSION:
                _demand(event["leaf"], _LEAF_SHAPE, "leaf", exact=True)
            else:
                _demand(event["leaf"], {"v": _count}, "leaf", exact=False)
        except ValueError as error:
            self._misfit(_EVENTS, number, error)
            return None
        return event

    def _event_in_stream(
        self, number: int, leaf: dict[str, Any], entry: bytes, streams: dict[str, tuple[int, str]]
    ) -> None:
        n, prev = streams.get(leaf["stream"], (0, ""))
        if leaf["n"] != n:
            self.findings.problem(
                "event.number", _EVENTS, line=number, stream=leaf["stream"], n=n, found=leaf["n"]
            )
        elif leaf["prev"] != prev:
            self.findings.problem("event.chain", _EVENTS, line=number, stream=leaf["stream"])
        streams[leaf["stream"]] = (leaf["n"] + 1, _sha256(entry).hex())

    def _commitment(self, number: int, event: dict[str, Any]) -> None:
        committed = _unbase64(event["salt"]) + _canonical(event["payload"])
        if _sha256(committed).hex() != event["leaf"]["sha256"]:
            self.findings.problem("event.sha256", _EVENTS, line=number)
        if _sm3(committed).hex() != event["leaf"]["sm3"]:
            self.findings.problem("event.sm3", _EVENTS, line=number)

    def _event_meaning(self, number: int, event: dict[str, Any]) -> None:
        kind, payload = event["leaf"]["type"], event["payload"]
        if kind == _TRANSFERRED:
            if self.package is not None and payload.get("package") == self.package["id"]:
                self.transfer_count += 1
                if self.transfer is None:
                    self.transfer = event["index"], payload
            return
        if kind not in {_EXTRACTED, _GENERATED, _STORED, _VERIFIED}:
            return
        exhibit = payload.get("exhibit")
        if not isinstance(exhibit, str):
            self.findings.problem("event.exhibit", _EVENTS, line=number)
            return
        _bounded(exhibit)
        facts = self.facts.setdefault(exhibit, _Facts())
        if kind in {_EXTRACTED, _GENERATED}:
            names = ("exhibit", "path", "size", "sha256", "sm3", "key", "sig")
            other = _digest_of(*(payload.get(name) for name in names))
            parents = _digest_of(payload["parents"]) if "parents" in payload else None
            digest = _digest_of(payload.get("manifest_sha256"))
            if len(facts.made) <= 1:  # a second one is already wrong; more need not be kept
                facts.made += ((event["index"], digest, other, kind == _GENERATED, parents),)
            self.made[digest] = self.made.get(digest, 0) + 1
        elif kind == _VERIFIED:
            self._recorded_check(number, payload, facts)

    def _recorded_check(self, number: int, payload: dict[str, Any], facts: _Facts) -> None:
        ok, sha256, sm3 = payload.get("ok"), payload.get("sha256"), payload.get("sm3")
        if not isinstance(ok, bool) or not isinstance(sha256, str) or not isinstance(sm3, str):
            self.findings.problem("event.check", _EVENTS, line=number)
            return
        facts.last_check = ok
        if ok and facts.confirmed is not None and facts.confirmed != _digest_of(sha256, sm3):
            self.findings.problem("event.checks", _EVENTS, line=number)
        if ok:
            facts.confirmed = _digest_of(sha256, sm3)

    def _proofs(self) -> None:
        first = ""
        reference = b""
        for index, leaf in self.leaves.items():
            path = f"{_PROOFS}{index}.tlog-proof"
            proof = self._proof(path)
            if proof is None:
                continue
            if not first:
                first, reference = path, proof.checkpoint
                self._read_checkpoint(path, reference)
            elif proof.checkpoint != reference:
                self.findings.problem("proof.other", path, first=first)
            self._included(path, proof, index, leaf)
        for name in self.members:
            match = _PROOF_NAME.fullmatch(name)
            if match is not None and int(match[1]) not in self.leaves:
                self.findings.problem("proof.stray", name)
        if self.checkpoint is None:
            self.findings.problem("proof.none")
        else:
            self._log_signature(first, self.checkpoint)

    def _proof(self, path: str) -> _Proof | None:
        member = self.members.get(path)
        if member is None:
            self.findings.problem("proof.missing", path)
            return None
        try:
            return _parse_proof(self.archive.read(member, MAX_PROOF))
        except _Problem as problem:
            self.findings.end(problem, path)
        except ValueError as error:
            self.findings.problem("proof.unreadable", path, why=_explain(error))
        return None

    def _read_checkpoint(self, path: str, data: bytes) -> None:
        try:
            checkpoint = _parse_checkpoint(data)
        except ValueError as error:
            self.findings.problem("proof.checkpoint", path, why=_explain(error))
            return
        self.checkpoint, self.checkpoint_path = checkpoint, path
        if self.package is not None:
            log = self.package["log"]
            if (checkpoint.origin, checkpoint.size, checkpoint.root) != (
                log["origin"],
                log["size"],
                _unbase64(log["root"]),
            ):
                self.findings.problem("proof.head", path, package=_PACKAGE)

    def _included(self, path: str, proof: _Proof, index: int, leaf: bytes) -> None:
        if proof.index != index:
            self.findings.problem("proof.index", path, index=proof.index)
        elif self.checkpoint is not None:
            root = _root_from_path(leaf, index, self.checkpoint.size, proof.path)
            if root != self.checkpoint.root:
                self.findings.problem("proof.inclusion", path)

    def _log_signature(self, path: str, checkpoint: _Checkpoint) -> None:
        if self.trust is None:
            self.findings.leave_open()  # the reason was already given by no-trust
            return
        keys = [key for origin, key in self.trust.logs if origin == checkpoint.origin]
        keys = [key for key in keys if checkpoint.note.by(key.name, key.key_id)]
        if not keys:
            self.findings.problem("unknown-key.log", path, origin=checkpoint.origin)
        for key in keys:
            self._one_log_signature(path, checkpoint, key)

    def _one_log_signature(self, path: str, checkpoint: _Checkpoint, key: _VerifierKey) -> None:
        if key.kind != _TYPE_ED25519:
            self.findings.problem("unsupported.log", path)
            return
        if not all(
            ed25519_verify(key.public, checkpoint.note.text, s)
            for s in checkpoint.note.by(key.name, key.key_id)
        ):
            self.findings.problem("proof.log", path)
            return
        assert self.trust is not None
        for listed in self.trust.keys.values():
            if (
                listed.role == "log"
                and listed.public == key.public
                and not listed.counts_at(checkpoint.size - 1)
            ):
                self.findings.problem("revoked-key.log", path, key=listed.id)

    # -- exhibits -----------------------------------------------------------------------------

    def _exhibits(self) -> None:
        if _EXHIBITS not in self.members:
            raise _Problem("exhibit.none")
        content: dict[str, list[_Member]] = {}
        for member in self.members.values():
            if _DATA_NAME.fullmatch(member.name):
                content.setdefault(member.name.split("/", 2)[1], []).append(member)
        withheld = (
            {entry["exhibit"] for entry in self.package["withheld"]} if self.package is not None else set()
        )
        seen: set[str] = set()
        parents: set[str] = set()
        if not self._try(_EXHIBITS, functools.partial(self._exhibit_lines, content, withheld, seen, parents)):
            return
        for exhibit, members in content.items():
            if exhibit not in seen:
                self.findings.problem("exhibit.stray", members[0].name)
        for exhibit in sorted((withheld | parents | self.facts.keys()) - seen):
            self.findings.problem("withheld.named", exhibit=exhibit)

    def _exhibit_lines(
        self, content: dict[str, list[_Member]], withheld: set[str], seen: set[str], parents: set[str]
    ) -> None:
        count, last = 0, ""
        for number, line in enumerate(self.archive.lines(self.members[_EXHIBITS], MAX_LINE), start=1):
            count = number
            _counted(number)
            entry = self._exhibit_entry(number, line)
            if entry is None:
                continue
            manifest = entry["manifest"]
            exhibit = manifest["id"]
            inside = content.get(exhibit, [])
            path = inside[0].name if inside else _EXHIBITS
            if exhibit in seen:
                self.findings.problem("exhibit.twice", path, exhibit=exhibit)
                continue
            seen.add(exhibit)
            if exhibit < last:
                self.findings.problem("exhibit.order", _EXHIBITS, line=number)
            last = exhibit
            by, second = manifest["collected"]["by"], manifest["collected"]["second"]
            _bounded(exhibit, entry["key"], manifest["scope"], by, second or "", *manifest["parents"])
            parents.update(manifest["parents"])
            _counted(len(parents))
            if second in {None, by}:
                self.single_collector.append(exhibit)
            self._parents(manifest, path)
            self._content(exhibit, manifest, inside, path, withheld=exhibit in withheld)
            index = self._made_event(entry, path)
            self._recorded(manifest, path)
            self._exhibit_signature(entry, path, index)
        if count == 0:
            self.findings.problem("exhibit.empty", _EXHIBITS)
        if self.package is not None and self.package["exhibits"] != count:
            self.findings.problem(
                "exhibit.count", _EXHIBITS, count=count, package=_PACKAGE, stated=self.package["exhibits"]
            )

    def _exhibit_entry(self, number: int, line: bytes) -> dict[str, Any] | None:
        entry = self._json(_EXHIBITS, number, line)
        if entry is None:
            return None
        try:
            _demand(entry, _EXHIBIT_SHAPE, "exhibit", exact=True)
            _demand(entry["manifest"], {"v": _count}, "manifest", exact=False)
            if entry["manifest"]["v"] != VERSION:
                self.findings.problem("unsupported.manifest", _EXHIBITS, line=number)
                return None
            _demand(entry["manifest"], _MANIFEST_SHAPE, "manifest", exact=False)
            _demand(entry["manifest"]["collected"], _COLLECTED_SHAPE, "collected", exact=False)
        except ValueError as error:
            self._misfit(_EXHIBITS, number, error)
            return None
        return entry

    def _content(
        self, exhibit: str, manifest: dict[str, Any], inside: list[_Member], path: str, *, withheld: bool
    ) -> None:
        if withheld:
            if inside:
                self.findings.problem("exhibit.inside", path)
            else:
                self.findings.problem("withheld.content", path, exhibit=exhibit)
            return
        if len(inside) != 1:
            self.findings.problem("exhibit.one", path, exhibit=exhibit, count=len(inside))
        for member in inside:
            if (member.size, member.sha256.hex(), member.sm3.hex()) != (
                manifest["size"],
                manifest["sha256"],
                manifest["sm3"],
            ):
                self.findings.problem("exhibit.content", member.name, exhibit=exhibit)

    def _parents(self, manifest: dict[str, Any], path: str) -> None:
        parents = manifest["parents"]
        derived = manifest["origin"] == "derived"
        if derived != bool(parents) or len(set(parents)) != len(parents):
            self.findings.problem("exhibit.parents", path, exhibit=manifest["id"])

    def _made_event(self, entry: dict[str, Any], path: str) -> int | None:
        """Check the one event that made the exhibit and return its index."""
        manifest = entry["manifest"]
        exhibit = _brief(manifest["id"])
        digest = _digest_of(_sha256(_canonical(manifest)).hex())
        made = self.facts.get(manifest["id"], _Facts()).made
        if len(made) != 1 or made[0][1] != digest or self.made[digest] != 1:
            self.findings.problem("exhibit.event", path, exhibit=exhibit)
            return None
        index, _digest, other, generated, parents = made[0]
        names = ("id", "path", "size", "sha256", "sm3")
        agrees = other == _digest_of(*(manifest[name] for name in names), entry["key"], entry["sig"])
        agrees = agrees and generated == (manifest["origin"] == "derived")
        if generated:
            agrees = agrees and parents == _digest_of(manifest["parents"])
        if not agrees:
            self.findings.problem("exhibit.differs", path, exhibit=exhibit)
        return index

    def _recorded(self, manifest: dict[str, Any], path: str) -> None:
        facts = self.facts.get(manifest["id"])
        if facts is None:
            return
        exhibit = _brief(manifest["id"])
        if facts.confirmed is not None and facts.confirmed != _digest_of(manifest["sha256"], manifest["sm3"]):
            self.findings.problem("exhibit.check", path, exhibit=exhibit)
        if facts.last_check is False:
            self.findings.problem("exhibit.failed", path, exhibit=exhibit)

    def _exhibit_signature(self, entry: dict[str, Any], path: str, index: int | None) -> None:
        if self.trust is None:
            self.findings.leave_open()  # the reason was already given by no-trust
            return
        exhibit, name = _brief(entry["manifest"]["id"]), _brief(entry["key"])
        key = self.trust.keys.get(entry["key"])
        if key is None or key.role not in {"officer", "device"}:
            self.findings.problem("unknown-key.exhibit", path, exhibit=exhibit, name=name)
            return
        if key.kind != _TYPE_ED25519:
            self.findings.problem("unsupported.key", path, name=name)
            return
        message = b"qingyuan-exhibit/1\n" + _canonical(entry["manifest"])
        if not ed25519_verify(key.public, message, _unbase64(entry["sig"])):
            self.findings.problem("exhibit.signature", path, exhibit=exhibit)
        elif index is not None and not key.counts_at(index):
            self.findings.problem("revoked-key.exhibit", path, exhibit=exhibit, name=name)

    # -- transfer, signature, quorum, scope -----------------------------------------------------

    def _transfer(self) -> None:
        if self.package is None or _EVENTS not in self.members:
            raise _Problem("transfer.none")
        if self.transfer_count != 1:
            self.findings.problem("transfer.count", _EVENTS, count=self.transfer_count)
        if self.transfer is None:
            return
        for name, member, sm3 in (
            ("manifest_sha256", _PAY_SHA256, False),
            ("manifest_sm3", _PAY_SM3, True),
            ("exhibits_sha256", _EXHIBITS, False),
        ):
            if self.transfer[1].get(name) != self._digest(member, sm3=sm3):
                self.findings.problem("transfer.differs", member, name=name)

    def _digest(self, name: str, *, sm3: bool) -> str:
        """Return the digest of a member in hex, or nothing when the member is missing."""
        member = self.members.get(name)
        if member is None:
            return ""
        return (member.sm3 if sm3 else member.sha256).hex()

    def _signature(self) -> None:
        if _NOTE not in self.members or self.package is None:
            raise _Problem("signature.none")
        self._try(_NOTE, self._package_note)

    def _package_note(self) -> None:
        assert self.package is not None
        try:
            note = _parse_note(self.archive.read(self.members[_NOTE], MAX_TEXT))
        except ValueError as error:
            raise _Problem("signature.unreadable", why=_explain(error)) from error
        sha256, sm3 = self._digest(_TAG_SHA256, sm3=False), self._digest(_TAG_SM3, sm3=True)
        wanted = f"{FORMAT}\n{self.package['id']}\nsha256 {sha256}\nsm3 {sm3}\n"
        if note.text != wanted.encode("utf-8"):
            self.findings.problem("signature.text", _NOTE)
        self._package_signature(note)

    def _package_signature(self, note: _Note) -> None:
        if self.trust is None or self.package is None:
            self.findings.leave_open()  # the reason was already given by no-trust
            return
        name = self.package["log"]["origin"] + "/package"
        tried = False
        for key in self.trust.keys.values():
            if key.role != "package" or key.name not in {None, name}:
                continue
            signatures = note.by(name, _key_id(name, key.kind, key.public))
            tried = tried or bool(signatures)
            if signatures:
                self._one_package_signature(note, key, signatures)
        if not tried:
            self.findings.problem("unknown-key.package", _NOTE, name=name)

    def _one_package_signature(self, note: _Note, key: _TrustedKey, signatures: list[bytes]) -> None:
        assert self.package is not None
        if key.kind != _TYPE_ED25519:
            self.findings.problem("unsupported.package", _NOTE)
        elif not all(ed25519_verify(key.public, note.text, signature) for signature in signatures):
            self.findings.problem("signature.false", _NOTE)
        else:
            index = self.transfer[0] if self.transfer is not None else self.package["log"]["size"] - 1
            if not key.counts_at(index):
                self.findings.problem("revoked-key.package", _NOTE, key=key.id)

    def _quorum(self) -> None:
        if self.given.policy is None:
            if self.given.policy_fault is not None:
                raise self.given.policy_fault
            self.findings.inform("quorum.undemanded")
            return
        try:
            policy = _PolicyReader().read(self.given.policy)
        except ValueError as error:
            raise _Problem("quorum.unusable", why=_explain(error)) from error
        self.quorum["name"] = _printable(policy.quorum)
        if self.checkpoint is None:
            raise _Problem("quorum.none")
        self._judge_quorum(policy, self.checkpoint)

    def _judge_quorum(self, policy: _Policy, checkpoint: _Checkpoint) -> None:
        cosigned: set[str] = set()
        unknown = 0
        for name, key in policy.witnesses.items():
            if key.kind != _TYPE_COSIGNATURE:
                unknown += 1
                continue
            try:
                at = _cosigned_at(key, checkpoint)
            except ValueError:
                self.findings.problem("proof.witness", self.checkpoint_path, name=name)
                continue
            if at is not None:
                cosigned.add(name)
                self.quorum["witnesses"].append(
                    {"name": _printable(name), "key": _printable(key.name), "at": at}
                )
        log_known = self._policy_log(policy, checkpoint)
        met = policy.met_by(cosigned) and log_known
        self.quorum["met"] = met
        by = sorted(cosigned)
        witnesses = _Said("、".join(map(_brief, by)) or "无", ", ".join(map(_brief, by)) or "none")
        if met:
            self.findings.inform("quorum.met", named=policy.quorum, by=witnesses)
            return
        self.findings.problem("quorum.unmet", named=policy.quorum, by=witnesses)
        if unknown:
            self.findings.problem("unsupported.witness", unknown=unknown)

    def _policy_log(self, policy: _Policy, checkpoint: _Checkpoint) -> bool:
        """Return whether the checkpoint is signed by a log of the policy (any, when it lists none)."""
        if not policy.logs:
            return True
        for key in policy.logs:
            signatures = checkpoint.note.by(key.name, key.key_id) if key.name == checkpoint.origin else []
            if key.kind == _TYPE_ED25519 and signatures:
                if all(
                    ed25519_verify(key.public, checkpoint.note.text, signature) for signature in signatures
                ):
                    return True
                self.findings.problem("proof.log", self.checkpoint_path)
        self.findings.problem("unknown-key.policy", self.checkpoint_path, origin=checkpoint.origin)
        return False

    def _scope(self) -> None:
        alone = _Said("", "")
        if self.single_collector:
            count, some = len(self.single_collector), self.single_collector[:MAX_SHOWN]
            names = ", ".join(map(_brief, some)) + ("…" if count > len(some) else "")
            alone = _say("alone", count=count, names=_Said(names, names))
        self.findings.inform(_SCOPE, alone=alone)


@dataclass(frozen=True)
class _Given:
    """What the reader brings: the bytes of a trust and a policy file, or why there are none."""

    trust: bytes | None
    policy: bytes | None
    trust_fault: _Problem
    policy_fault: _Problem | None


def verify(
    path: str | os.PathLike[str],
    trust: str | os.PathLike[str] | None = None,
    policy: str | os.PathLike[str] | None = None,
) -> Report:
    """Check the package at ``path``.

    Args:
        path: The ``.evp`` file.
        trust: The reader's trust file (JSON). Without it, or when it cannot be read, the verdict
            is at best undetermined.
        policy: The reader's C2SP tlog-policy file. Without it no witness is demanded.

    Returns:
        The verdict and its reasons. Hostile input never raises: it becomes a reason.

    Raises:
        OSError: The package file itself cannot be read.
    """
    trust_bytes = policy_bytes = policy_fault = None
    trust_fault = _Problem("no-trust.none")
    if trust is not None:
        try:
            trust_bytes = _read_given(trust, MAX_TRUST)
        except ValueError as error:
            trust_fault = _Problem("no-trust.unreadable", why=_explain(error))
    if policy is not None:
        try:
            policy_bytes = _read_given(policy, MAX_POLICY)
        except ValueError as error:
            policy_fault = _Problem("quorum.unreadable", why=_explain(error))
    given = _Given(trust_bytes, policy_bytes, trust_fault, policy_fault)
    with open(path, "rb") as file:  # noqa: PTH123 - accepts what open() accepts
        return _Run(file, given).run()


def verify_stream(file: _Readable, trust: bytes | None = None, policy: bytes | None = None) -> Report:
    """Check the package in the seekable binary ``file``; ``trust`` and ``policy`` are contents.

    Raises:
        OSError: ``file`` cannot be read.
    """
    return _Run(file, _Given(trust, policy, _Problem("no-trust.none"), None)).run()


def _read_given(path: str | os.PathLike[str], limit: int) -> bytes:
    """Return the bytes of a file of the reader; raise ``ValueError`` when it cannot be used."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - accepts what open() accepts
            data = file.read(limit + 1)
    except OSError as error:
        raise _Misfit("misfit.unreadable", reason=error.strerror or error) from error
    if len(data) > limit:
        raise _Misfit("misfit.large", limit=limit)
    return data


# ---------------------------------------------------------------------------------------------
# The command

_WORDS = {
    "zh": {
        "fail": "不通过的理由",
        "undetermined": "无法判断的事项",
        "ok": "已核对",
        "note": "说明",
        "trust": "信任文件 SHA-256 指纹",
        "package": "证据包 {id}，总案 {matter}，证据材料 {exhibits} 件，事件 {events} 个；日志 {origin}，树长 {size}",
        "unreadable": "无法读取证据包：{reason}",
    },
    "en": {
        "fail": "Why it does not pass",
        "undetermined": "What cannot be told",
        "ok": "Checked",
        "note": "Note",
        "trust": "SHA-256 fingerprint of the trust file",
        "package": "Package {id}, matter {matter}, {exhibits} exhibits, {events} events; log {origin}, tree size {size}",
        "unreadable": "the package cannot be read: {reason}",
    },
}


def render(report: Report, path: str, lang: str = "zh") -> str:
    """Return the report as text for a person, in ``lang`` (``"zh"`` or ``"en"``).

    Each statement begins with the file it concerns; contradictions come first.
    """
    words = _WORDS[lang]
    verdict = report.verdict_zh if lang == "zh" else report.verdict
    colon = "：" if lang == "zh" else ": "
    lines = [f"{_printable(path)}{colon}{verdict}"]
    if report.package is not None:
        shown = {**report.package, **report.package["log"]}
        lines.append(_printable(words["package"].format_map(shown)))
    groups: dict[str, list[Reason]] = {}
    for reason in report.reasons:
        groups.setdefault(_group_of(reason, report), []).append(reason)
    for group in ("fail", "undetermined", "ok", "note"):
        if group in groups:
            lines += ["", words[group] + colon.rstrip()]
            lines += [_statement(reason, lang) for reason in groups[group]]
    if report.trust_sha256 is not None:
        lines += ["", f"{words['trust']}{colon}{report.trust_sha256}"]
    return "\n".join(lines) + "\n"


def _group_of(reason: Reason, report: Report) -> str:
    if reason.code in FAIL_CODES:
        return "fail"
    open_quorum = reason.code == "quorum" and report.quorum["demanded"] and not report.quorum["met"]
    if reason.code in UNDETERMINED_CODES or open_quorum:
        return "undetermined"
    return "ok" if reason.code in OK_CODES else "note"


def _statement(reason: Reason, lang: str) -> str:
    zh = lang == "zh"
    place = "" if reason.path is None else reason.path + ("：" if zh else ": ")
    text = reason.text_zh if zh else reason.text_en
    basis = f"（{reason.code}；{reason.article}）" if zh else f" ({reason.code}; {reason.article})"
    return f"  {place}{text}{basis}"


def _write(stream: TextIO, text: str) -> None:
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code: 0 pass, 1 fail, 3 undetermined, 2 not usable."""
    parser = argparse.ArgumentParser(
        prog="verify_evp.py", description="核验证据包 / check an evidence package (.evp)"
    )
    parser.add_argument("file", metavar="FILE.evp", help="证据包 / the package")
    parser.add_argument("--trust", metavar="FILE", help="信任文件 / the trust file (JSON)")
    parser.add_argument("--policy", metavar="FILE", help="见证策略文件 / the policy file (C2SP tlog-policy)")
    parser.add_argument("--json", action="store_true", help="输出 JSON / print JSON")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="语言 / language")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    options = parser.parse_args(arguments)
    try:
        report = verify(options.file, options.trust, options.policy)
    except OSError as error:
        reason = _WORDS[options.lang]["unreadable"].format(reason=error.strerror or error)
        _write(sys.stderr, _printable(f"{options.file}: {reason}") + "\n")
        return USAGE
    if options.json:
        _write(
            sys.stdout,
            json.dumps(
                report.as_dict(), ensure_ascii=(sys.stdout.encoding or "").lower() != "utf-8", indent=2
            )
            + "\n",
        )
    else:
        _write(sys.stdout, render(report, options.file, options.lang))
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
