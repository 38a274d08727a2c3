"""Whether a bag is complete and valid (RFC 8493, section 3), with everything that speaks against it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol

from qingyuan.evidence.bags.holders import (
    MAX_EXPANDED,
    MAX_TEXT,
    UNREADABLE,
    FolderBag,
    Holder,
    ZipBag,
    too_large,
)
from qingyuan.evidence.bags.texts import (
    OLDEST,
    BagTextError,
    Declaration,
    Entry,
    read_declaration,
    read_fetch,
    read_info,
    read_manifest,
    unescaped,
)
from qingyuan.ledger import sm3_new

_BLOCK = 1 << 20
_MANIFEST = re.compile(r"(tag)?manifest-(.+)\.txt", re.IGNORECASE)
_ALGORITHM = re.compile(r"[0-9a-z]+")
_OXUM = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})")
#: Normalized names (2.4) that hashlib spells otherwise.
_SPELT = {
    "sha3224": "sha3_224",
    "sha3256": "sha3_256",
    "sha3384": "sha3_384",
    "sha3512": "sha3_512",
    "sha512256": "sha512_256",
    "blake2b512": "blake2b",
    "blake2s256": "blake2s",
}
_KNOWN = frozenset(
    {"md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sm3", "blake2b", "blake2s", *_SPELT}
)

_WORDS = {
    "declaration": ("bagit.txt 不合规定", "bagit.txt is not as it must be"),
    "version": ("不支持的 BagIt 版本", "a version of BagIt that is not known"),
    "payload-folder": ("没有 data 目录", "there is no folder data"),
    "no-manifest": ("没有载荷清单", "there is no payload manifest"),
    "algorithm-name": ("清单文件名中的算法名不合规定", "the algorithm in the name of a manifest is not spelt as it must be"),
    "algorithm": ("不认识的摘要算法，无法核对", "an unknown algorithm: cannot be checked"),
    "text": ("文本文件不合规定", "a text file is not as it must be"),
    "place": ("清单列出了不属于它的文件", "a manifest lists a file that does not belong into it"),
    "twice": ("同一文件在一份清单中列出两次", "a manifest lists a file twice"),
    "missing": ("清单中的文件不存在", "a listed file is missing"),
    "to-fetch": ("文件尚待另行取得，本包不完整", "a file is still to be fetched: the bag is not complete"),
    "unlisted": ("载荷文件未列入清单", "a payload file is not in every manifest that must list it"),
    "manifest-unlisted": ("标签清单未列出载荷清单", "a tag manifest does not list a payload manifest"),
    "digest": ("文件与清单中的摘要不符", "a file has another digest than the manifest says"),
    "oxum": ("Payload-Oxum 与载荷不符或格式不符", "Payload-Oxum is malformed, repeated, or not that of the payload"),
    "fetch": ("fetch.txt 列出的文件未列入清单", "fetch.txt names a file that is not in every manifest that must list it"),
    "link": ("符号链接或特殊文件", "a symbolic link, or no plain file"),
    "unreadable": ("文件不能读取", "a file that cannot be read"),
    "name": ("归档中的名称重复或者越出目录", "a name in the archive occurs twice or leaves its folder"),
    "closed": ("归档中的文件已加密或者用不支持的方法压缩，无法核对", "a file in the archive is encrypted or packed in an unknown way: cannot be checked"),
    "serialization": ("归档顶层应当是包的目录，而不是其中的文件", "the top of the archive should be the folder of the bag, not what is in it"),
    "asterisk": ("路径前有 md5sum 的星号", "an asterisk of md5sum stands before a path"),
    "dot-slash": ("路径以 ./ 开头", "a path begins with ./"),
    "normalization": ("文件名的 Unicode 形式与清单不同", "the name of a file has another Unicode form than in the manifest"),
    "fetch-size": ("文件长度与 fetch.txt 所写不同", "a file is not as long as fetch.txt says"),
    "tag-unlisted": ("标签文件未列入标签清单", "a tag file is in no tag manifest"),
}  # fmt: skip
#: What is worth saying and breaks no rule.
_REMARKS = frozenset(
    {"asterisk", "dot-slash", "normalization", "fetch-size", "tag-unlisted", "serialization"}
)
#: What leaves the question open.
_OPEN = frozenset({"version", "algorithm", "closed"})


class BagVerdict(StrEnum):
    """What is said of a bag."""

    VALID = "valid"
    INVALID = "invalid"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class BagFault:
    """One thing about a bag.

    Attributes:
        code: Its name.
        path: The file concerned, relative to the bag.
        detail_zh: More about it, or empty.
        detail_en: The same in English.
    """

    code: str
    path: str
    detail_zh: str = ""
    detail_en: str = ""

    @property
    def remark(self) -> bool:
        """Whether it breaks no rule."""
        return self.code in _REMARKS

    @property
    def zh(self) -> str:
        """The sentence in Chinese."""
        return _WORDS[self.code][0] + (f"：{self.detail_zh}" if self.detail_zh else "")

    @property
    def en(self) -> str:
        """The sentence in English."""
        return _WORDS[self.code][1] + (f": {self.detail_en}" if self.detail_en else "")


@dataclass(frozen=True, slots=True)
class BagReport:
    """What was found.

    Attributes:
        version: The declared version, such as ``"1.0"``; empty when there is none.
        algorithms: Algorithms of the payload manifests, sorted.
        files: Number of payload files.
        size: Their bytes.
        faults: Everything found, remarks too, in the order of the checks.
    """

    version: str
    algorithms: tuple[str, ...]
    files: int
    size: int
    faults: tuple[BagFault, ...]

    @property
    def verdict(self) -> BagVerdict:
        """Valid, invalid, or undetermined where nothing speaks against it and something could not be checked."""
        codes = {each.code for each in self.faults if not each.remark}
        if codes - _OPEN:
            return BagVerdict.INVALID
        return BagVerdict.UNDETERMINED if codes else BagVerdict.VALID


class _Computation(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


def check_bag(folder: Path) -> BagReport:
    """Check the bag in a folder: that it is complete, and that every file has the digests that the manifests name.

    Nothing outside the folder is read, no link is followed and nothing is fetched.

    Args:
        folder: The base directory.
    """
    return _Check(FolderBag(folder)).run()


def check_zipped_bag(stream: BinaryIO, most_bytes: int = MAX_EXPANDED) -> BagReport:
    """Check the bag in a ZIP archive as :func:`check_bag` does, without unpacking it anywhere.

    A file that is encrypted or packed in an unknown way leaves the question open.

    Args:
        stream: The archive.
        most_bytes: Most bytes of all its files unpacked.

    Raises:
        BagError: It is no ZIP archive, holds no bag, or is too large to be read here.
    """
    return _Check(ZipBag(stream, most_bytes)).run()


def _new(algorithm: str) -> _Computation | None:
    if algorithm not in _KNOWN:
        return None
    if algorithm == "sm3":
        return sm3_new()
    try:
        return hashlib.new(_SPELT.get(algorithm, algorithm), usedforsecurity=False)
    except ValueError:  # not in this library
        return None


class _Check:
    def __init__(self, holder: Holder) -> None:
        self._holder = holder
        self._faults: dict[BagFault, None] = {}
        self._declared = Declaration((0, 0), "utf-8")
        #: Every plain file of the bag with its size, by its name, and by its name in NFC.
        self._files: dict[str, int] = {}
        self._normalized: dict[str, str] = {}
        #: For each manifest its algorithm and the digest of each file it lists.
        self._payload: dict[str, tuple[str, dict[str, str]]] = {}
        self._tags: dict[str, tuple[str, dict[str, str]]] = {}
        self._awaited: set[str] = set()
        self._listed = 0

    def _fault(self, code: str, path: str, error: BagTextError | None = None) -> None:
        zh, en = (error.zh, error.en) if error else ("", "")
        self._faults.setdefault(BagFault(code, path.encode(errors="replace").decode(), zh, en))

    def run(self) -> BagReport:
        self._files, odd = self._holder.found()
        for name in self._files:
            self._normalized.setdefault(unicodedata.normalize("NFC", name), name)
        for code, name in odd:
            self._fault(code, name)
        # What cannot be opened may be a manifest: nothing else is said then.
        if not any(code == "closed" for code, _ in odd) and self._declaration():
            self._manifests()
            self._fetch()
            self._completeness()
            self._digests()
            self._info()
        payload = self._payload_files()
        version = ".".join(map(str, self._declared.version)) if any(self._declared.version) else ""
        algorithms = tuple(sorted({algorithm for algorithm, _ in self._payload.values()}))
        return BagReport(
            version, algorithms, len(payload), sum(self._files[each] for each in payload), tuple(self._faults)
        )

    def _payload_files(self) -> list[str]:
        return [name for name in self._files if name.startswith("data/")]

    def _text(self, name: str) -> bytes | None:
        """Return the bytes of a text file; ``None``, and a fault, when it cannot be read."""
        try:
            return self._holder.text(name, self._files[name])
        except UNREADABLE:
            self._fault("unreadable", name)
            return None

    def _declaration(self) -> bool:
        data = self._text("bagit.txt") if "bagit.txt" in self._files else None
        if data is None:
            self._fault("declaration", "bagit.txt")
            return False
        try:
            self._declared = read_declaration(data)
        except BagTextError as error:
            self._fault("declaration", "bagit.txt", error)
            return False
        if not OLDEST <= self._declared.version <= (1, 0):
            self._fault("version", "bagit.txt")
            return False
        if not self._holder.has_payload():
            self._fault("payload-folder", "data")
        return True

    def _manifests(self) -> None:
        for name in list(self._files):
            match = None if "/" in name else _MANIFEST.fullmatch(name)
            if match is None:
                continue
            algorithm = match[2] if self._declared.current else match[2].lower()
            if not _ALGORITHM.fullmatch(algorithm) or (self._declared.current and name != name.lower()):
                self._fault("algorithm-name", name)
                continue
            tag = match[1] is not None
            (self._tags if tag else self._payload)[name] = (algorithm, self._entries(name, tag=tag))
        if not self._payload:
            self._fault("no-manifest", "manifest-sha256.txt")

    def _entries(self, manifest: str, *, tag: bool) -> dict[str, str]:
        data = self._text(manifest)
        found: dict[str, str] = {}
        try:
            for entry in () if data is None else read_manifest(data, self._declared):
                self._take(found, entry, tag=tag)
        except BagTextError as error:
            self._fault("text", manifest, error)
        return found

    def _take(self, found: dict[str, str], entry: Entry, *, tag: bool) -> None:
        self._listed += 1
        if self._holder.listed is not None and self._listed > self._holder.listed:
            raise too_large()
        for remark in entry.remarks:
            self._fault(remark, entry.path)
        if entry.path.startswith("data/") is tag or (tag and entry.path.lower().startswith("tagmanifest-")):
            self._fault("place", entry.path)
            return
        path = self._found(entry.path)
        twice = entry.path in found or (path != entry.path and path in found)
        if twice and (self._declared.current or found[path].lower() != entry.digest):
            self._fault("twice", entry.path)
        found[path] = entry.digest

    def _found(self, path: str) -> str:
        """Return the name under which a listed file is there, or the listed one."""
        if path in self._files:
            return path
        if not self._declared.current and (other := unescaped(path)) in self._files:
            return other
        other = self._normalized.get(unicodedata.normalize("NFC", path), path)
        if other != path:
            self._fault("normalization", path)
        return other

    def _fetch(self) -> None:
        data = self._text("fetch.txt") if "fetch.txt" in self._files else None
        try:
            for line in () if data is None else read_fetch(data, self._declared):
                path = self._found(line.path)
                if not self._is_listed(path):
                    self._fault("fetch", line.path)
                if path not in self._files:
                    self._awaited.add(path)
                elif line.size not in {None, self._files[path]}:
                    self._fault("fetch-size", path)
        except BagTextError as error:
            self._fault("text", "fetch.txt", error)

    def _is_listed(self, path: str) -> bool:
        """Say whether the manifests that must list a payload file do: all since 1.0, one before (section 3)."""
        lists = [path in found for _, found in self._payload.values()]
        return all(lists) if self._declared.current else any(lists)

    def _completeness(self) -> None:
        for _, found in (*self._payload.values(), *self._tags.values()):
            for path in sorted(found.keys() - self._files.keys()):
                self._fault("to-fetch" if path in self._awaited else "missing", path)
        for path in self._payload_files():
            if not self._is_listed(path):
                self._fault("unlisted", path)
        if self._tags:
            self._tag_completeness()

    def _tag_completeness(self) -> None:
        for _, found in self._tags.values() if self._declared.current else ():
            for manifest in sorted(self._payload.keys() - found.keys()):
                self._fault("manifest-unlisted", manifest)
        listed = {path for _, found in self._tags.values() for path in found}
        for path in sorted(self._files.keys() - listed - self._tags.keys() - self._payload.keys()):
            if not path.startswith("data/"):
                self._fault("tag-unlisted", path)

    def _digests(self) -> None:
        wanted: dict[str, list[tuple[str, str]]] = {}
        for name, (algorithm, found) in (*self._payload.items(), *self._tags.items()):
            if _new(algorithm) is None:
                self._fault("algorithm", name)
                continue
            for path, digest in found.items():
                if path in self._files:
                    wanted.setdefault(path, []).append((algorithm, digest))
        for path, digests in sorted(wanted.items()):
            try:
                with self._holder.opened(path) as file:
                    has = _hashed(file, {algorithm for algorithm, _ in digests})
            except UNREADABLE:
                self._fault("unreadable", path)
                continue
            if any(has[algorithm] != digest for algorithm, digest in digests):
                self._fault("digest", path)

    def _info(self) -> None:
        name = self._declared.info_name
        data = self._text(name) if name in self._files else None
        try:
            elements = [] if data is None else read_info(data, self._declared)
        except BagTextError as error:
            self._fault("text", name, error)
            return
        oxums = [value.strip(" \t") for label, value in elements if label.lower() == "payload-oxum"]
        payload = self._payload_files()
        right = f"{sum(self._files[each] for each in payload)}.{len(payload)}"
        known = all(map(_OXUM.fullmatch, oxums)) and (self._awaited or {*oxums} <= {right})
        if len(oxums) > 1 or not known:
            self._fault("oxum", name)


def _hashed(file: BinaryIO, algorithms: set[str]) -> dict[str, str]:
    computations = {each: found for each in algorithms if (found := _new(each)) is not None}
    while block := file.read(_BLOCK):
        for computation in computations.values():
            computation.update(block)
    return {each: computation.hexdigest() for each, computation in computations.items()}


__all__ = ["MAX_TEXT", "BagFault", "BagReport", "BagVerdict", "check_bag", "check_zipped_bag"]
