"""Each setting of a bucket: what its form makes is what S3 would be sent; it is shown and taken away."""

import pytest

from custodes.kernel.refusal import Kind, Refusal
from custodes.objects.rules.bucket_rules import BucketRules
from custodes.protocols.s3.configs.kinds import KINDS
from custodes.web.console.served.stored.telling.row import Chosen, Told
from custodes.web.console.served.stored.telling.table import TABLE
from custodes.web.kit.forms import Form

BUCKET = "register"
CHOSEN = Chosen(buckets=(BUCKET,), keys=(("objects", "key-1"),), webhooks=(("Archive", "arn:x"),))
REPORT = {
    "report-id": "a",
    "destination": BUCKET,
    "destination-below": "",
    "frequency": "Daily",
    "versions-listed": "All",
    "below": "",
    "columns": "Size",
}
CASES = (  # setting, what the form is sent, what the document and what the page then say
    ("versioning", {"versioning": "enabled"}, b"", "enabled"),
    (
        "lifecycle",
        {
            "rule-id": "old",
            "below": "logs/",
            "days": "90",
            "noncurrent_days": "",
            "noncurrent_kept": "",
            "upload_days": "",
        },
        b"<Days>90</Days>",
        "logs/",
    ),
    ("object-lock", {"lock-mode": "GOVERNANCE", "days": "3"}, b"<Mode>GOVERNANCE</Mode>", "governance"),
    ("encryption", {"default-key": "bucket-key"}, b"AES256", "bucket-key"),
    ("tagging", {"tags": "office=registry\ncost=4711"}, b"<Value>registry</Value>", "registry"),
    (
        "policy",
        {
            "policy-document": '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*",'
            f'"Action":"s3:DeleteObject","Resource":"arn:aws:s3:::{BUCKET}/*"}}]}}'
        },
        b"s3:DeleteObject",
        "",
    ),
    ("ownership", {"ownership": "BucketOwnerEnforced"}, b"BucketOwnerEnforced", "bucketownerenforced"),
    ("public-access", {"public-access": "block_acls"}, b"<BlockPublicAcls>true", "block_acls"),
    (
        "cors",
        {
            "origins": "https://forms.example.org",
            "methods": "GET",
            "headers": "",
            "exposes": "",
            "age_s": "60",
        },
        b"<AllowedOrigin>https://forms.example.org",
        "https://forms.example.org",
    ),
)
RULE = {
    "rule-id": "x",
    "below": "",
    "days": "",
    "noncurrent_days": "",
    "noncurrent_kept": "",
    "upload_days": "",
}
WRONG = (
    ("lifecycle", {**RULE, "days": "-1"}),
    ("lifecycle", RULE),
    ("tagging", {"tags": "aws:x=y"}),
    ("policy", {"policy-document": "{}"}),
    ("cors", {"origins": "*.*.*", "methods": "GET", "headers": "", "exposes": "", "age_s": ""}),
    ("versioning", {"versioning": "off"}),
    ("inventory", {
        "report-id": "a/b", "destination": BUCKET, "destination-below": "", "frequency": "Daily",
        "versions-listed": "All", "below": "", "columns": "Size",
    }),
    ("notification", {"webhook": "nobody", "event": "ObjectCreated:*", "below": "", "ending": ""}),
)  # fmt: skip


def form(sent):
    return Form({name: (value,) if isinstance(value, str) else value for name, value in sent.items()})


def nothing():
    return Told(versioning="off", rules=BucketRules(bucket=BUCKET))


def document(name, told):
    try:
        return KINDS[TABLE[name].kind].write(told.rules, BUCKET)
    except Refusal:
        return b""


@pytest.mark.parametrize(("name", "sent", "said", "shown"), CASES)
def test_what_a_form_makes_is_what_a_client_would_send(name, sent, said, shown):
    row = TABLE[name]
    made = row.made(nothing(), form(sent))
    lines = [line.value for rule in row.shown(made, CHOSEN) for line in rule]
    assert shown in lines
    assert {field.name for field in row.fields(made, CHOSEN)} >= set(sent)
    if row.kind:
        body = document(name, made)
        assert said in body
        again = KINDS[row.kind].read(body, BucketRules(bucket=BUCKET), BUCKET)
        assert again == made.rules, "it reads back as it was made"
    if row.left is None:
        return
    while row.shown(made, CHOSEN):
        made = row.left(made, 0)
    assert said not in document(name, made) if row.kind else made == nothing()


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("lifecycle", {**RULE, "days": "-1"}),
        ("lifecycle", {**RULE, "days": "1" * 10}),
        ("lifecycle", {**RULE, "rule-id": " ", "days": "1"}),
        ("lifecycle", {**RULE, "noncurrent_kept": "3", "days": "1"}),
        ("tagging", {"tags": "aws:x=y"}),
        ("tagging", {"tags": "a=1\na=2"}),
        ("versioning", {"versioning": "off"}),
        ("object-lock", {"lock-mode": "FOREVER", "days": "3"}),
        ("ownership", {"ownership": "me"}),
        ("notification", {"webhook": "arn:x", "below": "", "ending": ""}),
        ("cors", {"origins": "a\n" * 101, "methods": "GET", "headers": "", "exposes": "", "age_s": ""}),
        ("inventory", {**REPORT, "frequency": "Hourly"}),
        ("inventory", {"report-id": "a"}),
    ],
)
def test_what_is_not_possible_is_refused(name, sent):
    with pytest.raises(Refusal) as refused:
        TABLE[name].made(nothing(), form(sent))
    assert refused.value.kind is Kind.MALFORMED


def test_rules_are_added_and_the_one_that_was_meant_goes():
    told = nothing()
    for name in ("a", "b", "c"):
        told = TABLE["lifecycle"].made(told, form({**RULE, "rule-id": name, "days": "1"}))
        told = TABLE["inventory"].made(told, form({**REPORT, "report-id": name}))
        sent = {"webhook": f"arn:{name}", "event": "ObjectCreated:*", "below": "", "ending": ""}
        told = TABLE["notification"].made(told, form(sent))
    told = TABLE["lifecycle"].left(told, 1)
    told = TABLE["inventory"].left(told, 0)
    told = TABLE["notification"].left(told, 1)
    assert [one.id for one in told.rules.lifecycle] == ["a", "c"]
    assert [one.id for one in told.rules.inventories] == ["b", "c"]
    told = TABLE["notification"].made(told, form({**sent, "webhook": "arn:d"}))
    assert [one.id for one in told.rules.notifications] == [
        "notification-1",
        "notification-3",
        "notification-2",
    ]
    with pytest.raises(Refusal, match="report-id-taken"):
        TABLE["inventory"].made(told, form({**REPORT, "report-id": "b"}))
