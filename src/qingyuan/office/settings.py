"""The public settings of a home: which procuratorate it is of and what its log is called."""

from __future__ import annotations

from pathlib import Path

import msgspec

from qingyuan.bounded import read_whole
from qingyuan.office.errors import OfficeError
from qingyuan.shapes import from_json
from qingyuan.store import Blobs, BucketBlobs, read_place

#: Identifier of an office that nobody has named yet.
UNNAMED = "unnamed"


class OfficeInfo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which procuratorate this is.

    Attributes:
        id: Identifier used in the log's origin; lower-case letters, digits and hyphens.
        name: Full name.
        division: GB/T 2260 code of its division, six digits.
        level: ``"nation"``, ``"province"``, ``"prefecture"`` or ``"county"``.
    """

    id: str = UNNAMED
    name: str = "（未设置名称的）人民检察院"
    division: str = ""
    level: str = "county"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The public settings of a home.

    Attributes:
        v: Version of the layout.
        home: Random identifier of this home.
        office: Which procuratorate.
        origin: Origin of its log.
        seed: Seed of a demonstration home, whose keys are no secret; ``None`` for a real one.
        blobs: Bucket of its sealed blobs, without keys; ``""`` for the folder ``blobs`` in the home.
        database: URL of its PostgreSQL database, without a password; ``""`` for the file ``qingyuan.db`` in the home.
    """

    v: int
    home: str
    office: OfficeInfo
    origin: str
    seed: str | None = None
    database: str = ""
    blobs: str = ""


def read_settings(path: Path) -> Settings:
    """Return the settings of a home.

    Raises:
        OfficeError: The file cannot be read or is no settings file.
    """
    try:
        return from_json(read_whole(path), Settings)
    except (OSError, msgspec.MsgspecError) as error:
        raise OfficeError(
            "office.bad-settings",
            zh=f"工作目录设置无法读取：{error}",
            en=f"the settings of the home cannot be read: {error}",
            where=str(path),
            remedy_zh="请从备份恢复该文件",
            remedy_en="restore the file from a backup",
        ) from error


def blobs_of(path: Path, settings: Settings) -> Blobs:
    """Return the sealed blobs of a home.

    Args:
        path: The home.
        settings: Its settings.

    Raises:
        StoreError: ``store.bad-bucket`` or ``store.no-client``.
    """
    folder = path / "blobs"
    return BucketBlobs(folder, read_place(settings.blobs)) if settings.blobs else Blobs(folder)
