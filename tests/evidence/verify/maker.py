"""A small maker of packages for these tests, written from the format alone.

Each step can be bent by an edit (a function put into ``edits`` under the step's name), so that a test
breaks exactly one thing and everything built on it still fits.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.evidence.verify.zipping import zip_bytes

ORIGIN = "log.example/qy"
PACKAGE_ID = "P-0001"
AT = "2026-03-02T09:30:00+08:00"

Edit = Callable[[Any], Any]


def private(seed: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)


def public(seed: int) -> bytes:
    return private(seed).public_key().public_bytes_raw()


LOG, PACKAGE, OFFICER, DEVICE, WITNESS_1, WITNESS_2 = 1, 2, 3, 4, 5, 6


def canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def sm3(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()


def key_id(name: str, kind: int, key: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + bytes([kind]) + key)[:4]


def public_id(seed: int) -> str:
    return sha256(b"qingyuan-key/1\n" + public(seed)).hex()[:16]


def vkey(name: str, seed: int, kind: int = 1) -> str:
    return f"{name}+{key_id(name, kind, public(seed)).hex()}+{b64(bytes([kind]) + public(seed))}"


def signature_line(name: str, seed: int, text: bytes) -> bytes:
    signature = key_id(name, 1, public(seed)) + private(seed).sign(text)
    return f"— {name} {b64(signature)}\n".encode()


def cosignature_line(name: str, seed: int, text: bytes, at: int = 1_772_400_000) -> bytes:
    message = b"cosignature/v1\ntime %d\n" % at + text
    signature = key_id(name, 4, public(seed)) + struct.pack(">Q", at) + private(seed).sign(message)
    return f"— {name} {b64(signature)}\n".encode()


def root_of(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, as it is written there."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\x01" + root_of(leaves[:k]) + root_of(leaves[k:]))


def path_of(index: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.1, as it is written there."""
    if len(leaves) == 1:
        return []
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < k:
        return [*path_of(index, leaves[:k]), root_of(leaves[k:])]
    return [*path_of(index - k, leaves[k:]), root_of(leaves[:k])]


class Maker:
    """Builds one package; ``edits`` may bend ``exhibits drafts events proofs checkpoint package
    tags manifests note members zip`` on the way."""

    def __init__(self, contents: dict[str, bytes] | None = None, **edits: Edit) -> None:
        self.contents = contents or {
            "X01": "姓名,电话\n张某,138****0000\n".encode(),
            "X02": b'{"n":1}\n',
            "X03": b"",
        }
        self.edits = edits
        self.before, self.between = 3, 2

    def _edit(self, step: str, value: Any) -> Any:
        changed = self.edits.get(step, lambda same: same)(value)
        return value if changed is None else changed

    def manifest(self, exhibit: str, content: bytes) -> dict[str, Any]:
        derived = exhibit == "X03"
        return {
            "v": 1,
            "id": exhibit,
            "scope": "L2026-0001",
            "name": "名单.csv",
            "path": "/采集/名单.csv",
            "media_type": "text/csv",
            "size": len(content),
            "sha256": sha256(content).hex(),
            "sm3": sm3(content).hex(),
            "origin": "derived" if derived else "collected",
            "parents": ["X01"] if derived else [],
            "collected": {
                "by": "P001",
                "second": "P002",
                "method": "copy",
                "source": "disk",
                "device": "D1",
                "tool": "t/1",
                "started": AT,
                "ended": AT,
                "mono_ns": 1200,
                "file_mtime": None,
            },
        }

    def sign(self, manifest: dict[str, Any], seed: int = DEVICE, key: str | None = None) -> dict[str, Any]:
        sig = private(seed).sign(b"qingyuan-exhibit/1\n" + canonical(manifest))
        return {"key": key or public_id(seed), "manifest": manifest, "sig": b64(sig)}

    def drafts(
        self, lines: list[dict[str, Any]], digests: dict[str, str]
    ) -> list[tuple[str, str, dict[str, Any]]]:
        drafts: list[tuple[str, str, dict[str, Any]]] = [("M2026-0001", "matter.opened", {"title": "示例"})]
        for line in lines:
            m = line["manifest"]
            payload = {name: m[name] for name in ("path", "size", "sha256", "sm3")}
            payload |= {"exhibit": m["id"], "manifest_sha256": sha256(canonical(m)).hex()}
            payload |= {"key": line["key"], "sig": line["sig"]}
            if m["origin"] == "derived":
                payload |= {"parents": m["parents"], "engine": "pii/1"}
            kind = "evidence.generated" if m["origin"] == "derived" else "evidence.extracted"
            drafts.append((m["scope"], kind, payload))
            sealed = {"alg": "aes", "chunk": 1, "size": 1, "sha256": "0" * 64}
            drafts.append((m["scope"], "evidence.stored", {"exhibit": m["id"], "sealed": sealed}))
            checked = {"exhibit": m["id"], "sha256": m["sha256"], "sm3": m["sm3"], "ok": True}
            drafts.append((m["scope"], "evidence.verified", checked))
        drafts.append(
            ("M2026-0001", "evidence.transferred", {"package": PACKAGE_ID, "to": "court", **digests})
        )
        return drafts

    def events(self, drafts: list[tuple[str, str, dict[str, Any]]]) -> list[dict[str, Any]]:
        last: dict[str, tuple[int, str]] = {}
        events = []
        for position, (stream, kind, payload) in enumerate(drafts):
            n, prev = last.get(stream, (0, ""))
            salt = sha256(b"salt%d" % position)[:16]
            leaf = {"v": 1, "type": kind, "stream": stream, "n": n, "prev": prev, "at": AT, "actor": "P001"}
            leaf |= {
                "sha256": sha256(salt + canonical(payload)).hex(),
                "sm3": sm3(salt + canonical(payload)).hex(),
            }
            last[stream] = (n + 1, sha256(canonical(leaf)).hex())
            index = self.before + position * self.between
            events.append({"index": index, "leaf": leaf, "payload": payload, "salt": b64(salt)})
        return events

    def checkpoint(self, size: int, root: bytes) -> bytes:
        text = f"{ORIGIN}\n{size}\n{b64(root)}\n".encode()
        lines = signature_line(ORIGIN, LOG, text) + cosignature_line("w1.example", WITNESS_1, text)
        return text + b"\n" + lines + cosignature_line("w2.example", WITNESS_2, text)

    def members(self) -> dict[str, bytes]:
        manifests = self._edit("manifests_json", [self.manifest(x, c) for x, c in self.contents.items()])
        lines = self._edit("exhibits", [self.sign(m) for m in manifests])
        members = {f"data/{x}/名单.csv": c for x, c in self.contents.items()}
        members = self._edit("content", members)
        for name, digest in (("manifest-sha256.txt", sha256), ("manifest-sm3.txt", sm3)):
            members[name] = manifest_text({n: d for n, d in members.items() if n.startswith("data/")}, digest)
        members = self._edit("manifests", members)
        members["evidence/exhibits.jsonl"] = b"".join(canonical(line) + b"\n" for line in lines)
        digests = {
            "manifest_sha256": sha256(members["manifest-sha256.txt"]).hex(),
            "manifest_sm3": sm3(members["manifest-sm3.txt"]).hex(),
            "exhibits_sha256": sha256(members["evidence/exhibits.jsonl"]).hex(),
        }
        events = self._edit("events", self.events(self._edit("drafts", self.drafts(lines, digests))))
        members["evidence/events.jsonl"] = b"".join(canonical(event) + b"\n" for event in events)
        size = max((event["index"] for event in events), default=0) + 4
        entries = [b"other %d" % i for i in range(size)]
        for event in events:
            entries[event["index"]] = canonical(event["leaf"])
        leaves = [sha256(b"\0" + entry) for entry in entries]
        root = root_of(leaves)
        checkpoint = self._edit("checkpoint", self.checkpoint(size, root))
        for event in events:
            index = event["index"]
            path = "".join(b64(node) + "\n" for node in path_of(index, leaves))
            proof = f"c2sp.org/tlog-proof@v1\nindex {index}\n{path}\n".encode() + checkpoint
            members[f"proofs/{index}.tlog-proof"] = proof
        package = {
            "v": 1,
            "format": "qingyuan-evp/1",
            "id": PACKAGE_ID,
            "matter": "M2026-0001",
            "title": "示例",
            "office": {"id": "O1", "name": "示例区人民检察院"},
            "made_at": AT,
            "made_by": "P001",
            "tool": "t/1",
            "log": {"origin": ORIGIN, "size": size, "root": b64(root)},
            "events": len(events),
            "exhibits": len(lines),
            "withheld": [],
        }
        members["evidence/package.json"] = canonical(self._edit("package", package)) + b"\n"
        members["bagit.txt"] = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
        members["bag-info.txt"] = b"Bagging-Date: 2026-03-02\nContact-Name: office\n folded\n"
        members["trust/keys.jsonl"] = keys_jsonl()
        members["说明.md"] = "# 说明\n".encode()
        return self._sealed(self._edit("tags", members))

    def _sealed(self, members: dict[str, bytes]) -> dict[str, bytes]:
        tags = {n: d for n, d in members.items() if not n.startswith("data/")}
        members["tagmanifest-sha256.txt"] = manifest_text(tags, sha256)
        members["tagmanifest-sm3.txt"] = manifest_text(tags, sm3)
        members = self._edit("tagmanifests", members)
        text = f"qingyuan-evp/1\n{PACKAGE_ID}\nsha256 {sha256(members['tagmanifest-sha256.txt']).hex()}\n"
        text += f"sm3 {sm3(members['tagmanifest-sm3.txt']).hex()}\n"
        body = self._edit("note", text.encode())
        members["signature.note"] = body + b"\n" + signature_line(ORIGIN + "/package", PACKAGE, body)
        result: dict[str, bytes] = self._edit("members", members)
        return result

    def build(self) -> bytes:
        data: bytes = self._edit("zip", zip_bytes(self.members()))
        return data


def manifest_text(members: dict[str, bytes], digest: Callable[[bytes], bytes]) -> bytes:
    names = sorted(members, key=str.encode)
    return b"".join(f"{digest(members[n]).hex()}  {n}\n".encode() for n in names)


def keys_jsonl() -> bytes:
    device = {"actor": "D1", "id": public_id(DEVICE), "role": "device", "public": b64(public(DEVICE))}
    package = {"actor": "", "id": public_id(PACKAGE), "role": "package"}
    package["vkey"] = vkey(ORIGIN + "/package", PACKAGE)
    return canonical(device) + b"\n" + canonical(package) + b"\n"


def trust() -> dict[str, Any]:
    def key(role: str, seed: int) -> dict[str, Any]:
        return {
            "id": public_id(seed),
            "role": role,
            "public": b64(public(seed)),
            "actor": None,
            "valid_from": 0,
            "revoked_at": None,
        }

    package = key("package", PACKAGE)
    del package["public"]
    package["vkey"] = vkey(ORIGIN + "/package", PACKAGE)
    return {
        "v": 1,
        "office": {"id": "O1", "name": "示例区人民检察院"},
        "logs": [{"origin": ORIGIN, "vkey": vkey(ORIGIN, LOG)}],
        "keys": [package, key("officer", OFFICER), key("device", DEVICE)],
    }


def policy(threshold: str = "all") -> bytes:
    lines = [
        "# 见证要求",
        f"log {vkey(ORIGIN, LOG)} https://log.example/",
        f"witness 法院 {vkey('w1.example', WITNESS_1, 4)}",
        f"witness W2\t{vkey('w2.example', WITNESS_2, 4)}",
        f"group both {threshold} 法院 W2",
        "quorum both",
    ]
    return ("\n".join(lines) + "\n").encode()
