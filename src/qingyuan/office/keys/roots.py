"""The offline roots of an office, the role files they sign, and the trust file for outsiders.

A root key never comes near a home: it signs the text of a role file on a machine of its own. The home keeps only
public things: ``roots.json`` and ``roles/<version>.note``. What counts is in the log (``office.roots_adopted``,
``office.roles_published``); the files repeat it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec
import sqlalchemy as sa

from qingyuan.evidence import format_time
from qingyuan.evidence.roles import (
    RootSet,
    approval,
    differences,
    newest_roles,
    read_signed_roles,
    roles_text,
)
from qingyuan.office._identifiers import check_identifier
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.keys.stored import write_small
from qingyuan.shapes import from_json
from qingyuan.store import EventDraft
from qingyuan.store.schema import EVENT

ROOTS = "roots.json"
ROLES = "roles"

_ADOPTED = "office.roots_adopted"
_PUBLISHED = "office.roles_published"


class Roots(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The roots of an office: public, as ``roots.json`` has them.

    Attributes:
        v: Version of the file, 1.
        first: Those adopted first. Who holds them can follow every role file, also through changes of the roots.
        current: Those that sign role files now.
        next: Those that the next role file brings, or ``None``.
        roles_version: The last role file published; 0 when there is none.
        roles_sha256: SHA-256 of that note; empty when there is none.
    """

    v: int
    first: RootSet
    current: RootSet
    next: RootSet | None = None
    roles_version: int = 0
    roles_sha256: str = ""


class Published(msgspec.Struct, frozen=True):
    """A role file that counts.

    Attributes:
        version: Its version.
        sha256: SHA-256 of the note.
        path: Where it is.
        signed: Names of the roots that signed it.
    """

    version: int
    sha256: str
    path: Path
    signed: tuple[str, ...]


class _Event(msgspec.Struct):
    threshold: int = 0
    keys: tuple[str, ...] = ()
    version: int = 0
    sha256: str = ""
    roots: RootSet | None = None


def roots_of(home: Home) -> Roots | None:
    """Return the roots as the log has them, or ``None`` when none were adopted.

    Raises:
        OfficeError: ``office.bad-event`` when an event was altered.
    """
    found: Roots | None = None
    query = (
        sa.select(EVENT.c.idx, EVENT.c.type, EVENT.c.payload)
        .where(EVENT.c.type.in_((_ADOPTED, _PUBLISHED)))
        .order_by(EVENT.c.idx)
    )
    with home.database.read() as connection:
        for index, kind, payload in connection.execute(query):
            said = _read(index, payload)
            if kind == _ADOPTED:
                roots = RootSet(said.threshold, said.keys)
                found = msgspec.structs.replace(found, next=roots) if found else Roots(1, roots, roots)
            elif found is not None:
                found = msgspec.structs.replace(
                    found,
                    current=said.roots or found.current,
                    next=None if said.roots == found.next else found.next,
                    roles_version=said.version,
                    roles_sha256=said.sha256,
                )
    return found


def _read(index: int, payload: bytes) -> _Event:
    try:
        return from_json(payload, _Event)
    except msgspec.MsgspecError as error:
        raise OfficeError(
            "office.bad-event",
            zh="账本中关于根密钥的事件已被改动",
            en="an event about the roots was altered",
            where=f"log index {index}",
            remedy_zh="运行 qingyuan ledger fsck，并从备份恢复",
            remedy_en="run qingyuan ledger fsck, and restore from a backup",
        ) from error


def adopt(home: Home, roots: RootSet, *, by: str) -> Roots:
    """Record the office's root keys; later ones take effect with the role file that brings them.

    Repeating it with the same keys changes nothing.

    Args:
        home: The office.
        roots: Public keys and threshold.
        by: Who does it.

    Raises:
        EvidenceError: ``evidence.bad-roots``.
    """
    roots.verifiers()
    known = roots_of(home)
    due = None if known is None else known.next or known.current
    if roots != due:
        payload: dict[str, object] = {"threshold": roots.threshold, "keys": list(roots.keys)}
        home.append([EventDraft("office", _ADOPTED, payload)], actor=by)
    return _write(home)


def draft(home: Home) -> str:
    """Return the text of the next role file: what the home would have the roots sign now.

    Raises:
        OfficeError: ``office.no-roots``.
    """
    roots = _required(home)
    content = _content(home, roots)
    return roles_text(
        {**content, "version": roots.roles_version + 1, "issued_at": format_time(home.clock.now())}
    )


def publish(home: Home, data: bytes, *, by: str) -> Published:
    """Take in a signed role file: store it, then log it. Repeating it changes nothing.

    Args:
        home: The office.
        data: The note.
        by: Who does it.

    Raises:
        OfficeError: ``office.no-roots``, ``office.roles-version``, ``office.roles-differ`` naming each member, or
            ``office.roles-signatures`` naming who has signed.
        EvidenceError: It is no role file, or a root's signature does not verify.
        FormatError: It is no note.
    """
    check_identifier("actor", by)
    roots = _required(home)
    roles, note = read_signed_roles(data)
    digest = hashlib.sha256(data).hexdigest()
    path = home.path / ROLES / f"{roles.version}.note"
    if (roles.version, digest) != (roots.roles_version, roots.roles_sha256):
        if roles.version != roots.roles_version + 1:
            raise _wrong_version(roles.version, roots.roles_version + 1)
        stated = {
            name: value for name, value in roles.content.items() if name not in {"version", "issued_at"}
        }
        if wrong := differences(stated, _content(home, roots)):
            raise _differs(wrong)
        for each in (roots.current, roles.roots or roots.current):
            found = approval(note, each)
            if not found.enough:
                raise _unsigned(found.signed, found.wanted)
    path.parent.mkdir(exist_ok=True)
    # The file first: an event that names a role file which no package could hold would make all undetermined.
    write_small(path, data)
    if roles.version != roots.roles_version:
        payload: dict[str, object] = {
            "version": roles.version,
            "sha256": digest,
            "roots": _builtins(roles.roots),
        }
        home.append([EventDraft("office", _PUBLISHED, payload)], actor=by)
    signed = approval(note, roles.roots or roots.current).signed
    _write(home)
    return Published(roles.version, digest, path, signed)


def role_files(home: Path) -> list[Path]:
    """Return the published role files of a home folder, by rising version."""
    return sorted((home / ROLES).glob("*.note"), key=lambda path: int(path.stem))


def roles_due(home: Home) -> bool:
    """Return whether readers who hold only the roots do not know yet what the home would say now.

    Raises:
        OfficeError: ``office.no-roots``.
    """
    roots = _required(home)
    files = role_files(home.path)
    if not roots.roles_version or not files:
        return True
    stated = read_signed_roles(files[-1].read_bytes())[0].content
    said = {name: value for name, value in stated.items() if name not in {"version", "issued_at"}}
    # A change of the roots that this file brought is not said again.
    return bool(differences({**said, "roots": None}, _content(home, roots)))


def trust_in_roots(home: Home, *, current: bool = False) -> dict[str, object]:
    """Return the trust file that names only the roots: all else comes from the role files in a package.

    It names the first roots, from which every role file can be followed, and demands the last version.

    Args:
        home: The office.
        current: Name the roots of now instead, and let the reader skip the role files before the last: for readers who
            must no longer believe the first roots, because enough of them fell into wrong hands.

    Raises:
        OfficeError: ``office.no-roots``, ``office.no-roles``, or ``office.roles-broken`` when the files of the home do not lead
            from the first roots to the last version.
    """
    roots = _required(home)
    if not roots.roles_version:
        raise OfficeError(
            "office.no-roles",
            zh="尚未发布角色文件",
            en="no role file was published yet",
            where=str(home.path),
            remedy_zh="先运行 qingyuan key roles draft、由根密钥签名，再 qingyuan key roles publish",
            remedy_en="first qingyuan key roles draft, signatures by the roots, qingyuan key roles publish",
        )
    last = newest_roles([path.read_bytes() for path in role_files(home.path)], roots.first)
    if last is None or last.version != roots.roles_version:
        raise OfficeError(
            "office.roles-broken",
            zh="roles 目录中的角色文件不全或已被改动",
            en="the role files of the home are not complete, or were altered",
            where=str(home.path / ROLES),
            remedy_zh="从备份恢复该目录",
            remedy_en="restore that folder from a backup",
        )
    return {
        "v": 2,
        "office": {"id": home.settings.office.id, "name": home.settings.office.name},
        "roots": _builtins(roots.current if current else roots.first),
        "roles_version": roots.roles_version,
        **({"roles_from": roots.roles_version} if current else {}),
    }


def _content(home: Home, roots: Roots) -> dict[str, object]:
    """Return what the next role file says, but for its version and time."""
    trust: Mapping[str, object] = home.trust()
    kept = {name: value for name, value in trust.items() if name not in {"v", "as_of"}}
    return {**kept, "roots": _builtins(roots.next)}


def _builtins(roots: RootSet | None) -> dict[str, object] | None:
    return None if roots is None else {"threshold": roots.threshold, "keys": list(roots.keys)}


def _required(home: Home) -> Roots:
    roots = roots_of(home)
    if roots is None:
        raise OfficeError(
            "office.no-roots",
            zh="本院尚未登记根密钥",
            en="this office has not adopted root keys",
            where=str(home.path),
            remedy_zh="先运行 qingyuan key root adopt",
            remedy_en="run qingyuan key root adopt first",
        )
    return roots


def _write(home: Home) -> Roots:
    roots = _required(home)
    write_small(home.path / ROOTS, msgspec.json.format(msgspec.json.encode(roots), indent=2) + b"\n")
    return roots


def _wrong_version(stated: int, due: int) -> OfficeError:
    return OfficeError(
        "office.roles-version",
        zh=f"角色文件版本为 {stated}，应为 {due}",
        en=f"the role file has version {stated} where {due} is due",
        remedy_zh="用 qingyuan key roles draft 重新起草并签名",
        remedy_en="draft it again with qingyuan key roles draft, and sign",
    )


def _differs(wrong: list[str]) -> OfficeError:
    shown = "、".join(wrong[:8]) + ("……" if len(wrong) > 8 else "")  # noqa: PLR2004 - as many as can be read
    return OfficeError(
        "office.roles-differ",
        zh=f"角色文件与本院现状不一致：{shown}",
        en=f"the role file differs from what the home would say: {', '.join(wrong[:8])}",
        remedy_zh="起草之后密钥有变动；请重新起草并签名",
        remedy_en="keys changed after the draft: draft it again, and sign",
    )


def _unsigned(signed: tuple[str, ...], wanted: int) -> OfficeError:
    return OfficeError(
        "office.roles-signatures",
        zh=f"须有 {wanted} 把根密钥签名，现有 {len(signed)} 把",
        en=f"{wanted} root keys must sign, {len(signed)} did",
        where=", ".join(signed) or None,
        remedy_zh="请其他保管人用 qingyuan key root sign 签名",
        remedy_en="have other holders sign with qingyuan key root sign",
    )


__all__ = [
    "Published",
    "Roots",
    "adopt",
    "draft",
    "publish",
    "role_files",
    "roles_due",
    "roots_of",
    "trust_in_roots",
]
