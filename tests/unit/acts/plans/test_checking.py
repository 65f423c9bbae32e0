from datetime import date

import pytest

from custodes.acts.plans import templates, wanted
from custodes.acts.plans.checking import check
from custodes.kernel.refusal import Refusal
from custodes.law.book import shipped

X = "name: A, organisation: X, roles: []"
HEAD = "custodes: onboarding/v1\n"
TOWN = "organisations:\n- {name: T, kind: customer, country: DE}\n"


def judge(text):
    found, where = wanted.read((HEAD + text).encode())
    check(found, where, shipped(), date(2026, 11, 22))


def customer(rest):
    return f"customers:\n- name: A\n  organisation: B\n{rest}"


@pytest.mark.parametrize("name", sorted(templates.TEMPLATES))
def test_every_template_fits(name):
    found, where = wanted.read(templates.fill(name, {}).encode())
    check(found, where, shipped(), date(2026, 11, 22))


@pytest.mark.parametrize(
    ("text", "why", "path"),
    [
        (TOWN + "- {name: T, kind: supplier, country: DE}\n", "twice", "$.organisations[1]"),
        ("organisations:\n- {name: T, kind: customer, country: XX}\n", "unknown-country", ""),
        (
            TOWN + "people:\n- {mail: a@b, name: A, organisation: T, roles: [engineer]}\n",
            "unknown-role",
            "$.people[0].roles[0]",
        ),
        (
            "people:\n- {mail: a@b, name: A, organisation: X, roles: [king]}\n",
            "unknown-role",
            "$.people[0].roles[0]",
        ),
        (
            "people:\n- {mail: a@b, name: A, organisation: X, roles: [application]}\n",
            "unknown-role",
            "$.people[0].roles[0]",
        ),
        (
            f"people:\n- {{mail: a@b, {X}}}\n- {{mail: A@B, {X}}}\n",
            "twice",
            "$.people[1]",
        ),
        ("locations:\n- {name: L, store: 's3://key:secret@bucket'}\n", "bad-store", "$.locations[0].store"),
        ("locations:\n- {name: L, jurisdictions: [EU]}\n", "unknown-country", "$.locations[0].jur"),
        (
            "organisations:\n- {name: B, kind: supplier, country: DE}\n" + customer(""),
            "not-a-customer",
            "$.customers[0].organisation",
        ),
        (customer("  boundary: {areas: [QQ], jurisdictions: []}\n"), "unknown-area", "areas[0]"),
        (
            customer("  boundary: {areas: [], jurisdictions: [], data_classes: [secret]}\n"),
            "unknown-class",
            "$.customers[0].boundary.data_classes[0]",
        ),
        (customer("  rules: [{preset: anything}]\n"), "bad-rule", "$.customers[0].rules[0].preset"),
        (
            customer("  rules: [{preset: purposes-only, filled: {purposes: [fun]}}]\n"),
            "bad-rule",
            "$.customers[0].rules[0].filled.purposes",
        ),
        (
            customer("  rules: [{preset: approvers-resident-in, filled: {areas: [QQ]}}]\n"),
            "unknown-area",
            "$.customers[0].rules[0].filled.areas",
        ),
        (customer("  rules: [{preset: lockbox, filled: {a: 1}}]\n"), "bad-rule", "rules[0].filled"),
        (customer("  keys: [{name: k}, {name: k}]\n"), "twice", "$.customers[0].keys[1]"),
        (customer("  buckets: [{name: BIG}]\n"), "bad-bucket-name", "$.customers[0].buckets[0].name"),
    ],
)  # fmt: skip
def test_what_does_not_fit(text, why, path):
    with pytest.raises(Refusal) as caught:
        judge(text)
    assert caught.value.facts["why"] == why
    assert path in str(caught.value.facts["path"])
    assert int(str(caught.value.facts["line"])) > 1
