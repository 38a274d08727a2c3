"""A root key in a file of its own, encrypted under its holder's passphrase, for media that are kept offline.

The file is canonical JSON: the public key, how the encrypting key is derived, and an AES-256-GCM box with the 32
secret bytes. Everything in clear is associated data of the box.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from qingyuan.evidence._atomic import atomic_writer
from qingyuan.evidence._entropy import Entropy, draw
from qingyuan.evidence._kek import Kdf, Kek
from qingyuan.evidence._keyfile import associated, box_keys, key_file_bytes, read_key_file
from qingyuan.evidence._signers import KeyAlgorithm, new_seed
from qingyuan.evidence._wire import b64, unb64
from qingyuan.evidence.errors import KeyringError
from qingyuan.ledger import Algorithm, NoteSigner, Sm2NoteSigner, Sm2PrivateKey, TextSigner, VerifierKey

_INFO = b"qingyuan-root/1\n"
_LIMIT = 64 << 10
_ALGORITHMS: dict[KeyAlgorithm, Algorithm] = {"ed25519": Algorithm.ED25519, "sm2": Algorithm.SM2}


class _File(msgspec.Struct, forbid_unknown_fields=True):
    v: Literal[1]
    format: Literal["qingyuan-root/1"]
    vkey: str
    kdf: Kdf
    salt: str
    check: str
    box: str


def new_root_key(
    path: Path, name: str, kek: Kek, entropy: Entropy, *, algorithm: KeyAlgorithm = "ed25519"
) -> VerifierKey:
    """Make a root key and write its file, which must not be there yet.

    Args:
        path: The file.
        name: Key name; different from the names of the other root keys.
        kek: The holder's passphrase.
        entropy: Source of randomness.
        algorithm: Which signature it makes.

    Returns:
        The public key.

    Raises:
        KeyringError: ``evidence.root-exists`` when there is such a file.
        FormatError: ``ledger.key`` when the name is not one.
        SignatureError: ``ledger.sm2-unavailable``.
        EvidenceError: The file cannot be written.
    """
    if path.exists():
        raise KeyringError(
            "evidence.root-exists",
            zh="该文件已存在，未覆盖",
            en="the file is there already and was not replaced",
            where=str(path),
            remedy_zh="请另选文件名；根密钥一旦丢失不可恢复",
            remedy_en="choose another name; a root key that is lost cannot be recovered",
        )
    seed, raw = new_seed(algorithm, entropy)
    key = VerifierKey(name, _ALGORITHMS[algorithm], raw)
    salt = draw(entropy, 32)
    kdf = kek.new_kdf(b64(salt))
    file = _File(1, "qingyuan-root/1", key.encode(), kdf, b64(salt), "", "")
    box_key, nonce, check = box_keys(kek.derive(kdf, salt, where=str(path)), salt, _INFO)
    file.check = b64(check)
    file.box = b64(AESGCM(box_key).encrypt(nonce, seed, associated(file, _INFO)))
    with atomic_writer(path) as target:
        target.write(key_file_bytes(file))
    return key


def read_root_public(path: Path) -> VerifierKey:
    """Return the public key of a root key file without opening it.

    Raises:
        KeyringError: ``evidence.bad-root`` when the file is none.
        SourceError: It cannot be read.
    """
    return VerifierKey.parse(read_key_file(path, _File, _LIMIT, _bad).vkey)


def open_root_key(path: Path, kek: Kek) -> TextSigner:
    """Return the signer in a root key file.

    Raises:
        KeyringError: ``evidence.wrong-kek`` when the passphrase is another one, ``evidence.bad-root`` when the file is no
            root key or was altered.
        SourceError: It cannot be read.
    """
    file = read_key_file(path, _File, _LIMIT, _bad)
    where = str(path)
    salt = unb64(file.salt, where=where)
    box_key, nonce, check = box_keys(kek.derive(file.kdf, salt, where=where), salt, _INFO)
    if b64(check) != file.check:
        raise KeyringError(
            "evidence.wrong-kek",
            zh="口令不对",
            en="wrong passphrase",
            where=where,
            remedy_zh="请核对口令（注意大小写与输入法）",
            remedy_en="check the passphrase",
        )
    try:
        seed = AESGCM(box_key).decrypt(nonce, unb64(file.box, where=where), associated(file, _INFO))
    except InvalidTag as error:
        raise _bad(where) from error
    key = VerifierKey.parse(file.vkey)
    if key.algorithm is Algorithm.SM2:
        return Sm2NoteSigner(key.name, Sm2PrivateKey(seed))
    return NoteSigner(key.name, seed)


def _bad(where: str) -> KeyringError:
    return KeyringError(
        "evidence.bad-root",
        zh="不是根密钥文件，或文件已被改动或损坏",
        en="not a root key file, or one that was altered or damaged",
        where=where,
        remedy_zh="请使用原介质上的文件",
        remedy_en="use the file on the original medium",
    )
