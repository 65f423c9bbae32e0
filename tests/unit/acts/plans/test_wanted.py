import json

import pytest
from msgspec import UNSET

from custodes.acts.plans import wanted
from custodes.kernel.refusal import Refusal

HEAD = b"custodes: onboarding/v1\n"


def test_what_is_left_out_is_not_empty():
    found, _ = wanted.read(HEAD + b"customers:\n- {name: A, organisation: B, keys: []}\n")
    assert found.customers[0].keys == ()
    assert found.customers[0].buckets is UNSET
    assert wanted.managed(found.customers[0].buckets) == ()


@pytest.mark.parametrize(
    ("rest", "line", "path"),
    [
        (b"customers:\n- name: A\n  organisation: B\n  nonsense: 1\n", 5, "$.customers[0]"),
        (b"customers:\n- name: A\n  organisation: B\n  keys: null\n", 5, "$.customers[0].keys"),
        (b"people:\n- {mail: x, name: A, organisation: B, roles: []}\n", 3, "$.people[0].mail"),
        (b"locations:\n- {name: A, country: de}\n", 3, "$.locations[0].country"),
        (b"organisations:\n- {name: A, kind: friend, country: DE}\n", 3, "$.organisations[0].kind"),
        (b"extra: 1\n", 2, "$"),
    ],
)
def test_a_wrong_form_is_found(rest, line, path):
    with pytest.raises(Refusal) as caught:
        wanted.read(HEAD + rest)
    facts = caught.value.facts
    assert (facts["why"], facts["line"], facts["path"]) == ("wrong-form", line, path)


def test_another_version_is_refused():
    with pytest.raises(Refusal):
        wanted.read(b"custodes: onboarding/v2\n")


def test_the_schema_names_every_member():
    text = json.dumps(wanted.schema())
    for kind in (wanted.Wanted, wanted.Customer, wanted.Bucket, wanted.Person, wanted.Location):
        assert all(f'"{name}"' in text for name in kind.__struct_fields__)
