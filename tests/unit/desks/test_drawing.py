import re

import pytest

from custodes.desks.break_glass import BREAK_GLASS_DESK
from custodes.desks.drawing import diagram, matrix, page
from custodes.desks.lockbox import LOCKBOX
from custodes.desks.words import DESKS
from vectors.draw_desks import ROOT, papers


@pytest.mark.parametrize("path", sorted(papers()))
def test_the_committed_paper_is_what_the_table_draws(path):
    assert (ROOT / path).read_text(encoding="utf-8") == papers()[path]


@pytest.mark.parametrize("desk", [LOCKBOX, BREAK_GLASS_DESK])
def test_every_move_is_an_arrow_and_nothing_else_is(desk):
    arrows = set(re.findall(r"^    (\S+) --> (\S+): (\S+) ", diagram(desk), re.M))
    assert arrows == {
        (source, target, move.verb)
        for move in desk.moves
        for source in move.sources
        for target in move.targets or (source,)
    }


@pytest.mark.parametrize("desk", [LOCKBOX, BREAK_GLASS_DESK])
def test_the_matrix_holds_every_move_of_every_role(desk):
    rows = [line.split() for line in matrix(desk).splitlines()[1:]]
    told = {(role, state, verb) for role, state, *verbs in rows for verb in verbs if verb != "-"}
    assert told == {(move.role, source, move.verb) for move in desk.moves for source in move.sources}


@pytest.mark.parametrize("desk", [LOCKBOX, BREAK_GLASS_DESK])
def test_the_page_words_every_reason_in_both_languages(desk):
    text = page(desk, DESKS[desk.name])
    for code in desk.codes():
        assert f"| `{code}` | {desk.words[code].de} | {desk.words[code].en} |" in text
