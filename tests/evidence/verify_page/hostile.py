"""Packages as an opponent would build them, chosen by a seed: the container field by field, odd names, notes, proofs and role files.

Where ``mutating`` changes bytes and values, these keep everything around the change right: headers say what they say twice alike,
manifests and signatures fit, so that what is judged is the one thing that is wrong.
"""

from __future__ import annotations

import base64
import json
import random
import struct
import zlib
from dataclasses import dataclass, field
from functools import cache

from qingyuan.ledger import NoteSigner, parse_note, sign_note
from tests.evidence.verify_page.bending import bend
from tests.evidence.verify_page.mutating import Base, Case, base, whole_of
from tests.evidence.verify_page.sealing import Members, bag_info, payload_manifest, sealed, zipped
from tests.evidence.verify_page.trees import canonical, seed
from tests.evidence.verify_page.trusting import LOG, ROOTS, TWIN_LOG

#: Pieces of names that file systems, archives and Unicode treat in ways of their own.
PIECES = (
    "a", "A", "é", "e\u0301", "ß", "ss", "SS", "ſ", "İ", "i\u0307", "ı", "Σ", "ς", "ǆ", "ﬁ", "fi", "Å", "\u212b", "K", "\u212a", "가", "\u1100\u1161", "；", "\u0344", "\u0958",
    "\u2126", "Ω", "\u1e9e", "Ꭰ", "ꭰ", "\u0345", "ι", "\U0001d400", "\U00010400", "\U00010428", "\ufb00", "\u200d", "\ufeff", "\u202e", "\u00ad", "\u2028", "\ue000",
    ".", "..", " ", "~", "%", "%2F", "\\", "/", "//", ":", "C:", "c:x", "\x00", "\x1f", "\x7f", "\x85", "\x9f", "\n", "CON", "nul.txt", "*", "?", "\u037e", ";", "\u0387", "·",
    "\u1fbe", "\u03c9\u0342\u03b9", "\u1ff7", "\u1f80", "\U0001e900", "\U0001e922", "\u13a0", "\uab70", "\u10d0", "\u1c90", "\ua64a", "\u1c88",
)  # fmt: skip
ODD_BYTES = (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc3", b"\xe4\xb8")
NUMBERS = (0, 1, 2, 8, 10, 19, 20, 21, 44, 45, 46, 0x21, 0x314, 0x32D, 0x800, 0x808, 0x801, 0xFFFE, 0xFFFF, 0x7FFFFFFF, 0x81A40000, 0xA1ED0000, 0xFFFFFFFF)  # fmt: skip


@dataclass
class Entry:
    """One member: what is written into each field of both its headers."""

    raw: bytes
    data: bytes
    local: dict[str, int] = field(default_factory=dict)
    central: dict[str, int] = field(default_factory=dict)
    extra_local: bytes = b""
    extra_central: bytes = b""
    before: bytes = b""
    after: bytes = b""
    comment: bytes = b""


LOCAL = (("signature", "I"), ("needed", "H"), ("flags", "H"), ("method", "H"), ("time", "H"), ("date", "H"), ("crc", "I"), ("packed", "I"), ("size", "I"),
         ("name", "H"), ("extra", "H"))  # fmt: skip
CENTRAL = (("signature", "I"), ("made", "H"), *LOCAL[1:], ("comment", "H"), ("disk", "H"), ("internal", "H"), ("external", "I"), ("offset", "I"))  # fmt: skip
END = (("signature", "I"), ("disk", "H"), ("first", "H"), ("here", "H"), ("all", "H"), ("length", "I"), ("start", "I"), ("comment", "H"))  # fmt: skip


def packed(layout: tuple[tuple[str, str], ...], values: dict[str, int]) -> bytes:
    found = b""
    for name, kind in layout:
        found += struct.pack("<" + kind, values[name] & (0xFFFFFFFF if kind == "I" else 0xFFFF))
    return found


def built(entries: list[Entry], end: dict[str, int] | None = None, tail: bytes = b"") -> bytes:
    """A container of these entries, each field as it must be unless told otherwise."""
    body, directory = b"", b""
    for each in entries:
        shared = {
            "needed": 20, "flags": 0x800, "method": 0, "time": 0, "date": 0x21, "crc": zlib.crc32(each.data), "packed": len(each.data),
            "size": len(each.data), "name": len(each.raw),
        }  # fmt: skip
        body += each.before
        offset = len(body)
        local = {**shared, "signature": 0x04034B50, "extra": len(each.extra_local), **each.local}
        body += packed(LOCAL, local) + each.raw + each.extra_local + each.data + each.after
        central = {
            **shared, "signature": 0x02014B50, "made": 0x314, "extra": len(each.extra_central), "comment": len(each.comment), "disk": 0, "internal": 0,
            "external": 0o100644 << 16, "offset": offset, **each.central,
        }  # fmt: skip
        directory += packed(CENTRAL, central) + each.raw + each.extra_central + each.comment
    last = {
        "signature": 0x06054B50, "disk": 0, "first": 0, "here": len(entries), "all": len(entries), "length": len(directory), "start": len(body),
        "comment": len(tail), **(end or {}),
    }  # fmt: skip
    return body + directory + packed(END, last) + tail


def entries_of(members: Members) -> list[Entry]:
    return [Entry(name.encode(), members[name]) for name in sorted(members, key=str.encode)]


def header(rng: random.Random, members: Members) -> tuple[bytes, str]:
    """One field of one header, or of both alike, says something else."""
    entries = entries_of(members)
    one = rng.choice(entries)
    place = rng.choice(["local", "central", "both", "end"])
    if place == "end":
        name = rng.choice(END)[0]
        value = rng.choice([*NUMBERS, len(entries) + 1, len(entries) - 1])
        return built(entries, {name: value}), f"end.{name} = {value:#x}"
    layout = LOCAL if place != "central" else CENTRAL
    name = rng.choice(layout)[0]
    value = rng.choice([*NUMBERS, len(one.data) + 1, max(len(one.data) - 1, 0), len(one.raw) + 1])
    if place in {"local", "both"}:
        one.local[name] = value
    if place in {"central", "both"}:
        one.central[name] = value
    return built(entries), f"{place}.{name} = {value:#x} of {one.raw!r}"


def placed(rng: random.Random, members: Members) -> tuple[bytes, str]:
    """Members twice, out of order, or folders; bytes between them or after the end."""
    entries = entries_of(members)
    at, other = rng.randrange(len(entries)), rng.randrange(len(entries))
    one = entries[at]
    act = rng.choice(["same", "other", "swap", "gap", "tail", "folder", "start"])
    tail = rng.choice([b"c", b"PK\5\6" + bytes(18)]) if act == "tail" else b""
    inserted = {
        "same": Entry(one.raw, one.data),
        "other": Entry(one.raw, b"other"),
        "folder": Entry(one.raw.rpartition(b"/")[0] + b"/", b""),
    }
    if act in inserted:
        entries.insert(at, inserted[act])
    elif act == "swap":
        entries[at], entries[other] = entries[other], entries[at]
    elif act == "gap":
        one.before = rng.choice([b"\0", b"PK\3\4", b"x" * 40])
    elif act == "start":
        entries[other].central["offset"] = 0
    return built(entries, tail=tail), f"placed: {act} at {one.raw!r}"


def layout(rng: random.Random, members: Members) -> tuple[bytes, str]:
    """A member with a descriptor, a comment, extra fields or the mode of something else, or deflated."""
    entries = entries_of(members)
    one = rng.choice(entries)
    act = rng.choice(["descriptor", "comment", "wide", "extra", "mode", "deflated"])
    if act == "descriptor":
        one.after = struct.pack("<IIII", 0x08074B50, zlib.crc32(one.data), len(one.data), len(one.data))
        one.local["flags"] = one.central["flags"] = 0x808
    elif act == "comment":
        one.comment = b"c"
    elif act == "wide":
        one.extra_local = one.extra_central = struct.pack("<HHQQ", 1, 16, len(one.data), len(one.data))
        one.local |= {"packed": 0xFFFFFFFF, "size": 0xFFFFFFFF, "needed": 45}
        one.central |= {**one.local, "made": 0x32D}
    elif act == "extra":
        extra = rng.choice(
            [b"UT\5\0\1abcd", struct.pack("<HH", 0x7075, 0), b"\1", struct.pack("<HHQ", 1, 8, 1 << 62)]
        )
        one.extra_local = extra if rng.random() < 0.6 else b""
        one.extra_central = extra
    elif act == "mode":
        one.central["external"] = rng.choice(
            [0o120777 << 16, 0o40755 << 16 | 16, 0o100755 << 16, 0, 0o10644 << 16]
        )
    else:
        one.local |= {"method": 8, "crc": zlib.crc32(one.data), "size": len(one.data)}
        one.central |= one.local
        one.data = zlib.compress(one.data)[2:-4]
    return built(entries), f"layout: {act} of {one.raw!r}"


def names(rng: random.Random, members: Members, package: str) -> tuple[bytes, str]:
    """A member of an odd name, listed and signed as if nothing were odd, sometimes beside its twin."""
    contents = sorted(each for each in members if each.startswith("data/"))
    folder = rng.choice(
        [
            (rng.choice(contents) if contents else "data/X/a").rpartition("/")[0] + "/",
            "data/",
            "",
            "trust/roles/",
        ]
    )
    odd = "".join(rng.choice(PIECES) for _ in range(rng.choice([1, 1, 2, 3])))
    more = {folder + odd: b"odd"}
    if rng.random() < 0.6:
        more[
            folder
            + rng.choice(
                [odd.upper(), odd.lower(), odd.swapcase(), odd.casefold(), odd + "\u0301", rng.choice(PIECES)]
            )
        ] = b"twin"
    changed = {**members, **more}
    if rng.random() < 0.7:
        for each in ("sha256", "sm3"):
            changed[f"manifest-{each}.txt"] = payload_manifest(changed, each)
        changed["bag-info.txt"] = bag_info(changed)
        changed = sealed(changed, package)
    entries = entries_of(changed)
    if rng.random() < 0.15:
        entries[-1].raw += rng.choice(ODD_BYTES)
        entries[-1].local, entries[-1].central = {}, {}
    return built(entries), f"names {sorted(more)!r}"


def line_of(rng: random.Random, text: str, lines: list[str]) -> list[str]:
    """The signature lines of a note changed in a way that a reader must have a rule for."""
    lines = list(lines)
    place = rng.randrange(len(lines) + 1)
    act = rng.randrange(8)
    known = rng.choice([LOG, TWIN_LOG])
    identifier = known.signer.key_id.to_bytes(4, "big")
    if act == 0:  # claims a key that is trusted
        lines.insert(place, f"\u2014 {known.name} {base64.b64encode(identifier + bytes(64)).decode()}")
    elif act == 1:  # its name with another number
        lines.insert(place, f"\u2014 {known.name} {base64.b64encode(b'none' + bytes(64)).decode()}")
    elif act == 2:  # one that nobody knows, perhaps too often
        lines += ["\u2014 nobody.example AAAAAAA="] * rng.choice([1, 97, 98, 99, 100])
    elif act == 3:
        lines.insert(
            place,
            rng.choice(
                [
                    "",
                    "\u2014 a AAAA",
                    "- a AAAAAAA=",
                    "\u2014 a+b AAAAAAA=",
                    "\u2014  AAAAAAA=",
                    "\u2014 a AAAAAAB=",
                    "\u2014 a\u3000b AAAAAAA=",
                ]
            ),
        )
    elif act == 4:
        lines.append(lines[0])
    elif act == 5:
        lines = lines[::-1]
    elif act == 6:
        lines = lines[1:]
    else:
        name, _, blob = lines[0].removeprefix("\u2014 ").partition(" ")
        lines.insert(place, f"\u2014 {name} {base64.b64encode(base64.b64decode(blob) + b'x').decode()}")
    return lines


def signed_text(rng: random.Random, text: str) -> tuple[str, str]:
    """The text of a checkpoint changed in a way that the signer signs."""
    origin, size, root, *more = text.split("\n")[:-1]
    act = rng.randrange(9)
    changed = [
        [origin, size, root, *more, "an extension line"],
        [origin, size, root, "", "x"],
        [origin, f"0{size}", root],
        [origin, f"+{size}", root],
        [origin, size, root.rstrip("=")],
        [origin, size, root[:-2] + chr(ord(root[-2]) + 1) + "="],
        [origin, str(2**53), root],
        [origin, str(2**64), root],
        [origin + " ", size, root],
    ][act]
    return "\n".join(changed) + "\n", f"text {act}"


def checkpoints(rng: random.Random, where: Base, members: Members) -> tuple[Members, str]:
    """The checkpoint of all proofs of a log with other signature lines, or another text that its log signed."""
    twin = where.matter.twin and rng.random() < 0.4
    folder = "proofs-sm3/" if twin else "proofs/"
    old = members[f"{folder}0.tlog-proof"].partition(b"\n\n")[2]
    note = parse_note(old)
    lines = old.decode()[len(note.text) + 1 : -1].split("\n")
    if rng.random() < 0.5:
        text, how = signed_text(rng, note.text)
        new = sign_note(text, [(TWIN_LOG if twin else LOG).signer])
    else:
        how, new = (
            "lines",
            (note.text + "\n" + "".join(f"{each}\n" for each in line_of(rng, note.text, lines))).encode(),
        )
    spare = rng.random() < 0.2  # one proof alone differs
    changed = {
        n: d.replace(old, new) if n.startswith(folder) and not (spare and n != f"{folder}1.tlog-proof") else d
        for n, d in members.items()
    }
    return changed, f"checkpoint of {folder}: {how}{', one alone' if spare else ''}"


def proofs(rng: random.Random, where: Base, members: Members) -> tuple[Members, str]:
    """The head of one proof written otherwise."""
    name = rng.choice([each for each in members if each.endswith(".tlog-proof")])
    head, _, note = members[name].partition(b"\n\n")
    first, index, *path = head.split(b"\n")
    hello, more = b"extra " + base64.b64encode(b"hello"), base64.b64encode(seed("more"))
    many = [base64.b64encode(bytes(32))] * rng.choice([60, 61, 62, 63, 64, 65])
    changes: tuple[list[bytes], ...] = (
        [first, hello, index, *path],
        *([first, each, index, *path] for each in (b"extra ", b"extra", b"extra AAA", b"extra AB==", b"Extra AAAA", b"extra AAAA\r")),
        [first, hello, hello, index, *path],
        [first, index, hello, *path],
        *([first, b"index" + each, *path] for each in (b" 00", b" -1", b"", b"  0", b" 9007199254740992", b" 18446744073709551616", b" 1e1")),
        *([each, index, *path] for each in (b"c2sp.org/tlog-proof@v2", b"c2sp.org/tlog-proof@v", b"c2sp.org/tlog-proof@v10", b"\xef\xbb\xbf" + first)),
        [first, index, *path, more],
        [first, index, *path[:-1]],
        [first, index, *path, *many],
        *([first, index, *path, each] for each in (base64.b64encode(bytes(31)), b"A" * 43 + b"B=", b"=" * 44, b"A" * 44, b" " + more)),
        [first, index, *path, b""],
        [each + b"\r" for each in (first, index, *path)],
        [index, *path],
    )  # fmt: skip
    act = rng.randrange(len(changes) + 1)
    lines = changes[act] if act < len(changes) else [first, index, *path]
    note = b"\n" + note if act == len(changes) else note
    return {**members, name: b"\n".join(lines) + b"\n\n" + note}, f"proof {act} of {name}"


def tags(rng: random.Random, where: Base, members: Members) -> tuple[Members, str]:
    """One of the bag's own text files written otherwise."""
    name = rng.choice(
        [
            "bagit.txt",
            "bag-info.txt",
            "manifest-sha256.txt",
            "manifest-sm3.txt",
            "trust/keys.jsonl",
            "signature.note",
            "tagmanifest-sha256.txt",
        ]
    )
    data = members[name]
    changes = (
        data.replace(b"\n", b"\r\n"), data.replace(b"\n", b"\r"), data[:-1], data + b"\n", b"\xef\xbb\xbf" + data, data.replace(b"  ", b" *"), data.replace(b"  ", b"\t"),
        data.upper(), b"".join(sorted(data.splitlines(keepends=True), reverse=True)), data + data, b"", data.replace(b"data/", b"./data/"), data.replace(b": ", b":"),
        data + b"Payload-Oxum: 1.1\n", data + b" goes on\n", data + "Label\u3000: x\n".encode(), data + b"a b c\n", data + b"payload-oxum: 00.0\n", b" " + data,
        data.replace(b"1.0", b"0.97"), data.replace(b"UTF-8", b"utf-8"),
    )  # fmt: skip
    act = rng.randrange(len(changes))
    return {**members, name: changes[act]}, f"{name} written otherwise ({act})"


def role_files(rng: random.Random, where: Base, members: Members) -> tuple[Members, str]:
    """A role file that the roots signed and that says something else."""
    held = sorted(each for each in members if each.startswith("trust/roles/"))
    if not held:
        return checkpoints(rng, where, members)
    name = rng.choice(held)
    text = parse_note(members[name]).text
    first, body = text.split("\n")[:2]
    value, how = bend(rng, json.loads(body))
    signers = rng.sample([key.signer for key in ROOTS], rng.choice([1, 2, 2, 3]))
    if rng.random() < 0.1:
        signers.append(NoteSigner("nobody.example", seed("nobody")))
    written = canonical(value).decode() if rng.random() < 0.9 else json.dumps(value)
    new = sign_note(f"{first}\n{written}\n", signers)
    if rng.random() < 0.2:
        note = parse_note(new)
        lines = new.decode()[len(note.text) + 1 : -1].split("\n")
        new = (note.text + "\n" + "".join(f"{each}\n" for each in line_of(rng, note.text, lines))).encode()
    return {**members, name: new}, f"{name} signed anew by {len(signers)}: {how}"


@cache
def policies(kind: int) -> tuple[bytes, ...]:
    where = base(kind)
    lines = (where.policy or b"").splitlines(keepends=True)
    if not lines:
        return ()
    return (
        b"".join(lines)[:-1], b"".join(reversed(lines)), b"".join(lines[1:]), b"".join([*lines, lines[0]]), b"\xef\xbb\xbf" + b"".join(lines),
        b"".join(lines).replace(b"\n", b"\r\n"), b"".join(lines).replace(b" ", b"\t \t"), b"".join(lines).replace(b"any", b"01"),
        b"".join(lines).replace(b"any", b"2"), b"".join(lines).replace(b"quorum g", b"quorum w0"), b"".join(lines).replace(b"quorum g", b"quorum none"),
        b"".join(lines).replace(b"witness", b"log", 1), b"".join(lines) + b"#\n" * 4090, b"".join(lines) + b"#\xff\xfe\n", b"".join(lines).replace(b"w0", b"\xff\xa0"),
    )  # fmt: skip


MEMBERS = (checkpoints, proofs, tags, role_files)


def hostile(number: int) -> Case:
    """The case of a number."""
    rng = random.Random(f"hostile {number}")
    kind = rng.choice([0, 1, 2])
    where, members = base(kind), whole_of(kind)
    trust, policy = json.dumps(where.trust).encode(), where.policy
    act = rng.random()
    if act < 0.25:
        package, how = header(rng, members)
    elif act < 0.45:
        package, how = rng.choice([placed, layout])(rng, members)
    elif act < 0.65:
        package, how = names(rng, members, where.matter.id)
    elif act < 0.7 and policies(kind):
        policy = rng.choice(policies(kind))
        package, how = zipped(members), f"policy {policy[-40:]!r}"
    else:
        found, how = rng.choice(MEMBERS)(rng, where, members)
        package = zipped(
            sealed(found, where.matter.id) if rng.random() < 0.85 and "signature" not in how else found
        )
    return Case(package, trust, policy, f"{number}: base {kind}, {how}")
