"""The log of a home and its twin: which key signs now, which signed before, and when none may."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import msgspec

from qingyuan.evidence import Keyring, KeyringError, PublicKey
from qingyuan.ledger import SHA256, SM3, HashSuite, Log, TextSigner, VerifierKey, sm2_backend
from qingyuan.office.errors import OfficeError
from qingyuan.office.keys.history import History, first_key

#: What the origin of the twin log adds (``docs/sm-profile.md``).
TWIN_SUFFIX = "/sm3"


class _Stopped:
    """Stands for a key of the log that may not or cannot sign: it has a name, and says why."""

    def __init__(self, key: VerifierKey, why: Callable[[str], OfficeError]) -> None:
        self.key = key
        self.name = key.name
        self.key_id = key.key_id
        self._why = why

    def sign(self, text: str) -> bytes:
        """Refuse.

        Raises:
            OfficeError: As :meth:`error`: ``office.log-key-revoked`` or ``office.log-key-missing``.
        """
        del text
        raise self.error()

    def error(self) -> OfficeError:
        """Return why it does not sign."""
        return self._why(self.name)


#: Finds the private half of a public key, in the keyring or in a device.
SignerOf = Callable[[PublicKey], TextSigner]


class Logs(msgspec.Struct, frozen=True):
    """The writers of a home's log and of its twin, with the keys they had.

    Attributes:
        log: SHA-256 and Ed25519.
        twin: SM3 and SM2; ``None`` when there is no twin key or nothing here can sign with it.
        keys: Every public key the two ever signed with, the first one of the log first.
        stopped: Makes the error that says why nothing may be written; ``None`` when the current keys may and can sign.
    """

    log: Log
    twin: Log | None
    keys: tuple[PublicKey, ...]
    stopped: Callable[[], OfficeError] | None


def open_logs(origin: str, ring: Keyring, history: History, signer_of: SignerOf) -> Logs:
    """Return the writers by the keys that are current.

    Args:
        origin: Origin of the log.
        ring: The keyring.
        history: What became of its keys.
        signer_of: Finds private halves.

    Raises:
        OfficeError: The keyring holds no key of the log.
    """
    main = log_keys(origin, ring, history)
    if not main:
        raise OfficeError(
            "office.key-missing",
            zh="密钥环中没有账本密钥",
            en="the keyring holds no key of the log",
            where=origin,
            remedy_zh="请从备份恢复密钥环",
            remedy_en="restore the keyring from its backup",
        )
    second = log_keys(origin + TWIN_SUFFIX, ring, history)
    signers = [_signer(chain[-1], history, signer_of) for chain in (main, second) if chain and _usable(chain)]
    log = log_with(main[:-1], signers[0], SHA256)
    twin = log_with(second[:-1], signers[1], SM3) if len(signers) > 1 else None
    stopped = next((signer.error for signer in signers if isinstance(signer, _Stopped)), None)
    return Logs(log, twin, main + second, stopped)


def _usable(chain: Sequence[PublicKey]) -> bool:
    return chain[-1].algorithm != "sm2" or can_sign_sm2()


def can_sign_sm2() -> bool:
    """Say whether the libcrypto of this machine signs SM2; without it there is no twin log."""
    return sm2_backend() == "openssl"


def log_with(former: Sequence[PublicKey], signer: TextSigner, suite: HashSuite) -> Log:
    """Return the writer of a log whose next head ``signer`` signs, believing the heads of ``former``."""
    return Log(signer.name, signer, suite, former=[key.verifier_key() for key in former])


def log_keys(name: str, ring: Keyring, history: History) -> tuple[PublicKey, ...]:
    """Return the keys that a log signed with, in order of time, as far as the keyring has them; the last one is current."""
    first = first_key(ring.public_keys(), set(ring.successors().values()), role="log", name=name)
    if first is None:
        return ()
    known = {key.id: key for key in ring.public_keys()}
    return tuple(known[each] for each in itertools.takewhile(known.__contains__, history.chain(first.id)))


def _signer(current: PublicKey, history: History, signer_of: SignerOf) -> TextSigner:
    key = current.verifier_key()
    if current.id in history.revoked:
        return _Stopped(key, _revoked)
    if current.id in history.followed:  # by a key that the keyring does not have
        return _Stopped(key, _missing)
    try:
        return signer_of(current)
    except KeyringError:  # such a log can still be read, checked and packed from
        return _Stopped(key, _missing)


def _revoked(name: str) -> OfficeError:
    return OfficeError(
        "office.log-key-revoked",
        zh="账本密钥已吊销，账本停止登记",
        en="the key of the log was revoked, and the log has stopped",
        where=name,
        remedy_zh="用 qingyuan key rotate --role log 更换账本密钥后继续",
        remedy_en="replace it with qingyuan key rotate --role log, then go on",
    )


def _missing(name: str) -> OfficeError:
    return OfficeError(
        "office.log-key-missing",
        zh="账本的签名密钥不在此处：数据库或密钥环可能恢复自换钥之前的备份，或 signers.yaml 缺少该密钥的签名程序",
        en="the signing key of the log is not here: database or keyring may be a backup from before a rotation, or signers.yaml "
        "lacks the command of the key",
        where=name,
        remedy_zh="恢复最新的数据库和密钥环，或补全 signers.yaml",
        remedy_en="restore the newest database and keyring, or complete signers.yaml",
    )
