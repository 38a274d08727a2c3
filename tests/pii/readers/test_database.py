"""Live tables of a real PostgreSQL and a real MariaDB: whole, sampled, and with the server killed midway."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import numpy as np
import psycopg
import pytest

from qingyuan.pii import readers
from qingyuan.pii.batch import Batch, Unread
from qingyuan.pii.errors import PiiError
from qingyuan.pii.readers import _database, _rows
from tests.pii.readers.mariadb import MariaDB
from tests.pii.readers.reading import check
from tests.store.postgres import Cluster

ROWS = 5000
PAD = "甲" * 700


class Server:
    """One of the two servers with the same tables in it."""

    def __init__(self, kind: str, server: Any, url: str, run: Callable[[str], Any]) -> None:
        self.kind = kind
        self.crash: Callable[[], None] = server.crash
        self.url = url
        self.run = run


def filled(server: Server) -> Server:
    text, blob = (
        ("TEXT", "BYTEA") if server.kind == "postgresql" else ("MEDIUMTEXT CHARACTER SET utf8mb4", "BLOB")
    )
    server.run(f"CREATE TABLE users (id INT, part INT, tel BIGINT, name {text}, PRIMARY KEY (part, id))")
    server.run(f"CREATE TABLE loose (tel BIGINT, pad {text}, b {blob}, d DECIMAL(20, 2), t TIMESTAMP NULL)")
    server.run("CREATE VIEW seen AS SELECT * FROM users")
    for start in range(0, ROWS, 1000):
        rows = ", ".join(
            f"({k % 977}, {k // 977}, 138{k:08d}, '张{k}{PAD}')" for k in range(start, start + 1000)
        )
        server.run(f"INSERT INTO users VALUES {rows}")
        rows = ", ".join(f"(139{k:08d}, '{PAD}', NULL, 1.50, NULL)" for k in range(start, start + 1000))
        server.run(f"INSERT INTO loose VALUES {rows}")
    return server


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Server]:
    cluster = Cluster()
    try:

        def run(statement: str) -> None:
            with psycopg.connect(cluster._conninfo("postgres"), autocommit=True) as connection:
                connection.execute(statement.encode())

        folder = quote(str(cluster._folder))
        yield filled(Server("postgresql", cluster, f"postgresql://test@/postgres?host={folder}", run))
    finally:
        cluster.stop()


@pytest.fixture(scope="module")
def mariadb() -> Iterator[Server]:
    server = MariaDB()
    try:
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE d CHARACTER SET utf8mb4")

        def run(statement: str) -> None:
            with server.connect("d") as connection, connection.cursor() as cursor:
                cursor.execute(statement)

        yield filled(Server("mysql", server, f"mysql://root@/d?host={quote(server.socket)}", run))
    finally:
        server.stop()


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> Server:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Server)
    return found


def cells(batch: Batch) -> list[tuple[str, str, str, int]]:
    check(batch)
    said = batch.places(np.arange(len(batch))).to_pylist()
    return [
        (
            str(said[k]),
            batch.columns[batch.column[k]],
            bytes(batch.data[batch.starts[k] : batch.ends[k]]).decode(),
            int(batch.record[k]),
        )
        for k in range(len(batch))
    ]


def read(url: str, **how: Any) -> tuple[list[tuple[str, str, str, int]], list[Unread]]:
    found = list(readers.read_database(readers.parse_url(url), **how))
    return [cell for one in found if isinstance(one, Batch) for cell in cells(one)], [
        one for one in found if isinstance(one, Unread)
    ]


def test_every_row_of_every_table_is_read_in_the_order_of_its_key(server: Server) -> None:
    got, unread = read(server.url)
    assert unread == []
    tels = [
        (place, text, record)
        for place, column, text, record in got
        if column == "tel" and place.startswith("users")
    ]
    assert tels == [(f"users.tel#{k + 1}", f"138{k:08d}", k + 1) for k in range(ROWS)]
    assert sorted(
        text for place, column, text, _ in got if column == "tel" and place.startswith("loose")
    ) == [f"139{k:08d}" for k in range(ROWS)]
    assert {text for _, column, text, _ in got if column == "d"} == {"1.50"}
    assert not any(place.startswith("seen") for place, *_ in got)


@pytest.mark.parametrize("table", ["users", "loose"])
def test_a_server_killed_midway_gives_every_row_once(
    server: Server, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_rows, "_BYTES", 300_000)
    monkeypatch.setattr(_database, "_FETCH", 200)
    url = readers.parse_url(f"{server.url}&table={table}")
    got: list[tuple[str, str, str, int]] = []
    unread: list[Unread] = []
    killed = False
    for one in readers.read_database(url):
        if isinstance(one, Unread):
            unread.append(one)
            continue
        got += cells(one)
        if not killed:
            assert len(one) < ROWS
            server.crash()
            killed = True
    assert [one.code for one in unread] == ["database-resumed"]
    start = "138" if table == "users" else "139"
    tels = [(place, text) for place, column, text, _ in got if column == "tel"]
    assert sorted(text for _, text in tels) == [f"{start}{k:08d}" for k in range(ROWS)]
    assert [place for place, _ in tels] == [f"{table}.tel#{k + 1}" for k in range(ROWS)]


def test_a_large_table_without_a_key_is_read_once_though_its_connection_is_ended_midway(
    postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_rows, "_BYTES", 300_000)
    monkeypatch.setattr(_database, "_FETCH", 200)
    postgresql.run("CREATE TABLE wide (tel TEXT, pad TEXT)")
    postgresql.run(
        "INSERT INTO wide SELECT (13800000000 + g)::text, repeat('甲', 500) FROM generate_series(1, 5000) g"
    )
    got: list[str] = []
    ended = False
    for one in readers.read_database(readers.parse_url(f"{postgresql.url}&table=wide")):
        if isinstance(one, Batch):
            got += [text for _, column, text, _ in cells(one) if column == "tel"]
            if not ended:
                postgresql.run(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'qingyuan'"
                )
                ended = True
    postgresql.run("DROP TABLE wide")
    assert sorted(got) == [str(13800000001 + k) for k in range(5000)]


@pytest.mark.parametrize("table", ["users", "loose"])
def test_a_sample_is_reproducible_and_says_what_it_left_out(server: Server, table: str) -> None:
    if table == "loose":
        server.run("CREATE TABLE few AS SELECT tel, d FROM loose")
        table = "few"
    url = f"{server.url}&table={table}"
    first, unread = read(url, sample=readers.Sample(100, 7))
    assert [(one.code, "5000" in one.en and "100" in one.en and "seed 7" in one.en) for one in unread] == [
        ("database-sampled", True)
    ]
    again, _ = read(url, sample=readers.Sample(100, 7))
    other, _ = read(url, sample=readers.Sample(100, 8))
    assert first == again
    assert {c[2] for c in first if c[1] == "tel"} != {c[2] for c in other if c[1] == "tel"}
    assert len({c[2] for c in first if c[1] == "tel"}) == 100
    assert read(url, sample=readers.Sample(ROWS))[1] == []
    server.run("DROP TABLE IF EXISTS few")


def test_nothing_can_be_written_and_odd_names_are_quoted(server: Server) -> None:
    odd = '"a""b% c"' if server.kind == "postgresql" else '`a"b% c`'
    server.run(f"CREATE TABLE {odd} ({odd} INT)")
    server.run(f"INSERT INTO {odd} VALUES (13800138)")
    got, _ = read(server.url + "&table=" + quote('a"b% c'))
    assert [(place, text) for place, _, text, _ in got] == [('a"b% c.a"b% c#1', "13800138")]
    server.run(f"DROP TABLE {odd}")
    driver = _database._driver(readers.parse_url(server.url), "")
    connection = driver.connect()
    with pytest.raises(driver.refused), connection.cursor() as cursor:
        cursor.execute("INSERT INTO users VALUES (-1, -1, 1, 'x')")
    connection.close()


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_a_database_that_is_not_there_is_named_without_the_password(kind: str) -> None:
    url = readers.parse_url(f"{kind}://someone:s3cret%21@127.0.0.1:1/db")
    assert url.password == "s3cret!"
    with pytest.raises(PiiError) as caught:
        list(readers.read_database(url))
    said = f"{caught.value} {caught.value.zh} {caught.value.en} {caught.value.where} {url!r} {url}"
    assert caught.value.code == "pii.database-connect"
    assert "s3cret" not in said
    assert f"{kind}://someone@127.0.0.1:1/db" in said


def test_a_table_that_is_not_there_is_named(server: Server) -> None:
    with pytest.raises(PiiError) as caught:
        read(f"{server.url}&table=nothing")
    assert caught.value.code == "pii.database-table"


@pytest.mark.parametrize(
    "text",
    ["postgresql://u@h", "oracle://u@h/d", "mysql://u@h:x/d", "mysql://u@h/a/b", "postgresql://h/d?x=1"],
)
def test_a_url_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(PiiError) as caught:
        readers.parse_url(text)
    assert caught.value.code == "pii.database-url"


def test_urls_are_told_from_paths() -> None:
    assert readers.is_database("postgresql+psycopg://u@h/d")
    assert readers.is_database("MySQL://h/d")
    assert not any(map(readers.is_database, ["/a/b.csv", "a://b", "C:\\postgresql", "postgresql:/x"]))


def test_the_command_scans_live_tables_and_shows_no_password(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    import json

    from click.testing import CliRunner

    from qingyuan.cli.scan import scan

    monkeypatch.setenv("QINGYUAN_DB_PASSWORD", "s3cret")
    if server.kind == "mysql":
        monkeypatch.setenv("QINGYUAN_DB_PASSWORD", "")
    done = CliRunner().invoke(scan, [f"{server.url}&table=users", "--sample", "50", "--seed", "3", "--json"])
    assert done.exit_code == 0, done.output
    body = json.loads(done.output)
    assert body["kinds"]["mobile"]["confirmed"] == 50
    assert [one["code"] for one in body["unread"]] == ["database-sampled"]
    assert "s3cret" not in done.output
