import xml.etree.ElementTree as Tree
from pathlib import Path

import pytest

from custodes.kernel.refusal import Kind, Refusal, absent, denied, locked, malformed
from custodes.policy.words import WORDS
from custodes.protocols.s3.refusals import CODES, KINDS, WHYS, error_document, said


def test_every_kind_is_said_in_s3_words():
    assert set(KINDS) == set(Kind)
    for kind in Kind:
        row = said(Refusal("a-code-nobody-knows", kind))
        assert 400 <= row.status <= 599
        assert row.code.isalnum()
        assert row.message


@pytest.mark.parametrize(
    ("code", "status", "name"),
    [
        ("key-absent", 404, "NoSuchKey"),
        ("bucket-absent", 404, "NoSuchBucket"),
        ("signature-differs", 403, "SignatureDoesNotMatch"),
        ("range-not-satisfiable", 416, "InvalidRange"),
        ("precondition-failed", 412, "PreconditionFailed"),
        ("body-length-missing", 411, "MissingContentLength"),
        ("operation-not-served", 501, "NotImplemented"),
        ("slow-down", 503, "SlowDown"),
    ],
)
def test_codes(code, status, name):
    row = said(malformed(code))
    assert (row.status, row.code) == (status, name)


def test_codes_are_kebab_nouns():
    for code, row in CODES.items():
        assert code == code.lower()
        assert " " not in code
        assert row.status == 304 or 400 <= row.status <= 599


def test_broken_says_nothing_of_its_own():
    row = said(Refusal("key-absent", Kind.BROKEN, {"secret": "s"}))
    assert (row.status, row.code) == (500, "InternalError")


def test_the_error_document():
    raw = error_document(absent("key-absent", key="private"), "/b/<k>", "req-1")
    root = Tree.fromstring(raw)
    assert root.tag == "Error"
    assert [(child.tag, child.text) for child in root] == [
        ("Code", "NoSuchKey"),
        ("Message", "The specified key does not exist."),
        ("Resource", "/b/<k>"),
        ("RequestId", "req-1"),
    ]
    assert b"private" not in raw


def test_a_denied_caller_is_told_where_to_ask():
    raw = error_document(denied("no-grant", ask="ask-7k2"), "/b/k", "req-1")
    assert Tree.fromstring(raw).findtext("Message") == "Access Denied. Ask for access under ask-7k2"
    assert b"ask-7k2" not in error_document(absent("key-absent", ask="ask-7k2"), "/b/k", "req-1")


PAGE = Path(__file__).parents[4] / "docs" / "protocols" / "s3.md"


def rows_of(head: str) -> list[list[str]]:
    """The rows of the table in the page that has this head."""
    lines = PAGE.read_text("utf-8").splitlines()
    rows = []
    for line in lines[lines.index(head) + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().strip("`") for cell in line.strip("|").split("|")])
    return rows


def test_the_page_has_the_tables_of_the_code():
    assert rows_of("| kind | status | S3 code |") == [
        [kind.value, str(row.status), row.code] for kind, row in KINDS.items()
    ]
    assert rows_of("| our code | status | S3 code |") == [
        [code, str(row.status), row.code] for code, row in CODES.items()
    ]


def test_who_is_denied_is_told_the_first_reason():
    killed, rule = "policy.house-killed", "policy.not-permitted"
    for made, wanted in (
        (denied("forbidden", why=(rule, killed)), f"Access Denied. {WHYS[rule]}"),
        (denied("forbidden", why=("policy.form.some", rule)), "Access Denied"),
        (denied("forbidden", why=()), "Access Denied"),
        (locked("forbidden", why=(killed,)), f"Access is locked until somebody opens it. {WHYS[killed]}"),
        (absent("key-absent", why=(killed,)), "The specified key does not exist."),
        (
            malformed("header-not-served", header="x-amz-a"),
            f"{CODES['header-not-served'].message[:-1]}: x-amz-a",
        ),
    ):
        assert Tree.fromstring(error_document(made, "/b/k", "req-1")).findtext("Message") == wanted
    assert {name: WORDS[name].english for name in WHYS} == dict(WHYS)
