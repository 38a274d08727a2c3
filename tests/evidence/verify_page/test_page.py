"""The page as a file: nothing outside it, nothing that could reach outside, both languages whole."""

from __future__ import annotations

import re

import pytest

from tests.evidence.verify_page.seal import PAGE, part, sealed, source

HTML = PAGE.read_text("utf-8")
SCRIPT = part(HTML, "script")
STYLE = part(HTML, "style")


def policy() -> dict[str, list[str]]:
    (text,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', HTML)
    return {words[0]: words[1:] for words in (each.split() for each in text.split(";"))}


def test_the_page_may_load_and_connect_to_nothing_and_run_only_its_own_script() -> None:
    assert policy() == {
        "default-src": ["'none'"],
        "script-src": [f"'{source(SCRIPT)}'"],
        "style-src": [f"'{source(STYLE)}'"],
        "worker-src": ["blob:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    assert sealed(HTML) == HTML


def test_the_policy_stands_before_everything_that_it_governs() -> None:
    assert HTML.index("Content-Security-Policy") < min(HTML.index("<style"), HTML.index("<script"))


def test_nothing_outside_is_named() -> None:
    addresses = set(re.findall(r"(?:https?:)?//[\w.]+\.[a-z]{2,}[\w/.-]*", HTML.replace("// ", "")))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<(?:link|img|iframe|object|embed|base|form)\b", HTML)
    assert not re.search(r"""\s(?:src|href|srcset|action)\s*=\s*["']""", HTML)
    assert "@import" not in STYLE
    assert "url(" not in STYLE


@pytest.mark.parametrize(
    "word",
    ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "fetch(", "XMLHttpRequest", "WebSocket",
     "EventSource", "sendBeacon", "localStorage", "sessionStorage", "indexedDB", "document.cookie", "crypto.subtle", "window.open", "serviceWorker"],
)  # fmt: skip
def test_the_script_has_no_use_for(word: str) -> None:
    assert word not in SCRIPT.replace("this.fetch(", "")


NEWER = (
    r"\?\?=", r"\|\|=", r"&&=", r"\.replaceAll\(", r"\.at\(", r"structuredClone", r"Object\.hasOwn\(", r"\.#\w", r"\bstatic \{", r"Promise\.any", r"\d_\d",
    r"\.findLast\(", r"\(\?<[=!]", r"^\s*await\b.*\n\}\)", r"\.toSorted\(", r"\.replaceChildren\(",
)  # fmt: skip


def test_the_script_needs_no_newer_browser_than_chromium_80() -> None:
    code = re.sub(r"//[^\n]*|/\*.*?\*/", "", SCRIPT, flags=re.DOTALL)
    for newer in NEWER:
        assert not re.search(newer, code), newer


def texts() -> dict[str, tuple[str, str]]:
    start = SCRIPT.index("const TEXT = {")
    block = SCRIPT[start : SCRIPT.index("\n  };", start)]
    pairs = re.findall(r"(\w+): \['((?:[^'\\]|\\.)*)', '((?:[^'\\]|\\.)*)'\]", block)
    return {key: (zh, en) for key, zh, en in pairs}


def test_every_text_has_both_languages_and_is_used() -> None:
    found = texts()
    assert len(found) > 80
    for key, (zh, en) in found.items():
        assert re.search(r"[\u4e00-\u9fff]", zh), key
        assert not re.search(r"[\u4e00-\u9fff]", en.replace("中文", "")), key
    used = (
        set(re.findall(r'data-t="(\w+)"', HTML))
        | set(re.findall(r"'(\w+)'", SCRIPT[SCRIPT.index("const CHECK_TEXT") :]))
        | {"passLong", "failLong", "undeterminedLong"}
    )
    assert set(found) <= used, set(found) - used


def test_what_stands_in_the_page_before_the_script_runs_is_the_chinese_text() -> None:
    found = texts()
    for key, text in re.findall(r'data-t="(\w+)"[^>]*>([^<]*)<', HTML):
        assert text == found[key][0], key


def test_without_javascript_the_page_says_what_to_do() -> None:
    words = part(HTML, "noscript")
    assert "JavaScript" in words
    assert "verify_evp.py" in words
    assert re.search(r"[\u4e00-\u9fff]", words)


def contrast(one: str, two: str) -> float:
    def light(colour: str) -> float:
        full = colour if len(colour) == 7 else "#" + "".join(2 * c for c in colour[1:])
        parts = [int(full[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1])
def test_text_has_enough_contrast_in_both_themes(theme: int) -> None:
    colours = dict(re.findall(r"--([\w-]+): (#\w+)", STYLE.split(":root {")[1 + theme]))
    pairs = [
        ("ink", "paper"),
        ("ink", "card"),
        ("soft", "card"),
        ("soft", "paper"),
        ("accent", "card"),
        ("accent-ink", "accent"),
        ("ink", "note-bg"),
    ]
    pairs += [(kind, f"{kind}-bg") for kind in ("pass", "fail", "unsure")] + [
        ("ink", f"{kind}-bg") for kind in ("pass", "fail", "unsure")
    ]
    pairs += [("soft", f"{kind}-bg") for kind in ("pass", "fail", "unsure")] + [
        (kind, "card") for kind in ("pass", "fail", "unsure")
    ]
    for front, back in pairs:
        assert contrast(colours[front], colours[back]) >= 4.5, (front, back)
