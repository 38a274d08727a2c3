"""Checking a WARC file with two readers that share no code: ours and FastWARC."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from importlib.metadata import version
from typing import BinaryIO

from qingyuan.evidence.warc._read import Limits, scan_records
from qingyuan.evidence.warc.errors import WarcError, damaged
from qingyuan.evidence.warc.model import Checked, Record

#: Digests as the second reader knows them; others are no less allowed (ISO 28500, 5.8), and ours reads more of them.
_KNOWN = re.compile(
    r"sha1:(?:[A-Z2-7]{32}|[0-9a-f]{40})|sha256:(?:[A-Z2-7]{52}====|[0-9a-f]{64})|md5:(?:[A-Z2-7]{26}======|[0-9a-f]{32})"
)


def check(stream: BinaryIO, *, limits: Limits | None = None, where: str = "WARC") -> Checked:
    """Check that a WARC file, gzip-compressed or not, is whole: by our reader, then by a second one.

    Records that share gzip members are read too; that they cannot be read one by one is said in the answer.
    Our reader comes first: it bounds what the file unpacks to, so that the second one is safe.

    Args:
        stream: A seekable binary file, at its start.
        limits: How much it may unpack to.
        where: Its name, for error messages.

    Raises:
        WarcError: ``warc.damaged``: cut off, altered, or the two readers disagree; ``warc.empty``;
            ``warc.too-large``: it unpacks to more than the limits.
    """
    from qingyuan import __version__  # noqa: PLC0415 - read at call time

    records = [record for record, _ in scan_records(stream, limits or Limits(), where=where, keep=False)]
    if not records:
        raise damaged(where, "档案中没有记录", "the archive holds no record", code="warc.empty")
    stream.seek(0)
    apart = all(record.apart for record in records)
    # The second reader unpacks one record a member; what shares members is unpacked for it.
    _second(stream if apart else gzip.GzipFile(fileobj=stream), records, where)
    types = Counter(record.header("WARC-Type") for record in records)
    readers = (f"qingyuan/{__version__}", f"FastWARC/{version('fastwarc')}")
    return Checked(
        len(records),
        dict(sorted(types.items())),
        sum(r.size for r in records),
        readers,
        apart,
    )


def _second(stream: BinaryIO | gzip.GzipFile, records: list[Record], where: str) -> None:
    from fastwarc.warc import ArchiveIterator  # noqa: PLC0415 - heavy

    count = 0
    try:
        for other in ArchiveIterator(stream, parse_http=False):
            if count < len(records):
                _compare(records[count], other.record_id or "", other.content_length, where)
            if (
                _KNOWN.fullmatch(other.headers.get("WARC-Block-Digest") or "")
                and not other.verify_block_digest()
            ):
                raise damaged(
                    f"{where}@{other.stream_pos}",
                    "第二个读取程序发现内容与摘要不符",
                    "the second reader finds another digest than named",
                )
            count += 1
    except (OSError, EOFError, ValueError) as error:
        raise damaged(
            where, f"第二个读取程序无法读取：{error}", f"the second reader fails: {error}"
        ) from error
    if count != len(records):
        raise _disagree(where, f"{count} ≠ {len(records)}")


def _compare(record: Record, record_id: str, size: int, where: str) -> None:
    if record.header("WARC-Record-ID").strip("<>") != record_id.strip("<>") or record.size != size:
        raise _disagree(f"{where}@{record.offset}", record_id)


def _disagree(where: str, what: str) -> WarcError:
    return damaged(where, f"两个读取程序的结果不一致：{what}", f"the two readers disagree: {what}")
