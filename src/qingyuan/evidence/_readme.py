"""The one page for the reader of a package, in plain Chinese and then in English."""

from __future__ import annotations

import re
from string import Template

from qingyuan.evidence._wire import format_time
from qingyuan.evidence.listing import collection_order, scope_kind, source_of
from qingyuan.evidence.names import member_name
from qingyuan.evidence.package_source import PackageExhibit, PackageSource

#: Exhibits listed on the page; the others are only counted, or it would not be one page.
_LISTED = 20
#: Characters of a path or address on the page; of a longer one, the beginning and the end.
_SOURCE = 60
_MARKUP = re.compile(r"([\\`*\[\]<>|])")
_SPACE = re.compile(r"\s+")


#: ``$`` names are filled in by :func:`readme`.
_CHINESE = Template("""\
# 电子证据包 $id

制作单位：$office。$kind_zh：$title（$matter）。制作时间：$made_at。

包内有证据材料 $exhibits 件（其中 $withheld 件内容未随包提供）、过程事件 $events 条。
每件材料都有签名清单和两种摘要（SHA-256 与国密 SM3）；每条事件都有其在日志“$origin”中的存在证明（日志共 $size 条）。
$outside_zh

## 材料

| 编号 | 名称 | 来源路径或网址 | 字节 | 收集人 | 收集时间 | 内容 | SHA-256（前 16 位） |
|---|---|---|---|---|---|---|---|
$rows
$more
## 怎样核验

1. 另行向制作单位或者通过公开渠道取得信任文件，并核对其指纹；不要用随包文件代替。
2. 两个核验程序任选，最好都用，结论应当一致，均不联网，也不需要制作时所用的系统：
   单文件程序 `python verify_evp.py 本文件.evp --trust 信任文件`（只需 Python）；网页 `verify.html`（用浏览器打开后拖入文件）。
   核验程序也应另行取得并核对指纹。需要外部见证的，加上自己认可的见证策略 `--policy 策略文件`。
3. 结论只有三种：通过、不通过、无法判断；每条理由对应《人民法院在线诉讼规则》的条文。
4. 只核对内容时，可解压后执行 `sha256sum -c manifest-sha256.txt`。

## 不能证明什么

核验通过，说明材料自收取入库、记入日志以后没有改变，清单确由所列密钥签名。
它不能证明材料在收集之前是否真实、完整，不能证明材料所述属实，也不能单独证明所称的收集时间；没有外部见证人会签的日志，只能证明自身前后一致。
上述各点仍须结合来源、取证过程和其他证据审查判断。
""")

_ENGLISH = Template("""\
# Evidence package $id

Made by $office at $made_at for the $kind_en $title ($matter).

It holds $exhibits exhibit(s), the content of $withheld of which is not inside, and $events event(s).
Every exhibit has a signed manifest and two digests (SHA-256 and SM3);
every event has a proof that it is in the log “$origin” of $size entries.
$outside_en

## Exhibits

| Id | Name | Path or address it came from | Bytes | Collected by | At | Content | SHA-256 (first 16) |
|---|---|---|---|---|---|---|---|
$rows
$more
## How to check it

1. Get the trust file from the office or a public place, by another way than this package, and compare its
   fingerprint. Never use a file from inside the package instead.
2. Use either of two verifiers, better both; they must agree, and need neither the network nor the system that made
   this: the program `python verify_evp.py THIS.evp --trust TRUST-FILE` (Python alone is enough) or the page
   `verify.html` (open it in a browser and drop the file in). Get them by another way too, and compare their
   fingerprints. To demand outside witnesses, add your own policy: `--policy POLICY-FILE`.
3. The verdict is one of three: pass, fail, cannot tell. Each reason names the article of the Online Litigation
   Rules of the People's Courts that it speaks to.
4. To check the content alone, unpack it and run `sha256sum -c manifest-sha256.txt`.

## What it cannot prove

A pass says that the material has not changed since it was taken in and logged, and that the manifests are signed by
the keys they name. It does not prove that the material was true or complete before it was collected, that what it
says is so, or, by itself, the claimed time of collection; a log that no outside witness has cosigned proves only
that it agrees with itself. For these, look at the source, the way it was collected and the other evidence.
""")


def readme(source: PackageSource) -> bytes:
    """Return ``说明.md``; all names in it are escaped, so that none can pose as text of ours."""
    exhibits = collection_order(source.exhibits, source.events)
    kind_zh, kind_en = scope_kind(source.matter)
    facts = {
        "id": _plain(source.id),
        "office": _plain(source.office.name),
        "title": _plain(source.title),
        "matter": _plain(source.matter),
        "kind_zh": kind_zh,
        "kind_en": kind_en,
        "made_at": format_time(source.made_at),
        "exhibits": str(len(exhibits)),
        "withheld": str(sum(1 for e in exhibits if e.open is None)),
        "events": str(len(source.events)),
        "origin": _plain(source.log.origin),
        "size": str(source.log.size),
        "outside_zh": _plain(_outside(source)[0]),
        "outside_en": _plain(_outside(source)[1]),
    }
    chinese = _CHINESE.substitute(facts, **_table(exhibits, "zh"))
    english = _ENGLISH.substitute(facts, **_table(exhibits, "en"))
    return f"{chinese}\n---\n\n{english}".encode()


def _outside(source: PackageSource) -> tuple[str, str]:
    """Say what stands beside the log: its twin, tokens of time-stamping authorities and the policy of witnesses."""
    tokens = len(source.timestamps)
    zh = [
        "同样的条目另有国密孪生日志（SM3 树、SM2 签名），其证明也在包内。"
        if source.twin
        else "没有国密孪生日志。",
        f"包内有可信时间戳 {tokens} 个，证明相应条目在其所载时间之前已经存在。"
        if tokens
        else "包内没有可信时间戳，所记时间只是制作单位所称。",
        "制作单位公布的外部见证策略附在包内，仅供参考；要求哪些见证，由核验人决定。"
        if source.policy is not None
        else "制作单位没有公布外部见证策略。",
    ]
    en = [
        "The same entries stand in a twin log with the national algorithms (SM3 tree, SM2 signatures); its proofs are inside."
        if source.twin
        else "There is no twin log with the national algorithms.",
        f"Time-stamp tokens: {tokens}. Entries existed before the times in them."
        if tokens
        else "There is no time-stamp token: the times are only claimed by the office.",
        "The office's published policy of witnesses is inside for information; which witnesses to demand, the reader decides."
        if source.policy is not None
        else "The office has published no policy of witnesses.",
    ]
    return "".join(zh), " ".join(en)


def _table(exhibits: list[PackageExhibit], lang: str) -> dict[str, str]:
    rest = len(exhibits) - _LISTED
    more = ""
    if rest > 0:
        more = (
            f"其余 {rest} 件见 evidence/exhibits.jsonl。"
            if lang == "zh"
            else f"{rest} more: evidence/exhibits.jsonl."
        )
        more = f"\n{more}\n"
    return {"rows": "\n".join(_row(exhibit, lang) for exhibit in exhibits[:_LISTED]), "more": more}


def _row(exhibit: PackageExhibit, lang: str) -> str:
    manifest, withheld = exhibit.signed.manifest, exhibit.withheld
    if lang == "zh":
        content = f"未随包：{withheld.zh}" if withheld else "在包内"
        second = manifest.collected.second or "无第二人"
    else:
        content = f"not inside: {withheld.en}" if withheld else "inside"
        second = manifest.collected.second or "no second person"
    cells = (
        manifest.id,
        _plain(member_name(manifest.name)),
        _plain(source_of(manifest, _SOURCE)),
        str(manifest.size),
        _plain(f"{manifest.collected.by}, {second}"),
        manifest.collected.started,
        _plain(content),
        manifest.sha256[:16],
    )
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Return ``text`` on one line with everything escaped that could make Markdown hide or invent text."""
    return _MARKUP.sub(r"\\\1", _SPACE.sub(" ", text))
