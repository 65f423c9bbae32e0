"""Every token somebody could hand in, signed by a library that is not ours."""

from datetime import UTC, datetime

import msgspec
import pytest

from custodes.protocols.oidc.messages import ALGORITHMS, Expected
from custodes.protocols.oidc.strict import b64url
from custodes.protocols.oidc.tokens import REASONS, TOKEN_CHARS_MAX, judge, key_id, nonce_of
from fakes.issuer import CLIENT, ISSUER, Keys, sign, symmetric

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
KEYS = Keys()
KNOWN = KEYS.known()
EXPECTED = Expected(issuer=ISSUER, client_id=CLIENT, nonce="n-1", begun_at_s=NOW_S - 30)


def claims(**changes):
    plain = {
        "iss": ISSUER,
        "aud": CLIENT,
        "sub": "u-17",
        "nonce": "n-1",
        "iat": NOW_S - 5,
        "exp": NOW_S + 300,
        "groups": ["clerks", "approvers"],
        "name": "Anna",
        **changes,
    }
    return {name: value for name, value in plain.items() if value is not None}


def judged(token, known=KNOWN, expected=EXPECTED, now=NOW):
    found = judge(token, known, expected, now)
    assert (found.asserted is None) == (found.reason in REASONS)
    return found


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_that_holds(algorithm):
    token = sign(KEYS.of(algorithm), claims(), algorithm)
    said = judged(token).asserted
    assert said is not None
    assert (said.subject, said.groups, said.name, said.mail) == ("u-17", ("approvers", "clerks"), "Anna", "")
    assert key_id(token) == KEYS.of(algorithm).kid
    assert "u-17" not in repr(said)
    head, payload, signature = token.split(".")
    other = b64url(msgspec.json.encode(claims(sub="u-1")))
    assert judged(f"{head}.{other}.{signature}").reason == "bad-signature"
    flipped = signature[:-3] + ("A" if signature[-3] != "A" else "B") + signature[-2:]
    assert judged(f"{head}.{payload}.{flipped}").reason == "bad-signature"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": ISSUER + "/"}, "wrong-issuer"),
        ({"iss": None}, "wrong-issuer"),
        ({"aud": "another"}, "wrong-audience"),
        ({"aud": [CLIENT, "another"]}, "wrong-audience"),
        ({"aud": [CLIENT, "another"], "azp": CLIENT}, "wrong-audience"),
        ({"aud": None}, "wrong-audience"),
        ({"aud": []}, "wrong-audience"),
        ({"azp": "another"}, "wrong-audience"),
        ({"nonce": "n-2"}, "wrong-nonce"),
        ({"nonce": None}, "wrong-nonce"),
        ({"nonce": ["n-1"]}, "wrong-nonce"),
        ({"exp": NOW_S - 60}, "token-expired"),
        ({"exp": None}, "token-not-understood"),
        ({"exp": True}, "token-not-understood"),
        ({"exp": "later"}, "token-not-understood"),
        ({"exp": 1e300}, "token-not-understood"),
        ({"iat": None}, "token-not-understood"),
        ({"iat": NOW_S + 61}, "token-too-early"),
        ({"nbf": NOW_S + 61}, "token-too-early"),
        ({"nbf": "now"}, "token-not-understood"),
        ({"iat": NOW_S - 91}, "token-too-old"),
        ({"sub": None}, "no-subject"),
        ({"sub": ""}, "no-subject"),
        ({"sub": "x" * 256}, "no-subject"),
        ({"sub": "a\u202eb"}, "no-subject"),
        ({"sub": 17}, "no-subject"),
    ],
)
def test_claims_that_are_not_for_this_sign_in(changes, reason):
    assert judged(sign(KEYS.ec, claims(**changes), "ES256")).reason == reason


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": [CLIENT]},
        {"azp": CLIENT},
        {"exp": NOW_S - 59},
        {"iat": NOW_S + 60},
        {"iat": NOW_S - 90},
        {"nbf": NOW_S + 0.5},
        {"name": 5, "email": "x" * 300},
    ],
)
def test_the_edges_of_what_holds(changes):
    assert judged(sign(KEYS.ec, claims(**changes), "ES256")).asserted is not None


def test_another_claim_can_be_the_stable_id():
    expected = msgspec.structs.replace(EXPECTED, subject_claim="oid", groups_claim="roles")
    token = sign(KEYS.ec, claims(oid="o-1", roles="clerks"), "ES256")
    said = judged(token, expected=expected).asserted
    assert (said.subject, said.groups) == ("o-1", ("clerks",))


def test_groups_that_are_no_list_of_texts_are_no_groups():
    for groups in (None, 5, {"a": 1}, [f"g{n}" for n in range(501)], [5, None, ""]):
        assert judged(sign(KEYS.ec, claims(groups=groups), "ES256")).asserted.groups == ()


def unsigned(header, payload=None):
    parts = (msgspec.json.encode(header), msgspec.json.encode(payload or claims()))
    return ".".join(b64url(part) for part in parts) + "."


def test_unsigned_tokens():
    for alg in ("none", "None", "NONE", "", None, 0, ["RS256"]):
        header = {"typ": "JWT"} if alg is None else {"alg": alg, "typ": "JWT", "kid": "ec"}
        assert judged(unsigned(header)).reason in {"algorithm-refused", "token-not-understood"}
    assert judged(unsigned({"alg": "ES256", "kid": "ec"})).reason == "bad-signature"


def test_a_public_key_is_no_secret():
    public = KEYS.rsa.as_pem(private=False)
    for secret in (public, public.strip(), KEYS.rsa.as_dict(private=False)["n"].encode()):
        try:
            token = sign(symmetric(secret), claims(), "HS256", kid="rsa")
        except ValueError:  # the library refuses to be this foolish with PEM: so it is made by hand
            token = by_hand(secret)
        assert judged(token).reason == "algorithm-refused"
    assert judged(by_hand(public)).reason == "algorithm-refused"


def by_hand(secret):
    import hashlib
    import hmac

    signed = unsigned({"alg": "HS256", "typ": "JWT", "kid": "rsa"}).rstrip(".")
    return f"{signed}.{b64url(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


@pytest.mark.parametrize("name", ["jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "cty"])
def test_a_header_brings_no_key_and_no_rule_of_its_own(name):
    value = {
        "jku": "https://evil.example/keys",
        "x5u": "https://evil.example/cert",
        "jwk": Keys().ec.as_dict(private=False),
        "x5c": ["AAAA"],
        "crit": ["exp"],
        "b64": False,
    }.get(name, "DEF")
    header = msgspec.json.encode({"alg": "ES256", "kid": "ec", name: value})
    token = f"{b64url(header)}.{b64url(msgspec.json.encode(claims()))}.{b64url(bytes(64))}"
    assert judged(token).reason == "header-refused"
    assert judged(sign(KEYS.ec, claims(), "ES256", typ="at+jwt")).reason == "header-refused"


def test_a_thumbprint_in_the_header_is_ignored():
    assert judged(sign(KEYS.ec, claims(), "ES256", x5t="AAAA")).asserted is not None


@pytest.mark.parametrize(
    "kid", ["../../../../dev/null", "ec' OR 1=1 --", "ec\x00", "EC", "", "x" * 2_000, 5, None, ["ec"]]
)
def test_a_key_is_found_by_its_exact_id_and_nowhere_else(kid):
    header = {"alg": "ES256"} if kid is None else {"alg": "ES256", "kid": kid}
    parts = (msgspec.json.encode(header), msgspec.json.encode(claims()))
    token = ".".join(b64url(part) for part in parts) + "." + b64url(bytes(64))
    assert judged(token).reason in {"unknown-key", "bad-signature", "token-not-understood"}
    if kid is not None:
        assert judged(token).reason != "bad-signature"


def test_without_an_id_only_where_there_is_no_choice():
    token = sign(KEYS.ec, claims(), "ES256", kid=None)
    assert judged(token).asserted is not None
    other = Keys()
    other.ec = type(other.ec).generate_key("P-256", {"kid": "ec2"})
    assert judged(token, KNOWN + other.known(other.ec)).reason == "unknown-key"


def test_a_key_is_for_its_algorithm():
    pinned = tuple(msgspec.structs.replace(key, alg="PS256") for key in KNOWN if key.kty == "RSA")
    assert judged(sign(KEYS.rsa, claims(), "RS256"), pinned).reason == "unknown-key"
    assert judged(sign(KEYS.rsa, claims(), "PS256"), pinned).asserted is not None
    assert judged(sign(KEYS.rsa, claims(), "RS256", kid="ec")).reason == "unknown-key"
    assert judged(sign(KEYS.rsa, claims(), "RS512")).reason == "algorithm-refused"


def test_a_rotated_key_is_gone():
    new = Keys()
    assert judged(sign(KEYS.ec, claims(), "ES256"), new.known(new.ec)).reason == "bad-signature"


def test_a_claim_twice_is_not_understood():
    raw = msgspec.json.encode(claims())[:-1] + b',"sub":"u-1"}'
    assert judged(sign(KEYS.ec, raw, "ES256")).reason == "token-not-understood"
    head = b64url(b'{"alg":"none","alg":"ES256","kid":"ec"}')
    assert judged(f"{head}.e30.e30").reason == "token-not-understood"


def test_what_is_no_token():
    good = sign(KEYS.ec, claims(), "ES256")
    long = sign(KEYS.ec, claims(groups=["x" * 200] * 400), "ES256")
    assert len(long) > TOKEN_CHARS_MAX
    assert judged(long).reason == "token-too-long"
    for token in (
        "",
        "..",
        "a.b",
        good + ".",
        good + "=",
        good.replace(".", "..", 1),
        "é.é.é",
        "e30.e30.e30.e30",
    ):
        assert judged(token).reason in {"token-not-understood", "algorithm-refused"}
        assert key_id(token) in {None, ""}


def test_the_nonce_a_token_names_is_only_a_text():
    assert nonce_of(sign(KEYS.ec, claims(), "ES256")) == "n-1"
    for wrong in (None, 7, ["n-1"]):
        assert nonce_of(sign(KEYS.ec, claims(nonce=wrong), "ES256")) == ""
    for text in ("", "a.b", "a.b.c", "..", "é.é.é"):
        assert nonce_of(text) == ""
