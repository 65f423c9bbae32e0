from custodes.policy.explain import LIFTED_BY
from custodes.policy.presets import PRESETS
from custodes.policy.words import WORDS

CODES = {
    "role-missing",
    "not-permitted",
    "own-rule",
    "unknown-purpose",
    "wrong-resource",
    "unknown-action",
    "bad-question",
    "policy-error",
    "policy-missing",
    "policy-mismatch",
}


def test_everything_that_can_be_explained_has_words():
    assert set(WORDS) == (
        {f"policy.{rule}" for rule in LIFTED_BY}
        | {f"policy.form.{name}" for name in PRESETS}
        | {f"policy.{code}" for code in CODES}
    )


def test_german_is_german():
    for message, words in WORDS.items():
        assert words.german != words.english, message
        assert words.german.endswith(".")
        assert words.english.endswith(".")
