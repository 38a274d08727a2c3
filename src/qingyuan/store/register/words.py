"""The words of dockets: a search index that finds any run of Chinese characters, of two or of twenty.

A run of Chinese characters is kept as its overlapping pairs and its last character, other letters and digits as words. To look
for a run is to look for its pairs one after the other; for a single character, for pairs that begin with it. SQLite keeps the
words in an FTS5 table, PostgreSQL in a ``tsvector``; both are given words already cut, so that neither cuts on its own and both
find the same.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from qingyuan.store._driver import Driver, Value
from qingyuan.store.register.scope import EVERYWHERE

#: Runs of Chinese characters (the blocks of Unified Ideographs and 々〆〇), or of other letters and digits.
_RUN = re.compile(
    r"(?P<han>[\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)|[^\W_]+"
)
#: A query of more runs than this is cut; nobody means them all.
_MOST_RUNS = 16
#: PostgreSQL keeps no position above this in a ``tsvector``; what comes later in a docket is found without its neighbours.
_MOST_WORDS = 16_000
#: Dockets that are looked through one by one before the index of PostgreSQL is asked.
_NEWEST = 500
#: Named dockets whose words SQLite reads instead of its index.
_FEW = 2_000
_SHIELDED = "sshielded"


def create_words(connection: sa.Connection) -> None:
    """Make the table, in a migration."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "CREATE VIRTUAL TABLE register_words USING fts5(words, places, docket UNINDEXED, "
            "tokenize='unicode61 remove_diacritics 0', columnsize=0, detail=full)"
        )
        return
    connection.exec_driver_sql(
        'CREATE TABLE register_words (rowid bigint PRIMARY KEY, docket text COLLATE "C" NOT NULL, words tsvector NOT NULL)'
    )
    connection.exec_driver_sql("CREATE INDEX ix_register_words ON register_words USING gin (words)")


def drop_words(connection: sa.Connection) -> None:
    """Drop the table, in a migration."""
    connection.exec_driver_sql("DROP TABLE register_words")


def words(text: str) -> list[str]:
    """Return the words that ``text`` is found by, in order."""
    found: list[str] = []
    for run in _RUN.finditer(unicodedata.normalize("NFKC", text).casefold()):
        word = run[0]
        if run["han"]:
            found += [word[at : at + 2] for at in range(len(word))]
        else:
            found.append(word)
    return found


def phrases(query: str) -> list[tuple[tuple[str, ...], bool]]:
    """Return what a query asks for: runs of words that all must occur, and whether the last word may go on."""
    found: list[tuple[tuple[str, ...], bool]] = []
    for run in _RUN.finditer(unicodedata.normalize("NFKC", query).casefold()):
        word = run[0]
        if not run["han"] or len(word) == 1:
            found.append(((word,), True))
        else:
            found.append((tuple(word[at : at + 2] for at in range(len(word) - 1)), False))
    return found[:_MOST_RUNS]


def place_word(path: str) -> str:
    """Return the word that stands for an office's path in the index."""
    return "p" + hashlib.sha256(path.encode()).hexdigest()[:16]


def put_words(
    driver: Driver,
    dialect: str,
    docket: str,
    rows: Sequence[int],
    texts: Iterable[str],
    places: Iterable[str],
    *,
    shielded: bool,
) -> None:
    """Write the words of a docket under its first row number; those of its other records go.

    Args:
        driver: Of a write transaction.
        dialect: ``"sqlite"`` or ``"postgresql"``.
        docket: The docket.
        rows: The row number of the docket, then of its other records, which had words of their own before they joined.
        texts: What may be searched for, in clear.
        places: Paths of the offices that see it.
        shielded: Whether it concerns minors.
    """
    driver.many("DELETE FROM register_words WHERE rowid = ?", [(row,) for row in rows])
    found = [word for text in texts for word in words(text)]
    where = [place_word(path) for path in dict.fromkeys(places)] + ([_SHIELDED] if shielded else [])
    if dialect == "sqlite":
        driver.run(
            "INSERT INTO register_words (rowid, words, places, docket) VALUES (?, ?, ?, ?)",
            rows[0], " ".join(found), " ".join(where), docket,
        )  # fmt: skip
        return
    placed = [f"'{word}':{at + 1}" for at, word in enumerate(found[:_MOST_WORDS])]
    placed += [f"'{word}'" for word in dict.fromkeys((*found[_MOST_WORDS:], *where))]
    driver.run(
        "INSERT INTO register_words (rowid, words, docket) VALUES (?, CAST(? AS text)::tsvector, ?)",
        rows[0], " ".join(placed), docket,
    )  # fmt: skip


def find(
    connection: sa.Connection,
    query: str,
    *,
    places: Sequence[str],
    shielded: bool,
    named: Sequence[str] | None,
    recused: Sequence[str],
    before: int | None,
    limit: int,
    own: bool = False,
) -> list[tuple[int, str]]:
    """Return row number and docket of what a query finds, the newest docket first.

    Args:
        connection: A read transaction.
        query: Runs of characters, all of which must occur.
        places: Paths of offices, any of which; the whole tree if ``"/"`` is one of them.
        shielded: Whether dockets that concern minors are found.
        named: Only these dockets, wherever they are; ``None`` for those of ``places``.
        recused: Dockets not found.
        before: Go on below this row number.
        limit: Most rows.
        own: Only what the offices of ``places`` handle themselves, and not the offices below.
    """
    asked = phrases(query)
    if not asked or not (places if named is None else named):
        return []
    anywhere = named is not None or EVERYWHERE in places
    sqlite = connection.dialect.name == "sqlite"
    match = (_sqlite if sqlite else _postgresql)(
        asked,
        [] if anywhere else [place_word(path) for path in places],
        hide=not shielded and named is None,
    )
    values: list[Value] = [match]
    where = "register_words MATCH ?" if sqlite else "words @@ CAST(? AS text)::tsquery"
    if before is not None:
        where += " AND rowid < ?"
        values.append(before)
    if named is not None:
        marks = ", ".join("?" * len(named))
        where += f" AND rowid IN (SELECT first FROM register WHERE id IN ({marks}))"  # noqa: S608 - no value in it
        values += named
    if own:
        marks = ", ".join("?" * len(places))
        where += f" AND docket IN (SELECT docket FROM register WHERE office IN ({marks}))"  # noqa: S608 - no value in it
        values += places
    if recused:
        where += f" AND docket NOT IN ({', '.join('?' * len(recused))})"
        values += recused
    driver = Driver(connection)
    rows: Sequence[Sequence[object]] = ()
    if sqlite and named is not None and len(named) <= _FEW:
        return _among(driver, asked, named, before=before, recused=recused, limit=limit)
    if not sqlite and named is None and not own:
        rows = _newest(driver, match, before=before, recused=recused, limit=limit)
    if len(rows) < limit:
        rows = driver.all(
            f"SELECT rowid, docket FROM register_words WHERE {where} ORDER BY rowid DESC LIMIT ?",  # noqa: S608 - no value in it
            *values,
            limit,
        )
    return [(int(str(row[0])), str(row[1])) for row in rows]


def _among(
    driver: Driver,
    asked: Sequence[tuple[tuple[str, ...], bool]],
    named: Sequence[str],
    *,
    before: int | None,
    recused: Sequence[str],
    limit: int,
) -> list[tuple[int, str]]:
    """Return what a query finds in a few dockets by what their rows hold.

    The index would follow a word of every third docket through all of them, and find a few among them. The words of a row stand
    apart by single spaces, so that words one after the other are a run of its text.
    """
    marks = ", ".join("?" * len(named))
    where = f"rowid IN (SELECT first FROM register WHERE id IN ({marks}))"  # noqa: S608 - no value in it
    where += " AND instr(' ' || words || ' ', ?) > 0" * len(asked)
    values: list[Value] = [*named, *(f" {' '.join(run)}{'' if more else ' '}" for run, more in asked)]
    if before is not None:
        where += " AND rowid < ?"
        values.append(before)
    if recused:
        where += f" AND docket NOT IN ({', '.join('?' * len(recused))})"
        values += recused
    rows = driver.all(
        f"SELECT rowid, docket FROM register_words WHERE {where} ORDER BY rowid DESC LIMIT ?",  # noqa: S608 - no value in it
        *values,
        limit,
    )
    return [(int(str(row[0])), str(row[1])) for row in rows]


def _newest(
    driver: Driver, match: str, *, before: int | None, recused: Sequence[str], limit: int
) -> Sequence[Sequence[object]]:
    """Return what a query finds among the newest dockets.

    An inverted index gives its rows in no order, so for a word of every third docket PostgreSQL would fetch and sort them all. Such a
    word fills a page from a few hundred of the newest dockets; a word that does not is rare enough for the index.
    """
    below = "" if before is None else " WHERE rowid < ?"
    kept = f" AND docket NOT IN ({', '.join('?' * len(recused))})" if recused else ""
    return driver.all(
        f"SELECT rowid, docket FROM (SELECT rowid, docket, words FROM register_words{below} ORDER BY rowid DESC "  # noqa: S608
        f"LIMIT {_NEWEST}) AS newest WHERE words @@ CAST(? AS text)::tsquery{kept} ORDER BY rowid DESC LIMIT ?",
        *(() if before is None else (before,)),
        match,
        *recused,
        limit,
    )


def _sqlite(asked: Sequence[tuple[tuple[str, ...], bool]], places: Sequence[str], *, hide: bool) -> str:
    runs = " AND ".join(f'"{" ".join(run)}"{" *" if more else ""}' for run, more in asked)
    text = f"({{words}} : ({runs}))"
    if places:
        text += f" AND ({{places}} : ({' OR '.join(places)}))"
    return f"({text}) NOT ({{places}} : {_SHIELDED})" if hide else text


def _postgresql(asked: Sequence[tuple[tuple[str, ...], bool]], places: Sequence[str], *, hide: bool) -> str:
    runs = [
        "(" + " <-> ".join(f"'{word}'" for word in run) + (":*" if more else "") + ")" for run, more in asked
    ]
    if places:
        runs.append("(" + " | ".join(f"'{word}'" for word in places) + ")")
    if hide:
        runs.append(f"!'{_SHIELDED}'")
    return " & ".join(runs)
