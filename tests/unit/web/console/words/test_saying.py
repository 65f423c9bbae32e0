from custodes.desks import words as desk_words
from custodes.ledger import vocabulary
from custodes.web.console.words import desks, log, saying


def test_a_known_code_becomes_words_and_an_unknown_one_stays() -> None:
    assert saying.word("state", "active", str.upper, "en") == "ACTIVE"
    assert saying.word("state", "something-new", str.upper, "en") == "something-new"


def test_codes_of_desks_have_the_words_of_their_desks() -> None:
    assert saying.word("verb", "approve", str, "de") == "Genehmigen"
    assert saying.word("verb", "approve", str, "en") == "Approve"
    assert saying.word("desk", "lockbox", str, "en") == desk_words.DESKS["lockbox"].en
    assert saying.word("act", "approve", str, "en") == "approve"
    for code in desk_words.REASONS:
        assert saying.word("reason", code, str, "de") != code


def test_every_act_of_the_ledger_has_words() -> None:
    assert {code for code in vocabulary.ACTS if not code.endswith(".*")} <= set(log.ACTS)
    assert all(vocabulary.act_code(code) for code in log.ACTS)


def test_tones_belong_to_states() -> None:
    assert set(desks.TONES) <= {*desks.STATES, *desk_words.STATES}
    assert set(desks.TONES.values()) <= {"success", "warning", "danger"}


def test_codes_are_kebab_nouns_and_words_are_words() -> None:
    for name, table in saying.TABLES.items():
        for code, text in table.items():
            assert code == code.lower().replace(" ", "-"), (name, code)
            assert text != code or name == "basis", (name, code)
