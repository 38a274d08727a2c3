"""Packages, trust files and policies made from docs/evidence-format.md, each part open to change."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from qingyuan.ledger import (
    SHA256,
    SM3,
    Cosigner,
    HashSuite,
    TextSigner,
    add_cosignatures,
    cosign_checkpoint,
    sign_note,
)
from tests.evidence.verify_page.sealing import Members, bag_info, jsonl, payload_manifest, sealed, zipped
from tests.evidence.verify_page.trees import (
    SUITES,
    Json,
    b64,
    canonical,
    consistency,
    digest,
    inclusion,
    seed,
    tree_root,
)
from tests.evidence.verify_page.trusting import DEVICE, LOG, OFFICER, OPENED, ORIGIN, TWIN, TWIN_LOG, Key


@dataclass
class Stamp:
    """A line of ``evidence/timestamps.jsonl`` to be made, and who stamps it."""

    over: str
    by: Callable[[bytes], bytes]
    size: int = 0
    exhibit: str = ""
    timestamp: int = 0
    twin: bool = False


@dataclass
class Matter:
    """What goes into a package; ``members`` makes it."""

    id: str = "E2026-0001"
    twin: bool = True
    events: list[Json] = field(default_factory=list)
    exhibits: list[Json] = field(default_factory=list)
    contents: Members = field(default_factory=dict)
    withheld: list[Json] = field(default_factory=list)
    stamps: list[Stamp] = field(default_factory=list)
    roles: dict[int, bytes] = field(default_factory=dict)
    witnesses: list[Cosigner] = field(default_factory=list)
    revocation: list[bytes] = field(default_factory=list)
    log_signers: list[TextSigner] = field(default_factory=lambda: [LOG.signer])
    twin_signers: list[TextSigner] = field(default_factory=lambda: [TWIN_LOG.signer])
    about: Json = field(default_factory=dict)

    def log(self, kind: str, payload: Json, stream: str = "M2026-0001", **changes: Any) -> Json:
        earlier = [event["leaf"] for event in self.events if event["leaf"]["stream"] == stream]
        salt = seed(f"salt {len(self.events)}")[:16]
        text = canonical(payload)
        leaf = {
            "v": 1,
            "type": kind,
            "stream": stream,
            "n": len(earlier),
            "prev": hashlib.sha256(canonical(earlier[-1])).hexdigest() if earlier else "",
            "at": OPENED,
            "actor": "P001",
            "sha256": hashlib.sha256(salt + text).hexdigest(),
            "sm3": digest(SM3, salt, text).hex(),
            **changes,
        }
        self.events.append({"index": len(self.events), "leaf": leaf, "payload": payload, "salt": b64(salt)})
        return leaf

    def take(
        self,
        content: bytes,
        name: str = "名单.csv",
        *,
        parents: tuple[str, ...] = (),
        by: Key = OFFICER,
        **changes: Any,
    ) -> str:
        """Add an exhibit with its event; give its identifier."""
        manifest: Json = {
            "v": 1, "scope": "L2026-0001", "name": name, "path": f"/导出/{name}", "media_type": "text/csv",
            "size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "sm3": digest(SM3, content).hex(),
            "origin": "derived" if parents else "collected", "parents": list(parents),
            "collected": {
                "by": "P001", "second": "P002", "method": "copy", "source": "USB", "device": "D1", "tool": "t/1",
                "started": OPENED, "ended": OPENED, "mono_ns": 5, "file_mtime": None,
            },
            **changes,
        }  # fmt: skip
        exhibit = manifest.setdefault("id", "X" + hashlib.sha256(canonical(manifest)).hexdigest()[:16])
        text = canonical(manifest)
        line = {"key": by.id, "manifest": manifest, "sig": b64(by.sign(b"qingyuan-exhibit/1\n" + text))}
        self.exhibits.append(line)
        self.contents[f"data/{exhibit}/{name}"] = content
        payload = {
            "exhibit": exhibit, "manifest_sha256": hashlib.sha256(text).hexdigest(), "key": by.id, "sig": line["sig"],
            **{each: manifest[each] for each in ("path", "size", "sha256", "sm3")},
        }  # fmt: skip
        if parents:
            payload |= {"parents": list(parents), "engine": "pii/0.1.0"}
        self.log("evidence.generated" if parents else "evidence.extracted", payload, "L2026-0001")
        return str(exhibit)

    def check(self, exhibit: str, *, ok: bool = True) -> None:
        manifest = next(each["manifest"] for each in self.exhibits if each["manifest"]["id"] == exhibit)
        payload = {"exhibit": exhibit, "sha256": manifest["sha256"], "sm3": manifest["sm3"], "ok": ok}
        self.log("evidence.verified", payload, "L2026-0001")

    def withhold(self, exhibit: str) -> None:
        self.contents = {n: d for n, d in self.contents.items() if n.split("/")[1] != exhibit}
        self.withheld.append({"exhibit": exhibit, "reason_zh": "涉密", "reason_en": "secret"})

    def exhibit_lines(self) -> bytes:
        lines = sorted(self.exhibits, key=lambda each: each["manifest"]["id"].encode())
        return jsonl(lines)

    def transfer(self) -> None:
        """Log the transfer event of this package; after all exhibits."""
        one, two = (payload_manifest(self.contents, name) for name in ("sha256", "sm3"))
        payload = {
            "package": self.id, "to": "某互联网法院", "manifest_sha256": hashlib.sha256(one).hexdigest(),
            "manifest_sm3": digest(SM3, two).hex(), "exhibits_sha256": hashlib.sha256(self.exhibit_lines()).hexdigest(),
        }  # fmt: skip
        self.log("evidence.transferred", payload)

    def hashes(self, suite: HashSuite) -> list[bytes]:
        return [digest(suite, b"\x00", canonical(event["leaf"])) for event in self.events]

    def checkpoint(self, suite: HashSuite, size: int | None = None) -> bytes:
        hashes = self.hashes(suite)[:size]
        origin, signers = (TWIN, self.twin_signers) if suite is SM3 else (ORIGIN, self.log_signers)
        note = sign_note(f"{origin}\n{len(hashes)}\n{b64(tree_root(hashes, suite))}\n", signers)
        return add_cosignatures(
            note, [cosign_checkpoint(note, each, 1_773_046_800) for each in self.witnesses]
        )

    def proofs(self, folder: str) -> Members:
        suite = SUITES[folder]
        hashes, checkpoint = self.hashes(suite), self.checkpoint(suite)
        found = {}
        for index in range(len(hashes)):
            path = "".join(b64(each) + "\n" for each in inclusion(hashes, index, suite))
            text = f"c2sp.org/tlog-proof@v1\nindex {index}\n{path}\n".encode()
            found[f"{folder}/{index}.tlog-proof"] = text + checkpoint
        return found

    def stamped(self) -> Members:
        lines: list[Json] = []
        found: Members = {}
        for n, stamp in enumerate(self.stamps):
            line: Json = {"n": n, "over": stamp.over}
            if stamp.over == "checkpoint":
                suite = SM3 if stamp.twin else SHA256
                hashes = self.hashes(suite)
                root = b64(tree_root(hashes[: stamp.size], suite))
                path = [b64(each) for each in consistency(hashes, stamp.size, suite)]
                line |= {
                    "log": TWIN if stamp.twin else ORIGIN,
                    "size": stamp.size,
                    "root": root,
                    "path": path,
                }
                message = f"{line['log']}\n{stamp.size}\n{root}\n".encode()
            elif stamp.over == "exhibit":
                line |= {"exhibit": stamp.exhibit}
                message = canonical(
                    next(e["manifest"] for e in self.exhibits if e["manifest"]["id"] == stamp.exhibit)
                )
            else:
                line |= {"timestamp": stamp.timestamp}
                message = found[f"timestamps/{stamp.timestamp}.tsr"]
            lines.append(line)
            found[f"timestamps/{n}.tsr"] = stamp.by(message)
        return {"evidence/timestamps.jsonl": jsonl(lines), **found}

    def describe(self) -> Json:
        def head(origin: str, suite: HashSuite) -> Json:
            return {
                "origin": origin,
                "size": len(self.events),
                "root": b64(tree_root(self.hashes(suite), suite)),
            }

        return {
            "v": 2, "format": "qingyuan-evp/2", "id": self.id, "matter": "M2026-0001", "title": "某平台泄露个人信息案",
            "office": {"id": "1101", "name": "某市人民检察院"}, "made_at": OPENED, "made_by": "P001", "tool": "t/1",
            "log": head(ORIGIN, SHA256), "twin": head(TWIN, SM3) if self.twin else None, "events": len(self.events),
            "exhibits": len(self.exhibits), "timestamps": len(self.stamps), "withheld": self.withheld, **self.about,
        }  # fmt: skip

    def members(self) -> Members:
        """All members but the tag manifests and the signature."""
        proofs = {**self.proofs("proofs"), **(self.proofs("proofs-sm3") if self.twin else {})}
        return {
            "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
            "bag-info.txt": bag_info(self.contents),
            "manifest-sha256.txt": payload_manifest(self.contents, "sha256"),
            "manifest-sm3.txt": payload_manifest(self.contents, "sm3"),
            "evidence/package.json": canonical(self.describe()) + b"\n",
            "evidence/exhibits.jsonl": self.exhibit_lines(),
            "evidence/events.jsonl": jsonl(self.events),
            "trust/keys.jsonl": jsonl([]),
            "说明.md": "说明\n".encode(),
            **{f"trust/roles/{version}.note": note for version, note in self.roles.items()},
            **{f"trust/revocation/{n}.der": each for n, each in enumerate(self.revocation)},
            **self.contents, **proofs, **self.stamped(),
        }  # fmt: skip

    def package(self) -> bytes:
        return zipped(sealed(self.members(), self.id))


def small_matter(*, twin: bool = True) -> Matter:
    """Three exhibits, two checks, notes in two streams, and the transfer."""
    matter = Matter(twin=twin)
    matter.log("matter.opened", {"title": "某案", "deep": [[{"a": [None, True, -7]}]]})
    first = matter.take(b"a,b\n", "一.csv")
    matter.take(b"c,d\n" * 50, "二.csv", by=DEVICE)
    matter.take(b"[]\n", "三.json", parents=(first,))
    matter.check(first)
    matter.log("case.noted", {"text": "“记录”\u0001"}, "C2026-0001")
    matter.transfer()
    return matter
