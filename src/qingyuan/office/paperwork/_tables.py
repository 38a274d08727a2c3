"""The lists of a docket that documents print as tables: exhibits, custody, proofs, measures, counts."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from importlib.resources import files

import msgspec

from qingyuan.cases import Case, Docket, choice_label
from qingyuan.documents import Datum, Fact
from qingyuan.office.paperwork._wrapping import Recorded, label, wrapped
from qingyuan.plainyaml import read_yaml
from qingyuan.shapes import convert

Row = dict[str, object]


class _Named(msgspec.Struct):
    zh: str


#: What the table of counts says of kinds that are themselves a form of de-identification.
_NOTES = {"privacy-number": "虚拟号码，属去标识化形式"}
#: Stands for what was found masked, among the kinds.
_MASKED = ""
#: Folder of the documents that the program itself made; they are no evidence.
PAPERS = "文书/"
CUSTODY = {
    "evidence.extracted": "收集、提取并计算校验值",
    "evidence.generated": "由在案材料生成",
    "evidence.stored": "加密封存入库",
    "evidence.verified": "复核校验值",
    "evidence.transferred": "随证据包移交",
    "evidence.transfer_completed": "证据包制作完成",
    "evidence.transfer_abandoned": "证据包未制成，移交作废",
    "evidence.handed_over": "移交",
    "evidence.examined": "质证",
    "evidence.destroyed": "销毁密钥",
}


def exhibits(events: Sequence[Recorded]) -> list[Row]:
    """Return the exhibits of a docket in the order they were sealed: id, path, size, digests, how they came."""
    rows: list[Row] = []
    for event in events:
        if event.type not in {"evidence.extracted", "evidence.generated"}:
            continue
        payload = event.payload
        if str(payload.get("path", "")).startswith(PAPERS):
            continue
        derived = event.type == "evidence.generated"
        rows.append(
            {
                **{
                    name: Fact(str(payload.get(name, "")), event.index)
                    for name in ("path", "size", "sha256", "sm3")
                },
                "id": Fact(str(payload.get("exhibit", "")), event.index),
                "name": Fact(str(payload.get("path", "")).rpartition("/")[2], event.index),
                "derived": Fact("制作" if derived else "收集", event.index),
                "at": Fact(event.at[:19].replace("T", " "), event.index),
                "on": Fact(event.at[:10], event.index),
                "by": Fact(event.actor, event.index),
                "scope": Fact(event.stream, event.index),
            }
        )
    return rows


def custody(events: Sequence[Recorded]) -> list[Row]:
    """Return every step of every exhibit of a docket, in the order of the log."""
    papers = {
        str(event.payload.get("exhibit"))
        for event in events
        if str(event.payload.get("path", "")).startswith(PAPERS)
    }
    rows: list[Row] = []
    for event in events:
        exhibit = event.payload.get("exhibit")
        if not event.type.startswith("evidence.") or exhibit in papers:
            continue
        what = CUSTODY.get(event.type, event.type)
        if event.type == "evidence.verified":
            what += "：相符" if event.payload.get("ok") is True else "：不符"
        if isinstance(to := event.payload.get("to"), str):
            what += f"（{to}）"
        rows.append(
            {
                "exhibit": Fact(str(exhibit) if isinstance(exhibit, str) else "全部在案材料", event.index),
                "what": Fact(what, event.index),
                "at": Fact(event.at[:19].replace("T", " "), event.index),
                "by": Fact(event.actor, event.index),
                "entry": Fact(f"#{event.index}", event.index),
            }
        )
    return rows


def proofs(own: Sequence[Recorded], track: str, places: Mapping[str, int]) -> list[Row]:
    """Return the newest proved fact of each kind with its exhibits (and their ``places`` in the list), method and day."""
    found: dict[str, Row] = {}
    for event in own:
        if event.type != "case.facts_confirmed":
            continue
        facts = event.payload.get("facts")
        for fact in facts if isinstance(facts, list) else []:
            kind = str(fact["kind"])
            row = wrapped(fact, event.index)
            assert isinstance(row, dict)
            found[kind] = {
                **row,
                "name": kind,
                "numbers": [
                    Fact(str(places[one]), event.index) for one in fact.get("exhibits", []) if one in places
                ],
                "kind": Fact(choice_label(f"fact-{track}", kind).zh, event.index),
                "on": Fact(str(event.payload.get("on", "")), event.index),
                "method": label(
                    "investigation-method", Fact(str(event.payload.get("method", "")), event.index)
                ),
                "investigators": wrapped(event.payload.get("investigators", []), event.index),
            }
    return list(found.values())


def measures(own: Sequence[Recorded], case: Case) -> list[Row]:
    """Return the measures of a case as entered and as verified last; each column names the event that states it."""
    rows: dict[str, Row] = {}
    for event in own:
        name = str(event.payload.get("measure", ""))
        if event.type == "measure.entered":
            row = wrapped(event.payload, event.index)
            assert isinstance(row, dict)
            rows[name] = {"before": [], "after": [], "reason": "", "verified_on": "", "verifier": "", **row}
        elif name in rows:
            body = event.payload
            if event.type == "measure.proof_submitted":
                rows[name]["after"] = wrapped(body.get("after", []), event.index)
            elif event.type == "measure.verified":
                rows[name] |= {
                    "reason": Fact(str(body.get("reason", "")), event.index),
                    "verified_on": Fact(str(body.get("on", "")), event.index),
                    "verifier": Fact(str(body.get("verifier", "")), event.index),
                }
        if name in rows:
            status = str(case.measures[name].status)
            rows[name]["outcome"] = Fact(choice_label("measure-status", status).zh, event.index)
    return list(rows.values())


@functools.cache
def _kind_name(kind: str) -> str:
    """Return the Chinese name of a kind of personal information, read from its own file: the room of the scanner is slow to open."""
    file = files("qingyuan").joinpath("pii", "kinds", f"{kind}.yaml")
    if not file.is_file():
        return kind
    return convert(read_yaml(file.read_bytes()), _Named).zh


def counts(docket: Docket, events: Sequence[Recorded]) -> list[Mapping[str, object]]:
    """Return the rows of the table of what was found; each sum names the registrations of all leads that add to it."""
    found: dict[str, dict[int, int]] = {}
    for event in events:
        lead = docket.leads.get(event.stream)
        if event.type != "lead.registered" or lead is None:
            continue
        told = lead.registered.counts
        for kind, count in {**told.kinds, _MASKED: told.masked}.items():
            if count:
                found.setdefault(kind, {})[event.index] = count
    masked = found.pop(_MASKED, {})
    ordered = sorted(found.items(), key=lambda pair: -sum(pair[1].values()))
    rows = [
        _count(_kind_name(kind), parts, _NOTES.get(kind, "未去标识化（明文）"), f"kind:{kind}")
        for kind, parts in ordered
    ]
    return [*rows, *([_count("已遮蔽的上述信息", masked, "部分隐去", "kind:masked")] if masked else [])]


def _count(name: str, parts: Mapping[int, int], note: str, origin: str) -> Mapping[str, object]:
    """Return a row of the table of counts; ``parts`` are the counts by the index of the event that states each."""
    first, *others = parts
    return {
        "kind": Fact(name, first, tuple(others), origin),
        "count": Fact(str(sum(parts.values())), first, tuple(others)),
        "note": Datum(note, origin),
    }
