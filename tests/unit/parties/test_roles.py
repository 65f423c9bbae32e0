from custodes.parties.roles import ROLES, PartyKind, is_role, role_counts
from custodes.policy.actions import ACTIONS
from custodes.policy.question import PARTY_KINDS


def test_every_role_is_told_in_two_languages():
    for row in ROLES.values():
        assert row.german != row.english
        assert row.german
        assert row.english


def test_policy_knows_only_roles_and_kinds_that_exist():
    assert set(PARTY_KINDS) == {kind.value for kind in PartyKind}
    for action in ACTIONS.values():
        for kind, names in action.roles.items():
            for name in names:
                assert is_role(PartyKind(kind), name), (action.name, kind, name)


def test_only_roles_of_judgement_count():
    assert role_counts(PartyKind.CUSTOMER, ("reader", "approver"))
    assert not role_counts(PartyKind.CUSTOMER, ("reader", "application", "auditor"))
    assert not role_counts(PartyKind.TRUSTEE, ("administrator",))
    assert not role_counts(PartyKind.SUPPLIER, ("engineer", "approver", "owner"))
    assert not is_role(PartyKind.SUPPLIER, "approver")
