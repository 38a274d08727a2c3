"""The folder of a witness that runs alone: its keys, encrypted; the logs it follows; its memory.

::

    witness/
      witness.yaml    name, public keys and the logs it follows; public
      keyring.json    its secret keys, encrypted under the passphrase or the key file
      state.db        what it cosigned last; never to be restored from a copy
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import msgspec

from qingyuan.bounded import read_whole
from qingyuan.evidence import Kek, Keyring, KeyringError
from qingyuan.ledger import SUITES, Cosigner, VerifierKey, WitnessedLog
from qingyuan.ledger.cosignatures import MlDsaCosigner, ml_dsa_available
from qingyuan.ledger.keys import CheckpointCosigner
from qingyuan.office.clock import Entropy, system_entropy
from qingyuan.office.errors import OfficeError
from qingyuan.office.keys.kek import explain_kind, find_kek, new_kek
from qingyuan.office.keys.stored import locked, write_small
from qingyuan.office.recognition.peers import suite_of
from qingyuan.office.recognition.witness_state import WitnessFile
from qingyuan.plainyaml import load_yaml
from qingyuan.shapes import convert, from_json

_CONFIG = "witness.yaml"
_KEYRING = "keyring.json"
_STATE = "state.db"
_ED25519 = "witness/ed25519"
_ML_DSA_44 = "witness/ml-dsa-44"


class FollowedLog(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A log that a witness follows.

    Attributes:
        vkey: Its public key; the key name is the origin.
        suite: ``"sha256"`` or ``"sm3"``: the hash of its tree.
        origin: The origin, for the reader of the file; the key decides.
    """

    vkey: str
    suite: str = "sha256"
    origin: str = ""


class WitnessConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The configuration of a witness.

    Attributes:
        v: Version of the file, 1.
        id: Random identifier; names the key file.
        name: Name of the witness, as in its signature lines.
        vkeys: Its public keys.
        logs: The logs it follows; several keys of one origin are several entries.
    """

    v: int
    id: str
    name: str
    vkeys: tuple[str, ...]
    logs: tuple[FollowedLog, ...] = ()


class _TrustedLog(msgspec.Struct):
    vkey: str


class _Trust(msgspec.Struct):
    logs: tuple[_TrustedLog, ...]


class WitnessFolder:
    """The folder of a witness; use :meth:`create` or :meth:`open`.

    Attributes:
        path: The folder.
        config: Its configuration as it was read last.
        cosigners: Its secret keys: Ed25519 first, then ML-DSA-44 where the installed library has it.
    """

    def __init__(self, path: Path, config: WitnessConfig, cosigners: Sequence[CheckpointCosigner]) -> None:
        """Assemble a witness from its opened parts."""
        self.path = path
        self.config = config
        self.cosigners = tuple(cosigners)
        self._read_at = _stamp(path)

    @classmethod
    def create(cls, path: Path, name: str, entropy: Entropy = system_entropy) -> Self:
        """Make a witness with new keys.

        Args:
            path: The folder; must be empty or not exist.
            name: Name of the witness: an address without ``https://``, such as ``witness.court.example``.
            entropy: Source of randomness.

        Raises:
            OfficeError: ``office.not-empty``.
            FormatError: ``ledger.key`` when the name is not one.
        """
        if not _is_free(path):
            raise OfficeError(
                "office.not-empty",
                zh="目录不为空，不能在此建立见证方",
                en="the folder is not empty; a witness cannot be made here",
                where=str(path),
                remedy_zh="另选空目录；已有的见证方用 qingyuan ledger witness serve 运行",
                remedy_en="choose an empty folder; run an existing witness with qingyuan ledger witness serve",
            )
        Cosigner.generate(name, bytes)  # a name that is none is refused before anything is written
        path.mkdir(parents=True, exist_ok=True)
        for left in path.iterdir():  # of a run that was killed before the folder was a witness
            left.unlink()
        identifier = entropy(8).hex()
        ring = Keyring.create(entropy, new_kek(identifier, entropy))
        cosigners = _cosigners(ring, name)
        ring.save(path / _KEYRING)
        WitnessFile(path / _STATE, cosigners[0].key, create=True).close()
        config = WitnessConfig(1, identifier, name, tuple(each.key.encode() for each in cosigners))
        _write(path, config)  # last: without it the folder is no witness
        return cls(path, config, cosigners)

    @classmethod
    def open(cls, path: Path, entropy: Entropy = system_entropy) -> Self:
        """Open a witness.

        Raises:
            OfficeError: ``office.no-witness``, ``office.bad-witness`` or ``office.no-key``.
            KeyringError: When the keyring cannot be opened.
        """
        config = read_config(path)
        keyring = path / _KEYRING

        def opens(kek: Kek) -> bool:
            with contextlib.suppress(KeyringError):
                Keyring.open(keyring, kek, entropy)
                return True
            return False

        try:
            ring = Keyring.open(keyring, find_kek(config.id, opens), entropy)
        except KeyringError as error:
            explain_kind(error)
            raise
        cosigners = [each for each in _cosigners(ring, config.name) if each.key.encode() in config.vkeys]
        if not cosigners or cosigners[0].key.encode() != config.vkeys[0]:
            raise _bad(path, "配置中的公钥与密钥环不符", "the public keys are not those of its keyring")
        return cls(path, config, cosigners)

    @property
    def state_path(self) -> Path:
        """The state file."""
        return self.path / _STATE

    def logs(self) -> list[WitnessedLog]:
        """Return the logs it follows.

        Raises:
            OfficeError: ``office.bad-witness`` when the keys of one origin name different hashes.
            LedgerError: When a key is not one.
        """
        return served_logs(self.config, self.path)

    def reload(self) -> Callable[[], list[WitnessedLog] | None]:
        """Return a function that gives the logs when the configuration has changed since, else ``None``."""

        def changed() -> list[WitnessedLog] | None:
            stamp = _stamp(self.path)
            if stamp == self._read_at:
                return None
            self._read_at = stamp
            self.config = read_config(self.path)
            return self.logs()

        return changed


def read_config(path: Path) -> WitnessConfig:
    """Return the configuration in a witness's folder, without its keys.

    Raises:
        OfficeError: ``office.no-witness`` or ``office.bad-witness``.
    """
    import yaml  # noqa: PLC0415 - only witnesses need it

    try:
        return convert(load_yaml(read_whole(path / _CONFIG)), WitnessConfig)
    except FileNotFoundError as error:
        raise OfficeError(
            "office.no-witness",
            zh="这里没有见证方",
            en="there is no witness here",
            where=str(path),
            remedy_zh="用 qingyuan ledger witness init 建立，或在 serve 时给出 --name",
            remedy_en="make one with qingyuan ledger witness init, or give serve a --name",
        ) from error
    except (OSError, yaml.YAMLError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise _bad(path, "配置文件无法读取", "its configuration cannot be read") from error


def add_logs(path: Path, vkeys: Sequence[str], suite: str | None = None) -> list[FollowedLog]:
    """Let a witness follow logs, all or none; one that is running takes them up within seconds.

    Args:
        path: Folder of the witness.
        vkeys: Public keys of the logs; those that are followed already are passed over.
        suite: Name of their hash suite; by default that of their kind of key.

    Returns:
        The logs added.

    Raises:
        OfficeError: ``office.log-followed`` when it follows all of them already.
        LedgerError: When a key is not that of a log, or the hash differs from that of another key of the origin.
    """
    read_config(path)
    with locked(path / ".config.lock"):
        config = read_config(path)
        known = {each.vkey for each in config.logs}
        keys = [key for key in map(VerifierKey.parse, dict.fromkeys(vkeys)) if key.encode() not in known]
        if not keys:
            raise OfficeError(
                "office.log-followed",
                zh="该日志已在见证之列",
                en="the log is followed already",
                where=", ".join(VerifierKey.parse(each).name for each in vkeys),
                remedy_zh="无需重复添加",
                remedy_en="there is nothing to do",
            )
        added = [FollowedLog(key.encode(), suite or suite_of(key), key.name) for key in keys]
        config = msgspec.structs.replace(config, logs=(*config.logs, *added))
        served_logs(config, path)
        _write(path, config)
    return added


def log_keys_of(trust: Path) -> list[str]:
    """Return the public keys of the logs that an office's trust file lists.

    Raises:
        OfficeError: ``office.bad-trust`` when it is no trust file.
    """
    try:
        return [each.vkey for each in from_json(read_whole(trust), _Trust).logs]
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise OfficeError(
            "office.bad-trust",
            zh="不是信任文件",
            en="not a trust file",
            where=str(trust),
            remedy_zh="向该院索取 trust.json，并通过其他途径核对其指纹",
            remedy_en="ask the office for its trust.json, and compare its fingerprint by another way",
        ) from error


def served_logs(config: WitnessConfig, path: Path) -> list[WitnessedLog]:
    """Return the logs of a configuration, the keys of one origin together.

    Raises:
        OfficeError: ``office.bad-witness``.
        LedgerError: When a key is not that of a log.
    """
    keys: dict[str, list[VerifierKey]] = {}
    suites: dict[str, str] = {}
    for each in config.logs:
        key = VerifierKey.parse(each.vkey)
        if each.suite not in SUITES or suites.setdefault(key.name, each.suite) != each.suite:
            raise _bad(
                path, f"日志 {key.name} 的哈希套件不明", f"the hash suite of the log {key.name} is unclear"
            )
        keys.setdefault(key.name, []).append(key)
    return [WitnessedLog(tuple(found), SUITES[suites[origin]]) for origin, found in keys.items()]


def _cosigners(ring: Keyring, name: str) -> list[CheckpointCosigner]:
    # The keyring keeps 32-byte secrets under a scope; here they are the seeds of the signing keys.
    found: list[CheckpointCosigner] = [Cosigner(name, ring.scope_key(_ED25519).key)]
    if ml_dsa_available():
        found.append(MlDsaCosigner(name, ring.scope_key(_ML_DSA_44).key))
    return found


def _is_free(path: Path) -> bool:
    """Say whether a witness may be made here: nothing is here but what a killed creation leaves."""
    left = {_KEYRING, _STATE, f"{_STATE}-wal", f"{_STATE}-shm", f".{_CONFIG}.part"}
    return not path.exists() or (
        path.is_dir()
        and all(each.name in left or each.name.startswith(".writing-") for each in path.iterdir())
    )


def _write(path: Path, config: WitnessConfig) -> None:
    import yaml  # noqa: PLC0415 - only witnesses need it

    data = yaml.safe_dump(msgspec.to_builtins(config), allow_unicode=True, sort_keys=False, width=10_000)
    write_small(path / _CONFIG, data.encode())


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = (path / _CONFIG).stat()
    except OSError:  # being replaced, or gone: what was read stays in force
        return 0, 0
    return status.st_ino, status.st_mtime_ns


def _bad(path: Path, zh: str, en: str) -> OfficeError:
    return OfficeError(
        "office.bad-witness",
        zh=f"见证方目录不可用：{zh}",
        en=f"the folder of the witness cannot be used: {en}",
        where=str(path / _CONFIG),
        remedy_zh="核对 witness.yaml；密钥和状态文件不得从旧备份恢复",
        remedy_en="check witness.yaml; never restore keys or state from an old backup",
    )
