"""The check of everything names a link between a matter and its leads and cases that no event says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from qingyuan.office.fsck import check_home
from qingyuan.office.register import rebuild
from tests.office.register.playing import Player


@pytest.fixture(scope="module")
def player(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Player]:
    made = Player(tmp_path_factory.mktemp("links") / Path("home"))
    made.play("filed")
    yield made
    made.home.close()


def _places(player: Player) -> list[str]:
    """Return where links are wrong; the exhibits of the story were never sealed, which is named as well."""
    return [trouble.where for trouble in check_home(player.home) if "office rebuild" in trouble.en]


def _index(player: Player, event: str) -> int:
    with player.home.database.read() as connection:
        return int(
            connection.execute(
                sa.text("SELECT idx FROM event WHERE type = :type"), {"type": event}
            ).scalar_one()
        )


@pytest.mark.parametrize(
    ("statement", "event"),
    [
        ("DELETE FROM link WHERE child = 'L2026-0001'", "matter.opened"),
        ("DELETE FROM link WHERE child = 'C2026-0001'", "case.filed"),
        ("UPDATE link SET parent = 'M2026-0009' WHERE child = 'C2026-0001'", "case.filed"),
    ],
)
@pytest.mark.parametrize("built", [True, False])
def test_a_link_that_was_cut_or_bent_names_the_event_that_says_it(
    player: Player, statement: str, event: str, built: bool
) -> None:
    """Also in a home whose register was never built: what a package holds rests on the links either way."""
    rebuild(player.home)
    assert _places(player) == []
    with player.home.database.write() as connection:
        if not built:
            connection.execute(sa.text("DELETE FROM register_state"))
        assert connection.execute(sa.text(statement)).rowcount == 1
    found = _places(player)
    assert f"log index {_index(player, event)}" in found
    assert built or len(found) == 1
    rebuild(player.home)
    assert _places(player) == []


def test_a_link_that_no_event_says_is_named(player: Player) -> None:
    rebuild(player.home)
    with player.home.database.write() as connection:
        connection.execute(sa.text("INSERT INTO link (child, parent) VALUES ('L2026-0007', 'M2026-0001')"))
    assert "link L2026-0007" in _places(player)
    rebuild(player.home)
    assert _places(player) == []
