from custodes.policy.actions import ACTIONS, DATA_ACTIONS, EXCEPTIONAL_PURPOSES, PURPOSES
from custodes.policy.question import PARTY_KINDS, RESOURCE_KINDS


def test_every_row_is_complete_and_in_two_languages():
    for name, row in ACTIONS.items():
        noun, _, verb = name.partition(":")
        assert noun
        assert verb
        assert row.german != row.english
        assert row.resource in RESOURCE_KINDS
        assert row.roles, name
        assert set(row.roles) <= set(PARTY_KINDS)
    assert all(row.german != row.english for row in PURPOSES.values())


def test_what_can_bring_out_plaintext_is_marked():
    uses = {f"key:use-{verb}" for verb in ("wrap", "unwrap", "sign", "verify")}
    assert set(DATA_ACTIONS) == {"object:read", "object:write", *uses}
    assert "operation" not in EXCEPTIONAL_PURPOSES
    assert {"support", "order", "emergency"} <= set(EXCEPTIONAL_PURPOSES)


def test_an_administrator_of_the_trustee_has_no_data_action_without_a_grant():
    for name in DATA_ACTIONS:
        assert "key-officer" not in ACTIONS[name].roles.get("trustee", ())
