"""Handing the two verifiers over: the program and the page, as they are installed, with their digests."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import msgspec

from qingyuan.evidence import digest_bytes, unnamed_writer
from qingyuan.office.errors import OfficeError

#: Names of the verifiers, and what they need.
NAMES = ("verify_evp.py", "verify.html")
SUMS = "SHA256SUMS.txt"


class Exported(msgspec.Struct, frozen=True):
    """A verifier that was written out.

    Attributes:
        name: File name.
        size: Bytes.
        sha256: SHA-256.
        sm3: SM3.
    """

    name: str
    size: int
    sha256: str
    sm3: str


def export_verifiers(folder: Path) -> list[Exported]:
    """Write both verifiers and ``SHA256SUMS.txt`` into a folder, which is made when it is not there.

    Whoever receives them compares the digests with what the office says by another way.

    Raises:
        OfficeError: The installation lacks a verifier.
        EvidenceError: A file cannot be written.
    """
    found = {name: _installed(name) for name in NAMES}
    folder.mkdir(parents=True, exist_ok=True)
    digests = {name: digest_bytes(data) for name, data in found.items()}
    sums = "".join(f"{digests[name].sha256}  {name}\n" for name in sorted(digests))
    for name, data in {**found, SUMS: sums.encode()}.items():
        with unnamed_writer(folder / name) as file:
            file.write(data)
        (folder / name).chmod(0o644)
    return [Exported(name, digest.size, digest.sha256, digest.sm3) for name, digest in digests.items()]


def _installed(name: str) -> bytes:
    file = resources.files("qingyuan.evidence.verify") / name
    if not file.is_file():
        raise OfficeError(
            "office.no-verifier",
            zh=f"安装不完整，缺少核验程序 {name}",
            en=f"the installation is incomplete: the verifier {name} is missing",
            where=name,
            remedy_zh="请重新安装",
            remedy_en="install again",
        )
    return file.read_bytes()
