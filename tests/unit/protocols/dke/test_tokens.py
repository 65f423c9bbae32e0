import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime

import pytest

from custodes.protocols.dke.tokens import Expected, judge
from fakes.issuer import Keys, sign, symmetric

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
TENANT = "https://sts.windows.net/3f1b0000-0000-4000-8000-000000000001/"
OTHER = "https://sts.windows.net/3f1b0000-0000-4000-8000-000000000002/"
HOST = "https://dke.town.example"
EXPECTED = Expected(issuers=(TENANT,), audiences=(HOST,))
KEYS = Keys()


def claims(**changes):
    plain = {"iss": TENANT, "aud": HOST, "iat": AT, "nbf": AT, "exp": AT + 3_600, "upn": "Ada@Town.example"}
    plain |= {"tid": "3f1b", "oid": "o-1", "appid": "a-1", "uti": "u-1", "groups": ["g-1", "g-2"]}
    return {name: value for name, value in {**plain, **changes}.items() if value is not None}


def judged(key=None, algorithm="RS256", keys=None, header=None, **changes):
    token = sign(key or KEYS.rsa, claims(**changes), algorithm, **(header or {}))
    return judge(token, keys or KEYS.known(), EXPECTED, NOW)


def test_a_tenants_token_names_its_caller():
    caller = judged().caller
    assert (caller.mail, caller.mail_claim, caller.groups) == ("ada@town.example", "upn", ("g-1", "g-2"))
    assert (caller.tenant, caller.application, caller.token_id) == ("3f1b", "a-1", "u-1")
    assert caller.ends_at == datetime.fromtimestamp(AT + 3_600, UTC)
    assert "ada" not in repr(caller)
    guest = judged(upn=None, email="eve@else.example").caller
    assert (guest.mail, guest.mail_claim) == ("eve@else.example", "email")


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("wrong-issuer", {"iss": OTHER}),
        ("wrong-issuer", {"iss": TENANT.rstrip("/")}),
        ("wrong-issuer", {"iss": [TENANT]}),
        ("wrong-issuer", {"iss": None}),
        ("wrong-audience", {"aud": "https://graph.microsoft.com"}),
        ("wrong-audience", {"aud": [HOST, "https://else.example"]}),
        ("wrong-audience", {"aud": HOST + "/"}),
        ("wrong-audience", {"aud": None}),
        ("token-expired", {"exp": AT - 60}),
        ("token-too-early", {"iat": AT + 61}),
        ("token-too-early", {"nbf": AT + 61}),
        ("token-too-old", {"iat": AT - 86_401}),
        ("token-not-understood", {"exp": None}),
        ("token-not-understood", {"exp": "tomorrow"}),
        ("token-not-understood", {"nbf": True}),
        ("no-subject", {"upn": None}),
        ("no-subject", {"upn": "ada"}),
        ("no-subject", {"upn": ["ada@town.example"]}),
        ("no-subject", {"upn": "ada @town.example"}),
        ("no-subject", {"upn": "\u0430da@town.example"}),
        ("no-subject", {"idtyp": "app"}),
    ],
)
def test_what_was_not_meant_for_this_store_and_this_tenant_does_not_hold(reason, changes):
    assert (judged(**changes).reason, judged(**changes).caller) == (reason, None)


def test_no_key_but_the_tenants_signs():
    stranger = Keys()
    rotated = KEYS.known(KEYS.ec)
    with_secret = sign(symmetric(b"what everybody may read of it" * 2), claims(), "HS256", kid="rsa")
    unsigned = ".".join(
        urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "none", "typ": "JWT", "kid": "rsa"}, claims())
    )
    assert judged(key=stranger.ec, algorithm="ES256").reason == "bad-signature"
    assert judged(keys=rotated).reason == "unknown-key"
    assert judged(header={"jku": "https://else.example/keys"}).reason == "header-refused"
    for token in (with_secret, unsigned + ".", unsigned, "", "x", "a.b.c"):
        assert judge(token, KEYS.known(), EXPECTED, NOW).caller is None


def test_a_changed_claim_is_no_claim():
    head, _, signature = sign(KEYS.rsa, claims(), "RS256").split(".")
    other = urlsafe_b64encode(json.dumps(claims(upn="eve@town.example")).encode()).decode().rstrip("=")
    assert judge(f"{head}.{other}.{signature}", KEYS.known(), EXPECTED, NOW).reason == "bad-signature"
