"""No tracked file names a machine, a registry's address, or how the project came to be written.

Each word is kept with a `~` inside, so that this file passes its own rule.
"""

import re
import subprocess

import pytest

from house.tree import ROOT, files, name

FOLDERS = ("/ho~me/", "/ro~ot/", "/wo~rk/", "/Us~ers/")  # of somebody's machine
WORDS = (
    "py~pi.org",  # registries are reached through their clients, by package name
    "python~hosted.org",
    "npm~js.org",
    "npm~js.com",
    "crates~.io",
    "proxy.go~lang.org",
    "maven~.org",
    "deb.deb~ian.org",
    "extra-in~dex-url",
    "cla~ude",  # tools of writing
    "anthro~pic",
    "chat~gpt",
    "co~pilot",
    "co-auth~ored-by",
    "ai-gen~erated",
    "sub~agent",
    "des~ign.md",  # papers that are not in this tree
    "DES~IGN §",
    "DES~IGN section",
    "bri~ef.md",
    "issue~2.txt",
    "shared/ref~erence",
    "TO~DO",  # promises to oneself
    "FIX~ME",
)
BINARY = {".png", ".woff2", ".ico", ".mo", ".db", ".der", ".bin", ".gz"}


def _plain(word: str) -> str:
    return re.escape(word.replace("~", ""))


PATTERN = re.compile(
    "|".join(
        [rf"(?<![\w.$}}]){_plain(word)}\w" for word in FOLDERS]
        + [rf"\b{_plain(word)}(?!\w)" for word in WORDS]
    ),
    re.IGNORECASE,
)


def test_no_file_says_where_or_how_it_was_written():
    found = []
    for path in files():
        if path.suffix in BINARY or path.name == "package-lock.json":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if PATTERN.search(line):
                found.append(f"{name(path)}:{number}: {line.strip()[:120]}")
    assert found == []


def test_the_npm_lock_names_no_host():
    locks = [path for path in files() if path.name == "package-lock.json"]
    assert [name(path) for path in locks if '"resolved"' in path.read_text()] == []


@pytest.mark.parametrize("word", [*(folder + "x" for folder in FOLDERS), *WORDS])
def test_each_word_is_seen(word: str):
    text = word.replace("~", "")
    assert PATTERN.search(f"see {text} there")
    assert PATTERN.search(f'"{text.upper()}"')


@pytest.mark.parametrize(
    "text",
    [
        "framework/x",
        "todos",
        "a redesign.md",
        *("${HERE}" + one.replace("~", "") + "x" for one in FOLDERS),
    ],
)
def test_other_words_pass(text: str):
    assert not PATTERN.search(text)


def test_no_link_is_tracked():
    """A link points at somebody's machine; an environment that was added by mistake is one."""
    listed = subprocess.run(
        ["git", "ls-files", "--stage"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert [line for line in listed.stdout.splitlines() if line.startswith("120000")] == []
