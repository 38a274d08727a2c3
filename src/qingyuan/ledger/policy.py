"""Which logs and how many witnesses a reader demands (c2sp.org/tlog-policy).

A policy is a text file of ``log``, ``witness``, ``group`` and ``quorum`` lines. Evaluating it over a cosigned
checkpoint says which witnesses cosigned, which groups that satisfies, and whether the quorum is met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from qingyuan.ledger._text import parse_decimal
from qingyuan.ledger.checkpoint import Checkpoint
from qingyuan.ledger.cosignatures import CLOCK_SKEW, off_clock
from qingyuan.ledger.errors import FormatError, SignatureError
from qingyuan.ledger.keys import Algorithm, VerifierKey
from qingyuan.ledger.signed import cosignature_time, open_checkpoint

#: The quorum that demands no cosignature.
NO_QUORUM = "none"

#: Largest policy read, and most logs, witnesses and groups each (the format asks for at least 32).
MAX_POLICY_SIZE = 1 << 20
MAX_ITEMS = 1024

_LOG_ALGORITHMS = (Algorithm.ED25519, Algorithm.ML_DSA_44, Algorithm.SM2)
_WITNESS_ALGORITHMS = (Algorithm.COSIGNATURE, Algorithm.ML_DSA_44)


@dataclass(frozen=True, slots=True)
class PolicyLog:
    """A log that is accepted.

    Attributes:
        key: Its key; the key name is the origin.
        url: Where it may be reached, opaque, or ``None``.
    """

    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyWitness:
    """A witness that may count.

    Attributes:
        name: Name within the policy file; octets that are not UTF-8 appear as lone surrogates.
        key: Its key.
        url: Where it may be reached, opaque, or ``None``.
    """

    name: str
    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyGroup:
    """A group of witnesses and groups.

    Attributes:
        name: Name within the policy file.
        threshold: How many members make the group count, 1 to the number of members.
        members: Names of witnesses and groups defined before it.
    """

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A witness whose cosignature was verified.

    Attributes:
        name: Name within the policy file.
        key: Its key.
        time: Seconds since the Epoch that the cosignature states, or ``None``.
    """

    name: str
    key: VerifierKey
    time: int | None


@dataclass(frozen=True, slots=True)
class PolicyVerdict:
    """What a policy says about a checkpoint that one of its logs signed.

    Attributes:
        checkpoint: The verified tree head.
        log: The key of the log that signed it.
        quorum: Name of the quorum demanded, or ``"none"``.
        met: Whether it is met; always so for ``"none"``.
        cosigned: Witnesses that cosigned, in the order of the policy.
        missing: Names of witnesses that did not, in the order of the policy.
        groups: For each group whether it is satisfied, in the order of the policy.
    """

    checkpoint: Checkpoint
    log: VerifierKey
    quorum: str
    met: bool
    cosigned: tuple[Cosigned, ...]
    missing: tuple[str, ...]
    groups: tuple[tuple[str, bool], ...]

    def off_clock(self, now: int, slack: int = CLOCK_SKEW) -> dict[str, int]:
        """Return the witnesses whose cosignature states a time far from ``now``, with the seconds it differs.

        Args:
            now: Seconds since the Epoch.
            slack: Seconds of difference without remark.
        """
        return off_clock(((each.name, each.time) for each in self.cosigned), now, slack)

    def require(self) -> PolicyVerdict:
        """Return the verdict itself when the quorum is met.

        Raises:
            SignatureError: ``ledger.quorum``, naming the witnesses that are missing.
        """
        if self.met:
            return self
        absent = ", ".join(name.encode(errors="replace").decode() for name in self.missing)
        raise SignatureError(
            "ledger.quorum",
            zh=f"见证未达到策略要求；缺少的见证方：{absent}",
            en=f"the quorum of witnesses is not met; missing: {absent}",
            where=self.quorum.encode(errors="replace").decode(),
            remedy_zh="等待或联系缺少的见证方会签后再验证",
            remedy_en="have the missing witnesses cosign and check again",
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """A parsed policy. Construct it with :func:`parse_policy`, which checks it.

    Attributes:
        logs: Logs accepted; may be empty when the log is known from elsewhere.
        witnesses: Witnesses known.
        groups: Groups, each after its members.
        quorum: Name of the witness or group that must count, or ``"none"``.
    """

    logs: tuple[PolicyLog, ...]
    witnesses: tuple[PolicyWitness, ...]
    groups: tuple[PolicyGroup, ...]
    quorum: str

    def evaluate(self, note: bytes, logs: Iterable[VerifierKey] = ()) -> PolicyVerdict:
        """Judge a checkpoint note.

        Args:
            note: The checkpoint with the signature of its log and any cosignatures.
            logs: Keys of logs accepted besides those of the policy.

        Raises:
            FormatError: When the note is malformed.
            SignatureError: ``ledger.unsigned`` when no accepted log signed it, ``ledger.bad-signature`` when a
                signature of an accepted log or a known witness does not verify.
        """
        accepted = (*(log.key for log in self.logs), *logs)
        signed = open_checkpoint(note, accepted, (witness.key for witness in self.witnesses))
        found = dict(signed.note.verified)
        cosigned = tuple(
            Cosigned(each.name, each.key, cosignature_time(each.key, found[each.key]))
            for each in self.witnesses
            if each.key in found
        )
        counting = {each.name for each in cosigned}
        missing = tuple(each.name for each in self.witnesses if each.name not in counting)
        satisfied = []
        for group in self.groups:
            met = sum(member in counting for member in group.members) >= group.threshold
            satisfied.append((group.name, met))
            if met:
                counting.add(group.name)
        met = self.quorum == NO_QUORUM or self.quorum in counting
        return PolicyVerdict(
            signed.checkpoint, signed.log, self.quorum, met, cosigned, missing, tuple(satisfied)
        )

    def encode(self) -> bytes:
        """Return the policy as a file, without the comments it may have had."""
        lines: list[tuple[str, ...]] = [("log", each.key.encode(), each.url or "") for each in self.logs]
        lines += [("witness", each.name, each.key.encode(), each.url or "") for each in self.witnesses]
        lines += [("group", each.name, str(each.threshold), *each.members) for each in self.groups]
        lines.append(("quorum", self.quorum))
        return "".join(" ".join(line).rstrip() + "\n" for line in lines).encode(errors="surrogateescape")


def parse_policy(data: bytes) -> Policy:
    """Read a policy file.

    Raises:
        FormatError: ``ledger.policy`` or ``ledger.key``, with the line concerned.
    """
    if len(data) > MAX_POLICY_SIZE:
        raise _malformed(None, "文件过大", "the file is too large")
    if data and not data.endswith(b"\n"):
        raise _malformed(
            data.count(b"\n") + 1, "最后一行没有以换行结束", "the last line does not end with a line feed"
        )
    parser = _Parser()
    # Octets above 0x7f are opaque: surrogateescape keeps each of them, whatever it means.
    for number, line in enumerate(data.split(b"\n"), 1):
        if any((octet < 0x20 and octet != 0x09) or octet == 0x7F for octet in line):  # noqa: PLR2004 - as the format says
            raise _malformed(number, "含控制字符", "it has a control character")
        words = line.replace(b"\t", b" ").decode(errors="surrogateescape").split(" ")
        fields = [word for word in words if word]
        if fields and not fields[0].startswith("#"):
            parser.line(number, fields)
    return parser.finish()


class _Parser:
    """Collects the lines of a policy, each of which may only name what stands before it."""

    def __init__(self) -> None:
        self._logs: list[PolicyLog] = []
        self._witnesses: list[PolicyWitness] = []
        self._groups: list[PolicyGroup] = []
        self._quorum: str | None = None
        self._defined: set[str] = set()
        self._used: set[str] = set()
        self._number = 0

    def line(self, number: int, fields: list[str]) -> None:
        self._number = number
        kinds: dict[str, tuple[Callable[[list[str]], None], int, int | None]] = {
            "log": (self._log, 1, 2),
            "witness": (self._witness, 2, 3),
            "group": (self._group, 3, None),
            "quorum": (self._set_quorum, 1, 1),
        }
        keyword, *rest = fields
        if keyword not in kinds:
            raise self._error("不认识的关键字", "an unknown keyword")
        take, least, most = kinds[keyword]
        if len(rest) < least or (most is not None and len(rest) > most):
            raise self._error(f"{keyword} 行的项数不对", f"a {keyword} line has the wrong number of items")
        take(rest)

    def finish(self) -> Policy:
        if self._quorum is None:
            raise _malformed(None, "缺少 quorum 行", "the quorum line is missing")
        return Policy(tuple(self._logs), tuple(self._witnesses), tuple(self._groups), self._quorum)

    def _log(self, rest: list[str]) -> None:
        key = self._key(rest[0], _LOG_ALGORITHMS, [each.key for each in self._logs])
        self._logs.append(PolicyLog(key, rest[1] if len(rest) > 1 else None))
        self._limit(self._logs)

    def _witness(self, rest: list[str]) -> None:
        self._define(rest[0])
        key = self._key(rest[1], _WITNESS_ALGORITHMS, [each.key for each in self._witnesses])
        self._witnesses.append(PolicyWitness(rest[0], key, rest[2] if len(rest) > 2 else None))  # noqa: PLR2004
        self._limit(self._witnesses)

    def _group(self, rest: list[str]) -> None:
        name, count, *members = rest
        for member in members:
            if member not in self._defined:
                raise self._error("成员尚未定义", "a member is not defined on a line before")
            if member in self._used:
                raise self._error("成员重复列入", "a name may be a member only once in the file")
            self._used.add(member)
        threshold = {"any": 1, "all": len(members)}.get(count) or parse_decimal(count) or 0
        if not 1 <= threshold <= len(members):
            raise self._error(
                "门限不在 1 与成员数之间", "the threshold is not between 1 and the number of members"
            )
        self._define(name)
        self._groups.append(PolicyGroup(name, threshold, tuple(members)))
        self._limit(self._groups)

    def _set_quorum(self, rest: list[str]) -> None:
        if self._quorum is not None:
            raise self._error("quorum 行不止一行", "there is more than one quorum line")
        if rest[0] != NO_QUORUM and rest[0] not in self._defined:
            raise self._error("quorum 的名称尚未定义", "the quorum is not defined on a line before")
        self._quorum = rest[0]

    def _define(self, name: str) -> None:
        if name == NO_QUORUM or name in self._defined:
            raise self._error("名称已被占用", "the name is reserved or already defined")
        self._defined.add(name)

    def _key(self, vkey: str, allowed: tuple[Algorithm, ...], known: list[VerifierKey]) -> VerifierKey:
        try:
            key = VerifierKey.parse(vkey)
        except FormatError as error:
            error.within(f"line {self._number}")
            raise
        if key.algorithm not in allowed:
            raise self._error(
                "密钥的签名类型不适用于此行", "the signature type of the key does not fit the line"
            )
        if any(key.public == each.public for each in known):
            raise self._error("公钥重复", "the public key is listed twice")
        return key

    def _limit(self, items: list[PolicyLog] | list[PolicyWitness] | list[PolicyGroup]) -> None:
        if len(items) > MAX_ITEMS:
            raise self._error(f"超过 {MAX_ITEMS} 项", f"there are more than {MAX_ITEMS} of a kind")

    def _error(self, zh: str, en: str) -> FormatError:
        return _malformed(self._number, zh, en)


def _malformed(line: int | None, zh: str, en: str) -> FormatError:
    return FormatError(
        "ledger.policy",
        zh=f"见证策略格式不符：{zh}",
        en=f"not a tlog-policy: {en}",
        where=None if line is None else f"line {line}",
    )
