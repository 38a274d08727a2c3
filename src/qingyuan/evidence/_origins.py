"""What the events say of the exhibits of a package must agree with their manifests (format, section 5)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from qingyuan.evidence._consistency import check_identifiers, refuse
from qingyuan.evidence._wire import JsonValue
from qingyuan.evidence.manifest import SignedManifest
from qingyuan.evidence.package_source import PackageEvent, PackageExhibit

_EXTRACTED, _GENERATED = "evidence.extracted", "evidence.generated"
_STORED, _VERIFIED = "evidence.stored", "evidence.verified"


def check_origins(exhibits: Sequence[PackageExhibit], events: Sequence[PackageEvent]) -> None:
    """Check the extraction or generation and the recorded checks of every exhibit.

    Args:
        exhibits: The exhibits to be packed.
        events: All events to be packed.

    Raises:
        PackageError: An exhibit has not exactly one event of its making, that event or a recorded check
            contradicts its manifest, or the newest recorded check failed; exhibit or event is named.
    """
    made: defaultdict[str, list[PackageEvent]] = defaultdict(list)
    checks: defaultdict[str, list[PackageEvent]] = defaultdict(list)
    for event in sorted(events, key=lambda e: e.index):
        kind = event.leaf["type"]
        if kind not in {_EXTRACTED, _GENERATED, _STORED, _VERIFIED}:
            continue
        exhibit = event.payload.get("exhibit")
        if not isinstance(exhibit, str):
            refuse(f"event {event.index}", "事件没有写明证据材料编号", "the event names no exhibit")
        check_identifiers(f"event {event.index}", exhibit)
        if kind == _VERIFIED:
            _check_form(event)
            checks[exhibit].append(event)
        elif kind != _STORED:
            made[exhibit].append(event)
    logged = Counter(event.payload.get("manifest_sha256") for origin in made.values() for event in origin)
    for packed in exhibits:
        digest = packed.signed.manifest.sha256_of_manifest()
        _check_made(packed.signed, made[packed.signed.manifest.id], logged[digest])
    manifests = {packed.signed.manifest.id: packed.signed.manifest for packed in exhibits}
    for exhibit, recorded in checks.items():
        found = {_digests(event) for event in recorded if event.payload["ok"]}
        manifest = manifests.get(exhibit)
        if len(found) > 1 or (manifest and found - {(manifest.sha256, manifest.sm3)}):
            refuse(
                f"exhibit {exhibit}",
                "验证记录的摘要与清单或者彼此不一致",
                "recorded checks found digests that are not those of the manifest, or differ",
            )
        if manifest and recorded[-1].payload["ok"] is False:
            refuse(
                f"exhibit {exhibit}",
                "最近一次验证记录为不一致",
                "its newest recorded check did not succeed",
            )


def _check_made(signed: SignedManifest, events: Sequence[PackageEvent], logged: int) -> None:
    where = f"exhibit {signed.manifest.id}"
    digest = signed.manifest.sha256_of_manifest()
    if len(events) != 1 or logged != 1 or events[0].payload.get("manifest_sha256") != digest:
        refuse(
            where,
            "须恰有一条登记该清单的提取或生成事件",
            "exactly one event must log its manifest as extracted or generated",
        )
    if events[0].leaf["type"] != (_GENERATED if signed.manifest.origin == "derived" else _EXTRACTED):
        refuse(
            where,
            "收集的材料用“提取”事件，派生的材料用“生成”事件",
            "a collected exhibit is extracted, a derived one is generated",
        )
    for member, value in _expected(signed).items():
        if events[0].payload.get(member) != value:
            refuse(where, f"事件的 {member} 与清单或签名不一致", f"{member} of its event does not fit")


def _expected(signed: SignedManifest) -> Mapping[str, JsonValue]:
    manifest = signed.manifest
    expected: dict[str, JsonValue] = {
        "path": manifest.path,
        "size": manifest.size,
        "sha256": manifest.sha256,
        "sm3": manifest.sm3,
        "key": signed.key,
        "sig": signed.sig,
    }
    if manifest.origin == "derived":
        expected["parents"] = list(manifest.parents)
    return expected


def _check_form(event: PackageEvent) -> None:
    ok, digests = event.payload.get("ok"), _digests(event)
    if not isinstance(ok, bool) or not all(isinstance(digest, str) for digest in digests):
        refuse(
            f"event {event.index}",
            "验证事件的内容不合规定",
            "the payload of the recorded check is not as it must be",
        )


def _digests(event: PackageEvent) -> tuple[JsonValue, JsonValue]:
    return event.payload.get("sha256"), event.payload.get("sm3")
