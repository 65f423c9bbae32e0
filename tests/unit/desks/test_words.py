import re
from pathlib import Path

from custodes import desks
from custodes.desks.grant import ADMITS_CODES, VERIFY_CODES
from custodes.desks.words import MESSAGES, PARTIES, REASONS, ROLES, STATES, VERBS, WORDS


def test_every_word_has_both_languages_and_one_meaning():
    tables = (STATES, VERBS, ROLES, REASONS, MESSAGES, PARTIES)
    assert sum(map(len, tables)) == len(WORDS)
    for words in WORDS.values():
        assert words.de.strip()
        assert words.en.strip()
    for reason in (*REASONS.values(), *MESSAGES.values()):
        assert reason.de.endswith(".")
        assert reason.en.endswith(".")


def test_every_reason_of_a_grant_is_worded():
    assert {*ADMITS_CODES, *VERIFY_CODES} <= REASONS.keys()


def test_every_message_and_party_an_intent_names_is_worded_and_no_other():
    text = "".join(path.read_text(encoding="utf-8") for path in Path(desks.__file__).parent.glob("*.py"))
    said = re.findall(r'tell_all\(step, "([a-z-]+)"\)|message="([a-z-]+)"', text)
    assert {one or other for one, other in said} == MESSAGES.keys()
    assert set(re.findall(r'party="([a-z-]+)"', text)) == PARTIES.keys()
