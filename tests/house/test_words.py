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
MARKS = ("<" * 7 + " ", ">" * 7 + " ")  # of a conflict that nobody has resolved
BINARY = {".png", ".woff2", ".ico", ".mo", ".db", ".der", ".bin", ".gz"}

TOP = {  # the folders and files of the tree itself
    *(".ci", ".gitignore", ".importlinter", "benchmarks", "deploy", "docs", "requirements", "src", "tests"),
    *(
        "tools",
        "verifier",
        "Makefile",
        "package-lock.json",
        "package.json",
        "publiccode.yml",
        "pyproject.toml",
    ),
    *(
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "GOVERNANCE.md",
        "LICENSE",
        "README.md",
        "SECURITY.md",
    ),
}


def _plain(word: str) -> str:
    return re.escape(word.replace("~", ""))


BELOW = [rf"(?<![\w.$}}]){_plain(word)}[\w.]" for word in FOLDERS]
PATTERN = re.compile("|".join(BELOW + [rf"\b{_plain(word)}(?!\w)" for word in WORDS]), re.IGNORECASE)
IN_BYTES = re.compile("|".join(BELOW).encode())  # the folders alone, in what is no text
LOWER = [word.replace("~", "").lower() for word in (*FOLDERS, *WORDS)]


def test_no_file_says_where_or_how_it_was_written():
    found = []
    for path in files():
        if path.suffix in BINARY or path.name == "package-lock.json":
            found += [name(path) for _ in IN_BYTES.finditer(path.read_bytes())]
            continue
        text = path.read_text(encoding="utf-8")
        lower = text.lower()
        if not any(word in lower for word in LOWER):  # most files; a pattern of so many words is slow
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if PATTERN.search(line):
                found.append(f"{name(path)}:{number}: {line.strip()[:120]}")
    assert found == []


def test_no_conflict_was_left():
    """A catalogue with such lines still loads, and warns at each start; a page of docs only looks odd."""
    texts = ((path, path.read_bytes()) for path in files() if path.suffix not in BINARY)
    found = [name(path) for path, raw in texts if any(b"\n" + one.encode() in b"\n" + raw for one in MARKS)]
    assert found == []


def test_the_npm_lock_names_no_host():
    locks = [path for path in files() if path.name == "package-lock.json"]
    assert [name(path) for path in locks if '"resolved"' in path.read_text()] == []


def test_nothing_lies_at_the_top_that_does_not_belong_there():
    """What a measurement or a run leaves behind is not to slip into a commit."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert {line.partition("/")[0] for line in listed.stdout.splitlines()} - TOP == set()


def test_a_folder_is_seen_in_what_is_no_text():
    for folder in FOLDERS:
        assert IN_BYTES.search(b"\0\xff" + folder.replace("~", "").encode() + b"x\0")


@pytest.mark.parametrize("word", [*(folder + end for folder in FOLDERS for end in ("x", ".x")), *WORDS])
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
