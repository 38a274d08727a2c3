"""Errors of trusted timestamps; the class says what a reader may conclude, the code says why."""

from __future__ import annotations

from qingyuan.evidence.errors import EvidenceError


class TimestampError(EvidenceError):
    """Base of everything that is wrong with a request, an answer or a token."""


class BrokenTimestampError(TimestampError):
    """Bytes that contradict themselves or what they are said to stamp. They prove nothing."""


class UnsupportedTimestampError(TimestampError):
    """A token that uses what this reader does not know; it is neither right nor wrong."""


class RefusedTimestampError(TimestampError):
    """An authority's answer that holds no token.

    Attributes:
        status: The PKIStatus of the answer.
        failures: Names of the failure bits that are set, as RFC 3161 spells them.
    """

    def __init__(self, status: int, failures: tuple[str, ...], said: str) -> None:
        """Build the error from the status of the answer.

        Args:
            status: PKIStatus.
            failures: Names of the failure bits.
            said: What the authority says, already cleaned for printing; may be empty.
        """
        self.status = status
        self.failures = failures
        detail = ", ".join([str(status), *failures]) + (f": {said}" if said else "")
        super().__init__(
            "timestamp.refused",
            zh=f"时间戳机构拒绝出具时间戳（{detail}）",
            en=f"the authority granted no timestamp ({detail})",
            remedy_zh="按机构给出的原因更正请求，或改用其他机构",
            remedy_en="correct the request as the authority says, or use another authority",
        )


_DAMAGED_ZH = "使用原始的应答文件；若原件如此，该时间戳不能作为证据"
_DAMAGED_EN = "use the original answer; if that is it, this timestamp is no evidence"

#: Code → what is wrong (zh, en) and, where it is not the common one, what to do (zh, en).
_BROKEN: dict[str, tuple[str, ...]] = {
    "truncated": ("数据不完整，在结尾处被截断", "the data ends too early"),
    "trailing": ("时间戳应答之后还有多余数据", "there is data after the end of the answer"),
    "indefinite-length": (
        "使用了 BER 不定长编码，RFC 3161 要求 DER",
        "a length is indefinite (BER), and RFC 3161 demands DER",
    ),
    "not-der": ("不是规范的 DER 编码", "it is not DER"),
    "too-large": ("超过 64 KiB 的上限", "it is larger than 64 KiB"),
    "bare-token": (
        "这是不带应答外壳的时间戳令牌，不是时间戳应答",
        "this is a bare token and not the answer of an authority around one",
        "提供完整的 .tsr 应答文件",
        "give the whole answer (.tsr)",
    ),
    "malformed": ("结构不是 RFC 3161 规定的时间戳", "its structure is not that of RFC 3161"),
    "version": ("版本号不是标准规定的值", "a version number is not the one the standard fixes"),
    "content-type": ("签名内容不是 TSTInfo", "what is signed is not a TSTInfo"),
    "imprint": (
        "时间戳针对的是另一份数据：摘要与原文不符",
        "it stamps other data: the imprint is not that of the message",
    ),
    "imprint-length": ("摘要长度与算法不符", "the imprint is not as long as its algorithm makes it"),
    "no-message": (
        "所针对的内容已不在本机",
        "what it stamps is no longer here",
        "从备份恢复，并运行 qingyuan ledger fsck",
        "restore it from a backup and run qingyuan ledger fsck",
    ),
    "nonce": (
        "应答中的随机数与请求不符，可能是重放",
        "the nonce is not that of the request; it may be a replay",
    ),
    "policy": ("时间戳策略不是所要求的策略", "the policy is not the one demanded"),
    "replayed": (
        "该时间戳（序列号与摘要）此前已收到过，是重放的应答",
        "this token (serial number and imprint) was received before: the answer is replayed",
        "重新请求；若再次发生，停用该机构并查明原因",
        "ask again; if it happens again, stop using the authority and find out why",
    ),
    "serial-reused": (
        "该机构对不同数据使用了相同的序列号",
        "the authority used one serial number for two different messages",
        "停用该机构并查明原因",
        "stop using the authority and find out why",
    ),
    "signers": ("应恰有一个签名者", "there must be exactly one signer"),
    "attributes": (
        "签名属性缺失、重复或多值",
        "a signed attribute is missing, repeated or has several values",
    ),
    "message-digest": ("签名属性中的摘要与内容不符", "the signed digest is not that of the content"),
    "signing-certificate": (
        "签名属性指明的证书不是签名者证书",
        "the signed attribute names another certificate than that of the signer",
    ),
    "signature": ("签名无效", "the signature does not verify"),
    "certificate": ("证书无法读取", "a certificate cannot be read"),
}


def broken(code: str, detail: str = "") -> BrokenTimestampError:
    """Return the error of a kind of contradiction.

    Args:
        code: A key of the table above, without ``timestamp.``.
        detail: What exactly, in words that need no translation; may be empty.
    """
    zh, en, *remedy = _BROKEN[code]
    return BrokenTimestampError(
        f"timestamp.{code}",
        zh=f"{zh}（{detail}）" if detail else zh,
        en=f"{en} ({detail})" if detail else en,
        remedy_zh=remedy[0] if remedy else _DAMAGED_ZH,
        remedy_en=remedy[1] if remedy else _DAMAGED_EN,
    )


def unsupported(what_zh: str, what_en: str, name: str) -> UnsupportedTimestampError:
    """Return the error of something this reader does not know.

    Args:
        what_zh: Its kind, in Chinese.
        what_en: The same in English.
        name: Its name or object identifier.
    """
    return UnsupportedTimestampError(
        "timestamp.unsupported",
        zh=f"本程序不支持此{what_zh}：{name}",
        en=f"this {what_en} is not supported: {name}",
        remedy_zh="用支持它的工具核验；本程序对该时间戳不作判断",
        remedy_en="check it with a tool that knows it; nothing is said about this timestamp here",
    )
