import re
from pathlib import Path

import pytest

import custodes
from custodes.cli import main
from custodes.cli.speech.hints import HINTS, KINDS, REASONS, hint_for
from custodes.kernel.refusal import Kind

SRC = Path(custodes.__file__).parent


@pytest.mark.parametrize("text", [*HINTS.values(), *REASONS.values(), *KINDS.values()])
def test_a_hint_is_one_plain_sentence(text):
    assert text[0].isupper()
    assert text[-1] in ".?"
    assert len(text) <= 100


def test_every_kind_has_a_hint():
    assert set(KINDS) == set(Kind)
    assert hint_for("never-heard-of", Kind.DENIED) == KINDS[Kind.DENIED]
    assert hint_for("house-sealed", Kind.LOCKED) == HINTS["house-sealed"]
    facts = {"reasons": ("area-unknown", "no-location")}
    assert hint_for("outside-boundary", Kind.DENIED, facts) == REASONS["no-location"]
    assert hint_for("outside-boundary", Kind.DENIED, {"reasons": 1}) == HINTS["outside-boundary"]


def test_every_code_is_said_somewhere():
    said = set()
    for path in SRC.rglob("*.py"):
        if path.name != "hints.py":
            said.update(re.findall(r"[\w-]+", path.read_text()))
    assert {*HINTS, *REASONS} - said == set()


def test_commands_named_in_hints_exist():
    for text in [*HINTS.values(), *REASONS.values(), *KINDS.values()]:
        for words in re.findall(r"`custodes ([a-z -]+?)(?: --[^`]*)?`", text):
            command = main
            for word in words.split():
                command = command.commands[word]
