"""The fonts a served PDF embeds.

By default Noto Serif SC (for 仿宋 and 小标宋) and Noto Sans SC (for 黑体), under the SIL Open Font
License, from an installed package. Fonts of the machine are not used, but for characters that those do not
have: names of people and places with rare ones (CJK Extensions B to F) are set in Hanazono Mincho, where Debian's
package of it puts it (see ``docs/documents.md``). A caller may pass another :class:`FontSet`; there is no setting for one yet.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import typst

#: Folder that, by default, holds the two faces below.
SERIF = "Noto Serif SC"
SANS = "Noto Sans SC"
#: Faces for rare characters, the folder they are in where they are installed, and the package that installs them.
RARE = ("HanaMinA", "HanaMinB")
RARE_FOLDER = Path("/usr/share/fonts/truetype/hanazono")
RARE_PACKAGE = "fonts-hanazono"


class FontSet(msgspec.Struct, frozen=True):
    """The families a document is set in and where their files are.

    Attributes:
        body: Family for running text (仿宋 in the standard).
        title: Family for the title (小标宋 in the standard).
        heading: Family for headings (黑体 in the standard).
        folders: Folders that hold the font files.
        rare: Families for characters that those above do not have, in the order they are asked.
        rare_folder: Folder that holds the files of those.
    """

    body: str
    title: str
    heading: str
    folders: tuple[Path, ...]
    rare: tuple[str, ...] = ()
    rare_folder: Path | None = None

    @property
    def places(self) -> tuple[Path, ...]:
        """Return every folder that holds files of these fonts."""
        return self.folders if self.rare_folder is None else (*self.folders, self.rare_folder)

    @property
    def families(self) -> tuple[str, ...]:
        """Return the distinct families, sorted."""
        return tuple(sorted({self.body, self.title, self.heading, *self.rare}))

    def asked(self, family: str) -> tuple[str, ...]:
        """Return a family and those that stand in for it, in order."""
        return (family, *self.rare)


#: Where the typesetter may look for files: nothing of ours names one. Without it, it would be the folder the process is in, which may be gone.
#: Any type: the typesetter's own description asks for that of its input, which are bytes here, and takes no bytes.
ROOT: Any = str(Path(__file__).parent)


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


def with_rare(fonts: FontSet, folder: Path = RARE_FOLDER) -> FontSet:
    """Return the set with the faces for rare characters, as it is where they are not installed."""
    if fonts.rare or not folder.is_dir():
        return fonts
    return msgspec.structs.replace(fonts, rare=RARE, rare_folder=folder)
