"""A small maker of packages for these tests, written from the format alone.

Each step can be bent by an edit (a function put into ``edits`` under the step's name), so that a test
breaks exactly one thing and everything built on it still fits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.evidence.verify.noting import (
    DEVICE,
    LOG,
    OFFICER,
    ORIGIN,
    PACKAGE,
    TWIN,
    TWIN_KEY,
    WITNESS_1,
    WITNESS_2,
    Digest,
    b64,
    canonical,
    cosignature_line,
    path_of,
    private,
    public,
    public_id,
    root_of,
    sha256,
    signature_line,
    sm2_line,
    sm2_vkey,
    sm3,
    vkey,
)
from tests.evidence.verify.zipping import zip_bytes

PACKAGE_ID = "P-0001"
AT = "2026-03-02T09:30:00+08:00"

Edit = Callable[[Any], Any]


class Maker:
    """Builds one package; ``edits`` may bend ``manifests_json exhibits content manifests drafts events checkpoint
    twin_checkpoint stamps package tags tagmanifests note members zip`` on the way. ``stamps`` gets the maker and
    returns lines of ``evidence/timestamps.jsonl`` with their tokens."""

    def __init__(self, contents: dict[str, bytes] | None = None, **edits: Edit) -> None:
        self.contents = contents or {
            "X01": "姓名,电话\n张某,138****0000\n".encode(),
            "X02": b'{"n":1}\n',
            "X03": b"",
        }
        self.edits = edits
        self.before, self.between = 3, 2
        self.twin = True
        self.leaves: list[bytes] = []
        self.twin_leaves: list[bytes] = []
        self.lines: list[dict[str, Any]] = []

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

    def twin_checkpoint(self, size: int, root: bytes) -> bytes:
        text = f"{TWIN}\n{size}\n{b64(root)}\n".encode()
        return text + b"\n" + sm2_line(TWIN, TWIN_KEY, text) + cosignature_line("w1.example", WITNESS_1, text)

    def _proofs(self, events: list[dict[str, Any]], entries: list[bytes]) -> dict[str, bytes]:
        self.leaves = [sha256(b"\0" + entry) for entry in entries]
        self.twin_leaves = [sm3(b"\0" + entry) for entry in entries]
        size = len(entries)
        checkpoint = self._edit("checkpoint", self.checkpoint(size, root_of(self.leaves)))
        members = tlog_proofs("proofs", events, self.leaves, sha256, checkpoint)
        if self.twin:
            root = root_of(self.twin_leaves, sm3)
            checkpoint = self._edit("twin_checkpoint", self.twin_checkpoint(size, root))
            members |= tlog_proofs("proofs-sm3", events, self.twin_leaves, sm3, checkpoint)
        return members

    def _stamps(self) -> dict[str, bytes]:
        stamps = self.edits["stamps"](self) if "stamps" in self.edits else []
        lines = b"".join(canonical({"n": n, **line}) + b"\n" for n, (line, _) in enumerate(stamps))
        tokens = {f"timestamps/{n}.tsr": token for n, (_, token) in enumerate(stamps) if token is not None}
        return {"evidence/timestamps.jsonl": lines, **tokens}

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
        self.lines = lines
        members |= self._proofs(events, entries) | self._stamps()
        head = {"size": size, "root": b64(root_of(self.leaves))}
        twin = {"origin": TWIN, "size": size, "root": b64(root_of(self.twin_leaves, sm3))}
        package = {
            "v": 2,
            "format": "qingyuan-evp/2",
            "id": PACKAGE_ID,
            "matter": "M2026-0001",
            "title": "示例",
            "office": {"id": "O1", "name": "示例区人民检察院"},
            "made_at": AT,
            "made_by": "P001",
            "tool": "t/1",
            "log": {"origin": ORIGIN, **head},
            "twin": twin if self.twin else None,
            "events": len(events),
            "exhibits": len(lines),
            "timestamps": members["evidence/timestamps.jsonl"].count(b"\n"),
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
        text = f"qingyuan-evp/2\n{PACKAGE_ID}\nsha256 {sha256(members['tagmanifest-sha256.txt']).hex()}\n"
        text += f"sm3 {sm3(members['tagmanifest-sm3.txt']).hex()}\n"
        body = self._edit("note", text.encode())
        members["signature.note"] = body + b"\n" + signature_line(ORIGIN + "/package", PACKAGE, body)
        result: dict[str, bytes] = self._edit("members", members)
        return result

    def build(self) -> bytes:
        data: bytes = self._edit("zip", zip_bytes(self.members()))
        return data


def tlog_proofs(
    folder: str, events: list[dict[str, Any]], leaves: list[bytes], digest: Digest, checkpoint: bytes
) -> dict[str, bytes]:
    proofs = {}
    for event in events:
        index = event["index"]
        path = "".join(b64(node) + "\n" for node in path_of(index, leaves, digest))
        proofs[f"{folder}/{index}.tlog-proof"] = (
            f"c2sp.org/tlog-proof@v1\nindex {index}\n{path}\n".encode() + checkpoint
        )
    return proofs


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
        "v": 2,
        "office": {"id": "O1", "name": "示例区人民检察院"},
        "logs": [
            {"origin": ORIGIN, "vkey": vkey(ORIGIN, LOG)},
            {"origin": TWIN, "vkey": sm2_vkey(TWIN, TWIN_KEY)},
        ],
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
