from custodes.web.console import words


def test_a_known_code_becomes_words_and_an_unknown_one_stays() -> None:
    assert words.word("state", "waiting") == "Waiting for approval"
    assert words.word("state", "something-new") == "something-new"


def test_tones_belong_to_states() -> None:
    assert set(words.TONES) <= set(words.STATES)
    assert set(words.TONES.values()) <= {"success", "warning", "danger"}


def test_codes_are_kebab_nouns_and_words_are_words() -> None:
    for name, table in words.TABLES.items():
        for code, text in table.items():
            assert code == code.lower().replace(" ", "-"), (name, code)
            assert text != code or name == "basis", (name, code)
