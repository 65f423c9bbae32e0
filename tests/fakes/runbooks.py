"""Runbooks as a reader has them: each command is taken from the page, in its order, and carried out.

A page that names another command, or one more, fails the test that plays it. What stands in capitals on the
page (or as a file's name of the page's own) is filled in, and what somebody types is handed over.
"""

import re
import shlex
import subprocess

from click.testing import CliRunner

from custodes.cli import main
from house.tree import ROOT

PAGES = ROOT / "docs" / "runbooks"
SPAN = re.compile(r"^[ ]*```(\w*)\n(.*?)^[ ]*```|`(custodes [^`]+)`", re.DOTALL | re.MULTILINE)


def commands(page):
    """Every command of a page in order, on one line each: all lines of a fence of sh, else those of ours."""
    found = []
    for language, fence, span in SPAN.findall((PAGES / f"{page}.md").read_text(encoding="utf-8")):
        lines = fence.splitlines() if fence else [" ".join(span.split())]
        found += [line.strip() for line in lines if language == "sh" or is_ours(line)]
    return found


def is_ours(line):
    return line.strip().startswith("custodes ")


def fenced(page, language):
    """The page's one block in that language."""
    found = [text for said, text, _ in SPAN.findall((PAGES / f"{page}.md").read_text()) if said == language]
    assert len(found) == 1, f"{page}: {len(found)} blocks of {language}"
    return found[0]


class Typed:
    """Commands typed on a machine whose installation lies in `folder`."""

    def __init__(self, folder):
        self.folder = folder

    def run(self, *arguments, who=None, stdin=None):
        """One command; `who` is nobody: what is done on the machine itself."""
        env = {"CUSTODES_FOLDER": None, "CUSTODES_URL": None}
        return CliRunner().invoke(main, list(arguments), input=stdin, env=env)


class Page:
    """The commands of a page that are still to come."""

    def __init__(self, house, name, **words):
        self.house, self.left, self.last = house, commands(name), ""
        self.words = {"DIR": str(house.folder), "WHY": "drill", **words}

    def does(self, begins, who=None, types=None, code=0, **words):
        """Carry out the next command, which begins so; gives what it said. `code` None: whatever it is."""
        line = self.last = self.left.pop(0)
        assert line.startswith(f"custodes {begins}"), line
        self.words |= words
        line, _, to = line.partition(" > ")
        given = [self.words.get(word, word) for word in shlex.split(line)[1:]]
        done = self.house.run(*given, who=who, stdin=types)
        assert done.exit_code == code or code is None, (given, done.output)
        if to:
            (self.house.folder / to).write_text(done.stdout)
            self.words[to] = str(self.house.folder / to)
        return done.stdout

    def again(self, who=None, types=None, code=0, **words):
        """The same command once more: the page says that everybody does it."""
        self.left.insert(0, self.last)
        return self.does("", who, types, code, **words)

    def shell(self, begins, typed=None, **words):
        """Carry out the next command, one of the machine's own; gives what it said. `typed` may run it."""
        line = self.last = self.left.pop(0)
        assert line.startswith(begins), line
        self.words |= words
        given = [self.words.get(word, word) for word in shlex.split(line)]
        if typed is not None:
            return typed(given)
        return subprocess.run(given, check=True, capture_output=True, text=True).stdout

    def passes(self, *lines):
        """What the page only mentions: another way, played elsewhere or by somebody else."""
        for begins in lines:
            line = self.left.pop(0)
            assert line.startswith(f"custodes {begins}"), line
