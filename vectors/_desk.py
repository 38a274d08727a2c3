"""A synthetic office: keys, two logs in memory, exhibits, and the package of them, honest or bent."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone

import msgspec
from _authorities import Authority, seeded

from qingyuan.evidence import (
    Collected,
    JsonValue,
    Kek,
    Keyring,
    LogHead,
    Office,
    PackageEvent,
    PackageExhibit,
    PackageSource,
    PackageTimestamp,
    Payload,
    StampedCheckpoint,
    Withheld,
    canonical,
    commitments,
    digest_bytes,
    extracted,
    generated,
    new_manifest,
    sign_manifest,
    transfer_digests,
    transferred,
    verified,
)
from qingyuan.evidence._bag import bag_manifest, content_name, signature_text, tag_members
from qingyuan.evidence._zip import ZipWriter
from qingyuan.evidence.roles import roles_text
from qingyuan.ledger import (
    SHA256,
    SM3,
    Checkpoint,
    Cosigner,
    HashSuite,
    NoteSigner,
    Sm2NoteSigner,
    TextSigner,
    TlogProof,
    add_cosignatures,
    cosign_checkpoint,
    sign_checkpoint,
    sign_note,
)

ORIGIN = "vectors.qingyuan.invalid/log"
TWIN = f"{ORIGIN}/sm3"
PACKAGE = "K2026-0001"
AT = datetime(2026, 3, 9, 17, 0, tzinfo=timezone(timedelta(hours=8)))
ISSUED = "2026-03-01T00:00:00+08:00"
COSIGNED = 1_773_046_800
OFFICE: JsonValue = {"id": "0000", "name": "示例区人民检察院"}

Members = dict[str, bytes]


def root_of(hashes: list[bytes], suite: HashSuite) -> bytes:
    """Return the tree head of RFC 6962, section 2.1."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return suite.node_hash(root_of(hashes[:split], suite), root_of(hashes[split:], suite))


def path_of(hashes: list[bytes], index: int, suite: HashSuite) -> tuple[bytes, ...]:
    """Return the inclusion path of RFC 6962, section 2.1.1."""
    if len(hashes) == 1:
        return ()
    split = 1 << (len(hashes) - 1).bit_length() - 1
    if index < split:
        return (*path_of(hashes[:split], index, suite), root_of(hashes[split:], suite))
    return (*path_of(hashes[split:], index - split, suite), root_of(hashes[:split], suite))


def consistency_of(
    hashes: list[bytes], old: int, suite: HashSuite, *, known: bool = True
) -> tuple[bytes, ...]:
    """Return the consistency proof of RFC 6962, section 2.1.2."""
    if old == len(hashes):
        return () if known else (root_of(hashes, suite),)
    split = 1 << (len(hashes) - 1).bit_length() - 1
    if old <= split:
        below = consistency_of(hashes[:split], old, suite, known=known)
        return (*below, root_of(hashes[split:], suite))
    below = consistency_of(hashes[split:], old - split, suite, known=False)
    return (*below, root_of(hashes[:split], suite))


@dataclass
class Desk:
    """A synthetic office.

    Attributes:
        name: What its keys follow from.
        twin: Whether it has a twin log.
        exhibits: What was taken.
        events: Leaf, payload and salt of every event.
        roles: Signed role files by version.
    """

    name: str
    twin: bool = True
    exhibits: list[PackageExhibit] = field(default_factory=list)
    events: list[tuple[dict[str, JsonValue], Payload, bytes]] = field(default_factory=list)
    roles: dict[int, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Draw the keys."""
        self.keyring = Keyring.create(seeded(f"{self.name}/keys"), Kek.raw(bytes(32)))
        self.salts = seeded(f"{self.name}/salts")
        self.officer = self.keyring.new_signer("officer", actor="P001")
        self.log_key = self.keyring.new_signer("log", name=ORIGIN)
        self.package_key = self.keyring.new_signer("package", name=f"{ORIGIN}/package")
        self.twin_key = self.keyring.new_signer("log", name=TWIN, algorithm="sm2") if self.twin else None
        self.witness = Cosigner.generate("witness.invalid/w", seeded(f"{self.name}/witness"))
        draw = seeded(f"{self.name}/roots")
        self.roots: list[TextSigner] = [
            NoteSigner.generate("root.invalid/a", draw),
            NoteSigner.generate("root.invalid/b", draw),
            Sm2NoteSigner.generate("root.invalid/c", draw),
        ]

    def log(self, stream: str, kind: str, payload: Payload) -> None:
        """Append an event."""
        earlier = [leaf for leaf, _, _ in self.events if leaf["stream"] == stream]
        salt = self.salts(16)
        found = commitments(payload, salt)
        leaf: dict[str, JsonValue] = {
            "v": 1,
            "type": kind,
            "stream": stream,
            "n": len(earlier),
            "prev": hashlib.sha256(canonical(earlier[-1])).hexdigest() if earlier else "",
            "at": f"2026-03-09T10:00:{len(self.events):02}+08:00",
            "actor": "P001",
            "sha256": found.sha256,
            "sm3": found.sm3,
        }
        self.events.append((leaf, payload, salt))

    def take(
        self, content: bytes, name: str, *, withheld: Withheld | None = None, parent: str | None = None
    ) -> str:
        """Collect or derive an exhibit, log it and its check, and return its identifier."""
        manifest = new_manifest(
            scope="L2026-0001",
            name=name,
            path=f"/采集/{name}",
            media_type="text/csv",
            content=digest_bytes(content),
            collected=Collected(
                by="P001", second=None if parent else "P002", method="derived" if parent else "file-copy",
                source="示例来源", device="D001", tool="vectors/2", started="2026-03-09T09:00:00+08:00",
                ended="2026-03-09T09:00:01+08:00", mono_ns=1_000_000_000, file_mtime=None,
            ),
            parents=(parent,) if parent else (),
            derived=parent is not None,
        )  # fmt: skip
        signed = sign_manifest(manifest, self.officer)
        opener = None if withheld else lambda: io.BytesIO(content)
        self.exhibits.append(PackageExhibit(signed, opener, withheld))
        if parent:
            self.log("L2026-0001", "evidence.generated", generated(signed, engine="vectors/2"))
        else:
            self.log("L2026-0001", "evidence.extracted", extracted(signed))
        self.log("L2026-0001", "evidence.verified", verified(manifest, manifest.digests()))
        return manifest.id

    def issue_roles(self, version: int, *, roots: JsonValue = None, signers: int = 2) -> None:
        """Have ``signers`` roots sign a role file with the keys as they are."""
        body = {**self.trusted(), "version": version, "issued_at": ISSUED, "roots": roots}
        self.roles[version] = sign_note(roles_text(body), self.roots[-signers:])

    def source(self) -> PackageSource:
        """Log the transfer and return what the builder is given."""
        digests = msgspec.structs.asdict(transfer_digests(self.exhibits))
        self.log("M2026-0001", "evidence.transferred", transferred(PACKAGE, "示例法院", **digests))
        size = len(self.events)
        note, twin_note = self.checkpoint(size), self.checkpoint(size, twin=True) if self.twin else b""
        return PackageSource(
            id=PACKAGE,
            matter="M2026-0001",
            title="合成示例",
            office=Office("0000", "示例区人民检察院"),
            made_at=AT,
            made_by="P001",
            tool="vectors/2",
            log=LogHead(ORIGIN, size, root_of(self.hashes(SHA256), SHA256)),
            exhibits=self.exhibits,
            events=[
                PackageEvent(
                    index, leaf, payload, salt, self.proof(index, note, SHA256),
                    self.proof(index, twin_note, SM3) if self.twin else None,
                )
                for index, (leaf, payload, salt) in enumerate(self.events)
            ],
            keys=self.keyring.public_keys(),
            sign_note=self.sign,
            twin=LogHead(TWIN, size, root_of(self.hashes(SM3), SM3)) if self.twin else None,
            roles=self.roles,
            policy=self.policy(),
        )  # fmt: skip

    def sign(self, text: str) -> bytes:
        """Sign as the office signs a package."""
        return sign_note(text, [self.package_key.note_signer()])

    def hashes(self, suite: HashSuite) -> list[bytes]:
        """Return the leaf hashes of the log in ``suite``."""
        return [suite.leaf_hash(canonical(leaf)) for leaf, _, _ in self.events]

    def proof(self, index: int, note: bytes, suite: HashSuite) -> bytes:
        """Return the proof of an event for the newest head."""
        return TlogProof(index, path_of(self.hashes(suite), index, suite), note).encode()

    def checkpoint(self, size: int, *, twin: bool = False, root: bytes | None = None) -> bytes:
        """Return the signed and cosigned head at ``size``, or one with another root."""
        suite, key = (SM3, self.twin_key) if twin else (SHA256, self.log_key)
        assert key is not None
        found = root or root_of(self.hashes(suite)[:size], suite)
        head = sign_checkpoint(Checkpoint(TWIN if twin else ORIGIN, size, found), key.note_signer())
        return add_cosignatures(head, [cosign_checkpoint(head, self.witness, COSIGNED)])

    def stamped(self, size: int, authority: Authority, *, twin: bool = False) -> PackageTimestamp:
        """Have the checkpoint at ``size`` stamped; the transfer must be logged."""
        suite, origin = (SM3, TWIN) if twin else (SHA256, ORIGIN)
        hashes = self.hashes(suite)
        root = root_of(hashes[:size], suite)
        token = authority.stamp(Checkpoint(origin, size, root).text().encode(), size)
        return PackageTimestamp(
            StampedCheckpoint(origin, size, root, consistency_of(hashes, size, suite)), token
        )

    def trusted(self, **ranges: tuple[int, int | None]) -> dict[str, JsonValue]:
        """Return the members that trust files and role files share; ``ranges`` gives other ranges by role."""
        keys: list[JsonValue] = []
        for key in self.keyring.public_keys():
            if key.role == "log":
                continue
            valid_from, revoked_at = ranges.get(key.role, (0, None))
            shown: dict[str, JsonValue] = {"vkey": key.vkey()} if key.name else {"public": key.public}
            keys.append(
                {
                    "id": key.id, "role": key.role, "actor": key.actor,
                    "valid_from": valid_from, "revoked_at": revoked_at, **shown,
                }
            )  # fmt: skip
        logs: list[JsonValue] = [{"origin": ORIGIN, "vkey": self.log_key.public.vkey()}]
        if self.twin_key is not None:
            logs.append({"origin": TWIN, "vkey": self.twin_key.public.vkey()})
        return {"office": OFFICE, "logs": logs, "keys": keys}

    def root_set(self, threshold: int = 2) -> JsonValue:
        """Return the roots as trust files and role files write them."""
        return {"threshold": threshold, "keys": [each.key.encode() for each in self.roots]}

    def policy(self, *others: Cosigner) -> bytes:
        """Return a policy that demands the witness and all ``others`` for both logs."""
        witnesses = [("w0", self.witness), *((f"w{n}", other) for n, other in enumerate(others, 1))]
        keys = [self.log_key, *([self.twin_key] if self.twin_key else [])]
        lines = [f"log {key.public.vkey()}" for key in keys]
        lines += [f"witness {name} {witness.key.encode()}" for name, witness in witnesses]
        lines += [f"group all-of-them all {' '.join(name for name, _ in witnesses)}", "quorum all-of-them"]
        return ("\n".join(lines) + "\n").encode()


def authorities_in(
    trust: Mapping[str, JsonValue], *given: Authority, operators: int = 0
) -> dict[str, JsonValue]:
    """Return the members of a trust file with authorities added."""
    tsas: list[JsonValue] = [
        {
            "name": f"TSA {each.name}",
            "operator": each.name,
            "certificate": base64.b64encode(each.root).decode(),
        }
        for each in given
    ]
    return {**trust, "tsas": tsas, "timestamps": {"operators": operators}}


def bent(source: PackageSource, change: Callable[[Members], Members], desk: Desk) -> bytes:
    """Return the package that a dishonest office would make: changed past the builder's checks, and signed again."""
    content = {content_name(e): e.open().read() for e in source.exhibits if e.open is not None}
    members = change({**tag_members(source), **content})
    found = {name: digest_bytes(data) for name, data in members.items() if not name.startswith("data/")}
    sha256, sm3 = bag_manifest(found, "sha256"), bag_manifest(found, "sm3")
    identifier = json.loads(members["evidence/package.json"])["id"]
    members |= {"tagmanifest-sha256.txt": sha256, "tagmanifest-sm3.txt": sm3}
    members["signature.note"] = desk.sign(signature_text(identifier, sha256, sm3))
    target = io.BytesIO()
    archive = ZipWriter(target)
    for name in sorted(members, key=str.encode):
        archive.add(name, members[name])
    archive.finish()
    return target.getvalue()


def with_tokens(source: PackageSource, *stamps: PackageTimestamp) -> PackageSource:
    """Return the source with tokens."""
    return replace(source, timestamps=stamps)
