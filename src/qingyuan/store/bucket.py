"""Sealed blobs in an S3-compatible bucket: the folder of the home becomes a cache of what is sealed and read.

An object appears under its name when all of it is there (one request, or a multipart upload that is completed at the end), so that a kill leaves
nothing half-visible; parts of an upload that was killed are never seen and are the bucket's to expire. The SHA-256 of the sealed file
is kept beside each object and compared whenever it is fetched. What is fetched or written lies in the folder, sealed, until it is trimmed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import parse_qsl, urlsplit

import msgspec

from qingyuan.store.blobs import Blobs
from qingyuan.store.errors import StoreError

if TYPE_CHECKING:
    from obstore.store import S3Config, S3Store

#: An upload is sent by parts of so many bytes, few at a time and few files at once: memory stays as it is however large they are.
PART, _AT_ONCE, _FILES = 8 << 20, 2, 4
#: Name of the digest beside an object.
_DIGEST = "sealed-sha256"
#: What the folder keeps after it was trimmed.
KEPT = 10 << 30
_OPTIONS = frozenset({"endpoint", "region", "style"})


class Place(msgspec.Struct, frozen=True):
    """Where a bucket is.

    Attributes:
        bucket: Its name.
        prefix: Before every key; ``""`` for none.
        endpoint: Address of the service; ``""`` for that of the provider.
        region: Its region.
        virtual: Whether the bucket is part of the host name.
    """

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = "us-east-1"
    virtual: bool = False


def read_place(url: str) -> Place:
    """Return the place that ``s3://BUCKET/PREFIX?endpoint=URL&region=NAME&style=virtual`` names.

    Args:
        url: It holds no secret: keys come from the environment (``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``), or from the machine.

    Raises:
        StoreError: ``store.bad-bucket``.
    """
    try:
        parts = urlsplit(url)
        given = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        endpoint = urlsplit(given.get("endpoint", ""))
        port = parts.port
    except ValueError:
        raise _bad_place() from None
    good = parts.scheme == "s3" and parts.hostname and parts.username is None and port is None
    if not good or set(given) - _OPTIONS or endpoint.username is not None:
        raise _bad_place()
    if given.get("endpoint") and (endpoint.scheme not in {"http", "https"} or not endpoint.hostname):
        raise _bad_place()
    return Place(
        parts.netloc,
        parts.path.strip("/"),
        given.get("endpoint", ""),
        given.get("region", "us-east-1"),
        virtual=given.get("style") == "virtual",
    )


class BucketBlobs(Blobs):
    """The blobs of one home in a bucket.

    Args:
        root: The folder of what is being written and of what was fetched, sealed; created when missing.
        place: The bucket.
    """

    def __init__(self, root: Path, place: Place) -> None:
        """Open the bucket; it is asked for the first time when something is read or written.

        Raises:
            StoreError: ``store.no-client``.
        """
        super().__init__(root)
        self._store = _store(place)
        self._named = f"s3://{place.bucket}/{place.prefix}".rstrip("/")
        self._anew = False

    @property
    def where(self) -> str:
        """Return the bucket, for messages."""
        return self._named

    def has(self, scope: str, sha256: str) -> bool:
        """Return whether the blob is in the bucket."""
        import obstore  # noqa: PLC0415 - an extra

        try:
            with self._telling():
                obstore.head(self._store, self._key(scope, sha256))
        except FileNotFoundError:
            return False
        return True

    def file(self, scope: str, sha256: str) -> Path:
        """Return a local file that holds the sealed blob, fetched and compared with its digest when it is not here.

        Raises:
            FileNotFoundError: There is no such blob.
            StoreError: ``store.bucket``, or ``store.blob-altered`` when what came is not what was put there.
        """
        path = self.path(scope, sha256)
        if not path.is_file():
            temporary = self.temporary(scope)
            try:
                with temporary.open("wb") as target:
                    self._fetch(scope, sha256, target)
                path.parent.mkdir(parents=True, exist_ok=True)
                temporary.rename(path)
            finally:
                temporary.unlink(missing_ok=True)
        os.utime(path)
        return path

    def open(self, scope: str, sha256: str) -> BinaryIO:
        """Return the sealed blob, opened; see :meth:`file`."""
        if not self._anew:
            return super().open(scope, sha256)
        temporary = self.temporary(scope)
        file = temporary.open("w+b")
        temporary.unlink()
        try:
            self._fetch(scope, sha256, file)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    @contextlib.contextmanager
    def anew(self) -> Iterator[None]:
        """Let everything be fetched again, whatever is in the folder: for checks of the bucket itself."""
        self._anew = True
        try:
            yield
        finally:
            self._anew = False

    def remove(self, scope: str, sha256: str) -> None:
        """Remove a blob; it may be gone already."""
        import obstore  # noqa: PLC0415 - an extra

        with contextlib.suppress(FileNotFoundError), self._telling():
            obstore.delete(self._store, self._key(scope, sha256))
        super().remove(scope, sha256)

    def sweep(self) -> int:
        """Remove what processes that are gone left, and trim the folder."""
        self.trim()
        return super().sweep()

    def trim(self, most: int = KEPT) -> None:
        """Remove from the folder what was not used for longest, until at most ``most`` bytes are left.

        What was used within the hour stays: a scan may be about to read it.
        """
        found = []
        for name in super().names():
            with contextlib.suppress(OSError):
                path = self.root / name
                found.append((path.stat().st_mtime, path.stat().st_size, path))
        left, newest = sum(size for _, size, _ in found), max((at for at, _, _ in found), default=0.0)
        for at, size, path in sorted(found):
            if left <= most or (most and at > newest - 3600):
                break
            path.unlink(missing_ok=True)
            left -= size

    def names(self) -> Iterator[str]:
        """Yield the name of every object of the bucket, sorted as the service sorts them."""
        import obstore  # noqa: PLC0415 - an extra

        with self._telling():
            for page in obstore.list(self._store):
                yield from (str(one["path"]) for one in page)

    def _keep(self, written: list[tuple[Path, str, str]]) -> list[bool]:
        """Put files into the bucket, then into the folder; what is in the bucket already stays as it is.

        Of processes that put the same at once one succeeds: the service is asked to make the object, not to replace it. It cannot be
        asked that of an upload by parts; there, who finds afterwards that another one's lies there goes by that one.
        """

        def keep(one: tuple[Path, str, str]) -> bool:
            temporary, scope, sha256 = one
            if not self.has(scope, sha256) and self._put(temporary, scope, sha256, anew=True):
                return True
            temporary.unlink()
            return False

        # The same content twice: the second finds the first.
        first = list(
            {(scope, sha256): one for one in reversed(written) for _, scope, sha256 in [one]}.values()
        )
        rest = [one for one in written if one not in first]
        with ThreadPoolExecutor(_FILES, thread_name_prefix="bucket") as pool:
            put = {one[0] for one, ours in zip(first, pool.map(keep, first), strict=True) if ours}
        for one in rest:
            one[0].unlink()
        return [one[0] in put for one in written]

    def put(self, written: Path, scope: str, sha256: str) -> None:
        """Put one sealed file into the bucket, whatever is there, then into the folder.

        Raises:
            StoreError: ``store.bucket``.
        """
        self._put(written, scope, sha256)

    def _put(self, written: Path, scope: str, sha256: str, *, anew: bool = False) -> bool:
        """Put one sealed file into the bucket, then into the folder; return whether it is the one that lies there.

        Args:
            written: The file.
            scope: Its scope.
            sha256: Digest of its content.
            anew: Only when there is none; the file is left where it is otherwise.
        """
        import obstore  # noqa: PLC0415 - an extra
        from obstore.exceptions import AlreadyExistsError  # noqa: PLC0415 - an extra

        with written.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        key, by_parts = self._key(scope, sha256), written.stat().st_size > PART
        with self._telling():
            try:
                obstore.put(
                    self._store,
                    key,
                    written,
                    attributes={_DIGEST: digest},
                    mode="create" if anew and not by_parts else "overwrite",
                    use_multipart=by_parts,
                    chunk_size=PART,
                    max_concurrency=_AT_ONCE,
                )
            except AlreadyExistsError:
                return False
            if anew and by_parts and obstore.get(self._store, key).attributes.get(_DIGEST) != digest:
                return False
        target = self.path(scope, sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        written.rename(target)
        return True

    def _fetch(self, scope: str, sha256: str, target: BinaryIO) -> None:
        import obstore  # noqa: PLC0415 - an extra

        digest = hashlib.sha256()
        with self._telling():
            found = obstore.get(self._store, self._key(scope, sha256))
            told = found.attributes.get(_DIGEST)
            for block in found.stream(min_chunk_size=1 << 20):
                digest.update(block)
                target.write(block)
        if told != digest.hexdigest():
            raise StoreError(
                "store.blob-altered",
                zh="对象存储中的封存文件与存入时不同",
                en="a sealed file of the bucket is not what was put there",
                where=f"{self._named}/{self._key(scope, sha256)}",
                remedy_zh="请从备份恢复该文件，并查明原因",
                remedy_en="restore the file from a backup, and find out why",
            )

    def _key(self, scope: str, sha256: str) -> str:
        return self.path(scope, sha256).relative_to(self.root).as_posix()

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        """Tell what the service refuses in words of ours; that something is not there stays what it is."""
        from obstore.exceptions import BaseError  # noqa: PLC0415 - an extra

        try:
            yield
        except BaseError as error:
            raise StoreError(
                "store.bucket",
                zh=f"对象存储没有应答或者拒绝：{type(error).__name__}",
                en=f"the object store did not answer or refused: {type(error).__name__}",
                where=self._named,
                remedy_zh="请检查地址、凭据（AWS_ACCESS_KEY_ID 等环境变量）和网络，然后重试；已封存的材料不受影响",
                remedy_en="check address, keys (AWS_ACCESS_KEY_ID and so on) and network, then try again; what was sealed is unharmed",
            ) from error


def _store(place: Place) -> S3Store:
    try:
        from obstore.store import S3Store  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise StoreError(
            "store.no-client",
            zh="未安装对象存储的组件",
            en="the client of object stores is not installed",
            where="obstore",
            remedy_zh="安装 qingyuan[s3]",
            remedy_en="install qingyuan[s3]",
        ) from error
    config: S3Config = {"endpoint": place.endpoint} if place.endpoint else {}
    return S3Store(
        place.bucket,
        prefix=place.prefix or None,
        region=place.region,
        virtual_hosted_style_request=place.virtual,
        checksum_algorithm="SHA256",
        client_options={"allow_http": place.endpoint.startswith("http:"), "timeout": "60s"},
        retry_config={"max_retries": 4},
        config=config,
    )


def _bad_place() -> StoreError:
    return StoreError(
        "store.bad-bucket",
        zh="对象存储地址不可用：应为 s3://存储桶/前缀?endpoint=https://…&region=…，且不含密钥",
        en="this bucket cannot be used: give s3://BUCKET/PREFIX?endpoint=https://…&region=…, without keys",
        remedy_zh="密钥写入环境变量 AWS_ACCESS_KEY_ID 和 AWS_SECRET_ACCESS_KEY",
        remedy_en="put the keys into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    )
