"""Printing findings: by file, one line a kind and form, with the first place and the provisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qingyuan.cli._app import Out
from qingyuan.cli._visible import visible
from qingyuan.law import titled

if TYPE_CHECKING:
    from qingyuan.findings import Finding

_SHOWN = 80
_NUMBERS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


class _Line:
    """The findings of one kind in one file: how many in clear, suspected and masked."""

    def __init__(self, first: Finding) -> None:
        self.first = first
        self.clear = self.suspected = self.masked = 0
        self.laws: dict[str, None] = {}

    def add(self, finding: Finding) -> None:
        if finding.distinct is None:
            self.masked += finding.count
        elif finding.state.name == "LEAD":
            self.clear += finding.count
        else:
            self.suspected += finding.count
        for provision in finding.provisions:
            law = provision.law.removeprefix("中华人民共和国")
            self.laws.setdefault(f"{titled(law)}{provision.article}")


def print_findings(findings: Sequence[Finding], out: Out) -> None:
    """Print findings grouped by file, one line for each kind, at any width of the terminal."""
    if not findings or out.json:
        return
    lines = _lines(findings)
    numbers = {law: _mark(at) for at, law in enumerate(dict.fromkeys(x for _, y in lines for x in y.laws))}
    _table(lines[:_SHOWN], numbers, out)
    if len(lines) > _SHOWN:
        out.say(
            f"（另有 {len(lines) - _SHOWN} 行，见 --json）", f"({len(lines) - _SHOWN} more lines, see --json)"
        )
    legend = "  ".join(f"{mark} {law}" for law, mark in numbers.items())
    out.say(legend, legend)


def _lines(findings: Sequence[Finding]) -> list[tuple[str, _Line]]:
    held: dict[tuple[str, str], _Line] = {}
    for finding in findings:
        name = finding.file + (f" › {finding.member}" if finding.member else "")
        held.setdefault((name, finding.rule), _Line(finding)).add(finding)
    return [(name, line) for (name, _), line in held.items()]


def _mark(at: int) -> str:
    return _NUMBERS[at] if at < len(_NUMBERS) else f"({at + 1})"


def _table(lines: Sequence[tuple[str, _Line]], numbers: dict[str, str], out: Out) -> None:
    """Print one table whose first column is wide enough for kinds; names of files stand on lines of their own."""
    from rich.cells import cell_len  # noqa: PLC0415 - only tables need it
    from rich.table import Table  # noqa: PLC0415 - only tables need it
    from rich.text import Text  # noqa: PLC0415 - only tables need it

    from qingyuan.pii.catalog import catalog  # noqa: PLC0415 - names of kinds

    known = catalog().kinds
    heads = [
        out.t("种类", "kind"),
        out.t("明文", "clear"),
        out.t("待核实", "suspected"),
        out.t("已遮蔽", "masked"),
        out.t("首处（已遮蔽）", "first place (masked)"),
        out.t("条款", "law"),
    ]
    console = out.console()
    rows: list[tuple[str, list[str]]] = []
    for name, line in lines:
        rule = line.first.rule
        example = line.first.examples[0]
        cells = [
            out.t(known[rule].zh, known[rule].en) if rule in known else rule,
            *(f"{count:,}" if count else "" for count in (line.clear, line.suspected, line.masked)),
            f"{example.place}  {example.excerpt}",
            "".join(numbers[law] for law in line.laws),
        ]
        rows.append((name, cells))
    widths = [
        max(cell_len(text) for text in (heads[at], *(cells[at] for _, cells in rows)))
        for at in range(len(heads))
    ]
    widths[4] = min(widths[4], max(console.width - sum(widths) + widths[4] - 8, 16))

    def table() -> Table:
        made = Table(box=None, padding=(0, 1, 0, 0), show_header=False, pad_edge=False)
        for at, width in enumerate(widths):
            right = at in {1, 2, 3}
            made.add_column(width=width, justify="right" if right else "left", overflow="fold")
        return made

    console.print()
    console.print(
        Text(out.t("发现（按文件，每类一行）", "Findings (by file, one line a kind)"), style="bold")
    )
    head = table()
    head.add_row(*[Text(text, style="bold") for text in heads])
    console.print(head)
    for name in dict.fromkeys(name for name, _ in rows):
        console.print(Text(visible(name), style="bold"), overflow="fold", soft_wrap=False)
        body = table()
        for held, cells in rows:
            if held == name:
                body.add_row(*[Text(visible(cell)) for cell in cells])
        console.print(body)
    console.print()
