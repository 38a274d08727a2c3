"""How far a reader goes before it stops and says so."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that keep a hostile or a huge file from exhausting the machine.

    Reaching any of them is reported as an :class:`~qingyuan.pii.batch.Unread` and the rest of the
    file is still read.

    Attributes:
        block_bytes: Bytes read at a time; also about the size of a batch.
        max_record_bytes: Longest line or record kept whole; a longer one is read in pieces.
        max_line_bytes: Longest line of free text kept whole, if ``max_record_bytes`` is not less: what is found in
            a line takes many times its own size.
        max_quoted_bytes: Longest quoted field of delimited text.
        max_columns: Columns of a table, or distinct paths of a JSON stream.
        max_json_depth: Nesting of JSON beyond which paths are no longer told apart.
        max_json_strings: How deep JSON inside JSON strings is followed.
        max_archive_depth: Archives inside archives.
        max_members: Members of one archive.
        max_expanded_bytes: Bytes one archive may expand to, all members together.
        max_ratio: Expanded bytes per stored byte ...
        ratio_from_bytes: ... once a member has expanded to this many bytes.
        max_document_bytes: Size of a document (or nested archive) that must be in memory as a whole.
        max_cells: Cells of a sheet, empty ones between the used corners included.
        max_pages: Pages of a PDF.
        max_heavy: Documents and pages of one archive that may take more than they may each, before no further PDF of it is tried.
        seconds: Time for one file with all its members.
        clock: Monotonic clock in seconds.
    """

    block_bytes: int = 4 * MIB
    max_record_bytes: int = 64 * MIB
    max_line_bytes: int = 8 * MIB
    max_quoted_bytes: int = MIB
    max_columns: int = 20_000
    max_json_depth: int = 100
    max_json_strings: int = 2
    max_archive_depth: int = 3
    max_members: int = 200_000
    max_expanded_bytes: int = 2048 * MIB
    max_ratio: int = 200
    ratio_from_bytes: int = 10 * MIB
    max_document_bytes: int = 128 * MIB
    max_cells: int = 10_000_000
    max_pages: int = 5_000
    max_heavy: int = 6
    seconds: float = 3600.0
    clock: Callable[[], float] = time.monotonic

    @property
    def line_bytes(self) -> int:
        """Return the size from which a line of free text is read in pieces."""
        return min(self.max_line_bytes, self.max_record_bytes)
