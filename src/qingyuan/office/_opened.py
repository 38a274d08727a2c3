"""What a home does once it is open: it writes events, and it keeps and uses the office's keys."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qingyuan.canonical import canonical_json
from qingyuan.evidence import Kek, Keyring, PublicKey, Role, ScopeKey, Signer
from qingyuan.ledger import Head, Log, SignatureError, TextSigner
from qingyuan.office._identifiers import check_identifier
from qingyuan.office.clock import Clock, Entropy
from qingyuan.office.errors import OfficeError
from qingyuan.office.keys.history import ADDED, History, first_key, read_history
from qingyuan.office.keys.logs import TWIN_SUFFIX, Logs, log_keys, open_logs
from qingyuan.office.keys.signers import CommandKeys
from qingyuan.office.keys.stored import Keys, write_small
from qingyuan.office.keys.trust import trust_file
from qingyuan.office.recognition.stopped import refuse_if_stopped
from qingyuan.office.settings import Settings, blobs_of, read_settings
from qingyuan.store import (
    Database,
    Draft,
    EventDraft,
    GroupCommitter,
    Journal,
    Request,
    SqlLogStorage,
    StoredEvent,
    has_event,
    prepare_request,
)

if TYPE_CHECKING:
    import sqlalchemy as sa

TRUST = "trust.json"

#: Events whose payload names the key that signed an exhibit.
_MAKING = frozenset({"evidence.extracted", "evidence.generated"})


class OpenedHome:
    """The parts of a home at work; see :class:`qingyuan.office.home.Home`."""

    def __init__(
        self,
        path: Path,
        settings: Settings,
        database: Database,
        keys: Keys,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        """Assemble a home from its opened parts."""
        self.path = path
        self.settings = settings
        self.database = database
        self._keys = keys
        self.clock = clock
        self.blobs = blobs_of(path, settings)
        self.entropy = entropy
        self._shared: GroupCommitter | None = None
        self._begun = True
        with database.read() as connection:
            self._open_logs(connection)

    def _open_logs(self, connection: sa.Connection) -> None:
        """Take the keys of the logs as keyring and journal have them now."""
        self._seen = self._keys.version
        history = read_history(connection)
        self._logs: Logs = open_logs(self.settings.origin, self.keyring, history, self.note_signer)
        self.log: Log = self._logs.log
        self.twin: Log | None = self._logs.twin
        self.journal = Journal(self.log, self.entropy, twin=self.twin)

    @property
    def begun(self) -> bool:
        """Whether the log has begun, or begins with the next opening; another process may have begun it."""
        if not self._begun:
            self.reread()
            self._begun = self.head() is not None
        return self._begun

    @begun.setter
    def begun(self, value: bool) -> None:
        self._begun = value

    def reread(self) -> None:
        """Take the settings as they are on disk now: another process may have said which office this is."""
        settings = read_settings(self.path / "office.json")
        if settings == self.settings:
            return
        moved, self.settings = settings.origin != self.settings.origin, settings
        if moved:
            with self.database.read() as connection:
                self._open_logs(connection)

    @property
    def keyring(self) -> Keyring:
        """The secret keys, as they are on disk now; :meth:`scope_key` and :meth:`officer` add to them."""
        return self._keys.ring

    def head(self) -> Head | None:
        """Return the signed head of the log."""
        with self.database.read() as connection:
            return SqlLogStorage(connection, self.settings.origin).read_head()

    def history(self) -> History:
        """Return what the log says about our keys: which follows which, and for which entries each counts."""
        with self.database.read() as connection:
            return read_history(connection)

    def append(self, drafts: Sequence[Draft], *, actor: str) -> list[StoredEvent]:
        """Write events in a transaction of their own, or, within :meth:`sharing_commits`, in one with other callers.

        Raises:
            OfficeError: As :meth:`record`.
            StoreError: The disk refused.
        """
        shared = self._shared
        if shared is None or any(draft.type in _MAKING for draft in drafts):
            with self.database.write() as connection:
                return self.record(connection, drafts, actor=actor)
        check_identifier("actor", actor)
        refuse_if_stopped(self.path)
        return shared.append(drafts, now=self.clock.now(), actor=actor)

    @contextlib.contextmanager
    def sharing_commits(self) -> Iterator[None]:
        """Let :meth:`append` of any threads share transactions: one signature of each log and one sync for all who wait.

        For a process that serves many people at a time. A caller still returns only when its own events are durable. Acts that
        bring their own transaction (:meth:`record`) go on beside it. After a commit that failed no event is taken any more
        until the block is left: nobody can say then what is on the disk.
        """
        if self._shared is not None:
            yield
            return
        with GroupCommitter(self.database, _Writing(self)) as committer:
            self._shared = committer
            try:
                yield
            finally:
                self._shared = None

    def record(self, connection: sa.Connection, drafts: Sequence[Draft], *, actor: str) -> list[StoredEvent]:
        """Write events in the caller's transaction, at the clock's time.

        Raises:
            OfficeError: ``office.stopped`` when a witness holds another history of the log,
                ``office.log-key-revoked`` when its key was revoked and not replaced, ``office.log-key-missing`` when
                it is not here, ``office.key-ended`` or
                ``office.scope-destroyed`` when an exhibit is signed or sealed by a key that came to its end, or
                ``office.bad-actor`` when no package could hold the identifier of who acts.
        """
        check_identifier("actor", actor)
        refuse_if_stopped(self.path)
        self._refuse_ended(connection, drafts)
        return self._written(connection, [prepare_request(drafts, now=self.clock.now(), actor=actor)])[0]

    def _written(self, connection: sa.Connection, requests: Sequence[Request]) -> list[list[StoredEvent]]:
        """Write requests that were looked at, with the keys as they are now."""
        requests = [each for each in requests if each.drafts]
        if not requests:
            return [[]]
        if not self.begun:
            raise _not_begun(self.path)
        if self._seen != self._keys.version:  # another process made, replaced or revoked a key
            self._open_logs(connection)
        if self._logs.stopped is not None:
            raise self._logs.stopped()
        before = self.log.key
        try:
            return self.journal.append_requests(connection, requests)
        except SignatureError as error:
            # A head by a key that is new to us: the log's key was replaced just now, and nothing was written.
            self._open_logs(connection)
            if error.code != "ledger.unsigned" or self.log.key == before:
                raise
            return self.journal.append_requests(connection, requests)

    @staticmethod
    def _refuse_ended(connection: sa.Connection, drafts: Sequence[Draft]) -> None:
        """Refuse exhibits whose signing key or sealing key came to its end while they were collected."""
        makers = [draft for draft in drafts if draft.type in _MAKING]
        if not makers:
            return
        if ended := {draft.payload.get("key") for draft in makers} & set(read_history(connection).ended):
            raise OfficeError(
                "office.key-ended",
                zh="收取期间签名密钥已更换或吊销，本批材料未登记",
                en="the signing key was replaced or revoked meanwhile; these exhibits were not recorded",
                where=", ".join(sorted(map(str, ended))),
                remedy_zh="请重新运行，将用新密钥签名",
                remedy_en="run it again: the new key will sign",
            )
        for scope in sorted({draft.stream for draft in makers}):
            if has_event(connection, scope, "evidence.destroyed"):
                raise OfficeError(
                    "office.scope-destroyed",
                    zh="该线索或总案的封存密钥已销毁，不再收取材料",
                    en="the sealing key of this lead or matter was destroyed; nothing more is collected for it",
                    where=scope,
                    remedy_zh="如需继续收取，请使用新的线索编号",
                    remedy_en="to collect more, use a new lead",
                )

    def scope_key(self, scope: str) -> ScopeKey:
        """Return the key that seals the material of a lead or matter, made durable when new.

        Raises:
            OfficeError: ``office.bad-scope`` when it is new and no identifier.
            KeyringError: ``evidence.key-destroyed``.
        """
        if scope in self.keyring.scopes():
            return self.keyring.scope_key(scope)
        check_identifier("scope", scope)
        with self._keys.changing() as ring:
            return ring.scope_key(scope)

    def officer(self, actor: str) -> Signer:
        """Return the signing key of a person, made, logged and trusted when new.

        Raises:
            OfficeError: ``office.key-revoked`` when it was revoked and not replaced, ``office.bad-actor`` when that is
                no identifier.
        """
        check_identifier("actor", actor)
        if self._first("officer", actor=actor) is None:
            with self._keys.changing() as ring:
                if self._first("officer", actor=actor) is None:
                    ring.new_signer("officer", actor=actor)
        public = self.current_key("officer", actor=actor)
        self._refuse_revoked(public)
        signer = self.keyring.signer(public.id)
        if public.id.encode() not in self.trust_path.read_bytes():
            self._announce(public)
        return signer

    def current_key(self, role: Role, *, actor: str = "", name: str = "") -> PublicKey:
        """Return the key that counts now for a holder.

        Args:
            role: Its role.
            actor: Whose it is, for an officer or a device.
            name: The name it signs notes under, for a log or package key.

        Raises:
            OfficeError: ``office.key-missing`` when the keyring never held such a key.
        """
        first = self._first(role, actor=actor, name=name)
        if first is None:
            raise OfficeError(
                "office.key-missing",
                zh=f"密钥环中没有 {role} 密钥",
                en=f"the keyring holds no {role} key",
                where=actor or name,
                remedy_zh="请核对编号；密钥环若有缺失，请从备份恢复",
                remedy_en="check the identifier; if the keyring has lost keys, restore it from its backup",
            )
        *_, last = self.history().chain(first.id)
        return self.keyring.public_key(last)

    def _first(self, role: Role, *, actor: str = "", name: str = "") -> PublicKey | None:
        ring = self.keyring
        return first_key(
            ring.public_keys(), set(ring.successors().values()), role=role, actor=actor, name=name
        )

    def _refuse_revoked(self, key: PublicKey) -> None:
        if key.id in self.history().revoked:
            who = f" --actor {key.actor}" if key.actor else ""
            raise OfficeError(
                "office.key-revoked",
                zh="该密钥已吊销",
                en="this key was revoked",
                where=key.id,
                remedy_zh=f"用 qingyuan key rotate --role {key.role}{who} 启用新密钥",
                remedy_en=f"take a new one with qingyuan key rotate --role {key.role}{who}",
            )

    def _announce(self, key: PublicKey) -> None:
        """Log a new key, unless a run that was killed did, and write it into the trust file."""
        payload: dict[str, object] = {
            "key": key.id,
            "role": key.role,
            "actor": key.actor,
            "public": key.public,
        }
        with self.database.write() as connection:
            if key.id not in read_history(connection).announced:
                self.record(connection, [EventDraft("office", ADDED, payload)], actor=key.actor)
        self.write_trust()

    def package_signer(self) -> TextSigner:
        """Return the key that signs packages.

        Raises:
            OfficeError: ``office.key-revoked`` when it was revoked and not replaced.
        """
        key = self.current_key("package", name=f"{self.settings.origin}/package")
        self._refuse_revoked(key)
        return self.note_signer(key)

    def note_signer(self, key: PublicKey) -> TextSigner:
        """Return the private half of a log or package key, from the keyring or the device that has it.

        Raises:
            OfficeError: ``office.bad-signers`` when the file of devices is malformed.
            KeyringError: ``evidence.key-retired`` when neither has it.
        """
        if self.keyring.can_sign(key.id):
            return self.keyring.signer(key.id).note_signer()
        found = CommandKeys(self.path).find(key.verifier_key())
        return found or self.keyring.signer(key.id).note_signer()

    def trust(self) -> dict[str, object]:
        """Return the trust file of ``docs/evidence-format.md`` section 9."""
        history = self.history()
        ring, origin = self.keyring, self.settings.origin
        logs = log_keys(origin, ring, history) + log_keys(origin + TWIN_SUFFIX, ring, history)
        made_later = set(ring.successors().values())
        return trust_file(self.path, self.settings.office, logs, ring.public_keys(), history, made_later)

    @property
    def trust_path(self) -> Path:
        """Where the trust file lies."""
        return self.path / TRUST

    def write_trust(self) -> None:
        """Write the trust file."""
        with self._keys.changing():  # one writer of the trust file at a time, and with every key
            write_small(self.trust_path, canonical_json(self.trust()) + b"\n")

    def changing_keys(self) -> contextlib.AbstractContextManager[Keyring]:
        """Return a block whose changes to the keyring are durable when it ends, and lost when it fails."""
        return self._keys.changing()

    def rekey(self, kek: Kek) -> None:
        """Let ``kek`` open the keyring from now on, and the old passphrase or key file no more."""
        self._keys.rekey(kek)


def _not_begun(path: Path) -> OfficeError:
    return OfficeError(
        "office.not-begun",
        zh="还没有说明这是哪个检察院，账本尚未开始",
        en="nobody has said yet which office this is, and the log has not begun",
        where=str(path),
        remedy_zh="打开首次设置页（qingyuan serve 启动时显示的地址）",
        remedy_en="open the page of the first set-up (qingyuan serve prints its address)",
    )


class _Writing:
    """An office as the writer of what many threads hand in."""

    def __init__(self, home: OpenedHome) -> None:
        self._home = home

    @property
    def has_twin(self) -> bool:
        return self._home.twin is not None

    def append_requests(
        self, connection: sa.Connection, requests: Sequence[Request]
    ) -> list[list[StoredEvent]]:
        return self._home._written(connection, requests)  # noqa: SLF001 - one thing in two classes
