"""Whatever bytes a bucket is told with: they are read, or refused; nothing else comes out."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.kernel.refusal import Refusal
from custodes.objects.rules.bucket_rules import BucketRules
from custodes.policy.bucket_policy import Asking, ask, read_policy
from custodes.protocols.s3.configs.kinds import KINDS
from custodes.protocols.s3.forms.multipart import FileBytes, FormReader

EMPTY = BucketRules(bucket="bkt-1")
NAMES = st.sampled_from(
    ("Rule", "Tag", "TagSet", "Key", "Value", "ID", "Status", "Days", "Filter", "And", "Prefix", "Expiration")
)
ROOTS = (
    "Tagging",
    "CORSConfiguration",
    "LifecycleConfiguration",
    "ObjectLockConfiguration",
    "ServerSideEncryptionConfiguration",
    "OwnershipControls",
    "PublicAccessBlockConfiguration",
    "AccessControlPolicy",
)
TREES = st.recursive(
    st.sampled_from(("", "1", "Enabled", "*", "\u20ac", "-1", "99999999999")),
    lambda inner: st.lists(
        st.tuples(NAMES, inner).map(lambda pair: f"<{pair[0]}>{pair[1]}</{pair[0]}>"), max_size=4
    ).map("".join),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(ROOTS), TREES, st.integers(0, 40))
def test_any_document_is_read_or_refused(root, tree, cut):
    body = f"<{root}>{tree}</{root}>".encode()
    for given_body in (body, body[:-cut] if cut else body, body.replace(b"<", b"<x:", 1)):
        for kind in KINDS.values():
            if kind.read is None:
                continue
            try:
                made = kind.read(given_body, EMPTY, "files")
            except Refusal:
                continue
            assert made.bucket == EMPTY.bucket


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(("s3:*", "*", "Allow", "arn:aws:s3:::*")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ("Statement", "Effect", "Principal", "AWS", "Action", "Resource", "Condition", "Null")
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_any_policy_is_read_or_refused(document):
    try:
        policy = read_policy(json.dumps(document).encode(), "files")
    except Refusal:
        return
    ask(
        policy,
        Asking(principal="per-1", customer="cus-1", action="s3:GetObject", resource="arn:aws:s3:::files/a"),
    )


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.lists(st.integers(1, 60), max_size=12))
def test_any_file_comes_out_of_a_form_as_it_went_in(content, steps):
    body = b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n' + content + b"\r\n--b--\r\n"
    if b"\r\n--b" in content:
        return
    reader, out, at = FormReader(b"b"), b"", 0
    for step in (*steps, len(body)):
        for event in reader.feed(body[at : at + step]):
            out += event.piece if isinstance(event, FileBytes) else b""
        at += step
    reader.finish()
    assert out == content


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_form_or_refused(body):
    reader = FormReader(b"b")
    try:
        reader.feed(body)
        reader.finish()
    except Refusal:
        return
