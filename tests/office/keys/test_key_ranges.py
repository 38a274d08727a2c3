"""What an outsider's verifier makes of packages before and after a key was replaced or revoked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qingyuan.canonical import canonical_json
from qingyuan.evidence import Role
from qingyuan.evidence.verify import verify
from qingyuan.office.home import Home
from qingyuan.office.intake import intake
from qingyuan.office.keys.destruction import destroy
from qingyuan.office.keys.roots import adopt, draft, publish, trust_in_roots
from qingyuan.office.keys.rotation import revoke, rotate
from qingyuan.office.packages.packaging import make_package
from tests.office.keys.test_roots import roots, signed
from tests.office.running import material


class World:
    """A home, its leads, and packages made of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = Home.open(folder / "home", create=True)
        self.made = 0

    def collect(self) -> str:
        """Take in two files and return the lead they became."""
        self.made += 1
        result = intake(self.home, [material(self.folder / f"material-{self.made}", 2)], workers=0)
        return result.lead

    def pack(self, lead: str) -> Path:
        self.made += 1
        target = self.folder / f"{self.made}.evp"
        make_package(self.home, lead, target, to="某法院", actor="P001")
        return target

    def size(self) -> int:
        head = self.home.head()
        assert head is not None
        return head.size

    def trust(self, name: str = "trust") -> Path:
        """Return a copy of the trust file as it is now."""
        target = self.folder / f"{name}.json"
        target.write_bytes(self.home.trust_path.read_bytes())
        return target


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def judged(package: Path, trust: Path) -> tuple[str, set[str]]:
    result = verify(package, trust=trust)
    troubles = {"revoked-key", "unknown-key", "no-trust", "old-roles", "withheld", "no-twin", "roles"}
    return result.verdict, {reason.code for reason in result.reasons if reason.code in troubles}


PASS: tuple[str, set[str]] = ("pass", set())


@pytest.mark.parametrize(("role", "actor"), [("package", ""), ("officer", "P001"), ("log", "")])
def test_packages_from_before_and_after_a_rotation_pass_with_the_new_trust_file(
    world: World, role: Role, actor: str
) -> None:
    lead = world.collect()
    before, old = world.pack(lead), world.trust("old")
    assert judged(before, old) == PASS
    rotate(world.home, role, actor=actor, by="P001")
    later = world.collect()
    after, new = world.pack(later), world.trust("new")
    assert judged(before, new) == PASS
    assert judged(after, new) == PASS
    assert judged(after, old) == ("undetermined", {"unknown-key"})


def test_exhibits_signed_before_the_last_trusted_size_stay_good_and_later_ones_do_not(world: World) -> None:
    early = world.collect()
    trusted = world.size()
    late = world.collect()
    before = world.pack(early), world.pack(late)
    old = world.trust("old")
    assert [judged(each, old) for each in before] == [PASS, PASS]
    key = world.home.officer("P001").public.id
    revoke(world.home, key, reason="介质失窃", by="P009", last_trusted_size=trusted)
    rotate(world.home, "officer", actor="P001", by="P009")
    new = world.trust("new")
    void = "undetermined", {"revoked-key"}
    assert [judged(each, new) for each in before] == [PASS, void]
    again = world.pack(early), world.pack(late)
    assert [judged(each, new) for each in again] == [PASS, void]
    # The event in the package says so even to a reader with an old trust file.
    assert [judged(each, old) for each in again] == [PASS, void]
    assert judged(world.pack(world.collect()), new) == PASS


def test_a_revoked_log_key_leaves_earlier_checkpoints_good_and_the_new_key_vouches_for_all(
    world: World,
) -> None:
    lead = world.collect()
    early, trusted = world.pack(lead), world.size()
    late = world.pack(lead)
    key = world.home.current_key("log", name=world.home.settings.origin).id
    revoke(world.home, key, reason="x", by="P009", last_trusted_size=trusted)
    new = world.trust()
    assert judged(early, new) == PASS
    assert judged(late, new) == ("undetermined", {"revoked-key"})
    rotate(world.home, "log", by="P009")
    assert judged(world.pack(lead), world.trust()) == PASS


def test_a_package_key_revoked_at_once_leaves_what_it_signed_good(world: World) -> None:
    lead = world.collect()
    before = world.pack(lead)
    key = world.home.package_signer().key
    identifier = world.home.current_key("package", name=key.name).id
    revoke(world.home, identifier, reason="x", by="P009")
    assert judged(before, world.trust()) == PASS
    rotate(world.home, "package", by="P009")
    assert judged(world.pack(lead), world.trust()) == PASS
    revoke(world.home, identifier, reason="更早", by="P009", last_trusted_size=1)
    assert judged(before, world.trust()) == ("undetermined", {"revoked-key"})


def test_who_holds_only_the_roots_believes_what_they_signed_and_no_more(world: World) -> None:
    home, lead = world.home, world.collect()
    adopt(home, roots(0, 1, 2), by="P009")
    publish(home, signed(draft(home), 0, 1), by="P009")

    def held(name: str) -> Path:
        target = world.folder / f"{name}.json"
        target.write_bytes(canonical_json(trust_in_roots(home)))
        return target

    first = held("first")
    one = world.pack(lead)
    assert judged(one, first) == PASS
    rotate(home, "package", by="P001")
    two = world.pack(lead)
    assert judged(two, first) == ("undetermined", {"unknown-key"})
    adopt(home, roots(2, 4, 6), by="P009")
    publish(home, signed(draft(home), 0, 2, 4), by="P009")
    three = world.pack(lead)
    assert judged(three, first) == PASS
    second = held("second")
    assert judged(three, second) == PASS
    assert judged(two, second) == ("undetermined", {"old-roles", "unknown-key"})
    assert json.loads(second.read_bytes())["roots"] == json.loads(first.read_bytes())["roots"]


def test_the_verifier_still_passes_packages_made_before_a_destruction(world: World) -> None:
    lead, other = world.collect(), world.collect()
    before = world.pack(lead)
    destroy(world.home, lead, basis="期限届满", approved_by="P009", by="P001")
    assert judged(before, world.trust()) == PASS
    assert judged(world.pack(other), world.trust()) == PASS
