"""ZIP containers: read whole within bounds, written again with the same names, times and order."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from typing import BinaryIO

from qingyuan.pii.errors import PiiError
from qingyuan.pii.readers import Limits

#: Name of each member with its header and content.
Parts = dict[str, tuple[zipfile.ZipInfo, bytes]]

_UTF8_NAMES = 0x800


def read_parts(stream: BinaryIO, name: str, limits: Limits, *, most: int) -> Parts:
    """Return the members of a ZIP in its order.

    Args:
        stream: The archive.
        name: Its name, for messages.
        limits: Bounds on number and expansion.
        most: Bytes they may expand to in all.

    Raises:
        PiiError: It is damaged, encrypted or too large, or two members have one name.
    """
    out: Parts = {}
    total = 0
    try:
        with zipfile.ZipFile(stream) as archive:
            infos = archive.infolist()
            if len(infos) > limits.max_members:
                raise too_large(name)
            for info in infos:
                total += info.file_size
                expands = (
                    info.file_size > limits.ratio_from_bytes
                    and info.file_size > limits.max_ratio * max(1, info.compress_size)
                )
                if total > most or expands:
                    raise too_large(name)
                if info.flag_bits & 1 or info.filename in out:
                    raise unsupported(
                        f"{name}/{info.filename}", "加密或重名的成员", "an encrypted or repeated member"
                    )
                with archive.open(info) as member:
                    data = member.read(info.file_size + 1)
                out[info.filename] = info, data
        short = [name for name, (info, data) in out.items() if len(data) != info.file_size]
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise unsupported(name, "损坏的 ZIP", "a damaged ZIP") from error
    if short:
        raise unsupported(f"{name}/{short[0]}", "损坏的 ZIP", "a damaged ZIP")
    return out


def write_parts(target: BinaryIO, infos: Mapping[str, zipfile.ZipInfo], parts: Mapping[str, bytes]) -> None:
    """Write the members that are left, in the old order; the comment and extra fields are not carried over."""
    with zipfile.ZipFile(target, "w") as archive:
        for name, old in infos.items():
            if name in parts:
                new = zipfile.ZipInfo(name, old.date_time)
                new.compress_type = (
                    zipfile.ZIP_STORED if old.compress_type == zipfile.ZIP_STORED else zipfile.ZIP_DEFLATED
                )
                new.external_attr = old.external_attr
                new.create_system = old.create_system
                new.flag_bits |= _UTF8_NAMES
                archive.writestr(new, parts[name])


def unsupported(where: str, zh: str, en: str) -> PiiError:
    """Return the error that something of this form cannot be rewritten."""
    return PiiError(
        "pii.deidentify-unsupported",
        zh=f"无法改写：{zh}",
        en=f"cannot be rewritten: {en}",
        where=where,
        remedy_zh="请转换为 CSV、TSV、JSON、SQL、文本、HTML、xlsx 或 docx 后再试；压缩包内的此类成员可用方案 unsupported: drop 去除",
        remedy_en="convert it to CSV, TSV, JSON, SQL, text, HTML, xlsx or docx; a policy with 'unsupported: drop' leaves out such "
        "members of an archive",
    )


def too_large(name: str) -> PiiError:
    """Return the error that something is too large to be rewritten in memory."""
    return PiiError(
        "pii.deidentify-too-large",
        zh="展开后过大或压缩比异常，未处理",
        en="it expands too far",
        where=name,
        remedy_zh="请先解压，再逐个处理",
        remedy_en="unpack it first and treat the files one by one",
    )
