"""Which time-stamping authorities an office asks, and by which certificates it believes them: ``tsa.yaml``.

::

    tsas:
      - name: authority-a                      # ours, unique
        operator: 甲机构                        # who runs it; two authorities of one operator count once
        url: https://tsa.example/tsr
        certificate: tsa/authority-a-root.pem  # anchor: a file beside this one, or PEM text
        chain: tsa/authority-a-chain.pem       # optional: certificates between, where tokens lack them
        revocation: [tsa/authority-a.crl]      # optional: revocation lists and OCSP answers, DER or PEM
        hash: sm3                              # optional: sha256 (as when missing), sha384, sha512, sm3
        policy: 1.2.3.4                        # optional: the policy tokens must be under
    operators: 2                               # optional: so many operators the trust file demands tokens of
    cleared: true                              # optional: only tokens whose chain lists clear count for that
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import yaml

from qingyuan.bounded import read_whole
from qingyuan.evidence.timestamp import Certificate, TimestampError, read_certificates
from qingyuan.evidence.timestamp.chain import issued_below
from qingyuan.evidence.timestamp.revocation import is_list
from qingyuan.office.errors import OfficeError
from qingyuan.plainyaml import load_yaml
from qingyuan.shapes import convert

#: Name of the file in the home folder.
TSA_FILE = "tsa.yaml"

_PEM = "-----BEGIN"


@dataclass(frozen=True, slots=True)
class Tsa:
    """An authority as the office has it.

    Attributes:
        name: Our name for it.
        operator: Who runs it.
        url: Where it answers.
        anchors: Certificates it is believed by.
        others: Certificates between, where tokens lack them.
        lists: Revocation lists and OCSP answers about them.
        hash: Digest of what is sent to it.
        policy: Identifier its tokens must carry, or ``None``.
    """

    name: str
    operator: str
    url: str
    anchors: tuple[Certificate, ...]
    others: tuple[Certificate, ...] = ()
    lists: tuple[bytes, ...] = ()
    hash: str = "sha256"
    policy: str | None = None


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    operator: str
    url: str
    certificate: str
    chain: str = ""
    revocation: tuple[str, ...] = ()
    hash: Literal["sha256", "sha384", "sha512", "sm3"] = "sha256"
    policy: str | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tsas: tuple[_Entry, ...]
    operators: Annotated[int, msgspec.Meta(ge=0)] = 0
    cleared: bool = False


def read_tsas(home: Path) -> tuple[Tsa, ...]:
    """Return the authorities of a home folder, in the order of the file; none when there is no file.

    Raises:
        OfficeError: ``office.bad-tsa`` when the file or a certificate cannot be used.
    """
    path = home / TSA_FILE
    entries = _file(path).tsas
    names = [entry.name for entry in entries]
    if len(set(names)) < len(names) or not all(entry.name and entry.operator for entry in entries):
        raise _bad(path, "name, operator")
    return tuple(_read(home, path, entry) for entry in entries)


def demanded_operators(home: Path) -> int:
    """Return from how many different operators a reader of our packages should demand tokens.

    It is ``operators`` of ``tsa.yaml``, 0 when it says nothing, and goes into the trust file
    (``docs/evidence-format.md`` section 7).

    Raises:
        OfficeError: ``office.bad-tsa``.
    """
    return _file(home / TSA_FILE).operators


def demands_clearing(home: Path) -> bool:
    """Say whether a reader of our packages should count only tokens that revocation lists in the package clear.

    Raises:
        OfficeError: ``office.bad-tsa``.
    """
    return _file(home / TSA_FILE).cleared


def _file(path: Path) -> _File:
    if not path.is_file():
        return _File(())
    try:
        return convert(load_yaml(read_whole(path)), _File)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise _bad(path, str(error).partition("\n")[0]) from error


def trust_entries(home: Path) -> list[dict[str, str]]:
    """Return what a trust file says of the authorities: name, operator and certificate (base64 of DER) of each.

    Beside an anchor stand the certificates of its ``chain`` that it issued, directly or not: who only has the
    package can then judge tokens that lack them.

    Raises:
        OfficeError: As :func:`read_tsas`.
    """
    found: list[dict[str, str]] = []
    for tsa in read_tsas(home):
        listed = {each.der: each for each in (*tsa.anchors, *issued_below(tsa.anchors, tsa.others))}
        found += [
            {
                "name": tsa.name,
                "operator": tsa.operator,
                "certificate": base64.b64encode(der).decode("ascii"),
            }
            for der in listed
        ]
    return found


def _read(home: Path, path: Path, entry: _Entry) -> Tsa:
    return Tsa(
        entry.name,
        entry.operator,
        entry.url,
        _certificates(home, path, entry.certificate),
        _certificates(home, path, entry.chain) if entry.chain else (),
        tuple(_list(home, path, name) for name in entry.revocation),
        entry.hash,
        entry.policy,
    )


def _list(home: Path, path: Path, name: str) -> bytes:
    try:
        data = read_whole(home / name)
    except OSError as error:
        raise _bad(path, f"{name}: {error.strerror}") from error
    if not is_list(data):
        raise _bad(path, f"{name}: neither a revocation list nor an OCSP answer")
    return data


def _certificates(home: Path, path: Path, text: str) -> tuple[Certificate, ...]:
    try:
        return read_certificates(text.encode() if _PEM in text else read_whole(home / text))
    except OSError as error:
        raise _bad(path, f"{text}: {error.strerror}") from error
    except TimestampError as error:
        raise _bad(path, error.code if _PEM in text else f"{text}: {error.code}") from error


def _bad(path: Path, why: str) -> OfficeError:
    return OfficeError(
        "office.bad-tsa",
        zh=f"时间戳机构设置无法使用：{why}",
        en=f"the settings of the time-stamping authorities cannot be used: {why}",
        where=str(path),
        remedy_zh="按 docs/timestamps.md 中的样例更正",
        remedy_en="correct it after the example in docs/timestamps.md",
    )
