"""What a keyring says when it cannot open, or does not have a key (any more)."""

from __future__ import annotations

from qingyuan.evidence.errors import KeyringError


def damaged_keyring(where: str) -> KeyringError:
    """Return the error for a file that is no keyring or was altered."""
    return KeyringError(
        "evidence.bad-keyring",
        zh="不是密钥环文件，或文件已被改动或损坏",
        en="not a keyring, or one that was altered or damaged",
        where=where,
        remedy_zh="请从备份恢复密钥环",
        remedy_en="restore the keyring from a backup",
    )


def destroyed_key(scope: str) -> KeyringError:
    """Return the error for a scope whose key was destroyed."""
    return KeyringError(
        "evidence.key-destroyed",
        zh="该范围的密钥已销毁，其封存内容不可恢复",
        en="the key of this scope was destroyed; what it sealed cannot be recovered",
        where=scope,
        remedy_zh="销毁记录见日志；如需继续收取材料，请使用新的线索编号",
        remedy_en="see the log for the destruction; to collect more, use a new lead",
    )


def unknown_key(what: str) -> KeyringError:
    """Return the error for a key that the keyring never held."""
    return KeyringError(
        "evidence.unknown-key",
        zh="密钥环中没有该密钥",
        en="the keyring does not hold this key",
        where=what,
        remedy_zh="请确认使用的是本院当前的密钥环",
        remedy_en="make sure that this is the office's current keyring",
    )


def retired_key(key: str) -> KeyringError:
    """Return the error for a signing key without its secret half."""
    return KeyringError(
        "evidence.key-retired",
        zh="该签名密钥已更换或吊销，其私钥已销毁",
        en="this signing key was replaced or revoked, and its secret half destroyed",
        where=key,
        remedy_zh="请使用当前的密钥；密钥沿革见日志",
        remedy_en="use the current key; the log has the history of keys",
    )
