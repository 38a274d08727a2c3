"""The exhibit manifest: what was collected, by whom, how, and its digests (format, section 4)."""

from __future__ import annotations

import hashlib
import re
from typing import Literal

import msgspec

from qingyuan.evidence._wire import b64, canonical, parse_time, unb64
from qingyuan.evidence.digests import Digests
from qingyuan.evidence.errors import EvidenceError, ManifestError
from qingyuan.evidence.keys import Signer
from qingyuan.ledger import ed25519_verify
from qingyuan.shapes import from_json

#: What is signed: these bytes, then the canonical manifest.
SIGNING_PREFIX = b"qingyuan-exhibit/1\n"

_HEX64 = re.compile(r"[0-9a-f]{64}\Z")
_EXHIBIT_ID = re.compile(r"X[0-9a-f]{16}\Z")


class Collected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How an exhibit was collected.

    Attributes:
        by: Actor identifier of the collector.
        second: Actor identifier of the second collector, or ``None``, which is then reported.
        method: How, e.g. ``"file-copy"``, ``"web-capture"``, ``"screenshot"``, ``"derived"``.
        source: From where: an address, an organ, a carrier.
        device: Identifier of the device it was collected on.
        tool: Name and version of the tool.
        started: Wall-clock start, as the format writes times.
        ended: Wall-clock end.
        mono_ns: Elapsed monotonic nanoseconds from start to end.
        file_mtime: The file's own time stamp, which is only a claim, or ``None``.
    """

    by: str
    second: str | None
    method: str
    source: str
    device: str
    tool: str
    started: str
    ended: str
    mono_ns: int
    file_mtime: str | None


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One exhibit; :func:`new_manifest` makes it with the identifier that follows from its content.

    Attributes:
        v: Version of the layout.
        id: ``X`` and the first 16 hex digits of SHA-256 over the canonical manifest without ``id``.
        scope: Identifier of the lead or matter it was collected for.
        name: File name.
        path: Where it lay, as given by the collector.
        media_type: By content.
        size: Bytes.
        sha256: SHA-256 of the content, lower-case hex.
        sm3: SM3 of the content, lower-case hex.
        origin: ``"collected"``, or ``"derived"`` from other exhibits.
        parents: Identifiers of the exhibits it was derived from.
        collected: How it was collected.
    """

    v: Literal[1]
    id: str
    scope: str
    name: str
    path: str
    media_type: str
    size: int
    sha256: str
    sm3: str
    origin: Literal["collected", "derived"]
    parents: tuple[str, ...]
    collected: Collected

    def canonical(self) -> bytes:
        """Return the canonical JSON that is digested and signed."""
        return canonical(msgspec.to_builtins(self))

    def sha256_of_manifest(self) -> str:
        """Return SHA-256 of the canonical JSON, as the exhibit's first event carries it."""
        return hashlib.sha256(self.canonical()).hexdigest()

    def digests(self) -> Digests:
        """Return the size and digests of the content."""
        return Digests(self.size, self.sha256, self.sm3)


class SignedManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A manifest with a signature, one line of ``evidence/exhibits.jsonl``.

    Attributes:
        key: Identifier of the signing key.
        manifest: What is signed.
        sig: Base64 of the Ed25519 signature.
    """

    key: str
    manifest: Manifest
    sig: str

    def line(self) -> bytes:
        """Return the canonical JSON and a line feed."""
        return canonical(msgspec.to_builtins(self)) + b"\n"


def new_manifest(
    *,
    scope: str,
    name: str,
    path: str,
    media_type: str,
    content: Digests,
    collected: Collected,
    parents: tuple[str, ...] = (),
    derived: bool = False,
) -> Manifest:
    """Return the manifest of content, checked and identified.

    Args:
        scope: Identifier of the lead or matter.
        name: File name; bytes that are no text are spelt out.
        path: Where it lay, as given by the collector.
        media_type: By content, see :func:`qingyuan.evidence.media_type`.
        content: Size and digests.
        collected: How it was collected.
        parents: Exhibits it was derived from.
        derived: Whether a tool made it out of other exhibits.

    Raises:
        ManifestError: A member is not what the format demands; it is named.
    """
    draft = Manifest(
        v=1,
        id="",
        scope=scope,
        name=_as_text(name),
        path=_as_text(path),
        media_type=media_type,
        size=content.size,
        sha256=content.sha256,
        sm3=content.sm3,
        origin="derived" if derived else "collected",
        parents=parents,
        collected=collected,
    )
    manifest = msgspec.structs.replace(draft, id=exhibit_id(draft))
    check_manifest(manifest)
    return manifest


def exhibit_id(manifest: Manifest) -> str:
    """Return the identifier that follows from ``manifest`` (its ``id`` ignored)."""
    body = msgspec.to_builtins(manifest)
    del body["id"]
    return "X" + hashlib.sha256(canonical(body)).hexdigest()[:16]


def check_manifest(manifest: Manifest) -> None:
    """Check that ``manifest`` is what the format demands.

    Raises:
        ManifestError: A member is not; its name and the exhibit are given.
    """
    collected = manifest.collected
    derived = manifest.origin == "derived"
    demands = (
        (bool(manifest.scope), "scope", "须写明所属线索或案件", "must name the lead or matter"),
        (bool(manifest.name), "name", "须有文件名", "must not be empty"),
        (manifest.size >= 0, "size", "不能为负", "must not be negative"),
        (bool(_HEX64.match(manifest.sha256)), "sha256", "须为 64 位小写十六进制", "must be 64 lower-case hex digits"),
        (bool(_HEX64.match(manifest.sm3)), "sm3", "须为 64 位小写十六进制", "must be 64 lower-case hex digits"),
        (all(map(_EXHIBIT_ID.match, manifest.parents)), "parents", "须为证据材料编号", "must be exhibit identifiers"),
        (derived == bool(manifest.parents), "parents", "派生材料须有来源材料，收集的材料不得有", "go with the origin 'derived' and with no other"),
        (len(set(manifest.parents)) == len(manifest.parents), "parents", "不得重复", "must not repeat"),
        (bool(collected.by), "collected.by", "须写明收集人", "must name the collector"),
        (collected.second != collected.by, "collected.second", "第二收集人不能与收集人为同一人", "must be another person"),
        (collected.second != "", "collected.second", "没有第二收集人时应为空值", "must be null when there is none"),
        (bool(collected.method), "collected.method", "须写明收集方式", "must say how"),
        (collected.mono_ns >= 0, "collected.mono_ns", "不能为负", "must not be negative"),
    )  # fmt: skip
    for met, member, zh, en in demands:
        if not met:
            raise _bad(manifest.id, member, zh, en)
    _check_times(manifest.id, collected)
    if manifest.id != exhibit_id(manifest):
        raise _bad(manifest.id, "id", "与内容不符", "does not follow from the content")


def sign_manifest(manifest: Manifest, signer: Signer) -> SignedManifest:
    """Return ``manifest`` signed with an officer's or device's key.

    Raises:
        ManifestError: The manifest is not what the format demands.
    """
    check_manifest(manifest)
    signature = signer.sign(SIGNING_PREFIX + manifest.canonical())
    return SignedManifest(signer.public.id, manifest, b64(signature))


def verify_manifest(signed: SignedManifest, public: bytes) -> None:
    """Check the manifest and its signature by the raw Ed25519 key ``public``.

    Raises:
        ManifestError: It is not what the format demands, or the signature is not by this key.
    """
    check_manifest(signed.manifest)
    signature = unb64(signed.sig, where=f"exhibit {signed.manifest.id} sig")
    if not ed25519_verify(public, SIGNING_PREFIX + signed.manifest.canonical(), signature):
        raise _bad(signed.manifest.id, "sig", "签名无效", "is not a signature by this key")


def read_signed_manifest(line: bytes) -> SignedManifest:
    """Return the signed manifest in one line of ``evidence/exhibits.jsonl``; the signature is not checked.

    Raises:
        ManifestError: The line is not the canonical JSON of a signed manifest that fits the format.
    """
    try:
        signed = from_json(line, SignedManifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _bad("", "line", f"不是签名清单：{error}", f"is no signed manifest: {error}") from error
    if signed.line().rstrip(b"\n") != line.rstrip(b"\n"):
        raise _bad(signed.manifest.id, "line", "不是规范 JSON", "is not canonical JSON")
    check_manifest(signed.manifest)
    return signed


def _as_text(name: str) -> str:
    """Return ``name`` with what is no text (bytes that were no UTF-8) spelt out as an escape."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _check_times(exhibit: str, collected: Collected) -> None:
    moments = {}
    for member in ("started", "ended", "file_mtime"):
        text: str | None = getattr(collected, member)
        if text is None:
            continue
        try:
            moments[member] = parse_time(text, where=f"exhibit {exhibit} collected.{member}")
        except EvidenceError as error:
            raise _bad(exhibit, f"collected.{member}", error.zh, error.en) from error
    if moments["ended"] < moments["started"]:
        raise _bad(exhibit, "collected.ended", "早于开始时间", "lies before the start")


def _bad(exhibit: str, member: str, zh: str, en: str) -> ManifestError:
    return ManifestError(
        "evidence.bad-manifest",
        zh=f"清单项 {member}：{zh}",
        en=f"manifest member {member} {en}",
        where=f"exhibit {exhibit}" if exhibit else None,
        remedy_zh="请更正该项后重新生成清单；已签名的清单不得修改",
        remedy_en="correct it and make the manifest again; never change a signed one",
    )
