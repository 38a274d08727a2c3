#!/usr/bin/env python3
"""Check an evidence package (``.evp``, version 2) with nothing but Python's standard library.

This one file is a whole program: copy it anywhere and run
``python3 verify_evp.py FILE.evp --trust TRUST.json [--policy POLICY] [--json] [--lang zh|en]``.
It needs Python 3.9 or newer, no network and no other file. It was written from the published
description of the format and the public standards the format stands on, not from the program that
makes packages, so that the two can contradict each other. A fork proof (``fork.json``) is taken in
place of a package.

Sources: the evidence-package format, version 2, and its SM profile of notes; ZIP APPNOTE 6.3; RFC 8493
(BagIt); RFC 8785 (canonical JSON); RFC 6962 (Merkle trees); RFC 8032 (Ed25519); FIPS 186-5 (ECDSA);
FIPS 204 (ML-DSA-44); RFC 8017 (RSA); GB/T 32905-2016 (SM3); GB/T 32918.2-2016 and 32918.5-2017 (SM2); RFC 3161, 5816 (time
stamps); RFC 5652 (CMS); RFC 5280 (X.509); C2SP signed-note, tlog-checkpoint, tlog-proof,
tlog-cosignature and tlog-policy.

The parts, in this order: bounds; verdict and reasons; sentences; SM3; Ed25519; SM2 and ECDSA; RSA;
ML-DSA-44; JSON and shapes; container; names; C2SP notes and policies; Merkle trees; DER; X.509; time-stamp
tokens; trust and role files; the checks of a package; fork proofs; the command.

Exit codes: 0 pass (通过), 1 fail (不通过), 3 undetermined (无法判断), 2 the package file cannot be
read or the command is wrong. "Cannot tell" is never shown as "passed".
"""

from __future__ import annotations

import argparse
import base64
import binascii
import contextlib
import datetime as dt
import functools
import hashlib
import io
import itertools
import json
import os
import re
import struct
import sys
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TextIO, Union

__version__ = "2.0"

FORMAT = "qingyuan-evp/2"
VERSION = 2
LEAF_VERSION = MANIFEST_VERSION = 1

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
MAX_TIMESTAMPS = 10_000
MAX_TOKEN = 64 << 10
MAX_CERTIFICATES = 16
MAX_NAMED_CERTIFICATES = 64
MAX_CHAIN = 8
MAX_LINKS = 100
MAX_ALL_LINKS = 5_000
MAX_DER_DEPTH = 32
MAX_LISTS = 64
MAX_LIST = 1 << 20
MAX_RESPONDERS = 4
MAX_ROLE_FILES = 1_000
MAX_ROLE_FILE = 4 << 20
MAX_ROOT_KEYS = 32
MAX_FORK = 4 << 20
MAX_SHOWN = 100
MAX_NAMED = 10
_CHUNK = 512 << 10

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
        "timestamp",
        "roles",
        "fork",
    )
)
UNDETERMINED_CODES = frozenset(
    (
        "no-trust",
        "unknown-key",
        "revoked-key",
        "old-roles",
        "no-twin",
        "no-timestamp",
        "withheld",
        "unsupported",
        "fork-claimed",
        "no-fork",
    )
)
OK_CODES = (
    "ok-container",
    "ok-digests",
    "ok-events",
    "ok-proofs",
    "ok-exhibits",
    "ok-transfer",
    "ok-signature",
    "ok-timestamps",
)
#: What a receipt (section 15) must come to.
RECEIPT_OK_CODES = ("ok-receipt",)
_SCOPE = "scope-before"
_ARTICLE_17_CODES = frozenset(
    ("no-trust", "unknown-key", "revoked-key", "old-roles", "no-twin", "no-timestamp", "quorum")
)
_ARTICLE_18_CODES = frozenset((_SCOPE, "time", "untrusted-time"))


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
    """The verdict on one package (or fork proof) and everything it rests on.

    Attributes:
        verdict: ``"pass"``, ``"fail"`` or ``"undetermined"``.
        reasons: Contradictions first, then what could not be told, then what was checked.
        quorum: ``demanded`` (bool), ``met`` (bool or ``None``), ``name`` of the quorum and the names
            of the ``witnesses`` that count.
        package: ``id``, ``matter``, ``exhibits``, ``events``, ``timestamps``, ``log`` and ``twin`` as
            the package states them; ``None`` when it could not be read or for a fork proof.
        trust_sha256: Fingerprint of the trust file used, or ``None``.
        roles_version: Version of the role file used (0: none), or ``None`` without roots.
        timestamps: The tokens that are not broken, by ``n``: ``n``, ``over``, ``size``, ``gen_time``,
            ``tsa``, ``operator``, ``trusted``.
        fork: Whether a fork proof was judged and not a package.
    """

    verdict: str
    reasons: tuple[Reason, ...]
    quorum: dict[str, Any]
    package: dict[str, Any] | None
    trust_sha256: str | None = None
    roles_version: int | None = None
    timestamps: tuple[dict[str, Any], ...] = ()
    fork: bool = False

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
            "package": "" if self.fork else self.package,
            "trust_sha256": self.trust_sha256,
            "roles_version": self.roles_version,
            "timestamps": list(self.timestamps),
        }


class _Said(NamedTuple):
    """The same words in Chinese and English."""

    zh: str
    en: str


_UNSHOWN = frozenset(("Cc", "Cf", "Co", "Cs", "Zl", "Zp"))


def _printable(text: str, limit: int = 1_200) -> str:
    """Return ``text`` safe to show (format, section 10): no control or format characters, bounded length."""
    shown = text if len(text) <= limit else text[:limit] + "…"
    if shown.isprintable():
        return shown
    return "".join(
        c
        if unicodedata.category(c) not in _UNSHOWN
        else (f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}")  # noqa: PLR2004
        for c in shown
    )


def _brief(text: object) -> str:
    return _printable(str(text), 80)


def _listed(names: list[str]) -> _Said:
    """Return names as a list in both languages."""
    return _Said("、".join(map(_brief, names)) or "无", ", ".join(map(_brief, names)) or "none")


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
misfit.key-twice | 密钥 {key} 重复 | key {key} occurs twice
misfit.policy-line | 第 {line} 行不符合规定 | line {line} is not valid
misfit.feed | 末尾缺少换行 | it does not end with a line feed
misfit.der | 不是规定的 DER 编码 | not the DER it must be
misfit.granted | 时间戳请求未获批准 | the request was not granted
misfit.signers | 签名人不是恰好一个 | there is not exactly one signer
misfit.attributes | 已签属性重复或为空 | a signed attribute is repeated or empty
misfit.roles | 不以规定的首行开始 | it does not begin with the line it must
misfit.root-signature | 根密钥 {name} 的签名不成立 | the signature by root key {name} does not verify
container.changed | 文件在读取过程中被改动 | the file was changed while it was read
container.end | 压缩包尾部记录不是唯一的规定形式 | the end records are not in the one valid form
container.short | 文件过短，不是压缩包 | the file is too short to be a ZIP file
container.no-end | 文件不以压缩包尾部记录结束：文件不完整、末尾有多余内容，或不是压缩包 | the file does not end with a ZIP end record: it is cut, has bytes after its end, or is no ZIP file
container.age | 这是加密的 age 文件，须先用收件人的密钥解开，再核验其中的证据包 | this is an encrypted age file: open it with the recipient's identity first, then check the package inside
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
event.receipt-sha256 | 回执的内容与事件的 SHA-256 承诺值不符 | the payload of the receipt does not fit the event's SHA-256 commitment
event.receipt-sm3 | 回执的内容与事件的 SM3 承诺值不符 | the payload of the receipt does not fit the event's SM3 commitment
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
proof.receipt | 包含证明不成立：回执中的事件不在日志的这一树头之下 | the inclusion proof fails: the event of the receipt is not under this head of the log
proof.twin | 所写的国密孪生日志与主日志的来源或长度不符 | the origin or size it states for the twin log does not fit the log
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
timestamp.none | 没有时间戳清单，无法核对 | there is no list of time stamps to check
timestamp.count | 时间戳共 {count} 个，与 {package} 所写 {stated} 个不符 | {count} time stamps, but {package} says {stated}
timestamp.stray | 没有与此时间戳对应的行 | there is no line this token belongs to
timestamp.missing | 缺少该行的时间戳文件 | the token of this line is missing
timestamp.number | 第 {line} 行：编号应为 {n}，实为 {found} | line {line}: number {n} was expected, not {found}
timestamp.order | 第 {line} 行：所指的时间戳不在它之前 | line {line}: the time stamp it names does not come before it
timestamp.log | 第 {line} 行：日志 {origin} 不是本证据包的日志 | line {line}: log {origin} is none of this package
timestamp.path | 长度为 {size} 的检查点不在本证据包的日志之内：一致性证明不成立 | the checkpoint of size {size} does not lie within this package's log: the consistency proof fails
timestamp.exhibit | 第 {line} 行：没有证据材料 {exhibit} | line {line}: there is no exhibit {exhibit}
timestamp.malformed | 时间戳无法读取：{why} | the token cannot be read: {why}
timestamp.imprint | 时间戳所盖的不是该行所写的内容 | the token does not stamp what its line says
timestamp.type | 时间戳的已签属性缺少内容类型 | the signed attributes lack the content type
timestamp.digest | 时间戳的已签属性与其内容的摘要不符 | the signed attributes do not hold the digest of the content
timestamp.certificate | 时间戳的已签属性没有写明签名证书，或与之不符 | the signed attributes do not name the signer's certificate
timestamp.signature | 时间戳的签名不成立 | the signature of the token does not verify
roles.malformed | 角色文件不合规定：{why} | the role file is not what it must be: {why}
no-trust.none | 没有提供信任文件，无法判断签名人和日志是否可信 | no trust file was given: whether the signers and the log can be trusted cannot be told
no-trust.unreadable | 信任文件{why} | the trust file {why}
no-trust.unusable | 信任文件无法使用：{why} | the trust file cannot be used: {why}
no-trust.roles | 信任文件只给出根密钥，而包内没有可用的角色文件 | the trust file gives root keys only, and no role file of the package can be used
no-trust.fork-roots | 信任文件只给出根密钥，没有列出日志的公钥 | the trust file gives root keys only and lists no key of the log
unknown-key.policy | 见证策略没有列出日志 {origin} 或其签名公钥 | the policy does not name log {origin} or the key that signed
unknown-key.log | 信任文件没有列出日志 {origin} 或其签名公钥 | the trust file does not name log {origin} or the key that signed
unknown-key.exhibit | 证据材料 {exhibit} 的签名密钥 {name} 不在信任文件所列人员或设备之中 | key {name}, which signed exhibit {exhibit}, is no officer's or device's in the trust file
unknown-key.package | 信任文件没有列出为本证据包签名的密钥 {name} | the trust file does not name the key {name} that signed the package
unknown-key.roles | 角色文件的根密钥签名不足 | the role file is signed by too few root keys
revoked-key.log | 日志密钥 {key} 在此树长不在有效区间内 | log key {key} is outside its valid range at this tree size
revoked-key.exhibit | 证据材料 {exhibit} 的签名密钥 {name} 在该事件时不在有效区间内 | key {name}, which signed exhibit {exhibit}, is outside its valid range at that event
revoked-key.package | 证据包密钥 {key} 在传输事件时不在有效区间内 | package key {key} is outside its valid range at the transfer event
old-roles.newer | 所用的角色文件为第 {used} 版，而已公布或要求的是第 {newest} 版 | role file {used} was used, but {newest} is announced or demanded
no-twin.none | 信任文件列有国密孪生日志 {origin}，本证据包没有 | the trust file names the twin log {origin}, and the package has none
no-timestamp.few | 覆盖全部证据材料固定事件的可信时间戳来自 {count} 家机构，要求 {demanded} 家 | trusted time stamps that cover the making of every exhibit come from {count} operators, {demanded} are demanded
quorum.unmet | 见证要求 {named} 未满足；见证人：{by}；缺少：{missing} | quorum {named} is not met; witnesses: {by}; missing: {missing}
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
unsupported.receipt | 回执中事件的版本未知 | the version of the event in the receipt is not known
unsupported.policy | 本程序不对回执核对见证策略；要核对见证，请索取证据包 | witnesses of a receipt are not judged against a policy here: ask for a package to have that
unsupported.manifest | 第 {line} 行清单的版本未知 | line {line}: the version of the manifest is not known
unsupported.encrypted | 文件已加密（age），须先由收件人解密：age -d -i 私钥文件 -o 包.evp 本文件 | the file is encrypted (age); its recipient has to open it first: age -d -i IDENTITY -o PACKAGE.evp THIS
unsupported.internal | 本程序未能完成“{check}”一项核对（{error}） | this program could not finish the check “{check}” ({error})
unsupported.algorithm | 时间戳使用的算法 {name} 未知 | the token uses algorithm {name}, which is not known
unsupported.certificates | 时间戳内的证书超过本程序的上限 {limit} 张 | the token holds more than the {limit} certificates this program takes
unsupported.links | 时间戳内证书的关系过于复杂，超过本程序的上限 {limit} | the certificates of the token are more entangled than the {limit} links this program follows
unsupported.lists | 吊销列表和答复超过 {limit} 个 | more than {limit} revocation lists and answers
unsupported.roles | 角色文件超过本程序的上限 {limit} 个 | there are more than the {limit} role files this program takes
unsupported.roots | 根密钥超过本程序的上限 {limit} 个 | there are more than the {limit} root keys this program takes
ok-receipt | 回执所写的事件（{type}，{stream}，自述时间 {at}，第 {index} 号）在所信任的日志 {origin} 长度为 {size} 的树头之下，内容与其承诺值一致 | the event of the receipt ({type}, {stream}, claimed time {at}, index {index}) is under the head of size {size} of the trusted log {origin}, and its payload fits its commitments
ok-container | 压缩包为唯一规定形式，每个字节均已核对 | the container is in its one valid form; every byte was checked
ok-digests | 全部文件与 SHA-256、SM3 两套清单一致 | every member agrees with its SHA-256 and its SM3 manifest
ok-events | 事件的承诺值、编号和前后衔接均成立 | the commitments, numbers and chains of the events hold
ok-proofs | 每个事件都在所信任日志的同一树头之下；有国密孪生日志的，在其中亦然 | every event is under the same head of a trusted log, and of its twin where there is one
ok-exhibits | 每件证据材料的清单、签名、事件和内容一致 | the manifest, signature, event and content of every exhibit agree
ok-transfer | 传输事件与本证据包相符 | the transfer event fits this package
ok-signature | 证据包签名成立 | the signature of the package holds
ok-timestamps | 包内没有不成立的时间戳 | no time stamp inside is broken
time.checkpoint | 可信时间戳（{tsa}，{operator}）：日志 {what} 中序号小于 {size} 的事件在 {at} 已经存在；{revocation} | trusted time stamp ({tsa}, {operator}): every event of log {what} with an index below {size} existed at {at}; {revocation}
time.exhibit | 可信时间戳（{tsa}，{operator}）：证据材料 {what} 的清单在 {at} 已经存在；{revocation} | trusted time stamp ({tsa}, {operator}): the manifest of exhibit {what} existed at {at}; {revocation}
time.timestamp | 可信时间戳（{tsa}，{operator}）：第 {what} 号时间戳在 {at} 已经存在；{revocation} | trusted time stamp ({tsa}, {operator}): time stamp {what} existed at {at}; {revocation}
untrusted-time.revoked | 时间戳本身成立，所写时间为 {at}，但随包的吊销信息表明其证书链中有证书已被吊销 | the time stamp holds and says {at}, but a list or answer in the package says that a certificate of its chain was revoked
untrusted-time.token | 时间戳本身成立，所写时间为 {at}，但其签名机构不在信任文件之列或证书不合要求 | the time stamp holds and says {at}, but no authority of the trust file answers for it
fork.proven | 日志 {origin} 签署了互相矛盾的两个树头（长度 {older} 与 {newer}）：日志分叉已经证实 | log {origin} signed two heads (sizes {older} and {newer}) that contradict each other: the fork is proven
fork-claimed.refused | 日志 {origin} 的两个树头（长度 {older} 与 {newer}）之间，所附的一致性证明不成立；这本身尚不能证明分叉，日志方应给出成立的证明 | the consistency proof given does not join two heads of log {origin} (sizes {older} and {newer}); that proves no fork yet, the log owes a better one
no-fork.holds-not | 所附材料不能证明日志 {origin}（长度 {older} 与 {newer}）分叉，也不说明其可信 | this does not show a fork of log {origin} (sizes {older} and {newer}), and says nothing else about it
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

    def __init__(self, checks: tuple[str, ...] = OK_CODES) -> None:
        self._checks = checks
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

    def inform(self, saying: str, path: str | None = None, /, **values: object) -> None:
        """Record what was checked or has to be said, without weight for the verdict."""
        self._information.append(self._reason(saying.partition(".")[0], _say(saying, **values), path))

    @staticmethod
    def _reason(code: str, said: _Said, path: str | None) -> Reason:
        article = _ARTICLE_17 if code in _ARTICLE_17_CODES else _ARTICLE_16
        article = _ARTICLE_18 if code in _ARTICLE_18_CODES else article
        shown = None if path is None else _printable(path)
        return Reason(code, _printable(said.zh), _printable(said.en), article, shown)

    @property
    def verdict(self) -> str:
        """Return the verdict: a pass needs every check to have been completed."""
        if FAIL_CODES & self._shown.keys():
            return FAIL
        done = {reason.code for reason in self._information}
        if self._shown or not done.issuperset(self._checks):
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


#: y of one of the points of order eight; with 0, 1 and their negatives those of all points of small order.
_EIGHTH_Y = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_Y = frozenset({0, 1, _P - 1, _EIGHTH_Y, _P - _EIGHTH_Y})


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

    Strict: S below the group order, canonical encodings of A and R, neither of small order, and the
    equation without the cofactor.
    """
    table = _key_table(public)
    if table is None or len(signature) != _SIGNATURE_BYTES:
        return False
    encoded_r, s = signature[:32], int.from_bytes(signature[32:], "little")
    if s >= _ORDER or int.from_bytes(encoded_r, "little") & (1 << 255) - 1 in _SMALL_Y:
        return False
    k = int.from_bytes(hashlib.sha512(encoded_r + public + message).digest(), "little") % _ORDER
    x, y, z, _t = _accumulate(_accumulate((0, 1, 1, 0), s, _base_table()), k, table)
    inverse = pow(z, _P - 2, _P)
    x, y = x * inverse % _P, y * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little") == encoded_r


# ---------------------------------------------------------------------------------------------
# SM2 (GB/T 32918.2-2016) and ECDSA (FIPS 186-5) verification, on curves y^2 = x^3 - 3x + b of prime order

_Affine = tuple[int, int]
_Jacobian = tuple[int, int, int]
_INFINITY: _Jacobian = (1, 1, 0)
_NAF, _BASE_NAF = 5, 7
_UNCOMPRESSED = 0x04


@dataclass(frozen=True)
class _Curve:
    """A curve ``y^2 = x^3 - 3x + b`` over the integers modulo ``p``, its base point and its order ``n``."""

    p: int
    b: int
    n: int
    base: _Affine
    size: int

    def point(self, data: bytes) -> _Affine | None:
        """Return the point of an uncompressed encoding, ``None`` unless it is a point of the curve."""
        if len(data) != 1 + 2 * self.size or data[0] != _UNCOMPRESSED:
            return None
        x, y = (int.from_bytes(data[i : i + self.size], "big") for i in (1, 1 + self.size))
        if x >= self.p or y >= self.p or (y * y - x * x * x + 3 * x - self.b) % self.p:
            return None
        return x, y

    def double(self, point: _Jacobian) -> _Jacobian:
        """Return twice a point."""
        x, y, z = point
        p, square = self.p, z * z % self.p
        gamma = y * y % p
        beta, alpha = x * gamma % p, 3 * (x - square) * (x + square) % p
        x3 = (alpha * alpha - 8 * beta) % p
        return x3, (alpha * (4 * beta - x3) - 8 * gamma * gamma) % p, 2 * y * z % p

    def add(self, point: _Jacobian, other: _Affine) -> _Jacobian:
        """Return the sum of a point and an affine one, whatever they are."""
        x1, y1, z1 = point
        x2, y2 = other
        if z1 == 0:
            return x2, y2, 1
        p, square = self.p, z1 * z1 % self.p
        h, r = (x2 * square - x1) % p, (y2 * z1 * square - y1) % p
        if h == 0:
            return _INFINITY if r else self.double(point)
        h2 = h * h % p
        h3, v = h * h2 % p, x1 * h2 % p
        x3 = (r * r - h3 - 2 * v) % p
        return x3, (r * (v - x3) - y1 * h3) % p, z1 * h % p

    def affine(self, point: _Jacobian) -> _Affine | None:
        """Return the affine form of a point, ``None`` for the point at infinity."""
        x, y, z = point
        if z == 0:
            return None
        inverse = pow(z, -1, self.p)
        square = inverse * inverse % self.p
        return x * square % self.p, y * square * inverse % self.p


_SM2 = _Curve(
    p=0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF,
    b=0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93,
    n=0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123,
    base=(
        0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
        0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
    ),
    size=32,
)
_P256 = _Curve(
    p=0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
    b=0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    n=0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    base=(
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    ),
    size=32,
)
_P384 = _Curve(
    p=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFFFF0000000000000000FFFFFFFF,
    b=0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    n=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    base=(
        0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
        0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
    ),
    size=48,
)
_P521 = _Curve(
    p=(1 << 521) - 1,
    b=0x0051953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00,
    n=0x01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409,
    base=(
        0x00C6858E06B70404E9CD9E3ECB662395B4429C648139053FB521F828AF606B4D3DBAA14B5E77EFE75928FE1DC127A2FFA8DE3348B3C1856A429BF97E7E31C2E5BD66,
        0x011839296A789A3BC0045C8A5FB42C7D1BD998F54449579B446817AFBD17273E662C97EE72995EF42640C550B9013FAD0761353C7086A272C24088BE94769FD16650,
    ),
    size=66,
)


@functools.lru_cache(maxsize=64)
def _odd_multiples(curve: _Curve, point: _Affine, width: int) -> tuple[_Affine, ...]:
    """Return ``1, 3, 5, ... 2^(width-1) - 1`` times ``point``, affine; none is at infinity as the order is prime."""
    twice = curve.affine(curve.double((*point, 1)))
    assert twice is not None
    multiples: list[_Jacobian] = [(*point, 1)]
    while len(multiples) < 1 << (width - 2):
        multiples.append(curve.add(multiples[-1], twice))
    return tuple(found for found in map(curve.affine, multiples) if found is not None)


def _naf(scalar: int, width: int) -> list[int]:
    """Return the digits of ``scalar`` in width-w non-adjacent form, lowest first: odd, or 0."""
    digits, full = [], 1 << width
    while scalar:
        digit = 0
        if scalar & 1:
            digit = scalar & (full - 1)
            if digit >= full >> 1:
                digit -= full
            scalar -= digit
        digits.append(digit)
        scalar >>= 1
    return digits


def _combine(curve: _Curve, u: int, v: int, point: _Affine) -> _Affine | None:
    """Return ``u * base + v * point``, both in one run of doublings; ``None`` for the point at infinity."""
    parts = [
        (_naf(u, _BASE_NAF), _odd_multiples(curve, curve.base, _BASE_NAF)),
        (_naf(v, _NAF), _odd_multiples(curve, point, _NAF)),
    ]
    total = _INFINITY
    for position in range(max(len(digits) for digits, _ in parts) - 1, -1, -1):
        total = curve.double(total)
        for digits, multiples in parts:
            digit = digits[position] if position < len(digits) else 0
            if digit > 0:
                total = curve.add(total, multiples[digit >> 1])
            elif digit < 0:
                x, y = multiples[-digit >> 1]
                total = curve.add(total, (x, curve.p - y))
    return curve.affine(total)


_SM2_IDENTITY = b"1234567812345678"


@functools.lru_cache(maxsize=64)
def _sm2_z(public: bytes) -> bytes:
    """Return Z of GB/T 32918.2, 5.5: the hash of identity, curve and public key."""
    numbers = (_SM2.p - 3, _SM2.b, *_SM2.base)
    constants = b"".join(number.to_bytes(32, "big") for number in numbers)
    length = (8 * len(_SM2_IDENTITY)).to_bytes(2, "big")
    return _sm3(length + _SM2_IDENTITY + constants + public[1:])


def sm2_usable(public: bytes) -> bool:
    """Return whether ``public`` is the uncompressed encoding (65 bytes) of a point of the SM2 curve."""
    return _SM2.point(public) is not None


def _sm2_holds(public: bytes, message: bytes, r: int, s: int) -> bool:
    """Verify by GB/T 32918.2, 7.1, with SM3 and the default identity."""
    point, n = _SM2.point(public), _SM2.n
    if point is None or not (0 < r < n and 0 < s < n) or (r + s) % n == 0:
        return False
    e = int.from_bytes(_sm3(_sm2_z(public) + message), "big")
    found = _combine(_SM2, s, (r + s) % n, point)
    return found is not None and (e + found[0]) % n == r


def sm2_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether ``signature`` (``r || s``, 64 bytes) is the SM2 signature of ``message`` by ``public``."""
    if len(signature) != _SIGNATURE_BYTES:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    return _sm2_holds(public, message, r, s)


def _ecdsa_holds(curve: _Curve, public: bytes, digest: bytes, r: int, s: int) -> bool:
    """Verify by FIPS 186-5, 6.4.2; of ``digest`` the leftmost bits count, as many as the order has."""
    point, n = curve.point(public), curve.n
    if point is None or not (0 < r < n and 0 < s < n):
        return False
    e = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - n.bit_length())
    inverse = pow(s, -1, n)
    found = _combine(curve, e * inverse % n, r * inverse % n, point)
    return found is not None and found[0] % n == r


# ---------------------------------------------------------------------------------------------
# Hash functions by object identifier, and RSA verification (RFC 8017)

_OID_SHA1, _OID_SHA256 = "1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1"
_HASHES = {
    _OID_SHA256: "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "1.2.156.10197.1.401": "sm3",
}
_HASH_NAMES = tuple(_HASHES.values())
# AlgorithmIdentifier of each hash with NULL, as it stands in a DigestInfo (RFC 8017, 9.2, note 1).
_DIGEST_INFO = {
    "sha256": bytes.fromhex("300d06096086480165030402010500"),
    "sha384": bytes.fromhex("300d06096086480165030402020500"),
    "sha512": bytes.fromhex("300d06096086480165030402030500"),
    "sm3": bytes.fromhex("300c06082a811ccf550183110500"),
}
_MIN_RSA, _MAX_RSA, _MAX_EXPONENT_BITS = 2_048, 8_192, 64


def _hash(name: str, data: bytes) -> bytes:
    """Return the digest of ``data``; ``name`` is one of ``_HASHES``."""
    return _sm3(data) if name == "sm3" else hashlib.new(name, data).digest()


def _rsa_usable(n: int, e: int) -> bool:
    """Return whether a key has a size this program takes and an exponent that is odd, from 3, and short."""
    if n < 0 or not _MIN_RSA <= n.bit_length() <= _MAX_RSA:
        return False
    return n & 1 == 1 and e & 1 == 1 and e > 1 and e.bit_length() <= _MAX_EXPONENT_BITS


def _rsa_open(n: int, e: int, signature: bytes) -> bytes | None:
    """Return the encoded message of a signature (RSAVP1), ``None`` when it has not the length of the key."""
    size, value = (n.bit_length() + 7) // 8, int.from_bytes(signature, "big")
    if len(signature) != size or value >= n:
        return None
    return pow(value, e, n).to_bytes(size, "big")


def _rsa_pkcs1_holds(n: int, e: int, hash_name: str, message: bytes, signature: bytes) -> bool:
    """Verify RSASSA-PKCS1-v1_5 (RFC 8017, 8.2.2) by making the one encoding anew."""
    opened, digest = _rsa_open(n, e, signature), _hash(hash_name, message)
    inner = _DIGEST_INFO[hash_name] + bytes((0x04, len(digest))) + digest
    info = bytes((0x30, len(inner))) + inner
    return opened is not None and opened == b"\0\1" + b"\xff" * (len(opened) - len(info) - 3) + b"\0" + info


def _mgf1(hash_name: str, seed: bytes, size: int) -> bytes:
    """Return the mask of RFC 8017, B.2.1."""
    mask = b""
    while len(mask) < size:
        mask += _hash(hash_name, seed + struct.pack(">I", len(mask) // len(_hash(hash_name, b""))))
    return mask[:size]


def _rsa_pss_holds(n: int, e: int, pss: tuple[str, str, int], message: bytes, signature: bytes) -> bool:
    """Verify RSASSA-PSS (RFC 8017, 8.1.2 and 9.1.2); ``pss`` is hash, hash of MGF1 and length of the salt."""
    hash_name, mask_name, salt_size = pss
    opened, bits = _rsa_open(n, e, signature), n.bit_length() - 1
    if opened is None:
        return False
    size, digest = (bits + 7) // 8, _hash(hash_name, message)
    if opened[: len(opened) - size].strip(b"\0") or size < len(digest) + salt_size + 2:
        return False
    opened = opened[-size:]
    masked, h, trailer = opened[: -len(digest) - 1], opened[-len(digest) - 1 : -1], opened[-1]
    if trailer != 0xBC or masked[0] >> (8 - (8 * size - bits)):  # noqa: PLR2004
        return False
    block = int.from_bytes(masked, "big") ^ int.from_bytes(_mgf1(mask_name, h, len(masked)), "big")
    plain = (block & ((1 << (bits - 8 * (size - len(masked)))) - 1)).to_bytes(len(masked), "big")
    padding = len(masked) - salt_size - 1
    if plain[:padding].strip(b"\0") or plain[padding] != 1:
        return False
    return _hash(hash_name, bytes(8) + digest + plain[padding + 1 :]) == h


# ---------------------------------------------------------------------------------------------
# ML-DSA-44 verification (FIPS 204), pure and with an empty context

_Q, _N, _K, _L = 8_380_417, 256, 4, 4
_GAMMA1, _GAMMA2 = 1 << 17, (8_380_417 - 1) // 88
_TAU, _BETA, _OMEGA, _DROPPED = 39, 78, 80, 13
_T1_BITS, _Z_BITS, _W1_BITS, _MU_BYTES = 10, 18, 6, 64
_MLDSA_KEY, _MLDSA_SIGNATURE = 1_312, 2_420
_Poly = list[int]


def _reversed_bits(value: int) -> int:
    return int(f"{value:08b}"[::-1], 2)


_ZETAS = tuple(pow(1_753, _reversed_bits(i), _Q) for i in range(_N))


def _ntt(poly: _Poly) -> _Poly:
    """FIPS 204, algorithm 41."""
    w, m, half = list(poly), 0, _N // 2
    while half:
        for start in range(0, _N, 2 * half):
            m += 1
            zeta = _ZETAS[m]
            for j in range(start, start + half):
                t = zeta * w[j + half] % _Q
                w[j + half], w[j] = w[j] - t, w[j] + t
        half >>= 1
    return [value % _Q for value in w]


def _inverse_ntt(poly: _Poly) -> _Poly:
    """FIPS 204, algorithm 42."""
    w, m, half = list(poly), _N, 1
    while half < _N:
        for start in range(0, _N, 2 * half):
            m -= 1
            zeta = -_ZETAS[m]
            for j in range(start, start + half):
                t = w[j]
                w[j] = (t + w[j + half]) % _Q
                w[j + half] = zeta * (t - w[j + half]) % _Q
        half <<= 1
    scale = pow(_N, -1, _Q)
    return [value * scale % _Q for value in w]


def _unpack(data: bytes, bits: int) -> _Poly:
    """Return the 256 numbers of ``bits`` bits each that ``data`` holds, lowest first."""
    value, mask = int.from_bytes(data, "little"), (1 << bits) - 1
    return [value >> (bits * i) & mask for i in range(_N)]


def _uniform(seed: bytes) -> _Poly:
    """Return a polynomial drawn from SHAKE128 (FIPS 204, algorithm 30)."""
    size = 1_008
    while True:
        stream = hashlib.shake_128(seed).digest(size)
        drawn = (stream[i] | stream[i + 1] << 8 | (stream[i + 2] & 0x7F) << 16 for i in range(0, size - 2, 3))
        found = [value for value in drawn if value < _Q]
        if len(found) >= _N:
            return found[:_N]
        size *= 2


def _challenge(seed: bytes) -> _Poly:
    """Return the polynomial with 39 coefficients of 1 or -1 (FIPS 204, algorithm 29)."""
    size = 512
    while True:
        stream = hashlib.shake_256(seed).digest(size)
        signs, c, at = int.from_bytes(stream[:8], "little"), [0] * _N, 8
        for i in range(_N - _TAU, _N):
            while at < size and stream[at] > i:
                at += 1
            if at >= size:
                break
            c[i] = c[stream[at]]
            c[stream[at]] = -1 if signs >> (i + _TAU - _N) & 1 else 1
            at += 1
        else:
            return c
        size *= 2


def _hints(data: bytes) -> list[set[int]] | None:
    """Return the positions of the hints in each polynomial (FIPS 204, algorithm 21), ``None`` when malformed."""
    hints, at = [], 0
    for end in data[_OMEGA:]:
        part = data[at:end]
        if not at <= end <= _OMEGA or bytes(sorted(set(part))) != part:
            return None
        hints.append(set(part))
        at = end
    return None if any(data[at:_OMEGA]) else hints


def _high_bits(r: int, hint: bool) -> int:
    """Return the high part of ``r``, moved by its hint (FIPS 204, algorithms 36 and 40)."""
    low = r % (2 * _GAMMA2)
    if low > _GAMMA2:
        low -= 2 * _GAMMA2
    count, high = (_Q - 1) // (2 * _GAMMA2), (r - low) // (2 * _GAMMA2)
    if r - low == _Q - 1:
        high, low = 0, low - 1
    if hint:
        high += 1 if low > 0 else -1
    return high % count


def mldsa44_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether ``signature`` is the ML-DSA-44 signature of ``message`` by ``public`` (FIPS 204, 8.2)."""
    if len(public) != _MLDSA_KEY or len(signature) != _MLDSA_SIGNATURE:
        return False
    size = _N * _Z_BITS // 8
    seed, rest = signature[:32], signature[32:]
    z = [[_GAMMA1 - v for v in _unpack(rest[i * size : (i + 1) * size], _Z_BITS)] for i in range(_L)]
    hints = _hints(rest[_L * size :])
    if hints is None or any(abs(v) >= _GAMMA1 - _BETA for poly in z for v in poly):
        return False
    rho, size = public[:32], _N * _T1_BITS // 8
    t1 = [_unpack(public[32 + i * size : 32 + (i + 1) * size], _T1_BITS) for i in range(_K)]
    z_hat, c_hat = [_ntt(poly) for poly in z], _ntt(_challenge(seed))
    packed = b""
    for i in range(_K):
        row = [_uniform(rho + bytes((j, i))) for j in range(_L)]
        t_hat = _ntt([v << _DROPPED for v in t1[i]])
        total = [sum(row[j][n] * z_hat[j][n] for j in range(_L)) - c_hat[n] * t_hat[n] for n in range(_N)]
        w = _inverse_ntt([v % _Q for v in total])
        high = sum(_high_bits(v, n in hints[i]) << (_W1_BITS * n) for n, v in enumerate(w))
        packed += high.to_bytes(_N * _W1_BITS // 8, "little")
    bound = hashlib.shake_256(public).digest(_MU_BYTES)
    mu = hashlib.shake_256(bound + b"\0\0" + message).digest(_MU_BYTES)
    return hashlib.shake_256(mu + packed).digest(32) == seed


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
    "twin": lambda value: value is None or _object(value),
    "events": _count,
    "exhibits": _count,
    "timestamps": _count,
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


def _hashes(value: object) -> bool:
    return isinstance(value, list) and len(value) <= MAX_PATH and all(map(_b64_of(32), value))


_STAMP_SHAPES: dict[str, dict[str, _Check]] = {
    "checkpoint": {
        "n": _count,
        "over": _text,
        "log": _word,
        "size": _count,
        "root": _b64_of(32),
        "path": _hashes,
    },
    "exhibit": {"n": _count, "over": _text, "exhibit": _word},
    "timestamp": {"n": _count, "over": _text, "timestamp": _count},
}
_SALT = re.compile(r"[0-9a-f]{32}")
_RECEIPT_SHAPE: dict[str, _Check] = {
    "leaf": _text,
    "payload": _object,
    "salt": lambda value: isinstance(value, str) and bool(_SALT.fullmatch(value)),
}
_FORK_SHAPE: dict[str, _Check] = {
    "format": _one_of("qingyuan/fork-proof/v1"),
    "kind": _one_of("equal-size", "prefix", "refused-proof"),
    "suite": _one_of("sha256", "sm3"),
    "older": _text,
    "newer": _text,
    "path": _hashes,
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
_AGE = b"age-encryption.org/"


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
        """Let a second thread read ahead and do what is quick, while this one does SM3."""
        sha256, sm3, crc = hashlib.sha256(), _new_sm3(), 0

        def quick(turn: int, left: int) -> memoryview | None:
            nonlocal crc
            view = memoryview(self._buffers[turn])[: min(left, _CHUNK)]
            if _read_full(file, view) != len(view):
                return None
            crc = zlib.crc32(view, crc)
            sha256.update(view)
            return view

        if not self._buffers:
            self._buffers = (bytearray(_CHUNK), bytearray(_CHUNK))
        turn, job = 0, self._pool.submit(quick, 0, size)
        while size:
            view = job.result()
            if view is None:
                return None
            size -= len(view)
            turn ^= 1
            if size:
                job = self._pool.submit(quick, turn, size)
            sm3.update(view)
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
            self.file.seek(0)
            sealed = self.file.read(len(_AGE)) == _AGE
            raise _Problem("container.age" if sealed else "container.no-end")
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

# Signature types; that of SM2 is 0xff and an identifier of ten bytes (SM profile).
_TYPE_ED25519, _TYPE_COSIGNATURE, _TYPE_SM2 = b"\x01", b"\x04", b"\xffsm2-sm3/v1"
_TYPE_MLDSA = b"\x06"
_WITNESS_TYPES = frozenset((_TYPE_COSIGNATURE, _TYPE_MLDSA))
_LOG_TYPES = frozenset((_TYPE_ED25519, _TYPE_SM2))
_DASH = "— "
_KEY_ID = 4
_MAX_STAMP = 2**63 - 1


@dataclass(frozen=True)
class _VerifierKey:
    """A C2SP verifier key: name, key id, signature type and key material."""

    name: str
    key_id: bytes
    kind: bytes
    public: bytes

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Return whether ``signature`` is this key's over ``message``; false for types not known here."""
        if self.kind == _TYPE_SM2:
            return sm2_verify(self.public, message, signature)
        return self.kind == _TYPE_ED25519 and ed25519_verify(self.public, message, signature)


def _key_id(name: str, kind: bytes, public: bytes) -> bytes:
    return _sha256(name.encode("utf-8", "surrogateescape") + b"\n" + kind + public)[:_KEY_ID]


def _usable(kind: bytes, public: bytes) -> bool:
    """Return whether ``public`` is a key of type ``kind``; true for types not known here."""
    if kind == _TYPE_SM2:
        return sm2_usable(public)
    if kind == _TYPE_MLDSA:
        return len(public) == _MLDSA_KEY
    return kind not in {_TYPE_ED25519, _TYPE_COSIGNATURE} or ed25519_usable(public)


def _name_ok(name: str) -> bool:
    """Return whether a note can have a key of this name; lone surrogates stand for octets that are not UTF-8."""
    return name != "" and not any(
        c == "+" or c < " " or c.isspace() or "\ud800" <= c <= "\udfff" for c in name
    )


def _parse_vkey(text: object) -> _VerifierKey:
    """Parse ``name+hash+b64`` (C2SP signed-note, verifier keys)."""
    parts = text.split("+", 2) if isinstance(text, str) else []
    bad = _Misfit("misfit.vkey")
    if len(parts) != 3 or not _name_ok(parts[0]) or not re.fullmatch(r"[0-9a-fA-F]{8}", parts[1]):  # noqa: PLR2004
        raise bad
    data = _unbase64(parts[2])
    if len(data) < 2:  # noqa: PLR2004 - a type byte and at least one byte of key
        raise bad
    kind = _TYPE_SM2 if data.startswith(_TYPE_SM2) else data[:1]
    key_id, public = bytes.fromhex(parts[1]), data[len(kind) :]
    known = kind in {_TYPE_ED25519, _TYPE_COSIGNATURE, _TYPE_MLDSA, _TYPE_SM2}
    if known and not (_usable(kind, public) and key_id == _key_id(parts[0], kind, public)):
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

    def signed_by(self, key: _VerifierKey) -> bool | None:
        """Return whether every signature that claims ``key`` is its own, ``None`` when there is none."""
        claimed = self.by(key.name, key.key_id)
        return all(key.signed(self.text, signature) for signature in claimed) if claimed else None


def _parse_note(data: bytes) -> _Note:
    """Parse a signed note; raise ``ValueError`` when it is not one."""
    text = data.decode("utf-8")
    if any(c < " " and c != "\n" for c in text):
        raise _Misfit("misfit.note-control")
    head, blank, tail = text.rpartition("\n\n")
    lines = tail.split("\n")
    if not blank or lines.pop() != "" or not lines:
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

    @property
    def extended(self) -> bool:
        """Whether there are extension lines after the three that a checkpoint needs."""
        return self.note.text.count(b"\n") > _CHECKPOINT_LINES


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


# The one base64 form of 32 bytes: the last digit before the padding has two unused bits, which are zero.
_HASH_LINE = re.compile(r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=")
_PROOF_FAMILY, _PROOF_V1 = re.compile(rb"c2sp\.org/tlog-proof@v[0-9]+"), b"c2sp.org/tlog-proof@v1"


def _parse_proof(data: bytes) -> _Proof:
    """Parse a C2SP tlog-proof; raise ``ValueError`` when malformed, ``_Problem`` for a later version."""
    head, blank, checkpoint = data.partition(b"\n\n")
    lines = head.split(b"\n")
    if lines[0] != _PROOF_V1 and _PROOF_FAMILY.fullmatch(lines[0]):
        raise _Problem("unsupported.proof")
    if not blank or lines[0] != _PROOF_V1:
        raise _Misfit("misfit.proof")
    rest = [line.decode("ascii") for line in lines[1:]]
    if rest and rest[0].startswith("extra ") and not _unbase64(rest.pop(0)[len("extra ") :]):
        raise _Misfit("misfit.proof")
    index = rest[0][len("index ") :] if rest and rest[0].startswith("index ") else ""
    if not _DECIMAL.fullmatch(index) or len(rest) > MAX_PATH + 1:
        raise _Misfit("misfit.proof")
    if not all(map(_HASH_LINE.fullmatch, rest[1:])):
        raise _Misfit("misfit.proof")
    return _Proof(int(index), tuple(map(binascii.a2b_base64, rest[1:])), checkpoint)


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
        if len(lines) - (lines[-1] == "") > MAX_POLICY_LINES:
            raise _Misfit("misfit.policy-long")
        for number, line in enumerate(lines, start=1):
            words = [word for word in re.split(r"[ \t]+", line) if word]
            if words and not words[0].startswith("#") and not self._line(words):
                raise _Misfit("misfit.policy-line", line=number)
        if self.quorum is None:
            raise _Misfit("misfit.policy-quorum")
        if not data.endswith(b"\n"):
            raise _Misfit("misfit.feed")
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
        if key.kind == _TYPE_COSIGNATURE or any(key.public == other.public for other in self.logs):
            return False
        self.logs.append(key)
        return True

    def _witness(self, words: list[str]) -> bool:
        if len(words) not in {2, 3} or words[0] == "none" or self._known(words[0]):
            return False
        key = _parse_vkey(words[1])
        if key.kind in _LOG_TYPES or any(key.public == other.public for other in self.witnesses.values()):
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


def _cosigned(key: _VerifierKey, checkpoint: _Checkpoint) -> bool | None:
    """Return whether every cosignature that claims witness ``key`` verifies, ``None`` when there is none."""
    claimed = checkpoint.note.by(key.name, key.key_id)
    return all(_cosignature_holds(key, checkpoint, signature) for signature in claimed) if claimed else None


def _cosignature_holds(key: _VerifierKey, checkpoint: _Checkpoint, signature: bytes) -> bool:
    """Verify a ``timestamped_signature`` (C2SP tlog-cosignature)."""
    stamp = int.from_bytes(signature[:8], "big")
    if stamp > _MAX_STAMP:
        return False
    if key.kind == _TYPE_COSIGNATURE:
        message = b"cosignature/v1\ntime %d\n" % stamp + checkpoint.note.text
        return ed25519_verify(key.public, message, signature[8:])
    names = [name.encode("utf-8", "surrogateescape") for name in (key.name, checkpoint.origin)]
    # The message has an opaque<1..2^8-1> for each name and does not cover extension lines: nobody vouches for those.
    if any(len(name) > 0xFF for name in names) or checkpoint.extended:  # noqa: PLR2004
        return False
    message = b"subtree/v1\n\0" + bytes((len(names[0]),)) + names[0] + signature[:8]
    message += bytes((len(names[1]),)) + names[1] + struct.pack(">QQ", 0, checkpoint.size) + checkpoint.root
    return mldsa44_verify(key.public, message, signature[8:])


# ---------------------------------------------------------------------------------------------
# Merkle trees (RFC 6962), over SHA-256 or SM3

_Hash = Callable[[bytes], bytes]


def _leaf_hash(entry: bytes, hashed: _Hash = _sha256) -> bytes:
    return hashed(b"\0" + entry)


def _root_from_path(
    leaf: bytes, index: int, size: int, path: tuple[bytes, ...], hashed: _Hash = _sha256
) -> bytes | None:
    """Return the root an inclusion path leads to (RFC 6962, 2.1.1), or ``None`` when it cannot fit."""
    if index >= size:
        return None
    node, last, current = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if node & 1 or node == last:
            current = hashed(b"\x01" + sibling + current)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            current = hashed(b"\x01" + current + sibling)
        node >>= 1
        last >>= 1
    return current if last == 0 else None


def _roots_from_path(
    older: int, newer: int, path: tuple[bytes, ...], hashed: _Hash
) -> tuple[bytes, bytes] | None:
    """Return both roots that a consistency path leads to (RFC 6962, 2.1.2), ``None`` when it cannot fit.

    ``0 < older < newer``; ``path`` begins with the root of the last complete subtree of the older tree,
    also where RFC 6962 leaves it out.
    """
    if not path:
        return None
    node, last = older - 1, newer - 1
    while node & 1:
        node >>= 1
        last >>= 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return None
        if node & 1 or node == last:
            first, second = hashed(b"\x01" + sibling + first), hashed(b"\x01" + sibling + second)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            second = hashed(b"\x01" + second + sibling)
        node >>= 1
        last >>= 1
    return (first, second) if last == 0 else None


def _consistent(
    older: tuple[int, bytes], newer: tuple[int, bytes], path: tuple[bytes, ...], hashed: _Hash
) -> bool:
    """Return whether an RFC 6962 consistency path joins two heads (size, root), the older not empty."""
    if older[0] == newer[0]:
        return not path and older[1] == newer[1]
    if not path:
        return False
    complete = older[0] & (older[0] - 1) == 0
    return _roots_from_path(older[0], newer[0], (older[1], *path) if complete else path, hashed) == (
        older[1],
        newer[1],
    )


# ---------------------------------------------------------------------------------------------
# DER (X.690), strict: definite and shortest lengths, no constructed strings, canonical values

_INTEGER, _BITS, _OCTETS, _NULL, _OID, _SEQUENCE, _SET = 0x02, 0x03, 0x04, 0x05, 0x06, 0x30, 0x31
_BOOLEAN, _ENUMERATED, _UTC_TIME, _GENERALIZED_TIME = 0x01, 0x0A, 0x17, 0x18
_CONSTRUCTED, _CLASS = 0x20, 0xC0
_MAX_OID = 64


class _Tlv(NamedTuple):
    """One value: its tag, its contents, and all of its bytes."""

    tag: int
    body: bytes
    raw: bytes


def _der_head(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Return tag, start and end of the contents of the value at ``at``; raise ``ValueError`` when malformed."""
    if end - at < 2 or data[at] & 0x1F == 0x1F:  # noqa: PLR2004 - tags are below 31 wherever they are used
        raise _Misfit("misfit.der")
    start, size = at + 2, data[at + 1]
    if size >= 0x80:  # noqa: PLR2004
        count = size & 0x7F
        size = int.from_bytes(data[start : start + count], "big")
        if not 0 < count <= 4 or size < 0x80 or size >> (8 * (count - 1)) == 0:  # noqa: PLR2004
            raise _Misfit("misfit.der")
        start += count
    if size > end - start:
        raise _Misfit("misfit.der")
    return data[at], start, start + size


def _der_items(data: bytes) -> list[_Tlv]:
    """Split the values that stand one after the other in ``data``."""
    items, at = [], 0
    while at < len(data):
        tag, start, end = _der_head(data, at, len(data))
        items.append(_Tlv(tag, data[start:end], data[at:end]))
        at = end
    return items


def _der_value_ok(tag: int, body: bytes) -> bool:
    """Return whether the contents of a value that is not constructed are in their one form."""
    if tag == _BOOLEAN:
        return body in {b"\0", b"\xff"}
    if tag in {_INTEGER, _ENUMERATED}:
        return body != b"" and (len(body) == 1 or not (body[0] in {0, 0xFF} and (body[0] ^ body[1]) < 0x80))  # noqa: PLR2004
    if tag == _NULL:
        return body == b""
    if tag == _OID:
        return body != b"" and body[-1] < 0x80 and re.search(rb"(?:^|[\x00-\x7f])\x80", body) is None  # noqa: PLR2004
    if tag == _BITS:
        unused = body[0] if body else 8
        return unused < 8 and (len(body) > 1 or unused == 0) and not body[-1] & ((1 << unused) - 1)  # noqa: PLR2004
    return tag != 0


def _der_check(data: bytes) -> None:
    """Raise ``ValueError`` unless ``data`` is exactly one value in DER, all the way down."""
    spans = [(0, len(data), 0)]
    whole = True
    while spans:
        at, end, depth = spans.pop()
        if depth > MAX_DER_DEPTH:
            raise _Misfit("misfit.der")
        while at < end:
            tag, start, stop = _der_head(data, at, end)
            if whole and stop != end:
                raise _Misfit("misfit.der")
            whole = False
            universal = not tag & _CLASS
            if universal and (tag in {_SEQUENCE, _SET}) != bool(tag & _CONSTRUCTED):
                raise _Misfit("misfit.der")
            if tag & _CONSTRUCTED:
                spans.append((start, stop, depth + 1))
            elif universal and (tag in {0x10, 0x11} or not _der_value_ok(tag, data[start:stop])):
                raise _Misfit("misfit.der")
            at = stop
    if whole:
        raise _Misfit("misfit.der")


class _Fields:
    """The values inside a SEQUENCE, taken one after the other."""

    def __init__(self, value: _Tlv, tag: int = _SEQUENCE) -> None:
        if value.tag != tag:
            raise _Misfit("misfit.der")
        self._left = _der_items(value.body)[::-1]

    def take(self, *tags: int) -> _Tlv:
        """Return the next value; raise ``ValueError`` unless it has one of ``tags``."""
        if not self._left or self._left[-1].tag not in tags:
            raise _Misfit("misfit.der")
        return self._left.pop()

    def any(self) -> _Tlv | None:
        """Return the next value, if there is one."""
        return self._left.pop() if self._left else None

    def maybe(self, tag: int) -> _Tlv | None:
        """Return the next value if it has the tag."""
        return self._left.pop() if self._left and self._left[-1].tag == tag else None

    def end(self) -> None:
        """Raise ``ValueError`` when something is left."""
        if self._left:
            raise _Misfit("misfit.der")


def _der_one(data: bytes) -> _Tlv:
    items = _der_items(data)
    if len(items) != 1:
        raise _Misfit("misfit.der")
    return items[0]


def _der_oid(value: _Tlv) -> str:
    """Return an object identifier in dotted form, or nothing for one of absurd length."""
    numbers, number = [], 0
    for byte in value.body if len(value.body) <= _MAX_OID else b"":
        number = number << 7 | byte & 0x7F
        if byte < 0x80:  # noqa: PLR2004
            numbers.append(number)
            number = 0
    first = min(numbers[0] // 40, 2) if numbers else 0
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:]))) if numbers else ""


def _der_int(value: _Tlv) -> int:
    return int.from_bytes(value.body, "big", signed=True)


def _der_bits(value: _Tlv) -> bytes:
    """Return the bytes of a BIT STRING of whole bytes."""
    if value.tag != _BITS or value.body[:1] != b"\0":
        raise _Misfit("misfit.der")
    return value.body[1:]


_UTC = re.compile(rb"([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})Z")
_GENERALIZED = re.compile(
    rb"([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})(?:\.([0-9]*[1-9]))?Z"
)


def _der_time(value: _Tlv) -> tuple[dt.datetime, str]:
    """Return a time in UTC, to the second, and the digits of its fraction of a second."""
    utc = value.tag == _UTC_TIME
    match = (_UTC if utc else _GENERALIZED).fullmatch(value.body)
    if match is None or (not utc and value.tag != _GENERALIZED_TIME):
        raise _Misfit("misfit.der")
    year, *rest = (int(part) for part in match.groups()[:6])
    if utc:
        year += 1900 if year >= 50 else 2000  # noqa: PLR2004 - RFC 5280, 4.1.2.5.1
    try:
        moment = dt.datetime(year, *rest)  # type: ignore[arg-type]  # noqa: DTZ001 - all of them are in UTC
    except ValueError as error:
        raise _Misfit("misfit.der") from error
    fraction = b"" if utc else match[7] or b""
    return moment, fraction.decode("ascii")


def _der_second(value: _Tlv) -> dt.datetime:
    """Return a time of certificates, lists and answers, which has no fraction (RFC 5280, 4.1.2.5.2)."""
    moment, fraction = _der_time(value)
    if fraction:
        raise _Misfit("misfit.der")
    return moment


# ---------------------------------------------------------------------------------------------
# Public keys, signature algorithms and certificates (X.509, RFC 5280)


class _UnknownAlgorithm(Exception):  # noqa: N818 - neither true nor false
    """A signature or digest that this program cannot judge."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class _Algorithm(NamedTuple):
    """An AlgorithmIdentifier: object identifier and parameters."""

    oid: str
    parameters: _Tlv | None


def _algorithm(value: _Tlv) -> _Algorithm:
    fields = _Fields(value)
    found = _Algorithm(_der_oid(fields.take(_OID)), fields.any())
    fields.end()
    return found


def _is_bare(algorithm: _Algorithm) -> bool:
    """Return whether an algorithm has no parameters, or NULL in their place."""
    return algorithm.parameters is None or algorithm.parameters.raw == b"\x05\x00"


def _hash_name(algorithm: _Algorithm) -> str:
    """Return the name of a hash function this program knows; none of them has parameters."""
    if algorithm.oid not in _HASHES or not _is_bare(algorithm):
        raise _UnknownAlgorithm(algorithm.oid)
    return _HASHES[algorithm.oid]


_RSA, _PSS, _MGF1 = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.113549.1.1.8"
_EC, _ED25519 = "1.2.840.10045.2.1", "1.3.101.112"
_SM2_CURVE = "1.2.156.10197.1.301"
_CURVES = {"1.2.840.10045.3.1.7": _P256, "1.3.132.0.34": _P384, "1.3.132.0.35": _P521, _SM2_CURVE: _SM2}
_RSA_HASHES = {
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
}
_ECDSA_HASHES = {
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
}
_SM2_SIGNATURES = frozenset(("1.2.156.10197.1.501", "1.2.156.10197.1.301.1", _SM2_CURVE))


def _pss_parameters(value: _Tlv | None) -> tuple[str, str, int]:
    """Return hash, hash of MGF1 and salt length of RSASSA-PSS-params (RFC 4055, 3.1), which a signature must give."""
    if value is None:
        raise _Misfit("misfit.der")
    fields = _Fields(value)
    parts = [fields.maybe(tag) for tag in (0xA0, 0xA1, 0xA2, 0xA3)]
    fields.end()
    digest, mask, salt, trailer = (None if part is None else _der_one(part.body) for part in parts)
    if trailer is not None and (trailer.tag, trailer.body) != (_INTEGER, b"\1"):
        raise _Misfit("misfit.der")
    if salt is not None and (salt.tag != _INTEGER or not 0 <= _der_int(salt) <= _MAX_RSA // 8):
        raise _Misfit("misfit.der")
    hashed, generator = (None if part is None else _algorithm(part) for part in (digest, mask))
    inner = None if generator is None or generator.parameters is None else _algorithm(generator.parameters)
    if generator is not None and generator.oid == _MGF1 and inner is None:
        raise _Misfit("misfit.der")
    if generator is not None and generator.oid != _MGF1:
        raise _UnknownAlgorithm(generator.oid)
    if hashed is None or inner is None:
        raise _UnknownAlgorithm(_OID_SHA1)
    return _hash_name(hashed), _hash_name(inner), 20 if salt is None else _der_int(salt)


def _refuse_unknown(algorithm: _Algorithm) -> None:
    """Raise ``_UnknownAlgorithm`` unless signatures of this algorithm can be judged, ``ValueError`` if malformed."""
    if algorithm.oid == _PSS:
        _pss_parameters(algorithm.parameters)
        return
    known = algorithm.oid in {_RSA, _ED25519} or algorithm.oid in _SM2_SIGNATURES
    if not known and algorithm.oid not in {**_RSA_HASHES, **_ECDSA_HASHES}:
        raise _UnknownAlgorithm(algorithm.oid)
    if algorithm.parameters is not None if algorithm.oid == _ED25519 else not _is_bare(algorithm):
        raise _UnknownAlgorithm(algorithm.oid)


@dataclass(frozen=True)
class _PublicKey:
    """A SubjectPublicKeyInfo: RSA (``n``, ``e``), a curve and an encoded point, or Ed25519.

    An RSA key that is for RSASSA-PSS only (RFC 4055, 1.2 and 3.3) is ``restricted``, perhaps to ``pss``: hash, hash of MGF1, shortest salt.
    """

    n: int = 0
    e: int = 0
    curve: _Curve | None = None
    encoded: bytes = b""
    restricted: bool = False
    pss: tuple[str, str, int] | None = None

    @staticmethod
    def parse(value: _Tlv) -> _PublicKey:
        """Return the key; raise ``_UnknownAlgorithm`` for one that this program cannot use."""
        fields = _Fields(value)
        algorithm, data = _algorithm(fields.take(_SEQUENCE)), _der_bits(fields.take(_BITS))
        fields.end()
        if algorithm.oid in {_RSA, _PSS}:
            numbers = _Fields(_der_one(data))
            n, e = _der_int(numbers.take(_INTEGER)), _der_int(numbers.take(_INTEGER))
            numbers.end()
            restricted = algorithm.oid == _PSS
            pss = _pss_parameters(algorithm.parameters) if restricted and algorithm.parameters else None
            if not _rsa_usable(n, e) or not (restricted or _is_bare(algorithm)):
                raise _UnknownAlgorithm(f"RSA-{n.bit_length()}")
            return _PublicKey(n=n, e=e, restricted=restricted, pss=pss)
        if algorithm.oid == _ED25519 and algorithm.parameters is None:
            return _PublicKey(encoded=data)
        named = algorithm.parameters
        curve = _der_oid(named) if named is not None and named.tag == _OID else ""
        if algorithm.oid != _EC or curve not in _CURVES:
            raise _UnknownAlgorithm(curve or algorithm.oid)
        if data[:1] in {b"\2", b"\3"}:
            raise _UnknownAlgorithm(f"{curve} (compressed)")
        return _PublicKey(curve=_CURVES[curve], encoded=data)

    def holds(self, algorithm: _Algorithm, message: bytes, signature: bytes, digest: str = "") -> bool:
        """Return whether ``signature`` over ``message`` verifies; ``digest`` serves an algorithm that names none.

        Raises:
            _UnknownAlgorithm: The algorithm, or its use with such a key, is not known.
        """
        _refuse_unknown(algorithm)
        if algorithm.oid == _PSS:
            pss = _pss_parameters(algorithm.parameters)
            fits = self.pss is None or (self.pss[:2] == pss[:2] and self.pss[2] <= pss[2])
            return self.n != 0 and fits and _rsa_pss_holds(self.n, self.e, pss, message, signature)
        if algorithm.oid in _RSA_HASHES or (algorithm.oid == _RSA and digest):
            name = _RSA_HASHES.get(algorithm.oid, digest)
            if (
                name == "sm3"
            ):  # programs do not agree on the DigestInfo of SM3, so there is nothing to compare with
                raise _UnknownAlgorithm(algorithm.oid)
            usable = self.n != 0 and not self.restricted
            return usable and _rsa_pkcs1_holds(self.n, self.e, name, message, signature)
        if algorithm.oid == _ED25519:
            alone = self.n == 0 and self.curve is None
            return alone and ed25519_verify(self.encoded, message, signature)
        if algorithm.oid in _SM2_SIGNATURES:
            r, s = _two_integers(signature)
            return self.curve == _SM2 and _sm2_holds(self.encoded, message, r, s)
        if algorithm.oid not in _ECDSA_HASHES or self.curve == _SM2:
            raise _UnknownAlgorithm(algorithm.oid)
        r, s = _two_integers(signature)
        hashed = _hash(_ECDSA_HASHES[algorithm.oid], message)
        return self.curve is not None and _ecdsa_holds(self.curve, self.encoded, hashed, r, s)


def _two_integers(signature: bytes) -> tuple[int, int]:
    """Return r and s of a DER signature, or two zeros, which verify nothing."""
    try:
        _der_check(signature)
        fields = _Fields(_der_one(signature))
        r, s = _der_int(fields.take(_INTEGER)), _der_int(fields.take(_INTEGER))
        fields.end()
    except ValueError:
        return 0, 0
    return r, s


_KEY_IDENTIFIER, _KEY_USAGE, _CONSTRAINTS = "2.5.29.14", "2.5.29.15", "2.5.29.19"
_POLICIES, _EXTENDED_USAGE, _STAMPING = "2.5.29.32", "2.5.29.37", "1.3.6.1.5.5.7.3.8"
_KNOWN_EXTENSIONS = frozenset((_KEY_USAGE, _CONSTRAINTS, _EXTENDED_USAGE, _POLICIES))
_KEY_CERT_SIGN = 0x04


@dataclass(frozen=True)
class _Certificate:
    """An X.509 certificate, as far as a chain needs it."""

    raw: bytes
    signed: bytes
    serial: bytes
    issuer: bytes
    subject: bytes
    valid: tuple[dt.datetime, dt.datetime]
    key: _Tlv
    extensions: dict[str, tuple[bool, bytes]]
    algorithm: _Algorithm
    signature: bytes

    def valid_at(self, moment: dt.datetime, fraction: str) -> bool:
        """Return whether the certificate is valid at a moment (RFC 5280, 4.1.2.5: both ends count)."""
        first, last = self.valid
        return first <= moment and (moment < last or (moment == last and not fraction))

    def extension(self, oid: str) -> _Tlv | None:
        """Return the value of an extension; raise ``ValueError`` when it is malformed."""
        if oid not in self.extensions:
            return None
        _der_check(self.extensions[oid][1])
        return _der_one(self.extensions[oid][1])

    def only_known(self) -> bool:
        """Return whether no critical extension is outside those that a chain may have."""
        return all(oid in _KNOWN_EXTENSIONS for oid, (critical, _) in self.extensions.items() if critical)

    def stamps(self) -> bool:
        """Return whether it is for time stamping alone, critically (RFC 3161, 2.3)."""
        try:
            usage = self.extension(_EXTENDED_USAGE)
            if usage is None or not self.extensions[_EXTENDED_USAGE][0]:
                return False
            fields = _Fields(usage)
            purpose = _der_oid(fields.take(_OID))
            fields.end()
        except ValueError:
            return False
        return purpose == _STAMPING and self.only_known()

    def may_sign_lists(self) -> bool:
        """Return whether its key usage, when there is one, has revocation lists in it."""
        try:
            usage = self.extension(_KEY_USAGE)
        except ValueError:
            return False
        return usage is None or bool(usage.tag == _BITS and (usage.body[1:2] or b"\0")[0] & _CRL_SIGN)

    def may_issue(self, below: int) -> bool:
        """Return whether it may issue with ``below`` intermediate certificates under it (RFC 5280, 6.1.4)."""
        try:
            constraints, usage = self.extension(_CONSTRAINTS), self.extension(_KEY_USAGE)
            if constraints is None or not self.only_known():
                return False
            fields = _Fields(constraints)
            authority, length = fields.maybe(_BOOLEAN), fields.maybe(_INTEGER)
            fields.end()
        except ValueError:
            return False
        if usage is not None and (usage.tag != _BITS or not (usage.body[1:2] or b"\0")[0] & _KEY_CERT_SIGN):
            return False
        is_authority = authority is not None and authority.body != b"\0"
        return is_authority and (length is None or below <= _der_int(length))


def _parse_certificate(data: bytes) -> _Certificate:
    """Parse one certificate; raise ``ValueError`` when it is malformed."""
    _der_check(data)
    outer = _Fields(_der_one(data))
    signed, algorithm, signature = outer.take(_SEQUENCE), outer.take(_SEQUENCE), outer.take(_BITS)
    outer.end()
    fields = _Fields(signed)
    version = fields.maybe(0xA0)
    if version is not None and _der_one(version.body).raw not in {b"\2\1\1", b"\2\1\2"}:
        raise _Misfit("misfit.der")
    serial, again = fields.take(_INTEGER), fields.take(_SEQUENCE)
    issuer, validity, subject = (fields.take(_SEQUENCE) for _ in range(3))
    key = fields.take(_SEQUENCE)
    fields.maybe(0x81)
    fields.maybe(0x82)
    listed = fields.maybe(0xA3)
    fields.end()
    if again.raw != algorithm.raw:
        raise _Misfit("misfit.der")
    times = _Fields(validity)
    first, last = (_der_second(times.take(_UTC_TIME, _GENERALIZED_TIME)) for _ in range(2))
    times.end()
    return _Certificate(
        raw=data,
        signed=signed.raw,
        serial=serial.body,
        issuer=issuer.raw,
        subject=subject.raw,
        valid=(first, last),
        key=key,
        extensions=_parse_extensions(listed),
        algorithm=_algorithm(algorithm),
        signature=_der_bits(signature),
    )


def _parse_extensions(listed: _Tlv | None) -> dict[str, tuple[bool, bytes]]:
    """Return criticality and value of each extension by its identifier."""
    if listed is None:
        return {}
    inside = _Fields(listed, 0xA3)
    found = _listed_extensions(inside.take(_SEQUENCE).body)
    inside.end()
    return found


def _listed_extensions(data: bytes) -> dict[str, tuple[bool, bytes]]:
    """Return the same of the values of Extensions, of which there is at least one, and none twice."""
    extensions: dict[str, tuple[bool, bytes]] = {}
    for item in _der_items(data):
        fields = _Fields(item)
        oid, critical, value = _der_oid(fields.take(_OID)), fields.maybe(_BOOLEAN), fields.take(_OCTETS)
        fields.end()
        if oid in extensions:
            raise _Misfit("misfit.der")
        extensions[oid] = (critical is not None and critical.body != b"\0", value.body)
    if not extensions:
        raise _Misfit("misfit.der")
    return extensions


def _issued_by(child: _Certificate, issuer: _Certificate) -> bool:
    """Return whether the signature of ``child`` verifies by the key of ``issuer``; what is not known does not."""
    return _holds(issuer, child.algorithm, child.signed, child.signature)


# ---------------------------------------------------------------------------------------------
# Revocation lists (RFC 5280, section 5), and what they mean for a token (RFC 3161, section 4)

_REASON, _INVALID_SINCE = "2.5.29.21", "2.5.29.24"
_SCOPE_OF_LIST = "2.5.29.28"
_LIST_EXTENSIONS = frozenset(("2.5.29.20", "2.5.29.35", _SCOPE_OF_LIST))
#: Reasons after which earlier tokens stay good, and those by which an authority goes whatever the time.
_FROM_THEN_ON, _COMPROMISED = frozenset((0, 3, 4, 5, 6, 9)), frozenset((1, 2, 10))
_CRL_SIGN = 0x02
_GOOD, _GONE, _UNTOLD = "good", "revoked", "unknown"
_REVOCATION = {
    _GOOD: _Said("随包的吊销信息表明出具时证书未被吊销", "what is in the package says that no certificate was revoked then"),
    _UNTOLD: _Said("证书是否已被吊销，随包资料不能判断", "whether a certificate was revoked cannot be told by what is inside"),
}  # fmt: skip


@dataclass(frozen=True)
class _List:
    """A CertificateList that is whole and direct; ``partial`` when it may be about some certificates of its issuer only."""

    signed: bytes
    issuer: bytes
    since: dt.datetime
    until: dt.datetime | None
    partial: bool
    entries: dict[bytes, _Tlv]
    algorithm: _Algorithm
    signature: bytes

    def says(self, certificate: _Certificate, moment: dt.datetime, fraction: str) -> _Revoked | bool:
        """Return how a certificate was revoked, ``True`` when it was not at a moment, ``False`` for nothing."""
        entry = self.entries.get(certificate.serial)
        if entry is not None:
            return _read_entry(entry)
        return not self.partial and _clears(self.since, self.until, certificate, moment, fraction)


def _clears(
    since: dt.datetime,
    until: dt.datetime | None,
    certificate: _Certificate,
    moment: dt.datetime,
    fraction: str,
) -> bool:
    """Return whether a list without a certificate, or an answer that it is good, says so of a moment."""
    if since > moment:  # nobody is taken off before the certificate has expired
        return since <= certificate.valid[1]
    return until is not None and (moment < until or (moment == until and not fraction))


class _Revoked(NamedTuple):
    """Since when, and the reason when one is stated."""

    since: dt.datetime
    reason: int | None

    def counts(self, moment: dt.datetime, *, signer: bool) -> bool:
        """Return whether it spoils a token of that moment."""
        if signer:
            return self.reason not in _FROM_THEN_ON or self.since <= moment
        return self.reason in _COMPROMISED or self.since <= moment


def _parse_list(data: bytes) -> _List:
    """Take a list apart; raise ``ValueError`` when it is malformed, a delta, or of several issuers or attribute certificates."""
    _der_check(data)
    outer = _Fields(_der_one(data))
    signed, algorithm, signature = outer.take(_SEQUENCE), outer.take(_SEQUENCE), outer.take(_BITS)
    outer.end()
    fields = _Fields(signed)
    fields.maybe(_INTEGER)
    again, issuer = fields.take(_SEQUENCE), fields.take(_SEQUENCE)
    since = _der_second(fields.take(_UTC_TIME, _GENERALIZED_TIME))
    until = fields.maybe(_UTC_TIME) or fields.maybe(_GENERALIZED_TIME)
    listed, more = fields.maybe(_SEQUENCE), fields.maybe(0xA0)
    fields.end()
    extensions = {} if more is None else _listed_extensions(_Fields(more, 0xA0).take(_SEQUENCE).body)
    unknown = any(critical and oid not in _LIST_EXTENSIONS for oid, (critical, _) in extensions.items())
    if again.raw != algorithm.raw or unknown:
        raise _Misfit("misfit.der")
    scope = _der_items(_der_one(extensions[_SCOPE_OF_LIST][1]).body) if _SCOPE_OF_LIST in extensions else []
    if any(part.tag in {0x84, 0x85} for part in scope):
        raise _Misfit("misfit.der")
    entries: dict[bytes, _Tlv] = {}
    for entry in [] if listed is None else _der_items(listed.body):
        entries.setdefault(_Fields(entry).take(_INTEGER).body, entry)
    return _List(
        signed=signed.raw,
        issuer=issuer.raw,
        since=since,
        until=None if until is None else _der_second(until),
        partial=_SCOPE_OF_LIST in extensions,
        entries=entries,
        algorithm=_algorithm(algorithm),
        signature=_der_bits(signature),
    )


def _read_entry(entry: _Tlv) -> _Revoked | bool:
    """Return what an entry says; ``False`` when it may be about another issuer's certificate or is malformed."""
    try:
        fields = _Fields(entry)
        fields.take(_INTEGER)
        since, reason = _der_second(fields.take(_UTC_TIME, _GENERALIZED_TIME)), None
        more = fields.maybe(_SEQUENCE)
        fields.end()
        for oid, (critical, value) in ({} if more is None else _listed_extensions(more.body)).items():
            _der_check(value)
            inner = _der_one(value)
            if oid == _REASON and inner.tag == _ENUMERATED:
                reason = _der_int(inner)
            elif oid == _INVALID_SINCE and inner.tag == _GENERALIZED_TIME:
                since = min(since, _der_second(inner))
            elif critical:
                return False
    except ValueError:
        return False
    return _Revoked(since, reason)


# Answers of responders (OCSP, RFC 6960, section 4.2)

_OCSP_BASIC, _OCSP_SIGNING = "1.3.6.1.5.5.7.48.1.1", "1.3.6.1.5.5.7.3.9"
_BY_NAME, _BY_KEY = 0xA1, 0xA2
_IS_GOOD, _IS_REVOKED = 0x80, 0xA1


class _Single(NamedTuple):
    """What an answer says of one certificate; ``status`` as it stands."""

    hash: str
    name: bytes
    key: bytes
    serial: bytes
    status: _Tlv
    since: dt.datetime
    until: dt.datetime | None

    def is_about(self, certificate: _Certificate, issuer: _Certificate) -> bool:
        """Return whether it is the certificate that was meant."""
        if self.serial != certificate.serial:
            return False
        return self.name == _certificate_hash(self.hash, issuer.subject) and self.key == _certificate_hash(
            self.hash, _key_bits(issuer)
        )

    def says(self, certificate: _Certificate, moment: dt.datetime, fraction: str) -> _Revoked | bool:
        """Return how it was revoked, ``True`` when it was not at a moment, ``False`` for nothing."""
        if self.status.tag == _IS_REVOKED:
            fields = _Fields(self.status, _IS_REVOKED)
            since, more = _der_second(fields.take(_GENERALIZED_TIME)), fields.maybe(0xA0)
            return _Revoked(since, None if more is None else _der_int(_Fields(more, 0xA0).take(_ENUMERATED)))
        return self.status.tag == _IS_GOOD and _clears(self.since, self.until, certificate, moment, fraction)


@dataclass(frozen=True)
class _Answer:
    """A BasicOCSPResponse that is whole."""

    signed: bytes
    responder: _Tlv
    made: dt.datetime
    singles: tuple[_Single, ...]
    algorithm: _Algorithm
    signature: bytes
    certificates: tuple[_Certificate, ...]

    def is_by(self, issuer: _Certificate) -> bool:
        """Return whether the issuer has signed it, or somebody to whom it gave a certificate for that (RFC 6960, 4.2.2.2)."""
        return any(
            self._is_responder(each) and _holds(each, self.algorithm, self.signed, self.signature)
            for each in (issuer, *self.certificates)
            if each is issuer or _may_answer(each, issuer, self.made)
        )

    def _is_responder(self, certificate: _Certificate) -> bool:
        if self.responder.tag == _BY_NAME:
            return self.responder.body == certificate.subject
        return self.responder.body[2:] == _certificate_hash("sha1", _key_bits(certificate))


def _parse_answer(data: bytes) -> _Answer:
    """Take an OCSPResponse, or the BasicOCSPResponse alone, apart; raise ``ValueError`` when it is malformed or says nothing."""
    _der_check(data)
    outer = _Fields(_der_one(data))
    status = outer.maybe(_ENUMERATED)
    if status is not None:
        held = _Fields(outer.take(0xA0), 0xA0)
        outer.end()
        inside = _Fields(held.take(_SEQUENCE))
        held.end()
        kind, basic = _der_oid(inside.take(_OID)), inside.take(_OCTETS)
        inside.end()
        if status.body != b"\0" or kind != _OCSP_BASIC:
            raise _Misfit("misfit.der")
        _der_check(basic.body)
        outer = _Fields(_der_one(basic.body))
    signed, algorithm, signature = outer.take(_SEQUENCE), outer.take(_SEQUENCE), outer.take(_BITS)
    listed = outer.maybe(0xA0)
    outer.end()
    fields = _Fields(signed)
    version = fields.maybe(0xA0)
    if version is not None and _der_one(version.body).raw != b"\2\1\0":
        raise _Misfit("misfit.der")
    responder, made = fields.take(_BY_NAME, _BY_KEY), _der_second(fields.take(_GENERALIZED_TIME))
    singles, more = fields.take(_SEQUENCE), fields.maybe(0xA1)
    fields.end()
    _refuse_critical(more)
    if responder.tag == _BY_KEY and _der_one(responder.body).tag != _OCTETS:
        raise _Misfit("misfit.der")
    certificates = [] if listed is None else _der_items(_Fields(listed, 0xA0).take(_SEQUENCE).body)
    return _Answer(
        signed=signed.raw,
        responder=responder,
        made=made,
        singles=tuple(found for item in _der_items(singles.body) for found in _parse_single(item)),
        algorithm=_algorithm(algorithm),
        signature=_der_bits(signature),
        certificates=tuple(
            found for item in certificates[:MAX_RESPONDERS] for found in _certificate_in(item)
        ),
    )


def _parse_single(value: _Tlv) -> Iterator[_Single]:
    """Yield what is said of one certificate; nothing when it is malformed, or has an extension that must be known."""
    try:
        fields = _Fields(value)
        about = _Fields(fields.take(_SEQUENCE))
        algorithm = _algorithm(about.take(_SEQUENCE))
        name, key, serial = about.take(_OCTETS), about.take(_OCTETS), about.take(_INTEGER)
        about.end()
        status, since = fields.take(_IS_GOOD, _IS_REVOKED, 0x82), _der_second(fields.take(_GENERALIZED_TIME))
        until, more = fields.maybe(0xA0), fields.maybe(0xA1)
        fields.end()
        _refuse_critical(more)
        last = None if until is None else _der_second(_Fields(until, 0xA0).take(_GENERALIZED_TIME))
        hashed = "sha1" if algorithm.oid == _OID_SHA1 else _hash_name(algorithm)
        yield _Single(hashed, name.body, key.body, serial.body, status, since, last)
    except (ValueError, _UnknownAlgorithm):
        return


def _certificate_in(value: _Tlv) -> Iterator[_Certificate]:
    """Yield a certificate that can be read."""
    try:
        yield _parse_certificate(value.raw)
    except ValueError:
        return


def _refuse_critical(listed: _Tlv | None) -> None:
    """Raise ``ValueError`` for a critical extension; none is known."""
    if listed is not None:
        extensions = _listed_extensions(_Fields(listed, 0xA1).take(_SEQUENCE).body)
        if any(critical for critical, _ in extensions.values()):
            raise _Misfit("misfit.der")


def _may_answer(certificate: _Certificate, issuer: _Certificate, made: dt.datetime) -> bool:
    """Return whether an issuer lets the owner of a certificate answer for it, at the time of an answer."""
    try:
        usage = certificate.extension(_EXTENDED_USAGE)
        purposes = [] if usage is None else [_der_oid(each) for each in _der_items(usage.body)]
    except ValueError:
        return False
    allowed = certificate.issuer == issuer.subject and _OCSP_SIGNING in purposes and certificate.only_known()
    return allowed and certificate.valid_at(made, "") and _issued_by(certificate, issuer)


def _key_bits(certificate: _Certificate) -> bytes:
    """Return a public key without tag, length and number of unused bits."""
    fields = _Fields(certificate.key)
    fields.take(_SEQUENCE)
    return fields.take(_BITS).body[1:]


class _Lists:
    """The revocation lists and answers of a package."""

    def __init__(self, members: Iterable[bytes]) -> None:
        self._by_issuer: dict[bytes, list[_List]] = {}
        self._answers: list[_Answer] = []
        self._signed: dict[tuple[bytes, bytes], bool] = {}
        for data in members:
            try:
                found = _parse_list(data)
            except ValueError:
                with contextlib.suppress(ValueError):  # what is neither says nothing
                    self._answers.append(_parse_answer(data))
                continue
            self._by_issuer.setdefault(found.issuer, []).append(found)

    def standing(self, chain: list[_Certificate], token: _Token) -> str:
        """Return what is said of a chain at the token's time; of its last certificate nobody is asked."""
        told = len(chain) > 1
        for number, (each, issuer) in enumerate(itertools.pairwise(chain)):
            said = list(self._said(each, issuer, token))
            gone = [one for one in said if isinstance(one, _Revoked)]
            if any(one.counts(token.moment, signer=number == 0) for one in gone):
                return _GONE
            told = told and (True in said or bool(gone))
        return _GOOD if told else _UNTOLD

    def _said(self, each: _Certificate, issuer: _Certificate, token: _Token) -> Iterator[_Revoked | bool]:
        for found in self._by_issuer.get(each.issuer, ()):
            if self._is_by(found, issuer):
                yield found.says(each, token.moment, token.fraction)
        for answer in self._answers:
            for single in answer.singles:
                with contextlib.suppress(ValueError):
                    if single.is_about(each, issuer) and self._is_by(answer, issuer):
                        yield single.says(each, token.moment, token.fraction)

    def _is_by(self, found: _List | _Answer, issuer: _Certificate) -> bool:
        link = _sha256(found.signed), issuer.raw
        if link not in self._signed:
            self._signed[link] = (
                found.is_by(issuer)
                if isinstance(found, _Answer)
                else issuer.may_sign_lists()
                and _holds(issuer, found.algorithm, found.signed, found.signature)
            )
        return self._signed[link]


def _holds(by: _Certificate, algorithm: _Algorithm, signed: bytes, signature: bytes) -> bool:
    """Return whether the key of a certificate has signed; what is not known has not."""
    try:
        return _PublicKey.parse(by.key).holds(algorithm, signed, signature)
    except (_UnknownAlgorithm, ValueError):
        return False


# ---------------------------------------------------------------------------------------------
# Time-stamp tokens (RFC 3161 in CMS, RFC 5652)

_SIGNED_DATA, _TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_SIGNING_CERT, _SIGNING_CERT_2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
_GRANTED = (0, 1)


@dataclass(frozen=True)
class _Token:
    """What a token says, taken apart but not yet judged."""

    content: bytes
    imprint: tuple[_Algorithm, bytes]
    moment: dt.datetime
    fraction: str
    critical: tuple[str, ...]
    certificates: tuple[_Certificate, ...]
    signer: _Tlv
    digest: _Algorithm
    attributes: dict[str, _Tlv]
    to_sign: tuple[bytes, ...]
    algorithm: _Algorithm
    signature: bytes

    @property
    def gen_time(self) -> str:
        """Return the time as RFC 3339 with ``Z``, the fraction as it stands."""
        return self.moment.isoformat() + ("." + self.fraction if self.fraction else "") + "Z"

    def names(self, certificate: _Certificate) -> bool:
        """Return whether SignerInfo names this certificate."""
        if self.signer.tag == _SEQUENCE:
            issuer, serial = _der_items(self.signer.body)
            return (issuer.raw, serial.body) == (certificate.issuer, certificate.serial)
        try:
            found = certificate.extension(_KEY_IDENTIFIER)
        except ValueError:
            return False
        return found is not None and (found.tag, found.body) == (_OCTETS, self.signer.body)


def _parse_token(data: bytes) -> _Token:
    """Take a ``TimeStampResp`` apart; raise ``ValueError`` when it is malformed or was not granted."""
    _der_check(data)
    response = _Fields(_der_one(data))
    status = _Fields(response.take(_SEQUENCE))
    if _der_int(status.take(_INTEGER)) not in _GRANTED:
        raise _Misfit("misfit.granted")
    status.maybe(_SEQUENCE)
    status.maybe(_BITS)
    status.end()
    signed = _content(response.take(_SEQUENCE), _SIGNED_DATA, _SEQUENCE)
    response.end()
    fields = _Fields(signed)
    fields.take(_INTEGER)
    fields.take(_SET)
    content = _content(fields.take(_SEQUENCE), _TST_INFO, _OCTETS).body
    certificates = fields.maybe(0xA0)
    fields.maybe(0xA1)
    infos = _der_items(fields.take(_SET).body)
    fields.end()
    if len(infos) != 1:
        raise _Misfit("misfit.signers")
    return _with_signer(infos[0], content, [] if certificates is None else _der_items(certificates.body))


def _content(value: _Tlv, kind: str, tag: int) -> _Tlv:
    """Return what a ContentInfo or EncapsulatedContentInfo of one kind holds."""
    fields = _Fields(value)
    if _der_oid(fields.take(_OID)) != kind:
        raise _Misfit("misfit.der")
    inner = _Fields(fields.take(0xA0), 0xA0)
    fields.end()
    found = inner.take(tag)
    inner.end()
    return found


def _certificates(items: list[_Tlv]) -> tuple[_Certificate, ...]:
    """Return the certificates of a token; its set may hold attribute certificates and others, which mean nothing."""
    if len(items) > MAX_CERTIFICATES:
        raise _Problem("unsupported.certificates", limit=MAX_CERTIFICATES)
    return tuple(_parse_certificate(item.raw) for item in items if item.tag == _SEQUENCE)


def _with_signer(info: _Tlv, content: bytes, certificates: list[_Tlv]) -> _Token:
    """Take SignerInfo and TSTInfo apart."""
    fields = _Fields(info)
    fields.take(_INTEGER)
    signer = fields.take(_SEQUENCE, 0x80)
    if signer.tag == _SEQUENCE:
        named = _Fields(signer)
        named.take(_SEQUENCE)
        named.take(_INTEGER)
        named.end()
    digest, attributes = _algorithm(fields.take(_SEQUENCE)), fields.take(0xA0)
    algorithm, signature = _algorithm(fields.take(_SEQUENCE)), fields.take(_OCTETS)
    fields.maybe(0xA1)
    fields.end()
    imprint, moment, fraction, critical = _parse_info(content)
    return _Token(
        content=content,
        imprint=imprint,
        moment=moment,
        fraction=fraction,
        critical=critical,
        certificates=_certificates(certificates),
        signer=signer,
        digest=digest,
        attributes=_parse_attributes(attributes),
        to_sign=_signed_forms(attributes),
        algorithm=algorithm,
        signature=signature.body,
    )


def _signed_forms(attributes: _Tlv) -> tuple[bytes, ...]:
    """Return the SET OF attributes as it stands, and sorted as DER would have it when it is not (RFC 5652, 5.4)."""
    head = bytes((_SET,)) + attributes.raw[1 : len(attributes.raw) - len(attributes.body)]
    ordered = b"".join(sorted(item.raw for item in _der_items(attributes.body)))
    return tuple({head + attributes.body: None, head + ordered: None})


def _parse_info(content: bytes) -> tuple[tuple[_Algorithm, bytes], dt.datetime, str, tuple[str, ...]]:
    """Return imprint, time and critical extensions of a TSTInfo (RFC 3161, 2.4.2)."""
    _der_check(content)
    fields = _Fields(_der_one(content))
    if _der_int(fields.take(_INTEGER)) != 1:
        raise _Misfit("misfit.der")
    fields.take(_OID)
    imprint = _Fields(fields.take(_SEQUENCE))
    algorithm, digest = _algorithm(imprint.take(_SEQUENCE)), imprint.take(_OCTETS).body
    imprint.end()
    fields.take(_INTEGER)
    moment, fraction = _der_time(fields.take(_GENERALIZED_TIME))
    accuracy = fields.maybe(_SEQUENCE)
    if accuracy is not None:
        _check_accuracy(accuracy)
    for tag in (_BOOLEAN, _INTEGER, 0xA0):
        fields.maybe(tag)
    more = fields.maybe(0xA1)
    fields.end()
    extensions = {} if more is None else _listed_extensions(more.body)
    critical = tuple(name for name, (is_critical, _) in extensions.items() if is_critical)
    return (algorithm, digest), moment, fraction, critical


def _check_accuracy(value: _Tlv) -> None:
    """Raise ``ValueError`` unless an Accuracy has seconds, thousandths and millionths, each of them or not."""
    fields = _Fields(value)
    for tag, most in ((_INTEGER, None), (0x80, 999), (0x81, 999)):
        part = fields.maybe(tag)
        if part is not None and not (
            _der_value_ok(_INTEGER, part.body)
            and _der_int(part) >= 0
            and (most is None or _der_int(part) <= most)
        ):
            raise _Misfit("misfit.der")
    fields.end()


def _parse_attributes(value: _Tlv) -> dict[str, _Tlv]:
    """Return the one value of each signed attribute by its type; none may occur twice."""
    attributes: dict[str, _Tlv] = {}
    for item in _der_items(value.body):
        fields = _Fields(item)
        oid, values = _der_oid(fields.take(_OID)), _der_items(fields.take(_SET).body)
        fields.end()
        if oid in attributes or not values:
            raise _Misfit("misfit.attributes")
        if oid in {_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_CERT, _SIGNING_CERT_2} and len(values) != 1:
            raise _Misfit("misfit.attributes")
        attributes[oid] = values[0]
    return attributes


class _Named(NamedTuple):
    """How a signed attribute names a certificate: ESSCertID of RFC 2634 or ESSCertIDv2 of RFC 5035."""

    algorithm: _Algorithm | None
    digest: bytes
    issuer_serial: tuple[frozenset[bytes], bytes] | None

    def fits(self, certificate: _Certificate) -> bool:
        """Return whether it names this certificate; raise ``_UnknownAlgorithm`` for an unknown digest."""
        name = "sha1" if self.algorithm is None else _hash_name(self.algorithm)
        if self.issuer_serial is not None:
            issuers, serial = self.issuer_serial
            if certificate.issuer not in issuers or certificate.serial != serial:
                return False
        return _certificate_hash(name, certificate.raw) == self.digest


def _parse_named(value: _Tlv, *, second: bool) -> _Named:
    fields = _Fields(value)
    algorithm = fields.maybe(_SEQUENCE) if second else None
    digest, more = fields.take(_OCTETS).body, fields.maybe(_SEQUENCE)
    fields.end()
    issuer_serial = None
    if more is not None:
        inside = _Fields(more)
        names, serial = inside.take(_SEQUENCE), inside.take(_INTEGER)
        inside.end()
        # Of the kinds of GeneralName, only a directory name is that of an issuer.
        issuers = frozenset(name.body for name in _der_items(names.body) if name.tag == 0xA4)  # noqa: PLR2004
        issuer_serial = issuers, serial.body
    if second:
        hashed = _Algorithm(_OID_SHA256, None) if algorithm is None else _algorithm(algorithm)
        return _Named(hashed, digest, issuer_serial)
    return _Named(None, digest, issuer_serial)


def _signing_certificates(token: _Token) -> list[list[_Named]]:
    """Return what each signing-certificate attribute names: the signer's certificate first."""
    found = []
    for oid in (_SIGNING_CERT, _SIGNING_CERT_2):
        if oid in token.attributes:
            fields = _Fields(token.attributes[oid])
            listed = _der_items(fields.take(_SEQUENCE).body)
            fields.maybe(_SEQUENCE)
            fields.end()
            if not listed:
                raise _Misfit("misfit.der")
            if len(listed) > MAX_NAMED_CERTIFICATES:
                raise _UnknownAlgorithm(f"{oid}: {len(listed)} > {MAX_NAMED_CERTIFICATES}")
            found.append([_parse_named(each, second=oid == _SIGNING_CERT_2) for each in listed])
    return found


def _may_stand_between(token: _Token) -> list[_Certificate]:
    """Return the certificates of a token that its path may lead through.

    An attribute that names more than the signer's certificate limits the path to what it names (RFC 5035, 5.4.1).
    """
    limits = [named for named in _signing_certificates(token) if len(named) > 1]
    return [each for each in token.certificates if all(_is_named(named, each) for named in limits)]


def _is_named(named: list[_Named], certificate: _Certificate) -> bool:
    """Return whether one of several identifiers names a certificate; one by a digest not known names none."""
    for each in named:
        with contextlib.suppress(_UnknownAlgorithm):
            if each.fits(certificate):
                return True
    return False


@functools.lru_cache(maxsize=64)
def _certificate_hash(name: str, data: bytes) -> bytes:
    if name == "sha1":  # an identifier inside the signed attributes (RFC 2634), not what is signed
        return hashlib.new("sha1", data, usedforsecurity=False).digest()
    return _hash(name, data)


def _check_attributes(token: _Token) -> str | None:
    """Return what the signed attributes lack, or ``None``; raise ``_UnknownAlgorithm`` for an unknown digest."""
    kind, digest = token.attributes.get(_CONTENT_TYPE), token.attributes.get(_MESSAGE_DIGEST)
    if kind is None or kind.tag != _OID or _der_oid(kind) != _TST_INFO:
        return "timestamp.type"
    if not {_SIGNING_CERT, _SIGNING_CERT_2} & token.attributes.keys():
        return "timestamp.certificate"
    if digest is None or digest.tag != _OCTETS:
        return "timestamp.digest"
    return None if digest.body == _hash(_hash_name(token.digest), token.content) else "timestamp.digest"


def _signer_of(token: _Token, listed: Iterable[_Certificate]) -> tuple[_Certificate | None, str | None]:
    """Return the signer's certificate, if it is there, and what is wrong with the attribute that names it."""
    named = [c for c in (*token.certificates, *listed) if token.names(c)]
    identifiers = _signing_certificates(token)
    for certificate in named:
        fitting = [first.fits(certificate) for first, *_ in identifiers]
        if all(fitting):
            return certificate, None
    return None, "timestamp.certificate" if named else None


def _check_token(
    token: _Token, digest_of: Callable[[str], bytes], listed: Iterable[_Certificate]
) -> tuple[_Certificate | None, list[str], list[str]]:
    """Judge a token by itself.

    Returns:
        The signer's certificate when it is there, what breaks the token, and the algorithms not known.
    """
    faults: list[str | None] = []
    unknown: list[str] = list(token.critical)
    signer: _Certificate | None = None

    def imprint() -> str | None:
        algorithm, digest = token.imprint
        return None if digest_of(_hash_name(algorithm)) == digest else "timestamp.imprint"

    def signature() -> str | None:
        nonlocal signer
        _refuse_unknown(token.algorithm)
        signer, fault = _signer_of(token, listed)
        if signer is None:
            return fault
        name = "" if token.algorithm.oid != _RSA else _hash_name(token.digest)
        key = _PublicKey.parse(signer.key)
        holds = any(key.holds(token.algorithm, form, token.signature, name) for form in token.to_sign)
        return None if holds else "timestamp.signature"

    for check in (imprint, functools.partial(_check_attributes, token), signature):
        try:
            faults.append(check())
        except _UnknownAlgorithm as error:
            unknown.append(error.name)
    return signer, [fault for fault in faults if fault is not None], unknown


class _Chains:
    """Finds the way from a signer's certificate to one that the trust file lists."""

    def __init__(self, tsas: tuple[_Tsa, ...]) -> None:
        self.listed: dict[bytes, _Tsa] = {}
        for tsa in tsas:
            self.listed.setdefault(tsa.certificate.raw, tsa)
        self._links: dict[tuple[bytes, bytes], bool] = {}
        self._by_subject: dict[bytes, list[_Certificate]] = {}
        for tsa in self.listed.values():
            self._by_subject.setdefault(tsa.certificate.subject, []).append(tsa.certificate)

    @property
    def certificates(self) -> list[_Certificate]:
        """Return the listed certificates."""
        return [tsa.certificate for tsa in self.listed.values()]

    def trusted(self, token: _Token, signer: _Certificate) -> tuple[_Tsa, list[_Certificate]] | None:
        """Return the listed authority that answers for the token and the chain to it, or ``None``."""
        if not signer.stamps() or not signer.valid_at(token.moment, token.fraction):
            return None
        if signer.raw in self.listed:
            return self.listed[signer.raw], [signer]
        left, seen = MAX_LINKS, {(signer.raw, 0)}
        frontier = [([signer], 0)]
        between = _may_stand_between(token)
        for _ in range(MAX_CHAIN - 1):
            reached: list[tuple[list[_Certificate], int]] = []
            for chain, below in frontier:
                child = chain[-1]
                for issuer in self._issuers(token, between, child, below):
                    left -= 1
                    if left < 0:
                        raise _Problem("unsupported.links", limit=MAX_LINKS)
                    if not self._joined(child, issuer):
                        continue
                    if issuer.raw in self.listed:
                        return self.listed[issuer.raw], [*chain, issuer]
                    deeper = below + (issuer.issuer != issuer.subject)
                    if (issuer.raw, deeper) not in seen:
                        seen.add((issuer.raw, deeper))
                        reached.append(([*chain, issuer], deeper))
            frontier = reached
        return None

    def _joined(self, child: _Certificate, issuer: _Certificate) -> bool:
        """Return whether ``issuer`` signed ``child``; each link is verified once, and not too many of them."""
        link = _sha256(child.raw), _sha256(issuer.raw)
        if link not in self._links:
            if len(self._links) >= MAX_ALL_LINKS:
                raise _Problem("unsupported.links", limit=MAX_ALL_LINKS)
            self._links[link] = _issued_by(child, issuer)
        return self._links[link]

    def _issuers(
        self, token: _Token, between: list[_Certificate], child: _Certificate, below: int
    ) -> Iterator[_Certificate]:
        """Yield the certificates that may have issued ``child``, the listed ones first."""
        yield from (c for c in self._by_subject.get(child.issuer, ()) if c.may_issue(below))
        for certificate in between:
            if (
                certificate.subject == child.issuer
                and certificate.raw not in self.listed
                and certificate.raw != child.raw
                and certificate.valid_at(token.moment, token.fraction)
                and certificate.may_issue(below)
            ):
                yield certificate


# ---------------------------------------------------------------------------------------------
# The trust file and the signed role files

_ROLES = frozenset(("log", "package", "officer", "device"))


@dataclass(frozen=True)
class _TrustedKey:
    """A key of the trust file and the tree sizes between which it counts."""

    id: str
    role: str
    kind: bytes
    name: str | None
    public: bytes
    valid_from: int
    revoked_at: int | None

    def counts_at(self, index: int) -> bool:
        """Return whether a signature in the event at ``index`` counts."""
        return index >= self.valid_from and (self.revoked_at is None or index < self.revoked_at)


@dataclass(frozen=True)
class _Tsa:
    """A time-stamping authority that the reader believes."""

    name: str
    operator: str
    certificate: _Certificate


@dataclass(frozen=True)
class _Roots:
    """The keys that sign role files, and how many of them must."""

    threshold: int
    keys: tuple[_VerifierKey, ...]

    def approve(self, note: _Note) -> bool:
        """Return whether enough of the keys signed; raise ``ValueError`` when one's signature is false."""
        signed: set[bytes] = set()
        for key in self.keys:
            holds = note.signed_by(key)
            if holds is False:
                raise _Misfit("misfit.root-signature", name=key.name)
            if holds:
                signed.add(key.public)
        return len(signed) >= self.threshold


@dataclass(frozen=True)
class _Trust:
    """Whom the reader believes; with ``roots``, the role files say the rest."""

    logs: tuple[tuple[str, _VerifierKey], ...] = ()
    keys: dict[str, _TrustedKey] = field(default_factory=dict)
    tsas: tuple[_Tsa, ...] = ()
    operators: int = 0
    cleared: bool = False
    roots: _Roots | None = None
    roles_version: int = 0
    roles_from: int = 0

    def log_keys(self, origin: str) -> list[_VerifierKey]:
        """Return the keys listed for a log."""
        return [key for listed, key in self.logs if listed == origin]

    def lowered(self, revoked: dict[str, int]) -> _Trust:
        """Return the same with the revocations that the log announces."""
        keys = dict(self.keys)
        for name, size in revoked.items():
            key = keys.get(name)
            if key is not None and (key.revoked_at is None or size < key.revoked_at):
                keys[name] = replace(key, revoked_at=size)
        return replace(self, keys=keys)


def _parse_trust(data: bytes) -> _Trust:
    """Parse a trust file; raise ``ValueError`` when it is not one, ``_Problem`` for a later version."""
    value = _parse_unique(data, "utf-8-sig")
    _demand(value, {"v": _count}, "trust", exact=False)
    if value["v"] != VERSION:
        raise _Problem("unsupported.trust")
    _demand(value, {"office": _object}, "trust", exact=False)
    for name in ("roles_version", "roles_from"):
        if not _or_null(_count)(value.get(name)):
            raise _Misfit("misfit.value", place="trust", name=name)
    version, first = value.get("roles_version") or 0, value.get("roles_from") or 0
    if value.get("roots") is None:
        return replace(_parse_believed(value), roles_version=version)
    return _Trust(roots=_parse_roots(value["roots"]), roles_version=version, roles_from=first)


def _parse_unique(data: bytes, encoding: str) -> Any:
    """Return JSON that need not be canonical; integers only and no name twice."""
    try:
        value = _UNIQUE.decode(data.decode(encoding))
    except RecursionError as error:
        raise _Misfit("misfit.deep") from error
    _refuse_depth(value)
    return value


def _parse_believed(value: dict[str, Any]) -> _Trust:
    """Parse what a trust file and a role file have in common."""
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
    tsas, demanded = value.get("tsas"), value.get("timestamps")
    if not _or_null(_list)(tsas):
        raise _Misfit("misfit.value", place="trust", name="tsas")
    if demanded is not None:
        _demand(demanded, {"operators": _count}, "timestamps", exact=False)
    operators, cleared = (
        (0, None) if demanded is None else (demanded["operators"], demanded.get("revocation"))
    )
    if cleared is not None and not isinstance(cleared, bool):
        raise _Misfit("misfit.value", place="timestamps", name="revocation")
    return _Trust(tuple(logs), keys, tuple(map(_parse_tsa, tsas or ())), operators, cleared=cleared is True)


def _parse_tsa(entry: Any) -> _Tsa:
    _demand(entry, {"name": _text, "operator": _text, "certificate": _word}, "tsas[]", exact=False)
    return _Tsa(entry["name"], entry["operator"], _parse_certificate(_unbase64(entry["certificate"])))


def _parse_roots(value: Any) -> _Roots:
    """Parse the root keys; raise ``_Problem`` when there are too many of them."""
    _demand(value, {"threshold": _count, "keys": _list}, "roots", exact=False)
    if len(value["keys"]) > MAX_ROOT_KEYS:
        raise _Problem("unsupported.roots", limit=MAX_ROOT_KEYS)
    keys = tuple(map(_parse_vkey, value["keys"]))
    if len({key.name for key in keys}) != len(keys) or not 1 <= value["threshold"] <= len(keys):
        raise _Misfit("misfit.value", place="roots", name="threshold")
    if not all(key.kind in {_TYPE_ED25519, _TYPE_SM2} for key in keys):
        raise _Misfit("misfit.value", place="roots", name="keys")
    return _Roots(value["threshold"], keys)


_ROLES_HEAD = b"qingyuan-roles/1\n"


def _parse_role_file(data: bytes, version: int) -> tuple[_Note, _Trust]:
    """Parse a role file; ``roots`` of what it says are ``None`` when it brings none."""
    note = _parse_note(data)
    if not note.text.startswith(_ROLES_HEAD):
        raise _Misfit("misfit.roles")
    value = _parse_canonical(note.text[len(_ROLES_HEAD) : -1])
    _demand(value, {"version": _count, "issued_at": _time}, "roles", exact=False)
    if value["version"] != version or version < 1:
        raise _Misfit("misfit.value", place="roles", name="version")
    roots = None if value.get("roots") is None else _parse_roots(value["roots"])
    return note, replace(_parse_believed(value), roots=roots)


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


def _parse_key(entry: Any) -> tuple[bytes, str | None, bytes]:
    """Return algorithm, name and public key of a listed key; raise ``ValueError`` when they do not fit.

    The identifier of an Ed25519 or SM2 key follows from its public key (format, section 9).
    """
    _demand(entry, {"id": _word, "role": _word}, "keys[]", exact=False)
    if entry["role"] not in _ROLES:
        raise _Misfit("misfit.role", role=entry["role"])
    if ("vkey" in entry) == ("public" in entry):
        raise _Misfit("misfit.key-form")
    kind: bytes
    name: str | None
    if "vkey" in entry:
        vkey = _parse_vkey(entry["vkey"])
        kind, name, public = vkey.kind, vkey.name, vkey.public
    else:
        kind, name, public = _TYPE_ED25519, None, _unbase64(entry["public"], _KEY_BYTES)
        if not ed25519_usable(public):
            raise _Misfit("misfit.point")
    follows = _sha256(b"qingyuan-key/1\n" + public).hex()[:16]
    if kind in {_TYPE_ED25519, _TYPE_SM2} and entry["id"] != follows:
        raise _Misfit("misfit.key-id", key=entry["id"])
    return kind, name, public


# ---------------------------------------------------------------------------------------------
# The checks

_BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_PACKAGE, _EXHIBITS, _EVENTS = "evidence/package.json", "evidence/exhibits.jsonl", "evidence/events.jsonl"
_STAMPS, _KEYS = "evidence/timestamps.jsonl", "trust/keys.jsonl"
_NOTE = "signature.note"
_TAG_SHA256, _TAG_SM3 = "tagmanifest-sha256.txt", "tagmanifest-sm3.txt"
_PAY_SHA256, _PAY_SM3 = "manifest-sha256.txt", "manifest-sm3.txt"
_DATA, _PROOFS, _TWIN_PROOFS = "data/", "proofs/", "proofs-sm3/"
_TWIN_SUFFIX = "/sm3"
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
    _STAMPS,
    _KEYS,
    "说明.md",
)
_OPTIONAL = frozenset(("trust/policy.txt", "说明.pdf", "证据清单.csv", "证据清单.pdf"))
_PROOF_NAME = re.compile(r"proofs(?:-sm3)?/(0|[1-9][0-9]{0,18})\.tlog-proof")
_TOKEN_NAME = re.compile(r"timestamps/(0|[1-9][0-9]{0,18})\.tsr")
_ROLE_NAME = re.compile(r"trust/roles/(0|[1-9][0-9]{0,18})\.note")
_LIST_NAME = re.compile(r"trust/revocation/(0|[1-9][0-9]{0,18})\.der")
_DATA_NAME = re.compile(r"data/[^/]+/[^/]+")
_MANIFEST_LINE = re.compile(rb"([0-9a-f]{64})  ([^\r\n]+)\n")
_INFO_LINE = re.compile(r"[^:\s](?:[^:\r\n]*[^:\s])?:[ \t].*")
_OXUM = re.compile(r"([0-9]{1,19})\.([0-9]{1,19})")
_UNTAGGED = frozenset((_TAG_SHA256, _TAG_SM3, _NOTE))
_EXTRACTED, _GENERATED = "evidence.extracted", "evidence.generated"
_STORED, _VERIFIED, _TRANSFERRED = "evidence.stored", "evidence.verified", "evidence.transferred"
_REVOKED, _PUBLISHED = "office.key_revoked", "office.roles_published"


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


@dataclass(frozen=True)
class _Given:
    """What the reader brings: the bytes of a trust and a policy file, or why there are none."""

    trust: bytes | None
    policy: bytes | None
    trust_fault: _Problem
    policy_fault: _Problem | None

    @property
    def fingerprint(self) -> str | None:
        """Return SHA-256 of the trust file."""
        return None if self.trust is None else _sha256(self.trust).hex()


class _LogCheck:
    """The proofs of one log: every event is under one checkpoint, and a trusted key signed that."""

    def __init__(
        self,
        run: _Run,
        folder: str,
        leaves: dict[int, bytes],
        stated: dict[str, Any] | None,
        kind: bytes,
        hashed: _Hash,
    ) -> None:
        self.run, self.folder, self.leaves, self.stated = run, folder, leaves, stated
        self.kind, self.hashed = kind, hashed
        self.checkpoint: _Checkpoint | None = None
        self.path: str | None = None
        self.problem = run.findings.problem

    def check(self) -> None:
        """Check the proof of every event, and the checkpoint all of them hold."""
        reference = b""
        for index, leaf in self.leaves.items():
            path = f"{self.folder}{index}.tlog-proof"
            proof = self._proof(path)
            if proof is None:
                continue
            if self.path is None:
                self.path, reference = path, proof.checkpoint
                self._read_checkpoint(path, reference)
            elif proof.checkpoint != reference:
                self.problem("proof.other", path, first=self.path)
            self._included(path, proof, index, leaf)
        self.strays()
        if self.checkpoint is None:
            self.problem("proof.none", self.path)
        else:
            self._signature(self.checkpoint)

    def strays(self) -> None:
        """Name the proofs that belong to no event."""
        for name in self.run.members:
            match = _PROOF_NAME.fullmatch(name) if name.startswith(self.folder) else None
            if match is not None and int(match[1]) not in self.leaves:
                self.problem("proof.stray", name)

    def _proof(self, path: str) -> _Proof | None:
        member = self.run.members.get(path)
        if member is None:
            self.problem("proof.missing", path)
            return None
        try:
            return _parse_proof(self.run.archive.read(member, MAX_PROOF))
        except _Problem as problem:
            self.run.findings.end(problem, path)
        except ValueError as error:
            self.problem("proof.unreadable", path, why=_explain(error))
        return None

    def _read_checkpoint(self, path: str, data: bytes) -> None:
        try:
            found = self.checkpoint = _parse_checkpoint(data)
        except ValueError as error:
            self.problem("proof.checkpoint", path, why=_explain(error))
            return
        if self.stated is not None:
            stated = self.stated["origin"], self.stated["size"], _unbase64(self.stated["root"])
            if (found.origin, found.size, found.root) != stated:
                self.problem("proof.head", path, package=_PACKAGE)

    def _included(self, path: str, proof: _Proof, index: int, leaf: bytes) -> None:
        if proof.index != index:
            self.problem("proof.index", path, index=proof.index)
        elif self.checkpoint is not None:
            root = _root_from_path(leaf, index, self.checkpoint.size, proof.path, self.hashed)
            if root != self.checkpoint.root:
                self.problem("proof.inclusion", path)

    def _signature(self, checkpoint: _Checkpoint) -> None:
        trust = self.run.trust
        if trust is None:
            self.run.findings.leave_open()  # the reason was already given by no-trust
            return
        keys = [k for k in trust.log_keys(checkpoint.origin) if checkpoint.note.by(k.name, k.key_id)]
        if not keys:
            self.problem("unknown-key.log", self.path, origin=checkpoint.origin)
        for key in keys:
            self._one_signature(checkpoint, key, trust)

    def _one_signature(self, checkpoint: _Checkpoint, key: _VerifierKey, trust: _Trust) -> None:
        if key.kind != self.kind:
            self.problem("unsupported.log", self.path)
            return
        if not checkpoint.note.signed_by(key):
            self.problem("proof.log", self.path)
            return
        for listed in trust.keys.values():
            same = listed.role == "log" and listed.public == key.public
            if same and not listed.counts_at(checkpoint.size - 1):
                self.problem("revoked-key.log", self.path, key=listed.id)

    def cosigned(self, policy: _Policy) -> set[str]:
        """Return the witnesses of a policy whose cosignature of the checkpoint verifies."""
        found: set[str] = set()
        for name, key in policy.witnesses.items():
            if self.checkpoint is None or key.kind not in _WITNESS_TYPES:
                continue
            holds = _cosigned(key, self.checkpoint)
            if holds:
                found.add(name)
            elif holds is False and key.kind == _TYPE_COSIGNATURE:
                self.problem("proof.witness", self.path, name=name)
        return found

    def policy_signed(self, policy: _Policy) -> bool:
        """Return whether the checkpoint is signed by a log of the policy (any, when it lists none)."""
        checkpoint = self.checkpoint
        if not policy.logs or checkpoint is None:
            return checkpoint is not None
        for key in policy.logs:
            if key.name == checkpoint.origin and key.kind == self.kind:
                holds = checkpoint.note.signed_by(key)
                if holds:
                    return True
                if holds is False:
                    self.problem("proof.log", self.path)
        self.problem("unknown-key.policy", self.path, origin=checkpoint.origin)
        return False


@dataclass(frozen=True)
class _Stamp:
    """One line of ``evidence/timestamps.jsonl`` that fits the package."""

    n: int
    over: str
    size: int | None
    message: bytes | None
    subject: str | int


@dataclass(frozen=True)
class _Judged:
    """One token that is not broken, and who answers for it."""

    stamp: _Stamp
    gen_time: str
    tsa: _Tsa | None
    revocation: str | None

    def as_dict(self) -> dict[str, Any]:
        """Return the machine-readable form."""
        return {
            "n": self.stamp.n,
            "over": self.stamp.over,
            "size": self.stamp.size,
            "gen_time": self.gen_time,
            "tsa": None if self.tsa is None else _printable(self.tsa.name),
            "operator": None if self.tsa is None else _printable(self.tsa.operator),
            "trusted": self.tsa is not None,
            "revocation": self.revocation,
        }


class _StampCheck:
    """The time-stamp tokens of a package (format, section 7)."""

    def __init__(self, run: _Run, package: dict[str, Any]) -> None:
        self.run, self.package = run, package
        self.problem = run.findings.problem
        self.chains = _Chains(() if run.trust is None else run.trust.tsas)
        self.lists = _Lists(())
        self.stamps: list[_Stamp] = []
        self.count = 0
        self.manifests: dict[str, dict[str, bytes]] = {}

    def check(self) -> list[_Judged]:
        """Check lines and tokens; return the tokens that are not broken."""
        if not self.run.attempt(_STAMPS, self._lines):
            return []
        if self.package["timestamps"] != self.count:
            stated = self.package["timestamps"]
            self.problem("timestamp.count", _STAMPS, count=self.count, package=_PACKAGE, stated=stated)
        for name in self.run.members:
            match = _TOKEN_NAME.fullmatch(name)
            if match is not None and int(match[1]) >= self.count:
                self.problem("timestamp.stray", name)
        wanted = {stamp.subject for stamp in self.stamps if stamp.over == "exhibit"}
        if wanted and _EXHIBITS in self.run.members:
            self.run.attempt(_EXHIBITS, functools.partial(self._digest_manifests, wanted))
        self._read_lists()
        judged: list[_Judged] = []
        for stamp in self.stamps:
            self.run.attempt(self.token_path(stamp.n), functools.partial(self._token, stamp, judged))
        return judged

    def _read_lists(self) -> None:
        names = sorted(name for name in self.run.members if _LIST_NAME.fullmatch(name))
        if len(names) > MAX_LISTS:
            raise _Problem("unsupported.lists", limit=MAX_LISTS)
        small = [name for name in names if self.run.members[name].size <= MAX_LIST]
        for name in names:
            if name not in small:
                self.problem("unsupported.size", name, limit=MAX_LIST)
        self.lists = _Lists([self.run.archive.read(self.run.members[name], MAX_LIST) for name in small])

    @staticmethod
    def token_path(n: int) -> str:
        """Return the name of the member with token ``n``."""
        return f"timestamps/{n}.tsr"

    def _lines(self) -> None:
        for n, line in enumerate(self.run.archive.lines(self.run.members[_STAMPS], MAX_LINE)):
            if n >= MAX_TIMESTAMPS:
                raise _Problem("unsupported.lines", limit=MAX_TIMESTAMPS)
            self.count = n + 1
            if self.token_path(n) not in self.run.members:
                self.problem("timestamp.missing", self.token_path(n))
            value = self.run.json_line(_STAMPS, n + 1, line)
            if value is None:
                continue
            try:
                _demand(value, {"n": _count, "over": _one_of(*_STAMP_SHAPES)}, "line", exact=False)
                _demand(value, _STAMP_SHAPES[value["over"]], "line", exact=True)
            except ValueError as error:
                self.run.misfit(_STAMPS, n + 1, error)
                continue
            if value["n"] != n:
                self.problem("timestamp.number", _STAMPS, line=n + 1, n=n, found=value["n"])
                continue
            stamp = self._stamp(n, value)
            if stamp is not None and self.token_path(n) in self.run.members:
                self.stamps.append(stamp)

    def _stamp(self, n: int, value: dict[str, Any]) -> _Stamp | None:
        """Return the line, ``None`` after saying why it does not fit."""
        if value["over"] == "checkpoint":
            return self._checkpoint(n, value)
        if value["over"] == "exhibit":
            _bounded(value["exhibit"])
            return _Stamp(n, "exhibit", None, None, value["exhibit"])
        if value["timestamp"] >= n:
            self.problem("timestamp.order", _STAMPS, line=n + 1)
            return None
        return _Stamp(n, "timestamp", None, None, value["timestamp"])

    def _checkpoint(self, n: int, value: dict[str, Any]) -> _Stamp | None:
        heads = [head for head in (self.package["log"], self.package["twin"]) if head is not None]
        head = next((head for head in heads if head["origin"] == value["log"]), None)
        if head is None:
            self.problem("timestamp.log", _STAMPS, line=n + 1, origin=value["log"])
            return None
        hashed = _sha256 if head is self.package["log"] else _sm3
        older, newer = ((v["size"], _unbase64(v["root"])) for v in (value, head))
        path = tuple(_unbase64(node) for node in value["path"])
        if not 1 <= older[0] <= newer[0] or not _consistent(older, newer, path, hashed):
            self.problem("timestamp.path", self.token_path(n), size=older[0])
            return None
        text = f"{value['log']}\n{value['size']}\n{value['root']}\n".encode()
        return _Stamp(n, "checkpoint", value["size"], text, value["log"])

    def _digest_manifests(self, wanted: set[str | int]) -> None:
        """Digest the manifests that tokens stamp; what is wrong with other lines was said before."""
        for line in self.run.archive.lines(self.run.members[_EXHIBITS], MAX_LINE):
            try:
                value = _parse_canonical(line[:-1])
                manifest = value["manifest"]
                exhibit = manifest["id"]
            except (ValueError, TypeError, KeyError):
                continue
            if isinstance(exhibit, str) and exhibit in wanted and exhibit not in self.manifests:
                text = _canonical(manifest)
                self.manifests[exhibit] = {name: _hash(name, text) for name in _HASH_NAMES}

    def _digest_of(self, stamp: _Stamp) -> Callable[[str], bytes] | None:
        """Return what gives the digest of the stamped message, ``None`` after saying that there is none."""
        if stamp.message is not None:
            return functools.partial(_hash_of, stamp.message)
        if stamp.over == "exhibit":
            digests = self.manifests.get(str(stamp.subject))
            if digests is None:
                self.problem("timestamp.exhibit", _STAMPS, line=stamp.n + 1, exhibit=stamp.subject)
                return None
            return digests.__getitem__
        earlier = self.run.members.get(self.token_path(int(stamp.subject)))
        if earlier is None:
            return None  # named as missing before
        return functools.partial(_hash_of, self.run.archive.read(earlier, MAX_TOKEN))

    def _token(self, stamp: _Stamp, judged: list[_Judged]) -> None:
        path = self.token_path(stamp.n)
        data = self.run.archive.read(self.run.members[path], MAX_TOKEN)
        digest_of = self._digest_of(stamp)
        try:
            token = _parse_token(data)
            if digest_of is None:
                return
            signer, faults, unknown = _check_token(token, digest_of, self.chains.certificates)
        except ValueError as error:
            self.problem("timestamp.malformed", path, why=_explain(error))
            return
        for fault in faults:
            self.problem(fault, path)
        for name in unknown:
            self.problem("unsupported.algorithm", path, name=name)
        if not faults and not unknown:
            found = None if signer is None else self.chains.trusted(token, signer)
            revocation = None if found is None else self.lists.standing(found[1], token)
            tsa = None if found is None or revocation == _GONE else found[0]
            judged.append(_Judged(stamp, token.gen_time, tsa, revocation))
            self._say(judged[-1], path)

    def _say(self, judged: _Judged, path: str) -> None:
        stamp, tsa = judged.stamp, judged.tsa
        if tsa is None:
            gone = judged.revocation == _GONE
            saying = "untrusted-time.revoked" if gone else "untrusted-time.token"
            self.run.findings.inform(saying, path, at=judged.gen_time)
            return
        about: dict[str, object] = {
            "tsa": tsa.name,
            "operator": tsa.operator,
            "at": judged.gen_time,
            "what": str(stamp.subject),
            "revocation": _REVOCATION[judged.revocation or _UNTOLD],
        }
        if stamp.over == "checkpoint":
            self.run.findings.inform("time.checkpoint", path, size=stamp.size, **about)
        elif stamp.over == "exhibit":
            self.run.findings.inform("time.exhibit", path, **about)
        else:
            self.run.findings.inform("time.timestamp", path, **about)


def _hash_of(message: bytes, name: str) -> bytes:
    return _hash(name, message)


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
        self.roles_used: int | None = None
        self.roles_path: str | None = None
        self.roles_announced = 0
        self.revoked: dict[str, int] = {}
        self.leaves: dict[int, bytes] = {}
        self.twin_leaves: dict[int, bytes] = {}
        self.facts: dict[str, _Facts] = {}
        self.made: dict[bytes, int] = {}
        self.transfer: tuple[int, dict[str, Any]] | None = None
        self.transfer_count = 0
        self.log: _LogCheck | None = None
        self.twin: _LogCheck | None = None
        self.last_making: int | None = None
        self.stamps: list[_Judged] = []
        self.unread_exhibits = False
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
            self._meaning()
        self._stage("quorum", self._quorum)
        self._scope()
        findings = self.findings
        return Report(
            findings.verdict,
            findings.reasons(),
            self.quorum,
            self._stated(),
            self.given.fingerprint,
            self.roles_used,
            tuple(judged.as_dict() for judged in self.stamps),
        )

    def _stated(self) -> dict[str, Any] | None:
        """Return what the package says of itself, safe to show."""
        if self.package is None:
            return None
        log, twin = self.package["log"], self.package["twin"]
        return {
            "id": _printable(self.package["id"]),
            "matter": _printable(self.package["matter"]),
            "exhibits": self.package["exhibits"],
            "events": self.package["events"],
            "timestamps": self.package["timestamps"],
            "log": {**log, "origin": _printable(log["origin"])},
            "twin": None if twin is None else {**twin, "origin": _printable(twin["origin"])},
        }

    def _meaning(self) -> None:
        """Run the checks that build on each other, as long as what they build on could be read to its end."""
        for name, check in (
            ("roles", self._role_files),
            ("keys", self._listed_keys),
            ("events", self._events),
            ("announcements", self._announcements),
            ("proofs", self._proofs),
            ("exhibits", self._exhibits),
            ("transfer", self._transfer),
            ("signature", self._signature),
            ("timestamps", self._timestamps),
            ("operators", self._operators),
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

    def attempt(self, path: str, check: Callable[[], None]) -> bool:
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
                self.findings.problem(fault, None if fault == "name.long" else member.name, limit=MAX_NAME)
                continue
            form = _folded(member.name)
            first = folded.get(form)
            if first is None and form in self.members and form.encode("utf-8") < member.raw:
                first = form  # kept already, as the name that it is
            if first is not None:
                self.findings.problem("name.clash", member.name, first=first)
            elif form != member.name:
                folded[form] = member.name

    def _bag_and_manifests(self) -> None:
        if not self._other_version():
            self._membership()
        self.attempt("bagit.txt", self._bagit)
        self.attempt("bag-info.txt", self._bag_info)
        for bit, (name, payload, sm3) in enumerate(
            (
                (_PAY_SHA256, True, False),
                (_PAY_SM3, True, True),
                (_TAG_SHA256, False, False),
                (_TAG_SM3, False, True),
            )
        ):
            if name in self.members:
                self.attempt(
                    name, functools.partial(self._manifest, name, 1 << bit, payload=payload, sm3=sm3)
                )

    def _membership(self) -> None:
        for name in _REQUIRED:
            if name not in self.members:
                self.findings.problem("bag.missing", name)
        for name in self.members:
            numbered = any(
                p.fullmatch(name) for p in (_PROOF_NAME, _DATA_NAME, _TOKEN_NAME, _ROLE_NAME, _LIST_NAME)
            )
            if not numbered and name not in _REQUIRED and name not in _OPTIONAL:
                self.findings.problem("bag.unknown", name)

    def _other_version(self) -> bool:
        """Return whether the package says that it is of another version, which may have other members."""
        if _PACKAGE not in self.members:
            return False
        try:
            value = _parse_canonical(self.archive.read(self.members[_PACKAGE], MAX_JSON)[:-1])
            _demand(value, {"v": _count, "format": _text}, "package", exact=False)
        except (ValueError, _Problem):
            return False  # what is wrong with it is said where it is read
        return bool((value["v"], value["format"]) != (VERSION, FORMAT))

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
        elements: list[str] = []
        for line in lines:
            if elements and line[:1] in {" ", "\t"}:
                elements[-1] += "\n" + line
            elif _INFO_LINE.fullmatch(line):
                elements.append(line)
            else:
                raise malformed
        split = (element.partition(":") for element in elements)
        oxums = [value for label, _, value in split if label.lower() == "payload-oxum"]
        if len(oxums) > 1:
            raise _Problem("bag.oxum")
        for value in oxums:
            self._oxum(value)

    def _oxum(self, value: str) -> None:
        payload = [member.size for member in self.members.values() if member.name.startswith(_DATA)]
        match = _OXUM.fullmatch(value.strip(" \t"))
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

    def _role_files(self) -> None:
        """Follow the role files from the reader's roots to the last that can be used (format, section 9)."""
        found = [(int(m[1]), name) for name in self.members if (m := _ROLE_NAME.fullmatch(name))]
        current = None if self.trust is None else self.trust.roots
        first = 0
        if self.trust is not None and current is not None:
            self.roles_used, self.roles_announced, first = 0, self.trust.roles_version, self.trust.roles_from
            self.trust = None
        if len(found) > MAX_ROLE_FILES:
            raise _Problem("unsupported.roles", limit=MAX_ROLE_FILES)
        for version, name in sorted(found):
            if self.members[name].size > MAX_ROLE_FILE:
                self.findings.problem("unsupported.size", name, limit=MAX_ROLE_FILE)
                current = None
            elif current is not None and version >= first:
                current = self._role_file(version, name, current)
        if self.roles_used == 0:
            raise _Problem("no-trust.roles")

    def _role_file(self, version: int, name: str, current: _Roots) -> _Roots | None:
        """Judge one role file; return the root keys for the next, ``None`` when none may be used any more."""
        try:
            note, said = _parse_role_file(self.archive.read(self.members[name], MAX_ROLE_FILE), version)
            approved = current.approve(note) and (said.roots is None or said.roots.approve(note))
        except _Problem as problem:
            self.findings.end(problem, name)
            return None
        except ValueError as error:
            self.findings.problem("roles.malformed", name, why=_explain(error))
            return None
        if not approved:
            self.findings.problem("unknown-key.roles", name)
            return None
        self.trust, self.roles_used, self.roles_path = said, version, name
        return said.roots or current

    def _announcements(self) -> None:
        """Let the events say which keys no longer count and which role file is the newest."""
        if self.roles_used is not None and self.roles_announced > self.roles_used:
            self.findings.problem(
                "old-roles.newer", self.roles_path, used=self.roles_used, newest=self.roles_announced
            )
        if self.trust is not None:
            self.trust = self.trust.lowered(self.revoked)

    def json_line(self, path: str, line: int, data: bytes) -> dict[str, Any] | None:
        """Return the canonical JSON object of a line (0: of a whole file), ``None`` after saying why not."""
        try:
            if data[-1:] != b"\n":
                raise _Misfit("misfit.feed")
            value = _parse_canonical(data[:-1])
            if not isinstance(value, dict):
                raise _Misfit("misfit.object", place="$")
        except ValueError as error:
            self.misfit(path, line, error)
            return None
        return value

    def misfit(self, path: str, line: int, error: ValueError) -> None:
        self.findings.problem("json.line" if line else "json.value", path, line=line, why=_explain(error))

    def _read_package(self) -> None:
        if _PACKAGE in self.members:
            self.readable = self.attempt(_PACKAGE, self._package)

    def _package(self) -> None:
        value = self.json_line(_PACKAGE, 0, self.archive.read(self.members[_PACKAGE], MAX_JSON))
        if value is None:
            return
        try:
            _demand(value, {"v": _count, "format": _text}, "package", exact=False)
            if value["v"] != VERSION or value["format"] != FORMAT:
                raise _Problem("unsupported.format", format=value["format"], version=value["v"])
            _demand(value, _PACKAGE_SHAPE, "package", exact=False)
            _demand(value["office"], _OFFICE_SHAPE, "office", exact=False)
            _demand(value["log"], _LOG_SHAPE, "log", exact=True)
            if value["twin"] is not None:
                _demand(value["twin"], _LOG_SHAPE, "twin", exact=True)
            for entry in value["withheld"]:
                _demand(entry, _WITHHELD_SHAPE, "withheld[]", exact=False)
        except ValueError as error:
            self.misfit(_PACKAGE, 0, error)
            return
        _bounded(value["id"], value["matter"], value["made_by"])
        _bounded(*(entry["exhibit"] for entry in value["withheld"]))
        self.package = value

    def _listed_keys(self) -> None:
        if _KEYS in self.members:
            self.attempt(_KEYS, self._key_lines)

    def _key_lines(self) -> None:
        previous = ("", "")
        for number, line in enumerate(self.archive.lines(self.members[_KEYS], MAX_LINE), start=1):
            _counted(number)
            entry = self.json_line(_KEYS, number, line)
            if entry is None:
                continue
            try:
                _demand(entry, {"actor": _text}, "keys[]", exact=False)
                _bounded(entry["actor"])
                _parse_key(entry)
                if (entry["role"], entry["id"]) <= previous:
                    raise _Misfit("misfit.key-order")
                previous = entry["role"], entry["id"]
            except ValueError as error:
                self.misfit(_KEYS, number, error)

    # -- events and the log -------------------------------------------------------------------

    def _events(self) -> None:
        if _EVENTS not in self.members:
            raise _Problem("event.none")
        self.readable = self.attempt(_EVENTS, self._event_lines)

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
            if self.package is not None and self.package["twin"] is not None:
                self.twin_leaves[last] = _leaf_hash(entry, _sm3)
            if event["leaf"]["v"] != LEAF_VERSION:
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
        event = self.json_line(_EVENTS, number, line)
        if event is None:
            return None
        try:
            _demand(event, _EVENT_SHAPE, "event", exact=True)
            if event["leaf"].get("v") == LEAF_VERSION:
                _demand(event["leaf"], _LEAF_SHAPE, "leaf", exact=True)
            else:
                _demand(event["leaf"], {"v": _count}, "leaf", exact=False)
        except ValueError as error:
            self.misfit(_EVENTS, number, error)
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
        if kind in {_REVOKED, _PUBLISHED}:
            self._announced(kind, payload)
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

    def _announced(self, kind: str, payload: dict[str, Any]) -> None:
        """Note what the office announces; a payload of other kinds means nothing."""
        if kind == _PUBLISHED:
            if _count(payload.get("version")) and isinstance(payload.get("sha256"), str):
                self.roles_announced = max(self.roles_announced, payload["version"])
            return
        key = payload.get("key")
        known = isinstance(key, str) and self.trust is not None and key in self.trust.keys
        if known and _count(payload.get("last_trusted_size")):
            size: int = payload["last_trusted_size"]
            self.revoked[str(key)] = min(size, self.revoked.get(str(key), size))

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
        stated = None if self.package is None else self.package["log"]
        self.log = _LogCheck(self, _PROOFS, self.leaves, stated, _TYPE_ED25519, _sha256)
        self.log.check()
        if self.package is None:
            self.findings.leave_open()  # what is wrong with it was said before
            return
        log, twin = self.package["log"], self.package["twin"]
        self.twin = _LogCheck(self, _TWIN_PROOFS, self.twin_leaves, twin, _TYPE_SM2, _sm3)
        if twin is None:
            self.twin.strays()
            self.twin = None
            if self.trust is not None and self.trust.log_keys(log["origin"] + _TWIN_SUFFIX):
                self.findings.problem("no-twin.none", _PACKAGE, origin=log["origin"] + _TWIN_SUFFIX)
            return
        if (twin["origin"], twin["size"]) != (log["origin"] + _TWIN_SUFFIX, log["size"]):
            self.findings.problem("proof.twin", _PACKAGE)
        self.twin.check()

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
        if not self.attempt(
            _EXHIBITS, functools.partial(self._exhibit_lines, content, withheld, seen, parents)
        ):
            return
        if self.unread_exhibits:
            return  # what seems to be missing may be in a line that could not be read
        for exhibit, members in content.items():
            if exhibit not in seen:
                self.findings.problem("exhibit.stray", members[0].name)
        for exhibit in sorted((withheld | parents | self.facts.keys()) - seen):
            self.findings.problem("withheld.named", _EXHIBITS, exhibit=exhibit)

    def _exhibit_lines(
        self, content: dict[str, list[_Member]], withheld: set[str], seen: set[str], parents: set[str]
    ) -> None:
        count, last = 0, ""
        for number, line in enumerate(self.archive.lines(self.members[_EXHIBITS], MAX_LINE), start=1):
            count = number
            _counted(number)
            entry = self._exhibit_entry(number, line)
            if entry is None:
                self.unread_exhibits = True
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
            if index is not None:
                self.last_making = max(index, self.last_making or 0)
            self._recorded(manifest, path)
            self._exhibit_signature(entry, path, index)
        if count == 0:
            self.findings.problem("exhibit.empty", _EXHIBITS)
        if self.package is not None and self.package["exhibits"] != count:
            self.findings.problem(
                "exhibit.count", _EXHIBITS, count=count, package=_PACKAGE, stated=self.package["exhibits"]
            )

    def _exhibit_entry(self, number: int, line: bytes) -> dict[str, Any] | None:
        entry = self.json_line(_EXHIBITS, number, line)
        if entry is None:
            return None
        try:
            _demand(entry, _EXHIBIT_SHAPE, "exhibit", exact=True)
            _demand(entry["manifest"], {"v": _count}, "manifest", exact=False)
            if entry["manifest"]["v"] != MANIFEST_VERSION:
                self.findings.problem("unsupported.manifest", _EXHIBITS, line=number)
                return None
            _demand(entry["manifest"], _MANIFEST_SHAPE, "manifest", exact=False)
            _demand(entry["manifest"]["collected"], _COLLECTED_SHAPE, "collected", exact=False)
        except ValueError as error:
            self.misfit(_EXHIBITS, number, error)
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
        if _EVENTS not in self.members:
            raise _Problem("transfer.none")
        if self.package is None:
            self.findings.leave_open()  # what is wrong with it was said before
            return
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
        if _NOTE not in self.members:
            raise _Problem("signature.none")
        if self.package is None:
            self.findings.leave_open()  # what is wrong with it was said before
            return
        self.attempt(_NOTE, self._package_note)

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

    def _timestamps(self) -> None:
        if _STAMPS not in self.members:
            raise _Problem("timestamp.none")
        if self.package is None:
            self.findings.leave_open()  # what is wrong with it was said before
            return
        self.stamps = _StampCheck(self, self.package).check()

    def _operators(self) -> None:
        """Demand tokens of different operators that cover the making of every exhibit."""
        if self.trust is None or self.last_making is None:
            return
        covering = {
            judged.tsa.operator
            for judged in self.stamps
            if judged.tsa is not None
            and (judged.stamp.size or 0) > self.last_making
            and (judged.revocation == _GOOD or not self.trust.cleared)
        }
        if len(covering) < self.trust.operators:
            self.findings.problem(
                "no-timestamp.few", _STAMPS, count=len(covering), demanded=self.trust.operators
            )

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
        if self.log is None or self.log.checkpoint is None:
            raise _Problem("quorum.none")
        self._judge_quorum(policy, self.log)

    def _judge_quorum(self, policy: _Policy, log: _LogCheck) -> None:
        """Judge the log, and the twin too when the policy names it."""
        logs, met = [log], True
        counted: set[str] = set()
        missing: set[str] = set()
        if self.twin is not None and self.package is not None:
            origin = self.package["twin"]["origin"]
            logs += [self.twin] if any(key.name == origin for key in policy.logs) else []
        for one in logs:
            cosigned = one.cosigned(policy)
            signed = one.policy_signed(policy)
            met = policy.met_by(cosigned) and signed and met
            counted |= cosigned
            missing |= policy.witnesses.keys() - cosigned
        by = [name for name in policy.witnesses if name in counted]
        self.quorum.update(met=met, witnesses=[_printable(name) for name in by])
        witnesses = _listed(by)
        if met:
            self.findings.inform("quorum.met", named=policy.quorum, by=witnesses)
            return
        absent = _listed([name for name in policy.witnesses if name in missing])
        self.findings.problem("quorum.unmet", named=policy.quorum, by=witnesses, missing=absent)
        unknown = sum(key.kind not in _WITNESS_TYPES for key in policy.witnesses.values())
        if unknown:
            self.findings.problem("unsupported.witness", unknown=unknown)

    def _scope(self) -> None:
        alone = _Said("", "")
        if self.single_collector:
            count, some = len(self.single_collector), self.single_collector[:MAX_NAMED]
            names = ", ".join(map(_brief, some)) + ("…" if count > len(some) else "")
            alone = _say("alone", count=count, names=_Said(names, names))
        self.findings.inform(_SCOPE, alone=alone)


# ---------------------------------------------------------------------------------------------
# Fork proofs: two checkpoints of one log that contradict each other (format, section 14)


class _ForkRun:
    """Judges one fork proof."""

    def __init__(self, data: bytes, given: _Given) -> None:
        self.data, self.given = data, given
        self.findings = _Findings()

    def run(self) -> Report:
        """Return the report: ``fail`` when the fork is proven, else ``undetermined`` or the fault."""
        try:
            self._check()
        except _Problem as problem:
            self.findings.end(problem)
        except Exception as error:  # noqa: BLE001 - as for a package: what no one foresaw reads "cannot tell"
            self.findings.problem("unsupported.internal", check="fork", error=type(error).__name__)
        self.findings.inform(_SCOPE, alone=_Said("", ""))
        quorum: dict[str, Any] = {"demanded": False, "met": None, "name": None, "witnesses": []}
        findings = self.findings
        return Report(findings.verdict, findings.reasons(), quorum, None, self.given.fingerprint, fork=True)

    def _check(self) -> None:
        try:
            value = _parse_unique(self.data, "utf-8")
            _demand(value, _FORK_SHAPE, "fork", exact=True)
            older, newer = (_parse_checkpoint(value[name].encode("utf-8")) for name in ("older", "newer"))
        except ValueError as error:
            raise _Problem("json.value", why=_explain(error)) from error
        if not self._signed(older, newer):
            return
        kind, hashed = value["kind"], _sm3 if value["suite"] == "sm3" else _sha256
        path = tuple(_unbase64(node) for node in value["path"])
        holds = {"equal-size": _two_faces, "prefix": _other_prefix, "refused-proof": _not_joined}[kind]
        said = {"origin": older.origin, "older": older.size, "newer": newer.size}
        if not holds(older, newer, path, hashed):
            self.findings.problem("no-fork.holds-not", **said)
        elif kind == "refused-proof":
            self.findings.problem("fork-claimed.refused", **said)
        else:
            self.findings.problem("fork.proven", **said)

    def _signed(self, older: _Checkpoint, newer: _Checkpoint) -> bool:
        """Return whether keys that the reader lists for the log signed both checkpoints."""
        if self.given.trust is None:
            raise self.given.trust_fault
        try:
            trust = _parse_trust(self.given.trust)
        except ValueError as error:
            raise _Problem("no-trust.unusable", why=_explain(error)) from error
        if trust.roots is not None:
            raise _Problem("no-trust.fork-roots")
        both = [self._one_signed(checkpoint, older.origin, trust) for checkpoint in (older, newer)]
        return all(both)

    def _one_signed(self, checkpoint: _Checkpoint, origin: str, trust: _Trust) -> bool:
        """Return whether a checkpoint is of the log and signed by its listed keys."""
        before = self.findings.count
        keys = [k for k in trust.log_keys(origin) if checkpoint.note.by(k.name, k.key_id)]
        if not keys or checkpoint.origin != origin:
            self.findings.problem("unknown-key.log", origin=checkpoint.origin)
        for key in keys:
            if key.kind not in {_TYPE_ED25519, _TYPE_SM2}:
                self.findings.problem("unsupported.log")
            elif not checkpoint.note.signed_by(key):
                self.findings.problem("proof.log")
        return self.findings.count == before


class _ReceiptRun:
    """Judges one receipt: an event, what opens it, and the proof that it is in the log (format, section 15)."""

    def __init__(self, data: bytes, given: _Given) -> None:
        self.data, self.given = data, given
        self.findings = _Findings(RECEIPT_OK_CODES)

    def run(self) -> Report:
        """Return the report."""
        try:
            self._check()
        except _Problem as problem:
            self.findings.end(problem)
        except Exception as error:  # noqa: BLE001 - as for a package: what no one foresaw reads "cannot tell"
            self.findings.problem("unsupported.internal", check="receipt", error=type(error).__name__)
        self.findings.inform(_SCOPE, alone=_Said("", ""))
        quorum: dict[str, Any] = {"demanded": False, "met": None, "name": None, "witnesses": []}
        findings = self.findings
        return Report(findings.verdict, findings.reasons(), quorum, None, self.given.fingerprint, fork=True)

    def _check(self) -> None:
        problem = self.findings.problem
        try:
            proof = _parse_proof(self.data)
            checkpoint = _parse_checkpoint(proof.checkpoint)
            if max(proof.index, checkpoint.size) > _MAX_SAFE:
                raise _Misfit("misfit.proof")
        except ValueError as error:
            raise _Problem("proof.unreadable", why=_explain(error)) from error
        leaf, committed = self._opened()
        if _sha256(committed).hex() != leaf["sha256"]:
            problem("event.receipt-sha256")
        if _sm3(committed).hex() != leaf["sm3"]:
            problem("event.receipt-sm3")
        entry = _leaf_hash(_canonical(leaf))
        if _root_from_path(entry, proof.index, checkpoint.size, proof.path, _sha256) != checkpoint.root:
            problem("proof.receipt")
        if self.given.policy is not None or self.given.policy_fault is not None:
            problem("unsupported.policy")
        self._signed(checkpoint)
        if not self.findings.count:
            said = {name: leaf[name] for name in ("type", "stream", "at")}
            head = {"origin": checkpoint.origin, "size": checkpoint.size}
            self.findings.inform("ok-receipt", None, index=proof.index, **said, **head)

    def _opened(self) -> tuple[dict[str, Any], bytes]:
        """Return the leaf, and the bytes that it commits to."""
        line = self.data.split(b"\n", 2)[1]
        try:
            value = _parse_canonical(_unbase64(line.removeprefix(b"extra ").decode("ascii")))
            _demand(value, _RECEIPT_SHAPE, "extra", exact=True)
            leaf = _parse_canonical(value["leaf"].encode("utf-8"))
            _demand(leaf, {"v": _count}, "leaf", exact=False)
            if leaf["v"] != LEAF_VERSION:
                raise _Problem("unsupported.receipt")
            _demand(leaf, _LEAF_SHAPE, "leaf", exact=True)
        except ValueError as error:
            raise _Problem("json.value", why=_explain(error)) from error
        _bounded(leaf["stream"], leaf["actor"])
        return leaf, bytes.fromhex(value["salt"]) + _canonical(value["payload"])

    def _signed(self, checkpoint: _Checkpoint) -> None:
        """Check that a key which the reader lists for the log signed the checkpoint, within its range."""
        problem = self.findings.problem
        if self.given.trust is None:
            raise self.given.trust_fault
        try:
            trust = _parse_trust(self.given.trust)
        except ValueError as error:
            raise _Problem("no-trust.unusable", why=_explain(error)) from error
        if trust.roots is not None:
            raise _Problem("no-trust.fork-roots")
        keys = [k for k in trust.log_keys(checkpoint.origin) if checkpoint.note.by(k.name, k.key_id)]
        if not keys:
            problem("unknown-key.log", origin=checkpoint.origin)
        for key in keys:
            if key.kind != _TYPE_ED25519:
                problem("unsupported.log")
            elif not checkpoint.note.signed_by(key):
                problem("proof.log")
            for listed in trust.keys.values() if key.kind == _TYPE_ED25519 else ():
                if (
                    listed.role == "log"
                    and listed.public == key.public
                    and not listed.counts_at(checkpoint.size - 1)
                ):
                    problem("revoked-key.log", key=listed.id)


def _two_faces(older: _Checkpoint, newer: _Checkpoint, path: tuple[bytes, ...], _hashed: _Hash) -> bool:
    """Return whether the log signed two roots for one size."""
    return older.size == newer.size and older.root != newer.root and not path


def _other_prefix(older: _Checkpoint, newer: _Checkpoint, path: tuple[bytes, ...], hashed: _Hash) -> bool:
    """Return whether the newer tree, opened by ``path``, begins with another tree than the older one."""
    if not 0 < older.size < newer.size:
        return False
    roots = _roots_from_path(older.size, newer.size, path, hashed)
    return roots is not None and roots[1] == newer.root and roots[0] != older.root


def _not_joined(older: _Checkpoint, newer: _Checkpoint, path: tuple[bytes, ...], hashed: _Hash) -> bool:
    """Return whether ``path`` does not join the two trees."""
    if not older.size < newer.size:
        return False
    if older.size == 0:
        return bool(path) or older.root != hashed(b"")
    return not _consistent((older.size, older.root), (newer.size, newer.root), path, hashed)


def verify(
    path: str | os.PathLike[str],
    trust: str | os.PathLike[str] | None = None,
    policy: str | os.PathLike[str] | None = None,
) -> Report:
    """Check the package, or the fork proof, at ``path``.

    Args:
        path: The ``.evp`` file, or a fork proof.
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
        return _judge(file, given)


#: What an age file begins with (format, section 13).
_AGE = b"age-encryption.org/v1\n"
#: What a receipt begins with, and how long one is at most (format, section 15).
_RECEIPT = _PROOF_V1 + b"\n"
MAX_RECEIPT = 1 << 20


def _encrypted(given: _Given) -> Report:
    """Return the report on a package that nobody has opened yet: nothing can be told of it."""
    findings = _Findings()
    findings.problem("unsupported.encrypted")
    findings.inform(_SCOPE, alone=_Said("", ""))
    quorum: dict[str, Any] = {"demanded": False, "met": None, "name": None, "witnesses": []}
    return Report(findings.verdict, findings.reasons(), quorum, None, given.fingerprint, fork=True)


def _judge(file: _Readable, given: _Given) -> Report:
    """Judge a receipt, a fork proof (first byte ``{``, at most ``MAX_FORK`` bytes) or a package."""
    file.seek(0)
    if file.read(len(_AGE)) == _AGE:
        return _encrypted(given)
    file.seek(0)
    if file.read(len(_RECEIPT)) == _RECEIPT and file.seek(0, os.SEEK_END) <= MAX_RECEIPT:
        file.seek(0)
        return _ReceiptRun(file.read(MAX_RECEIPT), given).run()
    file.seek(0)
    if file.read(1) == b"{" and file.seek(0, os.SEEK_END) <= MAX_FORK:
        file.seek(0)
        return _ForkRun(file.read(MAX_FORK), given).run()
    return _Run(file, given).run()


def verify_stream(file: _Readable, trust: bytes | None = None, policy: bytes | None = None) -> Report:
    """Check the package, or the fork proof, in the seekable binary ``file``; ``trust`` and ``policy`` are contents.

    Raises:
        OSError: ``file`` cannot be read.
    """
    trust_fault, policy_fault = _Problem("no-trust.none"), None
    large = _Misfit("misfit.large", limit=MAX_TRUST)
    if trust is not None and len(trust) > MAX_TRUST:
        trust, trust_fault = None, _Problem("no-trust.unreadable", why=_explain(large))
    if policy is not None and len(policy) > MAX_POLICY:
        large = _Misfit("misfit.large", limit=MAX_POLICY)
        policy, policy_fault = None, _Problem("quorum.unreadable", why=_explain(large))
    return _judge(file, _Given(trust, policy, trust_fault, policy_fault))


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
        "roles": "所用角色文件的版本",
        "package": "证据包 {id}，总案 {matter}，证据材料 {exhibits} 件，事件 {events} 个；日志 {origin}，树长 {size}",
        "unreadable": "无法读取证据包：{reason}",
    },
    "en": {
        "fail": "Why it does not pass",
        "undetermined": "What cannot be told",
        "ok": "Checked",
        "note": "Note",
        "trust": "SHA-256 fingerprint of the trust file",
        "roles": "Version of the role file used",
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
    if report.roles_version is not None:
        lines.append(f"{words['roles']}{colon}{report.roles_version}")
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


def _write_json(value: dict[str, Any]) -> None:
    escaped = (sys.stdout.encoding or "").lower() != "utf-8"
    _write(sys.stdout, json.dumps(value, ensure_ascii=escaped, indent=2) + "\n")


def _say_unreadable(options: argparse.Namespace, error: OSError) -> int:
    """Say which file cannot be read, with ``--json`` as an error object on standard output."""
    at = error.filename if isinstance(error.filename, str) else options.file
    words = {lang: _WORDS[lang]["unreadable"].format(reason=error.strerror or error) for lang in _WORDS}
    if not options.json:
        _write(sys.stderr, _printable(f"{at}: {words[options.lang]}") + "\n")
        return USAGE
    remedy = {"zh": "请检查路径和权限", "en": "check the path and the permissions"}
    said = {"code": "unreadable", **words, "where": _printable(at)}
    _write_json({"error": {**said, **{f"remedy_{lang}": text for lang, text in remedy.items()}}})
    return USAGE


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code: 0 pass, 1 fail, 3 undetermined, 2 not usable."""
    parser = argparse.ArgumentParser(
        prog="verify_evp.py", description="核验证据包 / check an evidence package (.evp)"
    )
    parser.add_argument("file", metavar="FILE.evp", help="证据包，或分叉证明 / the package, or a fork proof")
    parser.add_argument("--trust", metavar="FILE", help="信任文件 / the trust file (JSON)")
    parser.add_argument("--policy", metavar="FILE", help="见证策略文件 / the policy file (C2SP tlog-policy)")
    parser.add_argument("--json", action="store_true", help="输出 JSON / print JSON")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="语言 / language")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    options = parser.parse_args(arguments)
    try:
        report = verify(options.file, options.trust, options.policy)
    except OSError as error:
        return _say_unreadable(options, error)
    if options.json:
        _write_json(report.as_dict())
    else:
        _write(sys.stdout, render(report, options.file, options.lang))
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main())
