"""Signed notes: text with signature lines (c2sp.org/signed-note).

A note is written as text, an empty line, and lines of ``— <key name> <base64(key ID ‖ signature)>``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qingyuan.ledger._text import b64decode, b64encode, has_control, is_key_name
from qingyuan.ledger.errors import FormatError, SignatureError
from qingyuan.ledger.keys import TextSigner, VerifierKey

#: Longest note read, in bytes, and most signatures: the limits of golang.org/x/mod/sumdb/note.
MAX_NOTE_SIZE = 1_000_000
MAX_SIGNATURES = 100

_ID_SIZE = 4
_DASH = "— "


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line.

    Attributes:
        name: Key name.
        key_id: Key ID, an unsigned 32-bit integer.
        data: The signature without the key ID, at least one byte.
    """

    name: str
    key_id: int
    data: bytes

    def line(self) -> str:
        """Return the line with its final line feed."""
        return _line(self.name, self.key_id, self.data)


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note. Its text must not be believed before :func:`open_note` has verified a signature.

    Attributes:
        text: The text with its final line feed.
        signatures: The signature lines in order.
    """

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """Return the note as bytes."""
        return (self.text + "\n" + "".join(each.line() for each in self.signatures)).encode()


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A note of which at least one signature was verified.

    Attributes:
        text: The text with its final line feed.
        verified: One verified signature for each trusted key that signed, in order.
        unknown: Signatures by keys nobody here knows; they mean nothing, and are kept.
    """

    text: str
    verified: tuple[tuple[VerifierKey, Signature], ...]
    unknown: tuple[Signature, ...]


def parse_note(data: bytes) -> Note:
    """Read a signed note without judging its signatures.

    Raises:
        FormatError: ``ledger.note`` when it is too large, not UTF-8, holds a control character, lacks the
            empty line, or has anything but well-formed signature lines after it.
    """
    if len(data) > MAX_NOTE_SIZE:
        raise _malformed("过大", "it is too large")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed("不是 UTF-8", "it is not UTF-8") from error
    if has_control(whole, line_feeds=True):
        raise _malformed("含控制字符", "it has a control character")
    split = whole.rfind("\n\n")
    block = whole[split + 2 :]
    if split < 0 or not block.endswith("\n"):
        raise _malformed("没有空行或签名行", "it has no empty line or no signature line")
    lines = block[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise _malformed("签名过多", "it has too many signatures")
    return Note(whole[: split + 1], tuple(_parse_line(line) for line in lines))


def sign_note(text: str, signers: Iterable[TextSigner]) -> bytes:
    """Return the note of ``text`` signed by each of ``signers``.

    Raises:
        FormatError: ``ledger.note`` when the text cannot be that of a note.
    """
    _check_text(text)
    lines = [_line(each.name, each.key_id, each.sign(text)) for each in signers]
    encoded = f"{text}\n{''.join(lines)}".encode()
    # Signers only have good names, so nothing else can be wrong: no need to read the note back.
    if not 1 <= len(lines) <= MAX_SIGNATURES or len(encoded) > MAX_NOTE_SIZE:
        raise _malformed("没有签名、签名过多或过大", "it has no signature, too many, or is too large")
    return encoded


def add_signatures(note: Note, signatures: Sequence[Signature]) -> bytes:
    """Return the note with further signature lines; a line of the same key is replaced.

    Raises:
        FormatError: ``ledger.note`` when the text or a name cannot be that of a note.
    """
    _check_text(note.text)
    replaced = {(each.name, each.key_id) for each in signatures}
    kept = tuple(each for each in note.signatures if (each.name, each.key_id) not in replaced)
    encoded = Note(note.text, kept + tuple(signatures)).encode()
    parse_note(encoded)  # names, limits and the place of the empty line are checked by the one reader
    return encoded


def open_note(data: bytes, keys: Iterable[VerifierKey]) -> OpenedNote:
    """Read a note and verify every signature made by one of ``keys``.

    Signatures of other keys are kept apart and ignored. A repeated signature of a known key is verified
    too; the first stands for the key.

    Raises:
        FormatError: ``ledger.note`` when malformed, ``ledger.ambiguous-key`` when two trusted keys share name
            and key ID.
        SignatureError: ``ledger.bad-signature`` when a trusted key's signature does not verify,
            ``ledger.unsigned`` when no trusted key signed.
    """
    note = parse_note(data)
    known: dict[tuple[str, int], VerifierKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.key_id), key) != key:
            raise FormatError(
                "ledger.ambiguous-key",
                zh="两个受信任的密钥名称和编号相同",
                en="two trusted keys share their name and key ID",
                where=key.name,
                remedy_zh="更换其中一个密钥的名称",
                remedy_en="rename one of the keys",
            )
    verified: dict[tuple[str, int], tuple[VerifierKey, Signature]] = {}
    unknown: list[Signature] = []
    for signature in note.signatures:
        who = (signature.name, signature.key_id)
        if who not in known:
            unknown.append(signature)
            continue
        if not known[who].verifies(note.text, signature.data):
            raise SignatureError(
                "ledger.bad-signature",
                zh="签名与内容不符",
                en="the signature does not fit the text",
                where=f"{signature.name}+{signature.key_id:08x}",
            )
        verified.setdefault(who, (known[who], signature))
    if not verified:
        raise SignatureError(
            "ledger.unsigned",
            zh="没有任何受信任密钥的签名",
            en="no trusted key has signed",
            remedy_zh="核对受信任密钥的名称与编号",
            remedy_en="compare names and key IDs with the trusted keys",
        )
    return OpenedNote(note.text, tuple(verified.values()), tuple(unknown))


def _check_text(text: str) -> None:
    if not text.endswith("\n") or has_control(text, line_feeds=True):
        raise _malformed(
            "文本末尾没有换行或含控制字符", "the text lacks its final line feed or has a control character"
        )


def _line(name: str, key_id: int, data: bytes) -> str:
    return f"{_DASH}{name} {b64encode(key_id.to_bytes(_ID_SIZE, 'big') + data)}\n"


def _parse_line(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    data = b64decode(encoded)
    if (
        not line.startswith(_DASH)
        or not space
        or not is_key_name(name)
        or data is None
        or len(data) <= _ID_SIZE
    ):
        raise _malformed("签名行格式不符", "a signature line is malformed")
    return Signature(name, int.from_bytes(data[:_ID_SIZE], "big"), data[_ID_SIZE:])


def _malformed(zh: str, en: str) -> FormatError:
    return FormatError("ledger.note", zh=f"签名文本格式不符：{zh}", en=f"not a signed note: {en}")
