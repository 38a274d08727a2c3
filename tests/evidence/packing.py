"""A small office for tests: a keyring, a log in memory and the events of a matter."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone

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
    Payload,
    Signer,
    canonical,
    commitments,
    extracted,
    generated,
    sign_manifest,
    transfer_digests,
    transferred,
    verified,
)
from qingyuan.ledger import (
    Checkpoint,
    Cosigner,
    TlogProof,
    add_cosignatures,
    cosign_checkpoint,
    leaf_hash,
    sign_checkpoint,
    sign_note,
)
from tests.evidence.making import counter_entropy, manifest_of

ORIGIN = "jcy.example/ledger"
#: When the witnesses cosigned, in seconds since the Epoch.
COSIGNED = 1_773_046_800
MADE_AT = datetime(2026, 3, 9, 17, 0, tzinfo=timezone(timedelta(hours=8)))


def inclusion_path(hashes: list[bytes], index: int) -> list[bytes]:
    """Return the path of RFC 6962 section 2.1.1, written from its recursive definition."""
    if len(hashes) == 1:
        return []
    split = 1 << (len(hashes) - 1).bit_length() - 1
    if index < split:
        return [*inclusion_path(hashes[:split], index), root_of(hashes[split:])]
    return [*inclusion_path(hashes[split:], index - split), root_of(hashes[:split])]


def root_of(hashes: list[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + root_of(hashes[:split]) + root_of(hashes[split:])).digest()


@dataclass
class SmallOffice:
    """Logs events and turns them into the source of a package."""

    keyring: Keyring
    events: list[tuple[dict[str, JsonValue], Payload, bytes]] = field(default_factory=list)
    exhibits: list[PackageExhibit] = field(default_factory=list)
    cosigners: list[Cosigner] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.officer = self.keyring.new_signer("officer", actor="P001")
        self.log_key = self.keyring.new_signer("log", name=ORIGIN)
        self.package_key = self.keyring.new_signer("package", name=f"{ORIGIN}/package")

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

    def source(self, package: str = "E2026-0001", **changes: object) -> PackageSource:
        hashes = [leaf_hash(canonical(leaf)) for leaf, _, _ in self.events]
        root = root_of(hashes)
        checkpoint = self.checkpoint(len(hashes), root)
        events = [
            PackageEvent(index, leaf, payload, salt, self.proof(hashes, index, checkpoint))
            for index, (leaf, payload, salt) in enumerate(self.events)
        ]
        source = PackageSource(
            id=package,
            matter="M2026-0001",
            title="某平台泄露个人信息公益诉讼案",
            office=Office("1101", "某市人民检察院"),
            made_at=MADE_AT,
            made_by="P001",
            tool="qingyuan/0.1.0",
            log=LogHead(ORIGIN, len(hashes), root),
            exhibits=tuple(self.exhibits),
            events=tuple(events),
            keys=self.keyring.public_keys(),
            sign_note=self.note_signer(),
        )
        return replace(source, **changes)  # type: ignore[arg-type]

    def checkpoint(self, size: int, root: bytes) -> bytes:
        signed = sign_checkpoint(Checkpoint(ORIGIN, size, root), self.log_key.note_signer())
        return add_cosignatures(
            signed, [cosign_checkpoint(signed, each, COSIGNED) for each in self.cosigners]
        )

    def note_signer(self) -> Callable[[str], bytes]:
        return lambda text: sign_note(text, (self.package_key.note_signer(),))

    @staticmethod
    def proof(hashes: list[bytes], index: int, checkpoint: bytes) -> bytes:
        return TlogProof(index, tuple(inclusion_path(hashes, index)), checkpoint).encode()


def new_office(seed: str = "office") -> SmallOffice:
    return SmallOffice(Keyring.create(counter_entropy(seed), Kek.raw(bytes(32))))


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
