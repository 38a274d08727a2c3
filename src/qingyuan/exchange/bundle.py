r"""The bytes of a bundle, and their check.

::

    qingyuan-exchange/1 <length of the note>\n
    <signed note: canonical JSON of manifest and opening, then one signature line>
    <the files, one after the other>

Every byte is bound: the note by the signature of the sender's key, the files by the digests in it, the first line by being the only
way to write it. The opening shows the event of the sender's log that commits to the manifest, with the proof that it is in the log.
"""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from qingyuan.canonical import NotCanonicalError, canonical_json
from qingyuan.exchange.errors import ExchangeError, altered
from qingyuan.exchange.model import SENT, FileEntry, Manifest, Peer
from qingyuan.ledger import (
    SHA256,
    LedgerError,
    TextSigner,
    VerifierKey,
    cosignature_time,
    open_note,
    parse_proof,
    sign_note,
)
from qingyuan.shapes import from_json

_MAGIC = b"qingyuan-exchange/1 "
_DIGITS = 7
#: Longest name of a file in a bundle, in bytes of UTF-8.
_NAME = 1_024
#: A bundle: bytes, or a file mapped into memory, of which only what is looked at has to be there.
Data = bytes | mmap.mmap
#: First line and note, at most: what shows who sent a bundle and how long it is.
HEAD = len(_MAGIC) + _DIGITS + 1 + 10**_DIGITS
#: Largest bundle read, in bytes.
MOST = 4 << 30


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The event of the sender's log that commits to the manifest.

    Attributes:
        leaf: The log entry, as text.
        salt: Hex; opens the entry's commitments.
        payload: Of the event.
        proof: The tlog-proof that the entry is in the log.
    """

    leaf: str
    salt: str
    payload: dict[str, object]
    proof: str


class Opened(msgspec.Struct, frozen=True):
    """A bundle of which every byte was verified.

    Attributes:
        manifest: What it says.
        digest: Hex SHA-256 of the manifest.
        payload: Of the sender's event.
        index: Index of that event in the sender's log.
        size: Size of the head that proves it.
        witnessed: The earliest time at which a witness we trust cosigned that head, ``None`` without one: at that moment the event
            was in the log.
        files: Content by name, as parts of the bundle.
    """

    manifest: Manifest
    digest: str
    payload: Mapping[str, object]
    index: int
    size: int
    witnessed: datetime | None
    files: Mapping[str, memoryview]


class _Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    manifest: Manifest
    sent: Opening


class _Leaf(msgspec.Struct, frozen=True):
    type: str
    sha256: str


def digest_of(manifest: Manifest) -> str:
    """Return the hex SHA-256 of a manifest, by which everything names the bundle."""
    return hashlib.sha256(canonical_json(msgspec.to_builtins(manifest))).hexdigest()


def write_bundle(manifest: Manifest, opening: Opening, files: Sequence[bytes], signer: TextSigner) -> bytes:
    """Return the bundle.

    Args:
        manifest: What it says; its files in order.
        opening: The event that the sender's log holds.
        files: Their content.
        signer: The sender's key of bundles.
    """
    text = canonical_json(msgspec.to_builtins(_Text(manifest, opening))).decode() + "\n"
    note = sign_note(text, [signer])
    return b"".join((_MAGIC, str(len(note)).encode(), b"\n", note, *files))


def check_head(head: bytes, size: int, peers: Iterable[Peer], *, receiver: str) -> tuple[Peer, Manifest]:
    """Return who signed a bundle and what it says, before the rest of it is taken.

    A bundle is worth taking when a peer that was introduced signed it for us and it is as long as it says.

    Args:
        head: The first :data:`HEAD` bytes, or all of a shorter bundle.
        size: Length of the whole bundle, in bytes.
        peers: Sites that were introduced.
        receiver: Origin of our own log.

    Raises:
        ExchangeError: As for :func:`open_bundle`.
    """
    note, rest = _parts(head)
    peer, text = _from_peer(note, peers, receiver)
    said = len(head) - len(rest) + sum(entry.size for entry in text.manifest.files)
    if said != size:
        raise altered("end", "长度与清单不符", "it is not as long as its manifest says")
    return peer, text.manifest


def open_bundle(
    data: Data, peers: Iterable[Peer], *, receiver: str, witnesses: Sequence[VerifierKey] = ()
) -> tuple[Peer, Opened]:
    """Verify a bundle whole and return who sent it and what it says.

    Args:
        data: The bundle.
        peers: Sites that were introduced.
        receiver: Origin of our own log.
        witnesses: Keys of witnesses whose time we believe.

    Raises:
        ExchangeError: ``exchange.altered`` with the place, ``exchange.unknown-peer``, or ``exchange.not-for-us``.
    """
    note, contents = _parts(data)
    peer, text = _from_peer(note, peers, receiver)
    manifest = text.manifest
    digest = digest_of(manifest)
    index, size, witnessed = _logged(text.sent, digest, peer, witnesses)
    return peer, Opened(
        manifest, digest, text.sent.payload, index, size, witnessed, _files(manifest, contents)
    )


def _from_peer(note: bytes, peers: Iterable[Peer], receiver: str) -> tuple[Peer, _Text]:
    known = {peer.package_key: peer for peer in peers}
    peer, text = _signed(note, known)
    manifest = text.manifest
    if manifest.sender != peer.origin:
        raise altered("manifest.sender", "签署者不是所称的发送方", "signed by another site than it names")
    if manifest.receiver != receiver:
        raise ExchangeError(
            "exchange.not-for-us",
            zh=f"该交换包发往 {manifest.receiver}",
            en=f"the bundle is for {manifest.receiver}",
            where=manifest.receiver,
            remedy_zh="请交给收件单位",
            remedy_en="give it to the site it is for",
        )
    for entry in manifest.files:
        _check_entry(entry)
    return peer, text


def _check_entry(entry: FileEntry) -> None:
    name = entry.name
    usable = name.isprintable() and name.strip(". ") and not {"/", "\\"} & set(name)
    if not usable or len(name.encode("utf-8", "surrogatepass")) > _NAME:
        raise altered(f"file {name[:80]!r}", "文件名不可用", "the name of a file cannot be used")
    if entry.size < 0:
        raise altered(f"file {name}", "文件长度为负数", "a file has a negative length")


def _parts(data: Data) -> tuple[bytes, memoryview]:
    if len(data) > MOST or data[: len(_MAGIC)] != _MAGIC:
        raise altered("offset 0", "不是交换包", "it is no bundle")
    end = data.find(b"\n", len(_MAGIC), len(_MAGIC) + _DIGITS + 1)
    number = data[len(_MAGIC) : end] if end > 0 else b""
    if not number.isdigit() or number.startswith(b"0"):
        raise altered(f"offset {len(_MAGIC)}", "首行的长度不对", "the length in the first line is malformed")
    begin, stop = end + 1, end + 1 + int(number)
    if stop > len(data):
        raise altered(f"offset {len(data)}", "文件不完整", "the file is cut off")
    return data[begin:stop], memoryview(data)[stop:]


def _signed(note: bytes, known: Mapping[VerifierKey, Peer]) -> tuple[Peer, _Text]:
    try:
        opened = open_note(note, known)
    except LedgerError as error:
        if error.code == "ledger.unsigned":
            raise ExchangeError(
                "exchange.unknown-peer",
                zh="签署者不在已登记的对端之列",
                en="it is not signed by a peer that was introduced",
                where="signature",
                remedy_zh="核对对方信任文件后，用 qingyuan exchange peer add 登记",
                remedy_en="check the peer's trust file, then register it with qingyuan exchange peer add",
            ) from error
        raise altered("note", error.zh, error.en) from error
    if len(opened.verified) != 1 or opened.unknown:
        raise altered("signature", "签名行多于一行", "there is more than one signature line")
    try:
        text = from_json(opened.text.encode(), _Text)
        written = canonical_json(msgspec.to_builtins(text)).decode() + "\n"
    except (msgspec.MsgspecError, UnicodeEncodeError, NotCanonicalError) as error:
        raise altered("manifest", str(error), str(error)) from error
    if text.manifest.v != 1 or written != opened.text:
        raise altered("manifest", "不是规范写法", "it is not canonical")
    return known[opened.verified[0][0]], text


def _logged(
    sent: Opening, digest: str, peer: Peer, witnesses: Sequence[VerifierKey]
) -> tuple[int, int, datetime | None]:
    """Check the event, its commitments and its proof; return its index, the size of the head, and the witnessed time."""
    try:
        leaf = from_json(sent.leaf, _Leaf)
        salt = bytes.fromhex(sent.salt)
    except (msgspec.MsgspecError, ValueError) as error:
        raise altered("sent.leaf", "日志条目不可读", "the log entry cannot be read") from error
    if leaf.type != SENT or sent.payload.get("manifest") != digest:
        raise altered("sent.payload", "账本事件不指向该清单", "the logged event names another manifest")
    if hashlib.sha256(salt + canonical_json(sent.payload)).hexdigest() != leaf.sha256:
        raise altered(
            "sent.payload", "事件内容与日志条目的承诺不符", "the payload does not open the log entry"
        )
    try:
        proof = parse_proof(sent.proof.encode())
        signed = proof.verify(SHA256.leaf_hash(sent.leaf.encode()), [peer.log_key], witnesses)
    except LedgerError as error:
        raise altered("sent.proof", error.zh, error.en) from error
    times = [cosignature_time(key, signature) for key, signature in signed.note.verified if key != signed.log]
    known = [time for time in times if time is not None]
    witnessed = datetime.fromtimestamp(min(known), UTC) if known else None
    return proof.index, signed.checkpoint.size, witnessed


def _files(manifest: Manifest, contents: memoryview) -> dict[str, memoryview]:
    found: dict[str, memoryview] = {}
    at = 0
    for entry in manifest.files:
        content = contents[at : at + entry.size]
        if hashlib.sha256(content).hexdigest() != entry.sha256 or entry.name in found:
            raise altered(f"file {entry.name}", "内容与清单的散列值不符", "the content has another digest")
        found[entry.name] = content
        at += entry.size
    if at != len(contents):
        raise altered("end", "文件末尾有多余字节", "there are bytes after the last file")
    return found
