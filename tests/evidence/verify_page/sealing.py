"""Members made into a bag, signed and put into the one valid container."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from collections.abc import Mapping

from qingyuan.ledger import (
    sign_note,
)
from tests.evidence.verify_page.trees import (
    Json,
    canonical,
)
from tests.evidence.verify_page.trusting import PACKAGE, Key

Members = dict[str, bytes]


def jsonl(lines: list[Json]) -> bytes:
    return b"".join(canonical(line) + b"\n" for line in lines)


def manifest_of(members: Mapping[str, bytes], sum_name: str) -> bytes:
    lines = [
        f"{hashlib.new(sum_name, d).hexdigest()}  {n}\n"
        for n, d in sorted(members.items(), key=lambda i: i[0].encode())
    ]
    return "".join(lines).encode()


def payload_manifest(members: Members, sum_name: str) -> bytes:
    return manifest_of({n: d for n, d in members.items() if n.startswith("data/")}, sum_name)


def bag_info(members: Members) -> bytes:
    payload = [d for n, d in members.items() if n.startswith("data/")]
    return f"Source-Organization: 某院\nPayload-Oxum: {sum(map(len, payload))}.{len(payload)}\n".encode()


def sealed(members: Members, package: str, key: Key = PACKAGE) -> Members:
    """The same with tag manifests that fit and a signature over them."""
    plain = {n: d for n, d in members.items() if not n.startswith("tagmanifest-") and n != "signature.note"}
    tags = {n: d for n, d in plain.items() if not n.startswith("data/")}
    one, two = manifest_of(tags, "sha256"), manifest_of(tags, "sm3")
    text = f"qingyuan-evp/2\n{package}\nsha256 {hashlib.sha256(one).hexdigest()}\nsm3 {hashlib.new('sm3', two).hexdigest()}\n"
    note = sign_note(text, [key.signer])
    return {**plain, "tagmanifest-sha256.txt": one, "tagmanifest-sm3.txt": two, "signature.note": note}


def zipped(members: Mapping[str, bytes], *, sort: bool = True) -> bytes:
    """The one valid container of these members (without ZIP64)."""
    out, central, count = io.BytesIO(), b"", 0
    for name in sorted(members, key=str.encode) if sort else members:
        raw, data = name.encode(), members[name]
        sizes = struct.pack("<III", zlib.crc32(data), len(data), len(data))
        common = struct.pack("<HHHHH", 20, 0x800, 0, 0, 0x21) + sizes + struct.pack("<HH", len(raw), 0)
        central += (
            b"PK\1\2"
            + struct.pack("<H", 0x314)
            + common
            + struct.pack("<HHHII", 0, 0, 0, 0o100644 << 16, out.tell())
            + raw
        )
        out.write(b"PK\3\4" + common + raw + data)
        count += 1
    start = out.tell()
    out.write(central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, len(central), start, 0))
    return out.getvalue()
