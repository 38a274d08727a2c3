"""Make the package vectors again: ``python vectors/make.py [FOLDER]`` (``vectors/package`` unless said).

Everything is synthetic and follows from the seed below: keys, salts, contents and times. The same program
gives the same bytes; a change of any byte is a change of the format or of the builder, and is to be explained.
The verdicts are written down here and do not come from a verifier.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

import msgspec

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
    Payload,
    Withheld,
    build_package,
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
from qingyuan.ledger import (
    Checkpoint,
    Cosigner,
    TlogProof,
    add_cosignatures,
    cosign_checkpoint,
    leaf_hash,
    node_hash,
    sign_checkpoint,
    sign_note,
)

SEED = "qingyuan package vectors 1"
ORIGIN = "vectors.qingyuan.invalid/log"
PACKAGE = "K2026-0001"
AT = datetime(2026, 3, 9, 17, 0, tzinfo=timezone(timedelta(hours=8)))
COSIGNED = 1_773_046_800
CHECKS = ("container", "digests", "events", "exhibits", "proofs", "signature", "transfer")


def seeded(what: str) -> Callable[[int], bytes]:
    """Return a source of bytes that follow from the seed, ``what`` and the number of the draw."""
    drawn = 0

    def draw(count: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return hashlib.shake_256(f"{SEED}/{what}/{drawn}".encode()).digest(count)

    return draw


def path_of(hashes: list[bytes], index: int) -> tuple[bytes, ...]:
    """Return the inclusion path of RFC 6962, section 2.1.1."""
    if len(hashes) == 1:
        return ()
    split = 1 << (len(hashes) - 1).bit_length() - 1
    if index < split:
        return (*path_of(hashes[:split], index), root_of(hashes[split:]))
    return (*path_of(hashes[split:], index - split), root_of(hashes[:split]))


def root_of(hashes: list[bytes]) -> bytes:
    """Return the tree head of RFC 6962, section 2.1."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return node_hash(root_of(hashes[:split]), root_of(hashes[split:]))


@dataclass
class Desk:
    """A synthetic office: keys, a log in memory, exhibits and the package of them."""

    name: str
    exhibits: list[PackageExhibit] = field(default_factory=list)
    events: list[tuple[dict[str, JsonValue], Payload, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Draw the keys."""
        self.keyring = Keyring.create(seeded(f"{self.name}/keys"), Kek.raw(bytes(32)))
        self.salts = seeded(f"{self.name}/salts")
        self.officer = self.keyring.new_signer("officer", actor="P001")
        self.log_key = self.keyring.new_signer("log", name=ORIGIN)
        self.package_key = self.keyring.new_signer("package", name=f"{ORIGIN}/package")
        self.witness = Cosigner.generate("witness.invalid/w", seeded(f"{self.name}/witness"))

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
                source="示例来源", device="D001", tool="vectors/1", started="2026-03-09T09:00:00+08:00",
                ended="2026-03-09T09:00:01+08:00", mono_ns=1_000_000_000, file_mtime=None,
            ),
            parents=(parent,) if parent else (),
            derived=parent is not None,
        )  # fmt: skip
        signed = sign_manifest(manifest, self.officer)
        opener = None if withheld else lambda: io.BytesIO(content)
        self.exhibits.append(PackageExhibit(signed, opener, withheld))
        if parent:
            self.log("L2026-0001", "evidence.generated", generated(signed, engine="vectors/1"))
        else:
            self.log("L2026-0001", "evidence.extracted", extracted(signed))
        self.log("L2026-0001", "evidence.verified", verified(manifest, manifest.digests()))
        return manifest.id

    def source(self) -> PackageSource:
        """Log the transfer and return what the builder is given."""
        digests = msgspec.structs.asdict(transfer_digests(self.exhibits))
        self.log("M2026-0001", "evidence.transferred", transferred(PACKAGE, "示例法院", **digests))
        hashes = [leaf_hash(canonical(leaf)) for leaf, _, _ in self.events]
        root = root_of(hashes)
        head = sign_checkpoint(Checkpoint(ORIGIN, len(hashes), root), self.log_key.note_signer())
        head = add_cosignatures(head, [cosign_checkpoint(head, self.witness, COSIGNED)])
        return PackageSource(
            id=PACKAGE,
            matter="M2026-0001",
            title="合成示例",
            office=Office("0000", "示例区人民检察院"),
            made_at=AT,
            made_by="P001",
            tool="vectors/1",
            log=LogHead(ORIGIN, len(hashes), root),
            exhibits=self.exhibits,
            events=[
                PackageEvent(i, leaf, payload, salt, TlogProof(i, path_of(hashes, i), head).encode())
                for i, (leaf, payload, salt) in enumerate(self.events)
            ],
            keys=self.keyring.public_keys(),
            sign_note=lambda text: sign_note(text, (self.package_key.note_signer(),)),
        )

    def trust(self) -> bytes:
        """Return the trust file."""
        keys: list[JsonValue] = [
            {
                "id": key.id, "role": key.role, "actor": key.actor, "valid_from": 0, "revoked_at": None,
                **({"vkey": key.vkey()} if key.name else {"public": key.public}),
            }
            for key in self.keyring.public_keys()
            if key.role != "log"
        ]  # fmt: skip
        logs: list[JsonValue] = [{"origin": ORIGIN, "vkey": self.log_key.public.vkey()}]
        office: JsonValue = {"id": "0000", "name": "示例区人民检察院"}
        return canonical({"v": 1, "office": office, "logs": logs, "keys": keys}) + b"\n"

    def policy(self, *others: Cosigner) -> bytes:
        """Return a policy that demands the witness and all ``others``."""
        witnesses = [("w0", self.witness), *((f"w{n}", other) for n, other in enumerate(others, 1))]
        lines = [f"log {self.log_key.public.vkey()}"]
        lines += [f"witness {name} {witness.key.encode()}" for name, witness in witnesses]
        lines += [f"group all-of-them all {' '.join(name for name, _ in witnesses)}", "quorum all-of-them"]
        return ("\n".join(lines) + "\n").encode()


class Vector(NamedTuple):
    """One package, what the reader brings, and what every verifier must say.

    Attributes:
        desk: The office that makes it.
        verdict: The verdict.
        found: Code and path of what contradicts or cannot be told.
        unsaid: The checks without an ``ok-`` reason.
        policy: The policy file, if one is used.
        met: Whether its quorum is met.
        change: What is done to the file after it was built.
    """

    desk: Desk
    verdict: str
    found: tuple[tuple[str, str | None], ...] = ()
    unsaid: tuple[str, ...] = ()
    policy: bytes | None = None
    met: bool | None = None
    change: Callable[[bytes], bytes] = bytes


def _desk(name: str, *, withheld: Withheld | None = None) -> Desk:
    desk = Desk(name)
    desk.log("M2026-0001", "matter.opened", {"title": "合成示例"})
    first = desk.take("编号,值\n1,甲\n".encode(), "名单 100%.csv")
    desk.take(b"", "空🧾.txt", withheld=withheld)
    desk.take(b"n,v\n1,a\n", "结果.csv", parent=first)
    return desk


def _one_digit(package: bytes) -> bytes:
    """Change one byte of content and mend nothing."""
    return package.replace("编号,值\n1,甲\n".encode(), "编号,值\n2,甲\n".encode(), 1)


def vectors() -> dict[str, Vector]:
    """Return every vector by name."""
    cosigned, changed, alone = _desk("pass"), _desk("fail-content"), _desk("undetermined-quorum")
    withheld = _desk("undetermined-withheld", withheld=Withheld("涉及未成年人", "it concerns a minor"))
    absent = Cosigner.generate("absent.invalid/w", seeded("absent"))
    content = f"data/{changed.exhibits[0].signed.manifest.id}/名单 100_.csv"
    return {
        "pass": Vector(cosigned, "pass", policy=cosigned.policy(), met=True),
        "fail-content": Vector(
            changed,
            "fail",
            tuple((code, content) for code in ("container", "digest", "exhibit")),
            ("container", "digests", "exhibits"),
            change=_one_digit,
        ),
        "undetermined-withheld": Vector(
            withheld, "undetermined", (("withheld", "evidence/exhibits.jsonl"),), ("exhibits",)
        ),
        "undetermined-quorum": Vector(alone, "undetermined", policy=alone.policy(absent), met=False),
    }


def expected(vector: Vector) -> bytes:
    """Return what every verifier must say of a package, as the file holds it."""
    said: list[tuple[str, str | None]] = [("quorum", None), ("scope-before", None)]
    said += [(f"ok-{check}", None) for check in CHECKS if check not in vector.unsaid]
    reasons = sorted({*vector.found, *said}, key=lambda reason: (reason[0], reason[1] or ""))
    value = {
        "verdict": vector.verdict,
        "reasons": [{"code": code, "path": path} for code, path in reasons],
        "quorum": {"demanded": vector.policy is not None, "met": vector.met},
    }
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def make(folder: Path) -> None:
    """Write every vector into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, vector in vectors().items():
        package = folder / f"{name}.evp"
        build_package(vector.desk.source(), package)
        package.chmod(0o644)
        package.write_bytes(vector.change(package.read_bytes()))
        (folder / f"{name}.trust.json").write_bytes(vector.desk.trust())
        if vector.policy is not None:
            (folder / f"{name}.policy").write_bytes(vector.policy)
        (folder / f"{name}.verdict.json").write_bytes(expected(vector))


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent / "package")
