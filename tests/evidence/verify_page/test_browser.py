"""The page in a real Chromium, opened as a file."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from qingyuan.ledger import Cosigner
from qingyuan.office.browser import Browser, Page
from tests.evidence.verify_page.making import Matter, Stamp, small_matter
from tests.evidence.verify_page.seal import PAGE
from tests.evidence.verify_page.stamping import authority
from tests.evidence.verify_page.trees import seed
from tests.evidence.verify_page.trusting import trust_of

VERDICT = "document.getElementById('verdict-title')"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser.launch() as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.page()
    opened.navigate(PAGE.as_uri())
    yield opened
    assert opened.errors == []
    assert [each for each in opened.requests if not each.startswith(("file:", "blob:null/"))] == []
    opened.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    matter = small_matter()
    matter.witnesses = [Cosigner("witness.example/公证处", seed("w"))]
    stamps, root = authority("p256")
    matter.stamps = [Stamp("checkpoint", stamps, size=7)]
    package = matter.package()
    (folder / "案件.evp").write_bytes(package)
    (folder / "bad.evp").write_bytes(package.replace(b"c,d\n", b"c,e\n", 1))
    (folder / "trust.json").write_text(json.dumps(trust_of(tsas=[root.tsa()])))
    (folder / "policy.txt").write_text(f"witness 公证处 {matter.witnesses[0].key.encode()}\nquorum 公证处\n")
    (folder / "案件.evp.age").write_bytes(b"age-encryption.org/v1\n-> X25519 abc\n")
    hostile = small_matter()
    hostile.take(
        b"x",
        "<img src=x onerror=document.title='hit'>.txt".replace("<", "＜"),
        path="<script>document.title='hit'</script>",
    )
    hostile.about = {"title": "<b id=hit>\u202e案</b>", "exhibits": 4}
    hostile.events = [e for e in hostile.events if e["leaf"]["type"] != "evidence.transferred"]
    (folder / "hostile.evp").write_bytes(hostile.package())
    return folder


def choose(page: Page, package: Path, trust: Path | None = None, policy: Path | None = None) -> None:
    for slot, path in (("package", package), ("trust", trust), ("policy", policy)):
        if path:
            page.set_input_files(f"#file-{slot}", [path])
            page.wait_for(f"document.getElementById('name-{slot}').textContent", timeout=120)


def judge(page: Page) -> str:
    page.click("#start")
    page.wait_for(VERDICT, timeout=120)
    return str(page.evaluate(f"{VERDICT}.textContent"))


def text(page: Page) -> str:
    return str(page.evaluate("document.body.innerText"))


def test_a_whole_package_passes_in_the_browser(page: Page, files: Path) -> None:
    choose(page, files / "案件.evp", files / "trust.json", files / "policy.txt")
    assert judge(page) == "通过"
    words = text(page)
    assert all(
        each in words
        for each in ("第十六条", "第十七条", "第十八条", "公证处", "甲机构", "一.csv", "本核验不能证明什么")
    )
    assert page.evaluate("document.activeElement.id") == "verdict-title"
    page.click("#language")
    assert page.evaluate(f"{VERDICT}.textContent") == "Passed"
    assert "What this cannot prove" in text(page)
    assert page.evaluate("document.documentElement.lang") == "en"


def test_a_changed_package_fails_and_one_without_trust_cannot_be_told(page: Page, files: Path) -> None:
    choose(page, files / "bad.evp", files / "trust.json")
    assert judge(page) == "不通过"
    assert page.evaluate("document.querySelector('.verdict').classList.contains('fail')") is True
    page.click("#do-again")
    page.click("#clear")
    choose(page, files / "案件.evp")
    assert judge(page) == "无法判断"
    assert page.evaluate("document.querySelectorAll('.verdict.undetermined').length") == 1
    assert page.evaluate("document.querySelectorAll('.verdict.pass').length") == 0


def test_files_dropped_together_find_their_places(page: Page, files: Path) -> None:
    page.drop_files("#slot-package", [files / "policy.txt", files / "trust.json", files / "案件.evp"])
    page.wait_for(
        "['package', 'trust', 'policy'].every((slot) => document.getElementById('name-' + slot).textContent)"
    )
    assert judge(page) == "通过"


def test_the_fingerprint_of_the_trust_file_is_shown_in_groups(page: Page, files: Path) -> None:
    page.set_input_files("#file-trust", [files / "trust.json"])
    page.wait_for("document.getElementById('fingerprint').textContent", timeout=120)
    shown = page.evaluate(
        "Array.from(document.querySelectorAll('#fingerprint span'), (each) => each.textContent)"
    )
    assert isinstance(shown, list)
    assert [len(str(each)) for each in shown] == [4] * 16
    assert "".join(map(str, shown)) == hashlib.sha256((files / "trust.json").read_bytes()).hexdigest()


def test_an_encrypted_package_is_recognised_and_not_judged(page: Page, files: Path) -> None:
    page.set_input_files("#file-package", [files / "案件.evp.age"])
    page.wait_for("!document.getElementById('warning').hidden", timeout=120)
    assert "age -d" in text(page)
    assert page.evaluate("document.getElementById('start').disabled") is True


def test_names_from_the_package_stay_text(page: Page, files: Path) -> None:
    choose(page, files / "hostile.evp", files / "trust.json")
    assert judge(page) == "不通过"
    assert page.evaluate("document.getElementById('hit')") is None
    assert page.evaluate("document.title") == "清源 · 证据包核验"
    assert "⟨U+202E⟩" in text(page)
    assert "\u202e" not in text(page)


def test_the_page_cannot_reach_the_network(page: Page, files: Path) -> None:
    script = (
        "fetch('http://127.0.0.1:9/').then(() => 'reached', () => 'refused').then((one) => new Promise((done) => {"
        " const image = new Image(); image.onload = () => done('reached'); image.onerror = () => done(one); image.src = 'http://127.0.0.1:9/x'; }))"
    )
    violations = "window.seen = []; document.addEventListener('securitypolicyviolation', (e) => window.seen.push(e.effectiveDirective));"
    page.evaluate(violations)
    assert page.evaluate(script) == "refused"
    assert set(map(str, page.evaluate("window.seen") or [])) == {"connect-src", "img-src"}  # type: ignore[arg-type]
    page.requests.clear()


def test_without_workers_the_page_does_the_work_itself(page: Page, files: Path) -> None:
    page.evaluate("window.Worker = class { constructor() { throw new Error('none here'); } }")
    choose(page, files / "案件.evp", files / "trust.json", files / "policy.txt")
    assert judge(page) == "通过"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package large enough to be shared between two workers, with a trust file beside it."""
    folder = tmp_path_factory.mktemp("large")
    matter = Matter()
    matter.take(bytes(9 << 20), "大.bin")
    matter.transfer()
    (folder / "large.evp").write_bytes(matter.package())
    (folder / "trust.json").write_text(json.dumps(trust_of()))
    return folder


COUNTING = "window.Real = Worker; window.made = 0; window.Worker = class extends Real {{ constructor(url) {{ made += 1; {} super(url); }} }}"


@pytest.mark.parametrize(
    "second", ["", "if (made === 2) throw new Error('none left');", "if (made === 2) url = 'blob:null/0';"]
)
def test_a_second_worker_shares_the_hashing_or_is_not_missed(page: Page, large: Path, second: str) -> None:
    page.evaluate(COUNTING.format(second))
    choose(page, large / "large.evp", large / "trust.json")
    assert judge(page) == "通过"
    assert page.evaluate("made") == 2


def test_cancelling_gives_no_verdict(page: Page, files: Path, tmp_path: Path) -> None:
    large = tmp_path / "large.evp"
    matter = small_matter()
    matter.contents["data/Xbig/big.bin"] = bytes(40 << 20)
    large.write_bytes(matter.package())
    choose(page, large)
    page.click("#start")
    page.wait_for("document.getElementById('progress').value > 0", timeout=120)
    page.click("#cancel")
    page.wait_for("!document.getElementById('choose').hidden", timeout=120)
    assert page.evaluate(VERDICT) is None
    assert "没有结论" in text(page)


def test_the_json_result_is_the_one_of_the_format(page: Page, files: Path) -> None:
    given = {
        name: base64.b64encode((files / name).read_bytes()).decode() for name in ("案件.evp", "trust.json")
    }
    page.evaluate("window.bytes = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0))")
    result = page.evaluate(
        f"qingyuanVerify(new Blob([bytes('{given['案件.evp']}')]), bytes('{given['trust.json']}'), null)"
    )
    assert isinstance(result, dict)
    assert set(result) == {
        "verdict",
        "verdict_zh",
        "reasons",
        "quorum",
        "package",
        "trust_sha256",
        "roles_version",
        "timestamps",
    }
    assert (result["verdict"], result["verdict_zh"]) == ("pass", "通过")
    choose(page, files / "案件.evp", files / "trust.json")
    judge(page)
    page.click("#do-download")
    assert page.wait_until(lambda: len(page.downloads) == 1, 5)
    assert page.downloads[0].name == "E2026-0001.verdict.json"


def test_at_360_pixels_nothing_is_cut_off(page: Page, files: Path) -> None:
    screen = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    page.call("Emulation.setDeviceMetricsOverride", screen, into=dict[str, int])
    choose(page, files / "案件.evp", files / "trust.json", files / "policy.txt")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    judge(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_every_control_has_a_name_and_the_keyboard_reaches_it(page: Page) -> None:
    unnamed = "Array.from(document.querySelectorAll('input, button'), (e) => (e.labels && e.labels[0] ? e.labels[0].textContent : e.textContent).trim())"
    assert all(page.evaluate(unnamed) or [])  # type: ignore[arg-type]
    for selector in ("#file-package", "#file-trust", "#file-policy", "#language"):
        assert (
            page.evaluate(
                f"(() => {{ const e = document.querySelector('{selector}'); e.focus(); return document.activeElement === e; }})()"
            )
            is True
        )


def test_the_record_of_a_small_package_prints_on_one_page(page: Page, files: Path) -> None:
    choose(page, files / "案件.evp", files / "trust.json", files / "policy.txt")
    judge(page)
    assert page.pdf().count(b"/Type /Page\n") == 1
