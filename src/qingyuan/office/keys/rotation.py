"""Replacing and revoking keys: events in the log, bound to tree sizes, that a kill leaves done or not done.

The order is always the same: a new key is made durable in the keyring, where it has no effect; the event, in
one transaction, gives it effect; then the trust file is written and the secret half of the old key forgotten. What
a kill leaves of the last step, the next opening of the home does (:meth:`qingyuan.office.home.Home.finish`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import msgspec

from qingyuan.evidence import Kek, PublicKey, Role
from qingyuan.evidence._wire import b64
from qingyuan.evidence.roles import rotation_message
from qingyuan.ledger import SHA256, SM3, Log, TextSigner
from qingyuan.office._identifiers import check_identifier
from qingyuan.office.errors import OfficeError
from qingyuan.office.home import Home
from qingyuan.office.keys.history import REVOKED, ROTATED, History, read_history
from qingyuan.office.keys.kek import next_kek, settle_kek
from qingyuan.office.keys.logs import TWIN_SUFFIX, log_keys, log_with
from qingyuan.office.keys.signers import CommandKeys
from qingyuan.store import EventDraft, Journal, SqlLogStorage


class Rotated(msgspec.Struct, frozen=True):
    """A key that took the place of another.

    Attributes:
        role: What they are for.
        actor: Whose they are; empty for a log or package key.
        old: Identifier of the one before.
        new: Identifier of the one that counts now.
        valid_from: Index of the event: from there on the new key counts, and the old one no more.
    """

    role: str
    actor: str
    old: str
    new: str
    valid_from: int


class Revoked(msgspec.Struct, frozen=True):
    """A key that was revoked.

    Attributes:
        key: Its identifier.
        role: What it was for.
        last_trusted_size: Signatures judged at an index below this still count.
        index: Index of the event; of the earlier one when the key was revoked so before.
    """

    key: str
    role: str
    last_trusted_size: int
    index: int


def rotate(
    home: Home, role: Role, *, actor: str = "", by: str, replaces: str | None = None, external: bool = False
) -> tuple[Rotated, ...]:
    """Replace the current key of a holder; of the log, that of its twin with it.

    Args:
        home: The office.
        role: Which kind of key.
        actor: Whose, for an officer or a device.
        by: Who does it.
        replaces: The key that is to be replaced; when it no longer is the current one, nothing is done. So a command
            that was cut off can be repeated.
        external: Take the new key from ``signers.yaml`` instead of making one.

    Returns:
        What took the place of what; empty when ``replaces`` had been replaced before.

    Raises:
        OfficeError: ``office.key-missing``, ``office.busy`` while a package is being made, ``office.no-external-key``, or
            ``office.key-changed`` when another process replaced the key at the same time, or ``office.bad-actor``.
    """
    check_identifier("actor", by)
    # The key of a package must be the one that counts at the package's own transfer event.
    with home.lock("package") if role == "package" else contextlib.nullcontext():
        olds = _current(home, role, actor)
        if replaces is not None and replaces not in {key.id for key in olds}:
            home.keyring.public_key(replaces)
            home.finish()
            return ()
        news = [_successor(home, old, external=external) for old in olds]
        with home.database.write() as connection:
            history = read_history(connection)
            if any(old.id in history.followed for old in olds):
                raise _changed()
            drafts = [
                EventDraft("office", ROTATED, _payload(home, old, new, history))
                for old, new in zip(olds, news, strict=True)
            ]
            if role == "log":
                journal = _journal(home, news, history)
                stored = journal.append(connection, drafts, now=home.clock.now(), actor=by)
            else:
                stored = home.record(connection, drafts, actor=by)
    home.finish()
    return tuple(
        Rotated(role, old.actor, old.id, new.id, event.index)
        for old, new, event in zip(olds, news, stored, strict=True)
    )


def revoke(home: Home, key: str, *, reason: str, by: str, last_trusted_size: int | None = None) -> Revoked:
    """Declare that a key is not to be trusted beyond a tree size, and forget its secret half.

    Args:
        home: The office.
        key: Identifier of the key.
        reason: Why, in words; without names of persons.
        by: Who does it.
        last_trusted_size: Tree size up to which its signatures count; by default the size with this event.

    Raises:
        OfficeError: ``office.bad-size``, ``office.no-reason``, or ``office.log-key-revoked`` when the log is stopped.
        KeyringError: The office never had the key.
    """
    public = home.keyring.public_key(key)
    if not reason.strip():
        raise OfficeError(
            "office.no-reason",
            zh="须写明吊销理由",
            en="a revocation states its reason",
            where=key,
            remedy_zh="用 --reason 写明，不写个人信息",
            remedy_en="give --reason, without names of persons",
        )
    with home.database.write() as connection:
        history = read_history(connection)
        head = SqlLogStorage(connection, home.settings.origin).read_head()
        size = (head.size if head else 0) + 1
        trusted = size if last_trusted_size is None else last_trusted_size
        before = history.revoked.get(key)
        if before is not None and last_trusted_size in {None, before}:
            done = Revoked(key, public.role, before, history.revoked_in[key])
        else:
            if not 0 <= trusted <= (size if before is None else before):
                raise _bad_size(trusted, size if before is None else before)
            payload: dict[str, object] = {
                "key": key,
                "role": public.role,
                "last_trusted_size": trusted,
                "reason": reason,
            }
            event = home.record(connection, [EventDraft("office", REVOKED, payload)], actor=by)[0]
            done = Revoked(key, public.role, trusted, event.index)
    home.finish()
    return done


def rekey(home: Home, words: str | None) -> None:
    """Change what opens the keyring; nothing else changes, and copies of the old file still open the old way.

    Args:
        home: The office.
        words: The new passphrase, or ``None`` for a new random key file in the user's key folder.

    Raises:
        OfficeError: ``office.demonstration`` for a home whose keys follow from a seed.
        KeyringError: The passphrase is empty.
    """
    if home.settings.seed is not None:
        raise OfficeError(
            "office.demonstration",
            zh="演示目录的密钥由种子生成，不能更换口令",
            en="the keys of a demonstration home follow from its seed",
            where=str(home.path),
            remedy_zh="请另建正式的工作目录",
            remedy_en="make a real home folder",
        )
    identifier = home.settings.home
    # The new key file is durable before the keyring wants it, and the old one goes last: one of them always opens.
    home.rekey(Kek.passphrase(words) if words is not None else next_kek(identifier, home.entropy))
    settle_kek(identifier, is_passphrase=words is not None)


def _current(home: Home, role: Role, actor: str) -> tuple[PublicKey, ...]:
    """Return the keys that are replaced together: of the log, that of its twin too."""
    origin = home.settings.origin
    if role == "package":
        return (home.current_key("package", name=f"{origin}/package"),)
    if role != "log":
        key = home.current_key(role, actor=actor)
        if role == "officer" and key.id not in home.history().announced:
            home.officer(actor)  # a run that was killed made the key and did not log it
        return (key,)
    names = [origin, *([origin + TWIN_SUFFIX] if home.twin is not None else [])]
    return tuple(home.current_key("log", name=name) for name in names)


def _successor(home: Home, old: PublicKey, *, external: bool) -> PublicKey:
    if external and old.name:
        known = {key.raw() for key in home.keyring.public_keys()} - {
            home.keyring.public_key(waiting).raw()
            for before, waiting in home.keyring.successors().items()
            if before == old.id
        }
        for found in CommandKeys(home.path).public_keys():
            if found.name == old.name and found.public not in known:
                with home.changing_keys() as ring:
                    return ring.follow(old.id, found.public)
        if not old.name.endswith(TWIN_SUFFIX):  # a device may have the one key and not the other
            raise _no_external(old.name)
    with home.changing_keys() as ring:
        return ring.successor(old.id)


def _payload(home: Home, old: PublicKey, new: PublicKey, history: History) -> dict[str, object]:
    payload: dict[str, object] = {
        "origin": home.settings.origin,
        "role": new.role,
        "actor": new.actor,
        "old": old.id,
        "new": new.id,
        "public": new.public,
        "algorithm": new.algorithm,
    }
    message = rotation_message(payload)
    # Whoever forced the revocation may have the old key: its signature would be worth nothing.
    payload["sig_old"] = None if old.id in history.revoked else b64(_sign(home, old, message))
    payload["sig_new"] = b64(_sign(home, new, message))
    return payload


def _sign(home: Home, key: PublicKey, message: bytes) -> bytes:
    if key.name:
        return home.note_signer(key).sign(message.decode())
    return home.keyring.signer(key.id).sign(message)


def _journal(home: Home, news: Sequence[PublicKey], history: History) -> Journal:
    """Return a journal whose next head the new keys sign: the one that takes in their announcement."""
    logs: list[Log] = []
    for new, suite in zip(news, (SHA256, SM3), strict=False):
        former = log_keys(new.name, home.keyring, history)
        signer: TextSigner = home.note_signer(new)
        logs.append(log_with(former, signer, suite))
    return Journal(logs[0], home.entropy, twin=logs[1] if len(logs) > 1 else None)


def _changed() -> OfficeError:
    return OfficeError(
        "office.key-changed",
        zh="另一个进程刚刚更换了该密钥，本次未更换",
        en="another process has just replaced the key; this one did nothing",
        remedy_zh="用 qingyuan key list 查看",
        remedy_en="see qingyuan key list",
    )


def _no_external(name: str) -> OfficeError:
    return OfficeError(
        "office.no-external-key",
        zh="signers.yaml 中没有可用作新密钥的公钥",
        en="signers.yaml names no public key that could be the new one",
        where=name,
        remedy_zh="写入名称相同、尚未使用过的 vkey 及其签名命令",
        remedy_en="add a vkey of that name that was not used before, and its command",
    )


def _bad_size(stated: int, most: int) -> OfficeError:
    return OfficeError(
        "office.bad-size",
        zh=f"可信条数 {stated} 不在 0 到 {most} 之间",
        en=f"the last trusted size {stated} is not from 0 to {most}",
        remedy_zh="吊销只能提前，不能推后；不得超过账本现有条数加一",
        remedy_en="a revocation may be moved to an earlier size only, and not beyond the log",
    )
