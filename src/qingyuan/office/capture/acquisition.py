"""The acquisition record of a captured page: everything a reader needs to judge how it was taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from qingyuan.evidence import AcquisitionRecord, Collected, format_time
from qingyuan.office.capture.environment import Environment
from qingyuan.office.capture.taken import Taken
from qingyuan.office.sealing import Collector

#: How web pages are collected.
METHOD = "web-capture"

_MOST_LINES = 200
_ACCESS = {
    "raw": "匿名访问，全新浏览器配置；经本机拦截代理取得，请求和响应按线路字节原样记录，上游证书由代理验证并记录；只请求 gzip、deflate 编码，以便边取边核算解压后的大小"
    " | anonymously, with a fresh browser profile, through an intercepting proxy of our own on loopback; requests and"
    " answers are recorded as on the wire, and the proxy verifies and records the certificates of the servers; no"
    " coding but gzip and deflate is asked for, so that what an answer unpacks to can be measured on the way",
    "decoded": "匿名访问，全新浏览器配置；响应正文取自浏览器，已解码，未记录线路字节"
    " | anonymously, with a fresh browser profile; bodies are the browser's, decoded; the bytes on the wire are not recorded",
}
_CHANGES = {
    "raw": "无",
    "decoded": "响应正文为浏览器解码后的内容，去除了内容编码和传输编码；其余无 | bodies are decoded, content and transfer codings removed; nothing else",
}


class Circumstances(msgspec.Struct, frozen=True):
    """What only people know about a capture.

    Attributes:
        place: Where the collectors were.
        cause: The matter or purpose.
        witnesses: Actor identifiers of witnesses.
    """

    place: str = ""
    cause: str = ""
    witnesses: tuple[str, ...] = ()


def collected(taken: Taken, collector: Collector) -> Collected:
    """Return how the page was collected, as the manifests of its exhibits say it."""
    return Collected(
        by=collector.by,
        second=collector.second,
        method=METHOD,
        source=taken.url,
        device=collector.device,
        tool=taken.environment.tool,
        started=format_time(taken.started),
        ended=format_time(taken.ended),
        mono_ns=taken.ended_ns - taken.started_ns,
        file_mtime=None,
    )


def acquisition_record(
    taken: Taken,
    collector: Collector,
    circumstances: Circumstances,
    *,
    scope: str,
    exhibits: Mapping[str, str],
    environment_sha256: str,
) -> AcquisitionRecord:
    """Return the record of one capture.

    Args:
        taken: The capture.
        collector: Who.
        circumstances: What people know.
        scope: Lead or matter.
        exhibits: Exhibit identifier of each product, by name.
        environment_sha256: SHA-256 of the report on the machine.
    """
    report = taken.environment
    return AcquisitionRecord(
        collected=collected(taken, collector),
        cause=circumstances.cause or scope,
        place=circumstances.place,
        steps=tuple(
            f"{format_time(step.at)} +{(step.mono_ns - taken.started_ns) / 1e9:.3f}s {step.zh} | {step.en}"
            for step in taken.steps
        ),
        access=_ACCESS[report.mode],
        network=_network(taken),
        environment=_environment(report),
        cleanliness=_cleanliness(report, environment_sha256),
        clock_offset_ms=report.clock_offset_ms,
        no_medium_reason="网页内容位于对方服务器，无法取得原始存储介质 | the content is on another's server",
        copy_source=taken.url,
        witnesses=circumstances.witnesses,
        recordings=tuple(exhibits[name] for name in ("page.png", "recording.zip") if name in exhibits),
        changes=_CHANGES[report.mode],
        category="网页 | web page",
        remarks="\n".join(_remarks(taken)),
    )


def _network(taken: Taken) -> tuple[str, ...]:
    lines = [
        f"DNS {answer.host}: {', '.join(answer.addresses) or answer.error}"
        for answer in taken.answers[:_MOST_LINES]
    ]
    lines.append(f"DNS 第二途径 | second resolver: {taken.environment.network.second_resolver}")
    lines += [f"TLS 证书链 | certificate chain: {chain}" for chain in taken.chains[:_MOST_LINES]]
    lines.append("出口代理 | outward proxy: 无 | none")
    lines += [
        f"未取得 | not obtained: {one.url[:500]} ({one.zh} | {one.en})"
        for one in taken.refusals[:_MOST_LINES]
    ]
    return tuple(lines)


def _environment(report: Environment) -> str:
    system, browser = report.system, report.browser
    return (
        f"{system.os}; {system.kernel}; {system.machine}, {system.processors} CPU, {system.memory} B; "
        f"{browser.product} ({browser.path}, SHA-256 {browser.sha256}, SM3 {browser.sm3}); "
        f"{report.tool}; {'; '.join(report.runtime)}"
    )


def _cleanliness(report: Environment, digest: str) -> str:
    listed = "；".join(f"{zh} | {en}" for zh, en in report.findings)
    return f"{report.basis}; 全文见 environment.json | in full: environment.json (SHA-256 {digest}); {listed}"


def _remarks(taken: Taken) -> Sequence[str]:
    lines = [
        f"最终网址 | arrived at: {taken.final_url}",
        f"HTTP {taken.status or '?'}; 标题 | title: {taken.title[:200]}",
        f"资源 | answers: {taken.resources}, {taken.bytes} B",
        f"WARC: {taken.warc.records} 条记录经两个读取程序核对 | records checked by {', '.join(taken.warc.readers)}",
        f"断网回放 | replay with the network dead: {taken.replay.result} ({taken.replay.zh} | {taken.replay.en})",
    ]
    lines += [f"  回放缺少 | missing in the replay: {url[:500]}" for url in taken.replay.missing]
    lines += [
        f"达到限度 | limit reached: {hit.bound} = {hit.limit:g} {hit.where[:300]}"
        for hit in taken.hits[:_MOST_LINES]
    ]
    lines += [f"{zh} | {en}" for zh, en in taken.remarks]
    lines += [f"未能制作 {name}：{zh} | not made: {name}: {en}" for name, zh, en in taken.absent]
    return lines
