"""De-identifying a file: scan, rewrite, scan again; what still shows somebody is never left behind."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from qingyuan.pii import engine, readers
from qingyuan.pii.deidentify._cells import Cell, cells
from qingyuan.pii.deidentify._columnar import FORMATS, Columnar
from qingyuan.pii.deidentify._forms import Form, Markup, Text, Workbook
from qingyuan.pii.deidentify._input import Input, mapped
from qingyuan.pii.deidentify._packed import Parts, read_parts, unsupported, write_parts
from qingyuan.pii.deidentify._placed import Row
from qingyuan.pii.deidentify.keys import Keys
from qingyuan.pii.deidentify.model import Deidentified, Remaining
from qingyuan.pii.deidentify.policy import Policy
from qingyuan.pii.deidentify.treat import Treater
from qingyuan.pii.errors import PiiError
from qingyuan.pii.model import FileScan
from qingyuan.pii.readers import Format, Limits

_TEXTS = frozenset({Format.DELIMITED, Format.PROSE, Format.JSON, Format.JSON_LINES, Format.SQL})
_ROUNDS = 4
#: Places named when something remains.
_NAMED = 5
_WORKBOOK = "xl/workbook.xml"
_DOCUMENTS = ("word/document.xml", "ppt/presentation.xml")


def deidentify(
    source: Path,
    target: Path,
    policy: Policy,
    *,
    keys: Keys | None = None,
    token_key: bytes,
    limits: Limits | None = None,
    name: str | None = None,
) -> Deidentified:
    """Write a copy of a file in the same format with what the policy names replaced.

    The copy is scanned; a place that still shows a confirmed value that is not our own writing is hidden and the copy
    made again. When that does not help, the copy is removed.

    Args:
        source: The file.
        target: Where the copy goes; it appears only when it is done.
        policy: What becomes of what.
        keys: Keys of pseudonyms.
        token_key: Key of the tokens by which values are compared while this runs.
        limits: Bounds of the readers.
        name: The file's name in the result, by default its path.

    Raises:
        PiiError: ``pii.deidentify-remains`` with the places; ``pii.deidentify-unread`` when a part could not be read;
            ``pii.deidentify-unsupported`` for a format that cannot be rewritten; ``pii.no-key``.
    """
    part = target.with_name(f".{target.name}.part")
    run = _Run(policy, keys, token_key, limits or Limits())
    try:
        with open(part, "w+b", opener=_private) as out, mapped(source, name or str(source)) as given:
            done = run.file(given, out, 0)
            out.flush()
            os.fsync(out.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return done


def deidentify_bytes(
    data: bytes,
    name: str,
    policy: Policy,
    *,
    keys: Keys | None = None,
    token_key: bytes,
    limits: Limits | None = None,
) -> tuple[Deidentified, bytes]:
    """Do the same as :func:`deidentify` with a file in memory: nothing of it is written anywhere.

    Args:
        data: The file.
        name: Its name.
        policy: What becomes of what.
        keys: Keys of pseudonyms.
        token_key: Key of the tokens by which values are compared while this runs.
        limits: Bounds of the readers.

    Returns:
        What was done, and the copy.

    Raises:
        PiiError: As :func:`deidentify`.
    """
    out = io.BytesIO()
    done = _Run(policy, keys, token_key, limits or Limits()).file(Input(data, name), out, 0)
    return done, out.getvalue()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class _Run:
    """What stays the same for all members of a file."""

    def __init__(self, policy: Policy, keys: Keys | None, token_key: bytes, limits: Limits) -> None:
        self._policy, self._keys, self._token_key, self._limits = policy, keys, token_key, limits
        self._treater = Treater(policy, keys)

    def file(self, source: Input, target: BinaryIO, depth: int) -> Deidentified:
        """Rewrite one file or member."""
        form = readers.sniff(source.head, source.name)
        if form == Format.EMPTY:
            target.write(source.data[:])
            return self._done(source, source, "empty", {}, {}, None, 0)
        if (way := self._way(source, form)) is not None:
            return self._rewritten(source, way, target)
        if form != Format.ZIP:
            raise unsupported(source.name, form.value, form.value)
        parts = read_parts(source.stream(), source.name, self._limits, most=self._limits.max_expanded_bytes)
        if _WORKBOOK in parts:
            return self._rewritten(source, Workbook(source, self._limits), target)
        kind = parts["mimetype"][1][:64] if "mimetype" in parts else b""
        if any(p in parts for p in _DOCUMENTS) or kind.startswith(b"application/vnd.oasis.opendocument.text"):
            return self._rewritten(source, Markup(source, self._limits, packed=True), target)
        if kind or depth >= self._limits.max_archive_depth:
            raise unsupported(
                source.name, "此类容器或嵌套过深的压缩包", "a container of this kind, or nested too deep"
            )
        return self._archive(source, parts, target, depth)

    def _way(self, source: Input, form: Format) -> Form | None:
        """Return how a file that is no container is rewritten, ``None`` for others."""
        if form in _TEXTS:
            return Text(source, form)
        if form == Format.HTML:
            return Markup(source, self._limits, packed=False)
        return Columnar(source, form) if form in FORMATS else None

    def _archive(self, source: Input, parts: Parts, target: BinaryIO, depth: int) -> Deidentified:
        out: dict[str, bytes] = {}
        members, dropped = [], []
        for name, (_, data) in parts.items():
            if name.endswith("/"):
                out[name] = b""
                continue
            made = io.BytesIO()
            try:
                members.append(self.file(Input(data, f"{source.name}/{name}"), made, depth + 1))
            except PiiError as error:
                if self._policy.unsupported == "drop" and error.code == "pii.deidentify-unsupported":
                    dropped.append(name)
                    continue
                raise
            out[name] = made.getvalue()
        held = io.BytesIO()
        write_parts(held, {name: info for name, (info, _) in parts.items()}, out)
        target.write(held.getvalue())
        done = self._done(source, Input(held.getvalue(), source.name), "archive", {}, {}, None, 1)
        return msgspec.structs.replace(
            done,
            members=tuple(members),
            dropped=tuple(dropped),
            replaced=_sums(m.replaced for m in members),
            fallbacks=_sums(m.fallbacks for m in members),
            kept=_sums({"": m.kept} for m in members).get("", {}),
            suspected_left=sum(m.suspected_left for m in members),
            masked=sum(m.masked for m in members),
        )

    def _rewritten(self, source: Input, form: Form, target: BinaryIO) -> Deidentified:
        scan = self._scan(source)
        if scan.unread:
            first = scan.unread[0]
            raise PiiError(
                "pii.deidentify-unread",
                zh=f"有内容未能读取，无法保证去除干净：{first.zh}",
                en=f"a part could not be read, so nothing can be promised about it: {first.en}",
                where=source.name,
                remedy_zh=first.remedy_zh,
                remedy_en=first.remedy_en,
            )
        self._treater.fallbacks.clear()
        found = list(cells(source, scan, self._treater))
        for turn in range(1, _ROUNDS + 1):
            target.seek(0)
            target.truncate()
            form.write(found, target)
            target.flush()
            with _output(target, source.name) as output:
                after = self._scan(output)
                left = [row for row in _clear(after) if form.is_ours(row) is False]
                if after.unread:
                    raise _remains(source.name, [Remaining(after.unread[0].en, "unread")])
                if not left:
                    kept = _count([row for row in _clear(after) if form.is_ours(row) is None])
                    return self._done(source, output, form.name, _replaced(found), kept, after, turn)
                form.hide(left, output)
        raise _remains(
            source.name, [Remaining(str(r["place"]), str(r["kind"]), _text(r["column"])) for r in left]
        )

    def _scan(self, source: Input) -> FileScan:
        return engine.scan(
            readers.read(source.stream(), source.name, self._limits), self._token_key, source.name
        )

    def _done(
        self, source: Input, output: Input, form: str, replaced: dict[str, dict[str, int]], kept: dict[str, int],
        after: FileScan | None, rounds: int,
    ) -> Deidentified:  # fmt: skip
        kinds = after.kinds.values() if after else ()
        fallbacks: dict[str, dict[str, int]] = {}
        for (kind, method), count in self._treater.fallbacks.items() if after else ():
            fallbacks.setdefault(kind or "column", {})[method] = count
        return Deidentified(
            file=source.name,
            format=form,
            policy=self._policy.name,
            replaced=replaced,
            kept=kept,
            fallbacks=fallbacks,
            suspected_left=sum(count.suspected for count in kinds),
            masked=sum(count.masked for count in kinds),
            rounds=rounds,
            sha256_before=source.sha256,
            sha256_after=output.sha256,
            key=self._keys.id if self._keys and self._policy.needs_key else "",
        )


@contextlib.contextmanager
def _output(target: BinaryIO, name: str) -> Iterator[Input]:
    """Give what was written so far as an input, mapped when it is a file."""
    if isinstance(target, io.BytesIO):
        yield Input(target.getvalue(), name)
        return
    with mapped(Path(target.name), name) as found:
        yield found


def _clear(scan: FileScan) -> list[Row]:
    """Return the confirmed clear hits."""
    names = ["place", "start", "end", "byte_start", "byte_end", "kind", "token", "column", "state", "masked"]
    rows = scan.hits.select(names).to_pylist()
    return [row for row in rows if row["state"] == "confirmed" and not row["masked"]]


def _replaced(found: Sequence[Cell]) -> dict[str, dict[str, int]]:
    out: dict[str, dict[str, int]] = {}
    for cell in found:
        for span in cell.spans:
            if span.new is not None:
                methods = out.setdefault(span.kind or "column", {})
                methods[span.method] = methods.get(span.method, 0) + 1
    return out


def _sums(parts: Iterable[dict[str, dict[str, int]]]) -> dict[str, dict[str, int]]:
    out: dict[str, dict[str, int]] = {}
    for part in parts:
        for kind, counts in part.items():
            held = out.setdefault(kind, {})
            for name, count in counts.items():
                held[name] = held.get(name, 0) + count
    return out


def _count(rows: Sequence[Row]) -> dict[str, int]:
    out: dict[str, int] = {}
    for row in rows:
        out[str(row["kind"])] = out.get(str(row["kind"]), 0) + 1
    return out


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _remains(name: str, left: Sequence[Remaining]) -> PiiError:
    said = "; ".join(f"{r.place} ({r.kind})" for r in left[:_NAMED])
    return PiiError(
        "pii.deidentify-remains",
        zh=f"复核仍有 {len(left)} 处未能去除，输出已删除：{said}",
        en=f"the check still finds {len(left)} place(s), the output was removed: {said}",
        where=name,
        remedy_zh="请在方案中为所指的列加上规则（如 drop），或先转换为 CSV 再试",
        remedy_en="give the columns named a rule in the policy (drop, for example), or convert the file to CSV first",
    )
