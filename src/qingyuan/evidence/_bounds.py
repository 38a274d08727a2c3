"""How large the parts of a package may be (format, section 11): what lies beyond, no verifier need read."""

from __future__ import annotations

from collections.abc import Mapping

from qingyuan.evidence.errors import PackageError

_MEMBERS = 100_000
_LINE = 2 << 20
_JSON = 2 << 20
_TEXT = 64 << 10
_PROOF = 256 << 10
_TOKEN = 64 << 10
_ROLES = 4 << 20
_POLICY = 256 << 10
_LIST = 1 << 20
_TOKENS, _ROLE_FILES, _LISTS = 10_000, 1_000, 64
_SIGNATURES = 100
_FOLDERS = {
    "proofs/": _PROOF,
    "proofs-sm3/": _PROOF,
    "timestamps/": _TOKEN,
    "trust/roles/": _ROLES,
    "trust/revocation/": _LIST,
}
_FILES = {
    "evidence/package.json": _JSON,
    "bag-info.txt": _TEXT,
    "signature.note": _TEXT,
    "trust/policy.txt": _POLICY,
}


def check_bounds(tags: Mapping[str, bytes], members: int) -> None:
    """Check the sizes of what a verifier reads whole or line by line.

    Args:
        tags: The members outside ``data/``, by name.
        members: How many members the package has in all.

    Raises:
        PackageError: Something is larger than the format allows; it is named.
    """
    if members > _MEMBERS:
        raise _too_large("package", f"成员超过 {_MEMBERS} 个", f"more than {_MEMBERS} members")
    for prefix, most in (
        ("timestamps/", _TOKENS),
        ("trust/roles/", _ROLE_FILES),
        ("trust/revocation/", _LISTS),
    ):
        if sum(name.startswith(prefix) for name in tags) > most:
            raise _too_large(prefix, f"超过 {most} 个", f"more than {most}")
    for name, data in tags.items():
        if name == "signature.note" and data.count(b"\n\xe2\x80\x94 ") > _SIGNATURES:
            raise _too_large(name, f"签名超过 {_SIGNATURES} 个", f"more than {_SIGNATURES} signatures")
        if name.endswith(".jsonl"):
            longest = max((len(line) for line in data.splitlines(keepends=True)), default=0)
            if longest > _LINE:
                raise _too_large(name, f"有一行超过 {_LINE} 字节", f"a line is longer than {_LINE} bytes")
        limit = _limit(name)
        if limit is not None and len(data) > limit:
            raise _too_large(name, f"超过 {limit} 字节", f"longer than {limit} bytes")


def _limit(name: str) -> int | None:
    for prefix, limit in _FOLDERS.items():
        if name.startswith(prefix):
            return limit
    return _FILES.get(name)


def _too_large(where: str, zh: str, en: str) -> PackageError:
    return PackageError(
        "evidence.package-too-large",
        zh=f"超出证据包格式的上限：{zh}",
        en=f"beyond what the package format allows: {en}",
        where=where,
        remedy_zh="请分成几个证据包，或缩短该项内容",
        remedy_en="make several packages, or shorten it",
    )
