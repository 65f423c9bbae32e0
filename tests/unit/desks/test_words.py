from custodes.desks.grant import ADMITS_CODES, VERIFY_CODES
from custodes.desks.words import REASONS, ROLES, STATES, VERBS, WORDS


def test_every_word_has_both_languages_and_one_meaning():
    tables = (STATES, VERBS, ROLES, REASONS)
    assert sum(map(len, tables)) == len(WORDS)
    for words in WORDS.values():
        assert words.de.strip()
        assert words.en.strip()
    for reason in REASONS.values():
        assert reason.de.endswith(".")
        assert reason.en.endswith(".")


def test_every_reason_of_a_grant_is_worded():
    assert {*ADMITS_CODES, *VERIFY_CODES} <= REASONS.keys()
