"""URIs of transit keys: one spelling, TLS, no secret."""

from pathlib import Path

import pytest

from custodes.adapters.holders.openbao_uri import parse
from custodes.kernel.refusal import Refusal

PLACE = "openbao+https://bao.example/transit/house"


@pytest.mark.parametrize(
    ("uri", "text"),
    [
        (PLACE, "openbao+https://bao.example:8200/transit/house"),
        (f"{PLACE}?token-file=/etc/t", "openbao+https://bao.example:8200/transit/house?token-file=/etc/t"),
        ("openbao+https://[::1]:443/a/b/c", "openbao+https://[::1]:443/a/b/c"),
    ],
)
def test_it_has_one_spelling(uri, text):
    assert parse(uri).text() == text
    assert parse(text) == parse(uri)


def test_a_role_is_named_and_its_secret_is_a_file():
    found = parse(f"{PLACE}?role-id=r-1&secret-id-file=/etc/s&auth=own/approle&namespace=town&ca=/ca.pem")
    assert (found.role_id, found.secret_id_file, found.auth) == ("r-1", Path("/etc/s"), "own/approle")
    assert (found.namespace, found.ca) == ("town", Path("/ca.pem"))
    assert parse(found.text()) == found


@pytest.mark.parametrize(
    "uri",
    [
        PLACE.replace("https", "http"),
        PLACE.replace("//", "//s.token@"),
        PLACE.replace("//", "//user:s.token@"),
        f"{PLACE}?token=s.token",
        f"{PLACE}?secret-id=abc&role-id=r",
        f"{PLACE}?role-id=r",
        f"{PLACE}?secret-id-file=/s",
        f"{PLACE}?role-id=r&secret-id-file=/s&token-file=/t",
        f"{PLACE}?token-file=relative",
        f"{PLACE}?token-file=/a/../b",
        f"{PLACE}?ca=/a&ca=/b",
        f"{PLACE}#x",
        "openbao+https://bao.example/house",
        "openbao+https://bao.example/transit/../sys/house",
        "openbao+https://bao.example/transit/%2e%2e/house",
        "openbao+https:///transit/house",
        "openbao+https://bao.example:99999/transit/house",
        "openbao+https://bao.example:x/transit/house",
        "openbao+https://BAO.example/transit/house\n",
        PLACE + "?ca=/" + "a" * 2_000,
    ],
)
def test_what_is_refused_is_refused_without_its_text(uri):
    with pytest.raises(Refusal) as caught:
        parse(uri)
    assert (caught.value.code, dict(caught.value.facts)) == ("holder-uri", {})
