import json

import pytest

from custodes.kernel.refusal import Kind, Refusal
from custodes.protocols.xks.refusals import CODES, KINDS, body, said

# The specification's table of errors, by hand.
STATUS = {
    "ValidationException": {400, 405},
    "InvalidStateException": {400},
    "InvalidCiphertextException": {400},
    "InvalidKeyUsageException": {400},
    "AuthenticationFailedException": {401},
    "AccessDeniedException": {403},
    "KeyNotFoundException": {404},
    "InvalidUriPathException": {404},
    "ThrottlingException": {429},
    "UnsupportedOperationException": {501},
    "DependencyTimeoutException": {503},
    "InternalException": {500},
}


def test_every_error_of_the_specification_has_its_status_and_is_said():
    rows = [*KINDS.values(), *CODES.values()]
    assert {row.name for row in rows} == set(STATUS)
    for row in rows:
        assert row.status in STATUS[row.name], row


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_is_short_printable_json(kind):
    facts = {"rules": ("customer/ü",) * 200, "ask": "https://console.example/cases", "member": "plaintext"}
    given = json.loads(body(Refusal("whatever", kind, facts)))
    assert set(given) == {"errorName", "errorMessage"}
    assert len(given["errorMessage"]) < 512
    assert all(" " <= one <= "~" for one in given["errorMessage"])


def test_a_code_goes_before_its_kind_and_broken_says_nothing_of_its_own():
    assert said(Refusal("connection-absent", Kind.ABSENT)).name == "InvalidUriPathException"
    assert said(Refusal("message-mismatch", Kind.BROKEN)).name == "InternalException"
    assert said(Refusal("forbidden", Kind.DENIED)).name == "AccessDeniedException"
    ask = {"ask": "https://console.example/cases"}
    assert b"https://console.example/cases" in body(Refusal("forbidden", Kind.DENIED, ask))
