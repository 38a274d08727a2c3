"""From a value and its rule to what is written in its place."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable, Mapping, Sequence

from qingyuan.pii._identity import current
from qingyuan.pii.catalog import catalog
from qingyuan.pii.deidentify import fpe
from qingyuan.pii.deidentify.generalise import generalised
from qingyuan.pii.deidentify.keys import Keys
from qingyuan.pii.deidentify.policy import Policy, Rule
from qingyuan.pii.errors import PiiError
from qingyuan.pii.mask import masked

#: Stands where a value was left out of running text.
GONE = "***"
#: Bytes of an HMAC that a pseudonym shows: 80 bits, 16 characters of base 32.
_SHOWN = 10
#: Digits of a mobile number without its country code.
_MOBILE = 11
#: Characters that end or escape a value in one of the formats; a replacement never holds them.
_UNSAFE = {ord(c): "*" for c in "\"'\\<>&`,;\t\r\n|"}


class Treater:
    """Applies the rules of a policy, remembering what it made of each value.

    Args:
        policy: The rules.
        keys: Keys of pseudonyms; needed when a rule asks for them.

    Attributes:
        fallbacks: Values by ``(kind, method)`` that their method could not take and that were masked whole instead.
    """

    def __init__(self, policy: Policy, keys: Keys | None) -> None:
        """Prepare.

        Raises:
            PiiError: The policy needs a key and there is none.
        """
        if policy.needs_key and keys is None:
            raise PiiError(
                "pii.no-key",
                zh=f"方案“{policy.name}”含假名或保形加密，需要密钥",
                en=f"the policy {policy.name!r} makes pseudonyms and needs a key",
                remedy_zh="请用 --home 使用本院密钥环，或用 --key 给出密钥文件",
                remedy_en="use the office's keyring with --home, or give a key file with --key",
            )
        self.policy = policy
        self.fallbacks: dict[tuple[str, str], int] = {}
        self._keys = keys
        self._known: dict[tuple[str, Rule, str], str] = {}
        self._failed: set[tuple[str, Rule, str]] = set()

    def replace(self, wanted: Iterable[tuple[str, Rule, str]]) -> Mapping[tuple[str, Rule, str], str]:
        """Return what stands for each ``(kind, rule, value)``; ``kind`` is ``""`` in columns with a rule."""
        new = [item for item in dict.fromkeys(wanted) if item not in self._known]
        formats: dict[tuple[str, Rule], list[tuple[str, fpe.Split]]] = {}
        for item in new:
            kind, rule, value = item
            if rule.method == "fpe" and self._keys is not None:
                if (part := fpe.split(kind, value)) is not None:
                    formats.setdefault((kind, rule), []).append((value, part))
                    continue
                made = None
            else:
                made = self._one(kind, rule, value)
            if made is None:
                self._failed.add(item)
                made = _hidden(value)
            self._known[item] = made.translate(_UNSAFE)
        for (kind, rule), parts in formats.items():
            assert self._keys is not None
            made_all = fpe.run(self._keys.of("fpe", kind), [part for _, part in parts])
            for (value, _), made in zip(parts, made_all, strict=True):
                self._known[kind, rule, value] = made
        return self._known

    def count(self, item: tuple[str, Rule, str]) -> None:
        """Note one use of a value, for :attr:`fallbacks`."""
        if item in self._failed:
            place = item[0], item[1].method
            self.fallbacks[place] = self.fallbacks.get(place, 0) + 1

    def _one(self, kind: str, rule: Rule, value: str) -> str | None:
        match rule.method:
            case "keep":
                return value
            case "drop":
                return "" if not kind else GONE
            case "generalise":
                assert rule.to is not None
                return generalised(value, rule.to, width=rule.width, on=rule.day)
            case "pseudonym" if self._keys is not None:
                return pseudonym(self._keys.of("hmac", kind), kind, value)
        return masked(kind, value) if kind in catalog().kinds else _hidden(value)


def pseudonym(key: bytes, kind: str, value: str) -> str:
    """Return the HMAC pseudonym of a value: equal values, written with or without separators, get equal ones, and so do the old and the new number of a person."""
    plain = "".join(c for c in value.translate(_WIDE).casefold() if c.isalnum())
    if kind == "mobile":
        plain = plain[-_MOBILE:]
    elif kind == "resident-id":
        plain = current(plain).casefold()
    digest = hmac.digest(key, plain.encode(), "sha256")[:_SHOWN]
    return f"{kind or 'value'}_{base64.b32encode(digest).decode().lower()}"


def originals(kind: str, pseudonyms: Sequence[str], keys: Keys) -> list[str | None]:
    """Return the values that format-preserving encryption made ``pseudonyms`` of; ``None`` where it cannot have.

    A number without a check digit, such as a mobile number, always gives some value: whether it was a pseudonym at
    all is for the caller to know.

    Args:
        kind: Their kind.
        pseudonyms: As they stand in the rewritten file.
        keys: The keys they were made with.
    """
    parts = [fpe.split(kind, text, pseudonym=True) for text in pseudonyms]
    made = iter(fpe.run(keys.of("fpe", kind), [part for part in parts if part is not None], back=True))
    return [None if part is None else next(made) for part in parts]


def _hidden(value: str) -> str:
    return "*" * min(max(3, len(value)), 16)


_WIDE = {c: c - 0xFEE0 for c in range(0xFF01, 0xFF5F)}
