import msgspec
import pytest

from custodes.law.reasons import UNKNOWN, Reasons, Vocabulary, vocabulary
from custodes.policy.actions import PURPOSES

BOOK = vocabulary()


def test_every_reason_has_a_purpose_of_the_policy_and_both_languages():
    for row in BOOK.table.rows:
        assert row.purpose in PURPOSES, row.code
        assert row.german
        assert row.english
        assert BOOK.reason(row.code) == row


@pytest.mark.parametrize(
    ("protocol", "word", "code"),
    [
        ("xks", "Decrypt", "data-key-opened"),
        ("xks", "GenerateDataKey", "data-key-made"),
        ("xks", "BulkDecrypt", UNKNOWN),
        ("google", "THIRD_PARTY_DATA_REQUEST", "third-party-demand"),
        ("transit", "rewrap", "data-key-moved"),
        ("nobody", "Decrypt", UNKNOWN),
    ],
)
def test_words_of_wires(protocol, word, code):
    assert BOOK.of(protocol, word).code == code


def test_a_demand_of_a_third_party_is_an_order_and_help_is_support():
    assert PURPOSES[BOOK.of("google", "THIRD_PARTY_DATA_REQUEST").purpose].is_exceptional
    assert PURPOSES[BOOK.of("google", "CUSTOMER_INITIATED_SUPPORT").purpose].is_exceptional
    assert not PURPOSES[BOOK.of("xks", "Decrypt").purpose].is_exceptional


def test_every_word_has_its_source():
    assert all(row.origin.source for row in BOOK.table.words)


def test_a_code_twice_is_no_table():
    twice = Reasons(rows=(BOOK.table.rows[0],) * 2, words=())
    with pytest.raises(ValueError, match="twice"):
        Vocabulary(twice)
    with pytest.raises(KeyError):
        Vocabulary(msgspec.structs.replace(BOOK.table, rows=BOOK.table.rows[:1]))
