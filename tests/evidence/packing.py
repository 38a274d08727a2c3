"""A small office for tests: a keyring, a log in memory and the events of a matter."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec

from qingyuan.evidence import (
    JsonValue,
    Kek,
    Keyring,
    LogHead,
    Manifest,
    Office,
    PackageEvent,
    PackageExhibit,
    PackageSource,
    PackageTimestamp,
    Payload,
    Signer,
    StampedCheckpoint,
    StampedExhibit,
    StampedTimestamp,
    canonical,
    commitments,
    extracted,
    generated,
    sign_manifest,
    transfer_digests,
    transferred,
    verified,
)
from qingyuan.evidence.roles import roles_text
from qingyuan.ledger import (
    SHA256,
    SM3,
    Checkpoint,
    Cosigner,
    HashSuite,
    TextSigner,
    TlogProof,
    add_cosignatures,
    cosign_checkpoint,
    sign_checkpoint,
    sign_note,
)
from tests.evidence.making import counter_entropy, manifest_of
from tests.evidence.stamping import Stamper, stamper

ORIGIN = "jcy.example/ledger"
TWIN = f"{ORIGIN}/sm3"
#: When the witnesses cosigned, in seconds since the Epoch.
COSIGNED = 1_773_046_800
MADE_AT = datetime(2026, 3, 9, 17, 0, tzinfo=timezone(timedelta(hours=8)))


def inclusion_path(hashes: list[bytes], index: int, suite: HashSuite = SHA256) -> list[bytes]:
    """Return the path of RFC 6962 section 2.1.1, written from its recursive definition."""
    if len(hashes) == 1:
        return []
    split = 1 << (len(hashes) - 1).bit_length() - 1
    if index < split:
        return [*inclusion_path(hashes[:split], index, suite), root_of(hashes[split:], suite)]
    return [*inclusion_path(hashes[split:], index - split, suite), root_of(hashes[:split], suite)]


def consistency_path(hashes: list[bytes], old: int, suite: HashSuite = SHA256) -> list[bytes]:
    """Return the proof of RFC 6962 section 2.1.2, written from its recursive definition."""

    def subproof(size: int, rest: list[bytes], *, known: bool) -> list[bytes]:
        if size == len(rest):
            return [] if known else [root_of(rest, suite)]
        split = 1 << (len(rest) - 1).bit_length() - 1
        if size <= split:
            return [*subproof(size, rest[:split], known=known), root_of(rest[split:], suite)]
        return [*subproof(size - split, rest[split:], known=False), root_of(rest[:split], suite)]

    return subproof(old, hashes, known=True)


def root_of(hashes: list[bytes], suite: HashSuite = SHA256) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return suite.new(b"\x01" + root_of(hashes[:split], suite) + root_of(hashes[split:], suite)).digest()


@dataclass
class SmallOffice:
    """Logs events and turns them into the source of a package."""

    keyring: Keyring
    events: list[tuple[dict[str, JsonValue], Payload, bytes]] = field(default_factory=list)
    exhibits: list[PackageExhibit] = field(default_factory=list)
    cosigners: list[Cosigner] = field(default_factory=list)
    twin: bool = True

    def __post_init__(self) -> None:
        self.officer = self.keyring.new_signer("officer", actor="P001")
        self.log_key = self.keyring.new_signer("log", name=ORIGIN)
        self.package_key = self.keyring.new_signer("package", name=f"{ORIGIN}/package")
        if self.twin:
            self.twin_key = self.keyring.new_signer("log", name=TWIN, algorithm="sm2")

    def log(self, stream: str, kind: str, payload: Payload) -> None:
        earlier = [leaf for leaf, _, _ in self.events if leaf["stream"] == stream]
        salt = hashlib.sha256(f"salt {len(self.events)}".encode()).digest()[:16]
        found = commitments(payload, salt)
        leaf: dict[str, JsonValue] = {
            "v": 1,
            "type": kind,
            "stream": stream,
            "n": len(earlier),
            "prev": hashlib.sha256(canonical(earlier[-1])).hexdigest() if earlier else "",
            "at": f"2026-03-02T10:{len(self.events) // 60:02}:{len(self.events) % 60:02}+08:00",
            "actor": "P001",
            "sha256": found.sha256,
            "sm3": found.sm3,
        }
        self.events.append((leaf, payload, salt))

    def take(
        self,
        content: bytes,
        name: str = "名单.csv",
        *,
        parents: tuple[str, ...] = (),
        signer: Signer | None = None,
        scope: str = "L2026-0001",
    ) -> Manifest:
        manifest = manifest_of(content, name=name, parents=parents, scope=scope)
        signed = sign_manifest(manifest, signer or self.officer)
        self.exhibits.append(PackageExhibit(signed, open=lambda: io.BytesIO(content)))
        if parents:
            self.log(scope, "evidence.generated", generated(signed, engine="pii/0.1.0"))
        else:
            self.log(scope, "evidence.extracted", extracted(signed))
        return manifest

    def transfer(self, package: str = "E2026-0001", exhibits: Sequence[PackageExhibit] | None = None) -> None:
        digests = msgspec.structs.asdict(transfer_digests(exhibits or self.exhibits))
        self.log("M2026-0001", "evidence.transferred", transferred(package, "某互联网法院", **digests))

    def hashes(self, suite: HashSuite = SHA256) -> list[bytes]:
        return [suite.leaf_hash(canonical(leaf)) for leaf, _, _ in self.events]

    def source(self, package: str = "E2026-0001", **changes: object) -> PackageSource:
        log, twin = self.hashes(), self.hashes(SM3)
        head, twin_head = root_of(log), root_of(twin, SM3)
        note = self.checkpoint(len(log), head)
        twin_note = self.twin_checkpoint(len(twin), twin_head) if self.twin else b""
        events = [
            PackageEvent(
                index, leaf, payload, salt, self.proof(log, index, note),
                self.proof(twin, index, twin_note, SM3) if self.twin else None,
            )
            for index, (leaf, payload, salt) in enumerate(self.events)
        ]  # fmt: skip
        source = PackageSource(
            id=package,
            matter="M2026-0001",
            title="某平台泄露个人信息公益诉讼案",
            office=Office("1101", "某市人民检察院"),
            made_at=MADE_AT,
            made_by="P001",
            tool="qingyuan/0.1.0",
            log=LogHead(ORIGIN, len(log), head),
            exhibits=tuple(self.exhibits),
            events=tuple(events),
            keys=self.keyring.public_keys(),
            sign_note=self.note_signer(),
            twin=LogHead(TWIN, len(twin), twin_head) if self.twin else None,
        )
        return replace(source, **changes)  # type: ignore[arg-type]

    def stamped(self, size: int, authority: Stamper, *, twin: bool = False, **how: Any) -> PackageTimestamp:
        """A token over the checkpoint that one of the logs had at ``size``."""
        suite, origin = (SM3, TWIN) if twin else (SHA256, ORIGIN)
        hashes = self.hashes(suite)
        root, path = root_of(hashes[:size], suite), tuple(consistency_path(hashes, size, suite))
        token = authority.stamp(Checkpoint(origin, size, root).text().encode(), **how)
        return PackageTimestamp(StampedCheckpoint(origin, size, root, path), token)

    def checkpoint(self, size: int, root: bytes) -> bytes:
        return self._cosigned(Checkpoint(ORIGIN, size, root), self.log_key.note_signer())

    def twin_checkpoint(self, size: int, root: bytes) -> bytes:
        return self._cosigned(Checkpoint(TWIN, size, root), self.twin_key.note_signer())

    def _cosigned(self, checkpoint: Checkpoint, signer: TextSigner) -> bytes:
        signed = sign_checkpoint(checkpoint, signer)
        return add_cosignatures(
            signed, [cosign_checkpoint(signed, each, COSIGNED) for each in self.cosigners]
        )

    def note_signer(self) -> Callable[[str], bytes]:
        return lambda text: sign_note(text, (self.package_key.note_signer(),))

    @staticmethod
    def proof(hashes: list[bytes], index: int, checkpoint: bytes, suite: HashSuite = SHA256) -> bytes:
        return TlogProof(index, tuple(inclusion_path(hashes, index, suite)), checkpoint).encode()


def new_office(seed: str = "office", *, twin: bool = True) -> SmallOffice:
    return SmallOffice(Keyring.create(counter_entropy(seed), Kek.raw(bytes(32))), twin=twin)


def small_office() -> SmallOffice:
    """Events 0 to 6: opened, three exhibits, a check, a note, the transfer."""
    office = new_office("small")
    office.log("M2026-0001", "matter.opened", {"title": "t"})
    first = office.take(b"a,b\n", "一.csv")
    office.take(b"c,d\n", "二.csv", signer=office.keyring.new_signer("officer", actor="P002"))
    office.take(b"[]\n", "三.json", parents=(first.id,))
    office.log("L2026-0001", "evidence.verified", verified(first, first.digests()))
    office.log("M2026-0001", "matter.noted", {"text": "x"})
    office.transfer()
    return office


def roles_note(office: SmallOffice, version: int = 1) -> bytes:
    """A role file of the right form; who signed it, the reader decides."""
    office_of = {"id": "1101", "name": "某市人民检察院"}
    issued = "2026-03-01T00:00:00+08:00"
    logs = [{"origin": ORIGIN, "vkey": office.log_key.public.vkey()}]
    text = roles_text(
        {"version": version, "issued_at": issued, "office": office_of, "logs": logs, "keys": []}
    )
    return sign_note(text, [office.log_key.note_signer()])


def stamped_source(office: SmallOffice, **changes: object) -> PackageSource:
    """The source with tokens of two authorities over both logs, an exhibit and an earlier token, and with role files."""
    plain, national = stamper("one"), stamper("two", sm2=True)
    exhibit = office.exhibits[0].signed.manifest
    size = len(office.events)
    first = office.stamped(size - 1, plain)
    given: dict[str, Any] = {
        "timestamps": (
            first,
            office.stamped(size, national),
            office.stamped(size - 2, national, twin=True),
            PackageTimestamp(StampedExhibit(exhibit.id), plain.stamp(exhibit.canonical())),
            PackageTimestamp(StampedTimestamp(0), national.stamp(first.token)),
        ),
        "roles": {1: roles_note(office), 2: roles_note(office, 2)},
        "policy": b"quorum none\n",
        "pages": {"说明.pdf": b"%PDF-1.7\n", "证据清单.csv": b"id\n", "证据清单.pdf": b"%PDF-1.7\n"},
    }
    return office.source(**(given | changes))
