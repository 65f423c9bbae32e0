from datetime import timedelta

import msgspec
import pytest

from custodes.parties.rows import Credential, CredentialState, Person, directory, is_live, roles_of
from fakes.people import AT, ROWS, credential, member, people

replace = msgspec.structs.replace


def test_a_directory_takes_each_id_once():
    assert set(people().credentials) == {"crd-anna", "crd-olga", "crd-tom", "crd-erik"}
    with pytest.raises(ValueError, match="twice"):
        directory(1, [*ROWS, Person(id="per-anna", name="Another")])
    with pytest.raises(ValueError, match="another room"):
        directory(1, [*ROWS, "per-x"])


def test_a_secret_is_not_in_the_repr():
    row = credential("anna", "town", secret="argon2id-hash")
    assert "argon2id-hash" not in repr(row)
    assert "argon2id-hash" not in f"{row!s} {[row]}"


def test_a_row_with_an_unknown_member_is_not_read():
    raw = msgspec.json.encode(credential("anna", "town"))
    assert msgspec.json.decode(raw, type=Credential) == credential("anna", "town")
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(raw[:-1] + b',"admin":true}', type=Credential)


def test_a_credential_lives_until_its_end_and_never_after_revocation():
    row = credential("anna", "town", expires_at="2026-11-22T08:00:01Z")
    assert is_live(row, AT)
    assert not is_live(row, AT + timedelta(seconds=1))
    assert not is_live(replace(row, state=CredentialState.REVOKED), AT)


def test_roles_run_from_since_until_and_exist():
    found = people(member("anna", "town", "approver", "king", until="2026-11-22T08:00:00Z"))
    assert roles_of(found, "per-anna", "org-town", AT - timedelta(seconds=1)) == ("approver",)
    assert roles_of(found, "per-anna", "org-town", AT) == ()
    assert roles_of(found, "per-anna", "org-house", AT) == ()
    assert roles_of(found, "per-nobody", "org-town", AT) == ()
    assert roles_of(found, "per-olga", "org-town", AT.replace(year=2020)) == ()
