"""A population with known identities, written down as careless offices do: for judging links."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import combinations

from tests.pii.generator import Maker

ROADS = [
    a + b
    for a in ("青口", "人民", "解放", "稠州", "宾王", "江滨", "城中", "商城")
    for b in ("南路", "北路", "中路", "大道", "街")
]
AREAS = [
    ("浙江省", "义乌市", "江东街道"), ("浙江省", "杭州市", "西湖区"), ("广东省", "深圳市", "南山区"),
    ("四川省", "成都市", "武侯区"), ("湖南省", "长沙市", "岳麓区"), ("江苏省", "苏州市", "吴中区"),
]  # fmt: skip


COLUMNS: tuple[str, ...] = ("name", "mobile", "resident-id", "bank-card", "address", "birth-date")


@dataclass
class Person:
    number: int
    name: str
    identity: str
    mobiles: list[str]
    address: tuple[str, str, str, str, str]
    card: str

    @property
    def birth(self) -> str:
        d = self.identity[6:14]
        return f"{d[:4]}-{d[4:6]}-{d[6:]}"


@dataclass
class World:
    """Mentions as columns, with the person of each."""

    columns: dict[str, list[str]] = field(default_factory=lambda: {k: [] for k in COLUMNS})
    #: The person of each mention; mentions that have nothing but a name in common, also through others, are apart.
    truth: list[int] = field(default_factory=list)
    #: The person of each mention, whatever the mentions tell.
    person: list[int] = field(default_factory=list)
    #: Mentions with the name in clear, on which links can be demanded.
    named: list[bool] = field(default_factory=list)


def populate(seed: int, count: int) -> list[Person]:
    """Return people in households: one address, sometimes one shared telephone, siblings of like names."""
    m = Maker(seed)
    r = m.r
    people: list[Person] = []
    while len(people) < count:
        area = r.choice(AREAS)
        home = (*area, r.choice(ROADS), f"{r.randint(1, 299)}号{r.randint(1, 20)}幢{r.randint(101, 2505)}室")
        shared = m.mobile() if r.random() < 0.3 else ""
        surname = m.name()[0]
        for member in range(r.choice((1, 1, 2, 3, 4))):
            name = surname + m.name()[1:] if member != 1 else m.name()
            if r.random() < 0.05 and people:
                name = r.choice(people).name  # the same name elsewhere
            if any(p.name == name and p.address == home for p in people[-4:]):
                continue
            mobile = shared if shared and r.random() < 0.8 else m.mobile()
            people.append(Person(len(people), name, m.resident_id(), [mobile], home, m.card()))
            if r.random() < 0.15:
                people[-1].mobiles.append(m.mobile())
    return people[:count]


def written_address(r: random.Random, address: tuple[str, str, str, str, str]) -> str:
    """Return an address with what people leave out, add and mistype."""
    province, city, area, road, house = address
    if r.random() < 0.25:
        province = ""
    if r.random() < 0.1:
        city = city.rstrip("市")
    if r.random() < 0.1:
        house = house.replace("幢", r.choice(("栋", "号楼", "-"))).replace("室", "")
    if r.random() < 0.06:
        at = r.randrange(len(road) - 1)
        road = road[:at] + r.choice("轻清情晴") + road[at + 1 :]
    return r.choice(("", "", " ")).join((province, city, area, road, house))


def stars(value: str, start: int, end: int) -> str:
    return value[:start] + "*" * (len(value) - start - end) + value[len(value) - end :]


def mention(r: random.Random, p: Person, sort: str) -> dict[str, str]:
    """Return one mention of a person as one sort of file writes it."""
    mobile = r.choice(p.mobiles)
    name = p.name if r.random() > 0.03 else " ".join(p.name)
    address = written_address(r, p.address)
    columns = {
        "register": {"name": name, "resident-id": p.identity, "mobile": mobile if r.random() < 0.8 else ""},
        "parcels": {"name": name, "mobile": mobile, "address": address},
        "school": {"name": name, "birth-date": p.birth, "address": address if r.random() < 0.5 else ""},
        "bank": {"name": name, "resident-id": p.identity, "bank-card": p.card},
        "masked": {"name": name, "mobile": stars(mobile, 3, 4), "address": address},
        "masked-id": {"name": name, "resident-id": stars(p.identity, 6, 4), "birth-date": p.birth},
        "hidden": {"name": stars(p.name, 1, 0), "mobile": stars(mobile, 3, 4)},
    }
    return columns[sort]


#: The last sort hides names and numbers: such mentions may be compatible and are never merged.
SORTS = ("register", "parcels", "school", "bank", "masked", "masked-id", "hidden")


def world(seed: int, people: int, mentions: int) -> World:
    """Return mentions of a population in random order."""
    r = random.Random(seed)
    crowd = populate(seed + 1, people)
    out = World()
    for _ in range(mentions):
        p = r.choice(crowd)
        sort = r.choices(SORTS, (4, 6, 3, 2, 3, 1, 1))[0]
        told = mention(r, p, sort)
        for kind in COLUMNS:
            out.columns[kind].append(told.get(kind, ""))
        out.person.append(p.number)
        out.named.append(sort != "hidden")
    out.truth = linkable(out, crowd)
    return out


def linkable(written: World, crowd: list[Person]) -> list[int]:
    """Return the lowest mention that each can be told to be the same person as, by what is written."""
    parent = list(range(len(written.person)))

    def find(row: int) -> int:
        while parent[row] != row:
            row = parent[row]
        return row

    first: dict[tuple[int, str], int] = {}
    for row, number in enumerate(written.person):
        said = {kind: written.columns[kind][row] for kind in COLUMNS}
        facts = [kind for kind in ("bank-card", "address") if said[kind]]
        facts += [m for m in crowd[number].mobiles if said["mobile"] in {m, stars(m, 3, 4)}]
        facts += ["birth"] if said["birth-date"] or "*" not in (said["resident-id"] or "*") else []
        facts += ["identity"] if said["resident-id"] else []
        for fact in facts:
            a, b = sorted((find(first.setdefault((number, fact), row)), find(row)))
            parent[b] = a
    return [find(row) for row in range(len(parent))]


def couples(labels: list[int], chosen: list[bool]) -> set[tuple[int, int]]:
    """Return the pairs of chosen mentions with one label."""
    groups: dict[int, list[int]] = {}
    for row, label in enumerate(labels):
        if chosen[row]:
            groups.setdefault(label, []).append(row)
    return {pair for rows in groups.values() for pair in combinations(rows, 2)}


def scores(found: list[int], truth: list[int], chosen: list[bool]) -> tuple[float, float, float]:
    """Return pairwise precision, recall and F1."""
    a, b = couples(found, chosen), couples(truth, chosen)
    both = len(a & b)
    precision, recall = both / max(1, len(a)), both / max(1, len(b))
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)
