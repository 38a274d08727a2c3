"""Making a new home folder, and the secrets of one that follows from a seed."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec
import sqlalchemy as sa

from qingyuan.evidence import Kek, Keyring, KeyringError
from qingyuan.office.clock import Entropy, seeded_entropy, system_entropy
from qingyuan.office.errors import OfficeError
from qingyuan.office.keys.kek import find_kek, new_kek
from qingyuan.office.keys.logs import TWIN_SUFFIX, can_sign_sm2
from qingyuan.office.keys.stored import locked, write_small
from qingyuan.office.settings import OfficeInfo, Settings
from qingyuan.store import Database, SqlLogStorage, read_place

SETTINGS = "office.json"
KEYRING = "keyring.json"
DATABASE = "qingyuan.db"
CREATION_LOCK = ".creation.lock"


def found(
    path: Path, office: OfficeInfo, seed: str | None, url: str = "", blobs: str = "", origin: str = ""
) -> None:
    """Make a home in an empty folder; of two who do so at once, the later one finds it made.

    Args:
        path: The folder.
        office: Which procuratorate.
        seed: Of a demonstration home.
        url: Of its PostgreSQL database; ``""`` for a file in the folder.
        blobs: Bucket of its sealed blobs; ``""`` for a folder in the folder.
        origin: Origin of its log; ``""`` for one made of the identifier of the office.

    Raises:
        OfficeError: ``office.not-empty`` when there is anything else, ``office.bad-database`` or
            ``office.database-taken`` when the URL cannot be used.
        LawError: The division of the office is no code, or one that there never was.
    """
    _refuse_foreign(path)
    if office.division:
        from qingyuan.law import Law  # noqa: PLC0415 - only who makes a home needs it here

        Law().seat(office.division, f"{office.id} {office.division}")
    if url:
        _check_url(url)
    if blobs:
        read_place(blobs)
    path.mkdir(parents=True, exist_ok=True)
    with locked(path / CREATION_LOCK):
        if not (path / SETTINGS).exists():
            _create(path, office, seed, url, blobs, origin)


def open_database(path: Path, settings: Settings) -> Database:
    """Open the database of a home.

    Raises:
        OfficeError: ``office.no-database`` when its file is missing, ``office.database-taken`` when the database at its URL
            holds the log of another home.
        StoreError: It cannot be opened.
    """
    if settings.database:
        database = Database(settings.database)
        try:
            _refuse_taken(database, settings)
        except BaseException:
            database.close()
            raise
        return database
    if not (path / DATABASE).exists():  # opening would make an empty one, and hide the loss
        raise OfficeError(
            "office.no-database",
            zh="工作目录缺少数据库",
            en="the database of the home is missing",
            where=str(path / DATABASE),
            remedy_zh="请从备份恢复 qingyuan.db；不要新建",
            remedy_en="restore qingyuan.db from a backup; do not make a new one",
        )
    return Database.at(path / DATABASE)


def kek_of(settings: Settings, keyring: Path) -> Kek:
    """Return the secret that opens the keyring of a home.

    Raises:
        OfficeError: ``office.no-key`` when it is not here.
    """
    if settings.seed is not None:
        return Kek.raw(_seed_key(settings.seed))

    def opens(kek: Kek) -> bool:
        with contextlib.suppress(KeyringError):
            Keyring.open(keyring, kek, system_entropy)
            return True
        return False

    return find_kek(settings.home, opens)


def entropy_at(path: Path, settings: Settings, database: Database) -> Entropy:
    """Return the source of random bytes of a home.

    Of a seeded one, it begins at a number that grows with every event and every key, so that a seed never gives
    the same bytes twice.
    """
    with database.read() as connection:
        head = SqlLogStorage(connection, settings.origin).read_head()
    position = ((head.size if head else 0) + 1) << 32 | (path / KEYRING).stat().st_size
    return _entropy(settings.seed, position)


def _entropy(seed: str | None, position: int) -> Entropy:
    return system_entropy if seed is None else seeded_entropy(seed, position)


def _create(path: Path, office: OfficeInfo, seed: str | None, url: str, blobs: str, origin: str) -> None:
    """Write keyring, database and settings of a new home into a folder that only we write to."""
    for name in _entries(path) - {CREATION_LOCK}:  # of a run that was killed before it promised anything
        (path / name).unlink()
    entropy = _entropy(seed, 0)
    home_id = entropy(8).hex()
    settings = Settings(1, home_id, office, origin or default_origin(office.id, home_id), seed, url, blobs)
    keyring = Keyring.create(
        entropy, Kek.raw(_seed_key(seed)) if seed is not None else new_kek(home_id, entropy)
    )
    name_keys(keyring, settings.origin, twin=can_sign_sm2())
    keyring.new_signer("device", actor="D001")
    keyring.save(path / KEYRING)
    if url:
        open_database(path, settings).close()
    else:
        Database.at(path / DATABASE).close()
    # The settings come last: without them the folder is no home, and a crash before leaves none.
    write_settings(path, settings)


def default_origin(identifier: str, home: str) -> str:
    """Return the origin of a log when nobody says another one: of an office, in a home."""
    return f"{identifier}.qingyuan.invalid/{home[:8]}"


def name_keys(keyring: Keyring, origin: str, *, twin: bool) -> None:
    """Make the keys of a log, of its twin and of its packages, those that are not there yet.

    Args:
        keyring: Where.
        origin: Of the log.
        twin: Whether SM2 keys can be made here.
    """
    known = {key.name for key in keyring.public_keys()}
    log, second, package = names_under(origin)
    if log not in known:
        keyring.new_signer("log", name=log)
    if twin and second not in known:
        keyring.new_signer("log", name=second, algorithm="sm2")
    if package not in known:
        keyring.new_signer("package", name=package)


def names_under(origin: str) -> tuple[str, str, str]:
    """Return the names under which a log, its twin and its packages are signed."""
    return origin, origin + TWIN_SUFFIX, f"{origin}/package"


def write_settings(path: Path, settings: Settings) -> None:
    """Replace the settings of a home, whole or not at all."""
    write_small(path / SETTINGS, msgspec.json.format(msgspec.json.encode(settings), indent=2) + b"\n")


def _check_url(url: str) -> None:
    """Refuse a URL that is none of PostgreSQL, or that carries a password: the settings are public."""
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        parsed = None
    if parsed is not None and parsed.drivername == "postgresql+psycopg" and not _tells_password(parsed):
        return
    raise OfficeError(
        "office.bad-database",
        zh="数据库地址不可用：应为 postgresql+psycopg://用户@主机/库名，且不含密码",
        en="this database cannot be used: give postgresql+psycopg://user@host/name, without a password",
        where=None if parsed is None else parsed.drivername,
        remedy_zh="密码写入 ~/.pgpass 或环境变量 PGPASSFILE 所指的文件",
        remedy_en="put the password into ~/.pgpass, or the file that PGPASSFILE names",
    )


def _tells_password(url: sa.URL) -> bool:
    return url.password is not None or "password" in url.query


def _refuse_taken(database: Database, settings: Settings) -> None:
    """Refuse a database that holds the log of another home: their numbers would run into each other."""
    own = {settings.origin, settings.origin + TWIN_SUFFIX}
    with database.read() as connection:
        origins = set(connection.scalars(sa.text("SELECT origin FROM ledger_head")))
    if other := sorted(origins - own):
        raise OfficeError(
            "office.database-taken",
            zh=f"该数据库已属于另一个工作目录：{other[0]}",
            en=f"the database belongs to another home: {other[0]}",
            where=database.url,
            remedy_zh="每个工作目录使用各自的数据库或模式（schema）",
            remedy_en="give each home a database or schema of its own",
        )


def _refuse_foreign(path: Path) -> None:
    """Refuse a folder that holds anything but what a killed creation leaves."""
    own = {
        CREATION_LOCK,
        KEYRING,
        DATABASE,
        *(f"{DATABASE}-{part}" for part in ("wal", "shm", "journal")),
        f".{SETTINGS}.part",
    }
    if all(name in own or name.startswith(".writing-") for name in _entries(path)):
        return
    raise OfficeError(
        "office.not-empty",
        zh="目录不为空，且不是工作目录",
        en="the folder is not empty and is no home folder",
        where=str(path),
        remedy_zh="请另选一个空目录",
        remedy_en="choose an empty folder",
    )


def _entries(path: Path) -> set[str]:
    return {entry.name for entry in path.iterdir()} if path.is_dir() else set()


def _seed_key(seed: str) -> bytes:
    return seeded_entropy(f"kek:{seed}", 0)(32)
