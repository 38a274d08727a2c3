"""The text files of a bag: declaration, manifests, metadata and what is to be fetched (RFC 8493, section 2)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

#: The oldest version read, and the one of the RFC.
OLDEST, CURRENT = (0, 93), (1, 0)

_DECLARATION = re.compile(
    r"BagIt-Version: ([0-9]{1,4})\.([0-9]{1,4})(?:\r\n|\r|\n)Tag-File-Character-Encoding: ([!-~]{1,40})(?:\r\n|\r|\n)?"
)
_LINE_END = re.compile(r"\r\n|\r|\n")
_ENTRY = re.compile(r"([0-9A-Fa-f]+)[ \t]+(\S.*)", re.DOTALL)
_FETCH = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*:[^ \t]+)[ \t]+([0-9]{1,18}|-)[ \t]+(\S.*)", re.DOTALL)
#: Label, colon, one space or tab (2.2.2); before version 1.0 any number of them on both sides of the colon.
_ELEMENT = re.compile(r"([^:\s](?:[^:]*[^:\s])?):(?:[ \t](.*))?", re.DOTALL)
_OLD_ELEMENT = re.compile(r"[ \t]*([^:\s](?:[^:]*[^:\s])?)[ \t]*:[ \t]*(.*)", re.DOTALL)
_ENCODED = re.compile(r"%(0[AaDd]|25)")
_OTHER_PERCENT = re.compile(r"%(?!0[AaDd]|25)")
_DRIVE = re.compile(r"[A-Za-z]:")
_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class BagTextError(ValueError):
    """A text file of a bag that is not of its form.

    Attributes:
        zh: What is wrong, in Chinese.
        en: The same in English.
    """

    def __init__(self, zh: str, en: str) -> None:
        """Keep both sentences."""
        super().__init__(en)
        self.zh, self.en = zh, en


@dataclass(frozen=True, slots=True)
class Declaration:
    """What ``bagit.txt`` says.

    Attributes:
        version: Major and minor number.
        encoding: Name of the encoding of the other text files, as Python knows it.
    """

    version: tuple[int, int]
    encoding: str

    @property
    def current(self) -> bool:
        """Whether the rules of the RFC hold, and not those of the drafts before it."""
        return self.version >= CURRENT

    @property
    def info_name(self) -> str:
        """Name of the metadata file of this version."""
        return "package-info.txt" if self.version < (0, 96) else "bag-info.txt"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a manifest.

    Attributes:
        digest: The checksum, lower-case hex.
        path: The file, relative to the bag, decoded.
        remarks: Codes of what is unusual about the line.
    """

    digest: str
    path: str
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fetch:
    """One line of ``fetch.txt``.

    Attributes:
        url: Where the file is.
        size: Its bytes, or ``None`` when not said.
        path: Where it belongs, relative to the bag, decoded.
    """

    url: str
    size: int | None
    path: str


def read_declaration(data: bytes) -> Declaration:
    """Read ``bagit.txt``.

    Raises:
        BagTextError: It is not the two lines it must be, or names an encoding that is not known.
    """
    if data.startswith(_BOMS):
        raise BagTextError("有字节顺序标记", "it has a byte order mark")
    try:
        match = _DECLARATION.fullmatch(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise BagTextError("不是 UTF-8", "it is not UTF-8") from error
    if match is None:
        raise BagTextError("不是规定的两行声明", "it is not the two lines of a declaration")
    try:
        encoding = codecs.lookup(match[3])
    except LookupError as error:
        raise BagTextError(f"不认识的编码 {match[3]}", f"an unknown encoding: {match[3]}") from error
    if not encoding._is_text_encoding:  # noqa: SLF001 - such as base64, which Python lists beside encodings of text
        raise BagTextError(f"不认识的编码 {match[3]}", f"no encoding of text: {match[3]}")
    return Declaration((int(match[1]), int(match[2])), encoding.name)


def read_lines(data: bytes, encoding: str) -> list[str]:
    """Return the lines of a text file; the last may lack its end.

    Raises:
        BagTextError: It is not of the encoding, or has a byte order mark that UTF-8 forbids (2.3).
    """
    if encoding == "utf-8" and data.startswith(codecs.BOM_UTF8):
        raise BagTextError("有字节顺序标记", "it has a byte order mark")
    try:
        lines = _LINE_END.split(data.decode(encoding))
    except UnicodeError as error:
        raise BagTextError(f"不是 {encoding} 编码", f"it is not in {encoding}") from error
    if not lines[-1]:
        lines.pop()
    return lines


def read_manifest(data: bytes, declared: Declaration) -> Iterator[Entry]:
    """Yield the lines of a manifest.

    Raises:
        BagTextError: A line is malformed or leads out of the bag; the number is named.
    """
    for number, line in enumerate(read_lines(data, declared.encoding), 1):
        if not line.strip(" \t") and not declared.current:
            continue
        match = _ENTRY.fullmatch(line)
        if match is None:
            raise BagTextError(f"第 {number} 行不是摘要和路径", f"line {number} is not a checksum and a path")
        path, remarks = match[2], []
        if path.startswith("*"):  # what md5sum writes for a file read as binary
            path = path[1:]
            remarks.append("asterisk")
        if path.startswith("./"):
            path = path.removeprefix("./").lstrip("/")
            remarks.append("dot-slash")
        yield Entry(match[1].lower(), decoded_path(path, declared, number), tuple(remarks))


def read_fetch(data: bytes, declared: Declaration) -> Iterator[Fetch]:
    """Yield the lines of ``fetch.txt``.

    Raises:
        BagTextError: A line is malformed or leads out of the payload; the number is named.
    """
    for number, line in enumerate(read_lines(data, declared.encoding), 1):
        match = _FETCH.fullmatch(line)
        if match is None:
            raise BagTextError(
                f"第 {number} 行不是网址、长度和路径", f"line {number} is not an address, a length and a path"
            )
        path = decoded_path(match[3].removeprefix("./"), declared, number)
        if not path.startswith("data/"):
            raise BagTextError(f"第 {number} 行不在 data/ 之下", f"line {number} names a file outside data/")
        yield Fetch(match[1], None if match[2] == "-" else int(match[2]), path)


def read_info(data: bytes, declared: Declaration) -> list[tuple[str, str]]:
    """Return the metadata elements in their order.

    Raises:
        BagTextError: A line is no element and continues none.
    """
    element = _ELEMENT if declared.current else _OLD_ELEMENT
    found: list[tuple[str, str]] = []
    for number, line in enumerate(read_lines(data, declared.encoding), 1):
        match = element.fullmatch(line)
        if line[:1] in {" ", "\t"} and found:
            found[-1] = (found[-1][0], found[-1][1] + " " + line.strip(" \t"))
        elif match is not None:
            found.append((match[1], match[2] or ""))
        elif line.strip(" \t") or declared.current:
            raise BagTextError(f"第 {number} 行不是“标签: 值”", f"line {number} is no element 'label: value'")
    return found


def decoded_path(path: str, declared: Declaration, number: int) -> str:
    """Return the path that a line names.

    From version 1.0 on line ends and percent signs are percent-encoded, and nothing else is (2.1.3); before, writers differed, and
    the caller looks for the name as it stands first.

    Raises:
        BagTextError: It leads out of the bag, or is encoded otherwise.
    """
    if declared.current:
        if _OTHER_PERCENT.search(path):
            raise BagTextError(
                f"第 {number} 行的百分号未编码", f"line {number} has a percent sign that is not encoded"
            )
        path = unescaped(path)
    segments = path.split("/")
    if (
        not all(segments)
        or {".", ".."} & set(segments)
        or segments[0].startswith("~")
        or path.startswith("\\")
        or _DRIVE.match(path)
        or "\x00" in path
    ):
        raise BagTextError(
            f"第 {number} 行的路径会离开本包", f"line {number} has a path that leads out of the bag"
        )
    return path


def unescaped(path: str) -> str:
    """Return a path with encoded line ends and percent signs decoded."""
    return _ENCODED.sub(lambda match: chr(int(match[1], 16)), path)


__all__ = [
    "OLDEST",
    "BagTextError",
    "Declaration",
    "Entry",
    "Fetch",
    "decoded_path",
    "read_declaration",
    "read_fetch",
    "read_info",
    "read_lines",
    "read_manifest",
    "unescaped",
]
