"""Files that try to break a reader: broken, endless, exploding, or pointing where they must not."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from qingyuan.demo._archive import zip_bytes

#: The one value planted in the readable traps; an unused number.
TRAP_MOBILE = "19900000001"

_INNER = "inner.bin"


class Trap(msgspec.Struct, frozen=True):
    """One hostile file or folder.

    Attributes:
        code: Stable name, such as ``"zip-bomb"``.
        path: The file, link or folder.
        zh: What is wrong with it, Chinese.
        en: The same in English.
    """

    code: str
    path: Path
    zh: str
    en: str


def _unknown_encoding(path: Path) -> None:
    # EBCDIC with 0xFF in every line: neither UTF-8 nor GB18030, and an odd number of bytes.
    path.write_bytes(b"\xff".join([f"NAME,PHONE,{TRAP_MOBILE}".encode("cp037")] * 40))


def _corrupt_workbook(path: Path) -> None:
    sheet = b"<worksheet><sheetData>" + b"<row/>" * 4000 + b"</sheetData></worksheet>"
    whole = zip_bytes([("[Content_Types].xml", b"<Types/>"), ("xl/worksheets/sheet1.xml", sheet)])
    path.write_bytes(whole[: len(whole) * 2 // 3])


def _corrupt_zip(path: Path) -> None:
    data = bytearray(zip_bytes([("a.txt", b"A" * 500), ("b.txt", b"B" * 500)], stored=True))
    data[data.index(b"B" * 500) + 7] ^= 0xFF
    path.write_bytes(data)


def _corrupt_pdf(path: Path) -> None:
    path.write_bytes(b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 9 0 R >>\nendobj\nxref\n0 1\ngarbage" * 3)


def _corrupt_json(path: Path) -> None:
    path.write_text(f'{{"tel":"{TRAP_MOBILE}"}}\n{{"tel":"199000\n[1,2\n{{"tel":"{TRAP_MOBILE}"}}\n')


def _nothing(path: Path) -> None:
    path.write_bytes(b"")


def _only_head(path: Path) -> None:
    path.write_text("姓名,手机号\n", encoding="utf-8")


def _self_link(path: Path) -> None:
    path.symlink_to(path.name)


def _parent_link(path: Path) -> None:
    path.symlink_to("..", target_is_directory=True)


def _dangling_link(path: Path) -> None:
    path.symlink_to("不存在")


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _odd_name(path: Path) -> None:
    path.write_text(f"电话 {TRAP_MOBILE}\n", encoding="utf-8")


def _deep_json(path: Path) -> None:
    path.write_text("[" * 100_000 + "]" * 100_000, encoding="ascii")


def _deep_page(path: Path) -> None:
    path.write_text("<html><body>" + "<div>" * 50_000 + TRAP_MOBILE, encoding="ascii")


def _entity_bomb(path: Path) -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    body = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY e0 "lol">{levels}]><d>&e9;</d>'
    path.write_bytes(zip_bytes([("[Content_Types].xml", b"<Types/>"), ("word/document.xml", body.encode())]))


def _bomb(copies: int, inner: int) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        seed = path.with_suffix(".tmp")
        block = bytes(1 << 20)
        with zipfile.ZipFile(seed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            info = zipfile.ZipInfo(_INNER)
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w") as member:
                for at in range(0, inner, len(block)):
                    member.write(block[: inner - at])
        data = seed.read_bytes()
        seed.unlink()
        path.write_bytes(zip_bytes((f"{n:04d}.zip", data) for n in range(copies)))

    return write


def _nested(path: Path) -> None:
    data = zip_bytes([("0.txt", f"电话 {TRAP_MOBILE}\n".encode())])
    for depth in range(1, 40):
        data = zip_bytes([(f"{depth}.zip", data)])
    path.write_bytes(data)


def _traversal(path: Path) -> None:
    names = (
        "../../escape.txt",
        "/opt/escape.txt",
        "C:\\escape.txt",
        "a/../../escape.txt",
        "twice.txt",
        "./b.txt",
    )
    text = f"电话 {TRAP_MOBILE}\n".encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), text)
        link = zipfile.ZipInfo("link")
        link.create_system = 3
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/hostname")


def _wide(columns: int) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        head = ",".join(f"列{n}" for n in range(columns))
        cells = ",".join(TRAP_MOBILE if n == columns - 1 else str(n) for n in range(columns))
        path.write_text(f"{head}\n{cells}\n", encoding="utf-8")

    return write


def _long_line(size: int) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        tail = f" {TRAP_MOBILE}".encode()
        unit = b"0123456789abcdef " * 4096
        left = size - len(tail)
        with path.open("wb") as file:
            while left > 0:
                left -= file.write(unit[:left])
            file.write(tail)

    return write


def _sparse(size: int) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with path.open("wb") as file:
            file.truncate(size)

    return write


def _many(count: int) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.mkdir()
        for number in range(count):
            (path / f"{number:06d}.txt").write_text(f"{number}\n", encoding="ascii")

    return write


def hostile(
    folder: Path,
    *,
    sparse_size: int = 1 << 33,
    line_size: int = 50_000_000,
    tiny_files: int = 1000,
    bomb_copies: int = 64,
    bomb_inner: int = 32 << 20,
    columns: int = 5000,
) -> tuple[Trap, ...]:
    """Write the traps into ``folder`` (made when absent) and name them.

    All of them together take little more than ``line_size`` on disk. Needs a file system with links,
    pipes and sparse files.

    Args:
        folder: Where to write.
        sparse_size: Apparent bytes of the sparse file.
        line_size: Bytes of the file that is a single line.
        tiny_files: Number of files of a few bytes each.
        bomb_copies: Archives inside the zip bomb.
        bomb_inner: Bytes each of them unpacks to.
        columns: Columns of the wide CSV.

    Returns:
        The traps in the order written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    odd = os.fsdecode(b"\xd0\xd5\xc3\xfb\xff.txt")
    plan: tuple[tuple[str, str, Callable[[Path], None], str, str], ...] = (
        ("unknown-encoding", "未知编码.txt", _unknown_encoding, "编码无法识别", "unknown encoding"),
        ("corrupt-xlsx", "损坏.xlsx", _corrupt_workbook, "工作簿被截断", "truncated workbook"),
        ("corrupt-zip", "损坏.zip", _corrupt_zip, "压缩包成员校验和不符", "a member fails its checksum"),
        ("corrupt-pdf", "损坏.pdf", _corrupt_pdf, "PDF 结构损坏", "broken PDF structure"),
        ("corrupt-jsonl", "损坏.jsonl", _corrupt_json, "部分行不是 JSON", "some lines are not JSON"),
        ("zero-byte", "零字节.csv", _nothing, "零字节文件", "zero bytes"),
        ("header-only", "只有表头.csv", _only_head, "只有表头没有数据", "a header and no data"),
        ("self-link", "循环链接", _self_link, "指向自身的链接", "a link to itself"),
        ("parent-link", "上级链接", _parent_link, "指向上级文件夹的链接", "a link to the parent folder"),
        ("dangling-link", "悬空链接.csv", _dangling_link, "目标不存在的链接", "a link to nothing"),
        ("pipe", "管道", _pipe, "命名管道，读取会一直等待", "a named pipe; reading waits for ever"),
        ("odd-name", odd, _odd_name, "文件名不是 UTF-8", "a file name that is not UTF-8"),
        ("deep-json", "深层嵌套.json", _deep_json, "嵌套十万层", "nested 100,000 deep"),
        ("deep-html", "深层嵌套.html", _deep_page, "嵌套五万层的网页", "a page nested 50,000 deep"),
        ("entity-bomb", "实体膨胀.docx", _entity_bomb, "XML 实体膨胀", "exploding XML entities"),
        ("zip-bomb", "压缩炸弹.zip", _bomb(bomb_copies, bomb_inner), "解压后极大", "unpacks to far too much"),
        ("nested-zip", "层层嵌套.zip", _nested, "四十层压缩包", "forty archives in one another"),
        ("traversal", "越界路径.zip", _traversal, "成员路径越出文件夹", "member paths leave the folder"),
        ("wide-csv", "超宽表.csv", _wide(columns), "列数极多", "very many columns"),
        ("long-line", "超长单行.txt", _long_line(line_size), "整个文件只有一行", "one single line"),
        ("sparse", "稀疏文件.csv", _sparse(sparse_size), "名义大小极大", "huge apparent size"),
        ("tiny-files", "大量小文件", _many(tiny_files), "大量小文件", "very many tiny files"),
    )
    traps: list[Trap] = []
    for code, name, write, zh, en in plan:
        path = folder / name
        write(path)
        traps.append(Trap(code, path, zh, en))
    return tuple(traps)
