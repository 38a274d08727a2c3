"""The fonts a served PDF embeds.

By default Noto Serif SC (for 仿宋 and 小标宋) and Noto Sans SC (for 黑体), under the SIL Open Font
License, from an installed package. Fonts of the machine are not used (see ``docs/documents.md``). A caller
may pass another :class:`FontSet`; there is no setting for one yet.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import typst

#: Folder that, by default, holds the two faces below.
SERIF = "Noto Serif SC"
SANS = "Noto Sans SC"


class FontSet(msgspec.Struct, frozen=True):
    """The families a document is set in and where their files are.

    Attributes:
        body: Family for running text (仿宋 in the standard).
        title: Family for the title (小标宋 in the standard).
        heading: Family for headings (黑体 in the standard).
        folders: Folders that hold the font files.
    """

    body: str
    title: str
    heading: str
    folders: tuple[Path, ...]

    @property
    def families(self) -> tuple[str, ...]:
        """Return the distinct families, sorted."""
        return tuple(sorted({self.body, self.title, self.heading}))


@functools.lru_cache(maxsize=4)
def loaded(folders: tuple[Path, ...]) -> typst.Fonts:
    """Return the fonts of some folders for the typesetter, and none of the machine's; a process reads them once."""
    import typst  # noqa: PLC0415 - 40 MB of compiler that only rendering needs

    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(folder) for folder in folders],
    )


def default_fonts() -> FontSet:
    """Return the faces that are installed with the package."""
    from pylopdf_fonts_zh_cn import sans_path, serif_path  # noqa: PLC0415 - only rendering needs the files

    folders = {Path(sans_path()).parent, Path(serif_path()).parent}
    return FontSet(SERIF, SERIF, SANS, tuple(sorted(folders)))
