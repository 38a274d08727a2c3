"""Tokens and keys: values made comparable without being kept.

A token is HMAC-SHA256 under the caller's key over ``"<kind>:<normal form>"``, cut to 16 bytes; it stands in
tables of hits. The normal form of a resident ID of fifteen digits is that of today, of eighteen; a plate has no dot. Tokens made before that was so are
compared with :meth:`Tokenizer.earlier_tokens`. A key is 64 bits under secrets derived from the caller's key (see
:mod:`qingyuan.pii._kernel.keyed`); counts are made with it. Whoever lacks the caller's key can neither read a
value from either nor test a guess.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from qingyuan.pii._identity import earlier
from qingyuan.pii._kernel import digest
from qingyuan.pii._kernel._words import ROUNDS
from qingyuan.pii._kernel.flags import KINDS, RESIDENT_ID
from qingyuan.pii._kernel.keyed import Flags, Keys, key_values, round_keys
from qingyuan.pii._kernel.mac import digest_values
from qingyuan.pii._kernel.written import write_hex
from qingyuan.pii.batch import Bytes, Longs
from qingyuan.pii.catalog import catalog
from qingyuan.pii.errors import PiiError

#: Shortest key accepted, in bytes (NIST SP 800-107r1, 5.3.4: at least the security strength).
MIN_KEY = 16
TOKEN_BYTES = 16
_NORMAL = {"digits": digest.DIGITS, "letters": digest.LETTERS, "text": digest.TEXT, "exact": digest.EXACT}
#: What of a number with letters is neither ASCII nor 汉字.
_DOT = re.compile(r"[^\x00-\x7f\u4000-\u9fff]")
#: Block of SHA-256, in bytes.
_BLOCK = 64
#: Signs that stand for the X of an identity number.
_CROSSES = str.maketrans("Ｘｘ×", "XXX")
#: Tokens in one Arrow array; its text offsets are 32-bit.
_SLICE = 1 << 24


class Tokenizer:
    """Makes tokens under one key."""

    def __init__(self, key: bytes) -> None:
        """Prepare the key block.

        Raises:
            PiiError: The key is shorter than :data:`MIN_KEY`.
        """
        if len(key) < MIN_KEY:
            raise PiiError(
                "pii.short-key",
                zh=f"令牌密钥至少 {MIN_KEY} 字节，实际 {len(key)} 字节",
                en=f"the token key must have at least {MIN_KEY} bytes, not {len(key)}",
                remedy_zh="请使用随机生成的 32 字节密钥",
                remedy_en="use 32 random bytes",
            )
        self._key = key
        self._block = _key_block(key)
        self._prefixes = np.zeros((len(KINDS), 32), dtype=np.uint8)
        self._sizes = np.zeros(len(KINDS), dtype=np.int64)
        for code, name in enumerate(KINDS):
            prefix = f"{name}:".encode()
            self._prefixes[code, : len(prefix)] = np.frombuffer(prefix, dtype=np.uint8)
            self._sizes[code] = len(prefix)
        self._forms = np.array([0, *(_NORMAL[k.normal] for k in catalog().kinds.values())], dtype=np.uint8)

        self._sip = np.zeros((len(KINDS), 2), dtype=np.uint64)
        self._rounds = np.zeros(len(KINDS) * ROUNDS, dtype=np.uint32)
        for code, name in enumerate(KINDS):
            secret = hmac.digest(key, f"qingyuan key 1:{name}".encode(), "sha256")
            self._sip[code] = np.frombuffer(secret[:16], dtype="<u8")
            self._rounds[code * ROUNDS : (code + 1) * ROUNDS] = round_keys(secret[16:])

    def keys(self, data: Bytes, starts: Longs, ends: Longs, kinds: Bytes, flags: Flags) -> Keys:
        """Return ``uint64[n]``: the key of each value ``data[start:end]``, 0 for masked ones that are no names."""
        out = np.empty(len(starts), dtype=np.uint64)
        key_values(data, starts, ends, kinds, flags, self._forms, self._sip, self._rounds, out)
        return out

    def tokens(self, data: Bytes, starts: Longs, ends: Longs, kinds: Bytes) -> Bytes:
        """Return ``uint8[n, 16]``: the token of each value ``data[start:end]``."""
        out = np.empty((len(starts), TOKEN_BYTES), dtype=np.uint8)
        digest_values(
            data,
            np.ascontiguousarray(starts),
            np.ascontiguousarray(ends),
            np.ascontiguousarray(kinds),
            self._prefixes,
            self._sizes,
            self._forms,
            self._block,
            out,
        )
        return out

    def earlier_tokens(self, data: Bytes, starts: Longs, ends: Longs, kinds: Bytes) -> Bytes:
        """Return the tokens as they were made earlier.

        Those of the number of fifteen digits for each resident ID that has or had one, and those of numbers with
        letters (plates) with the dots between their parts.
        """
        out = self.tokens(data, starts, ends, kinds)
        for i in np.flatnonzero(self._forms[kinds] == digest.LETTERS).tolist():
            normal = _with_dots(data[starts[i] : ends[i]].tobytes().decode("utf-8", "replace"))
            if _DOT.search(normal):
                made = hmac.digest(self._key, f"{KINDS[kinds[i]]}:{normal}".encode(), "sha256")[:TOKEN_BYTES]
                out[i] = np.frombuffer(made, dtype=np.uint8)
        for i in np.flatnonzero(kinds == RESIDENT_ID).tolist():
            text = data[starts[i] : ends[i]].tobytes().decode("utf-8", "replace").translate(_CROSSES)
            old = earlier("".join(str(unicodedata.decimal(c, c)) for c in text if c.isalnum()).upper())
            if old is not None:
                made = hmac.digest(self._key, f"resident-id:{old}".encode(), "sha256")[:TOKEN_BYTES]
                out[i] = np.frombuffer(made, dtype=np.uint8)
        return out

    def token(self, kind: str, value: str) -> str:
        """Return the token of one clear value as 32 hex digits.

        Raises:
            PiiError: ``kind`` is not a kind this engine knows.
        """
        if kind not in KINDS[1:]:
            raise PiiError(
                "pii.unknown-kind", zh=f"没有这种个人信息类型：{kind}", en=f"no such kind: {kind}", where=kind
            )
        data = np.frombuffer(value.encode(), dtype=np.uint8)
        one = self.tokens(
            data,
            np.zeros(1, dtype=np.int64),
            np.array([len(data)], dtype=np.int64),
            np.array([KINDS.index(kind)], dtype=np.uint8),
        )
        return one.tobytes().hex()

    def __repr__(self) -> str:
        """Describe without the key."""
        return "Tokenizer(key hidden)"


def _with_dots(value: str) -> str:
    """Return the normal form that numbers with letters had when signs that are not ASCII stayed in it."""
    plain = (chr(ord(c) - 0xFEE0) if "！" <= c <= "～" else c for c in value if c != "\u3000")
    return "".join(c.upper() if c.isascii() else c for c in plain if c.isalnum() or not c.isascii())


def _key_block(key: bytes) -> Bytes:
    """Return the key as a block of SHA-256 (RFC 2104, section 2)."""
    if len(key) > _BLOCK:
        key = hashlib.sha256(key).digest()
    block = np.zeros(_BLOCK, dtype=np.uint8)
    block[: len(key)] = np.frombuffer(key, dtype=np.uint8)
    return block


def hex_array(tokens: Bytes, null: npt.NDArray[np.bool_]) -> pa.ChunkedArray[pa.StringScalar]:
    """Return the tokens as 32 hex digits, null where ``null`` is set."""
    parts = [_hex(tokens[i : i + _SLICE], null[i : i + _SLICE]) for i in range(0, len(tokens), _SLICE)]
    return pa.chunked_array(parts, pa.string())


def _hex(tokens: Bytes, null: npt.NDArray[np.bool_]) -> pa.StringArray:
    """Return one array of :func:`hex_array`."""
    n = len(tokens)
    text = np.empty(2 * TOKEN_BYTES * n, dtype=np.uint8)
    write_hex(np.ascontiguousarray(tokens).reshape(-1), text)
    offsets = np.arange(0, 32 * n + 1, 32, dtype=np.int32)
    validity = np.packbits(~null, bitorder="little")
    return pa.StringArray.from_buffers(
        n,
        pa.py_buffer(offsets.data),
        pa.py_buffer(text.data),
        pa.py_buffer(validity.data),
        int(null.sum()),
    )
