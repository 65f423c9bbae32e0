"""An identity issuer's hand: keys of every kind, tokens as it signs them, by a library that is not ours."""

import warnings
from urllib.parse import parse_qs, urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from custodes.acts.asks import LogSigned
from custodes.acts.asks.documents import log_message
from custodes.acts.asks.identity import BeginFederated, ExchangeCode, KeepIssuer, SetIssuer, SignInFederated
from custodes.kernel.clock import to_text
from custodes.protocols.oidc.published import key_set

ISSUER = "https://login.town.example"
CLIENT = "custodes"
SIGNING = ["RS256", "RS512", "PS256", "ES256", "EdDSA", "Ed25519", "HS256"]
REGISTRY = jws.JWSRegistry(strict_check_header=False, algorithms=SIGNING)
REGISTRY.max_header_length = REGISTRY.max_payload_length = 10**6


class Keys:
    """One key of each kind we take; RSA is made once, because that is slow."""

    rsa = RSAKey.generate_key(2048, {"kid": "rsa"})

    def __init__(self):
        self.ec = ECKey.generate_key("P-256", {"kid": "ec"})
        self.okp = OKPKey.generate_key("Ed25519", {"kid": "okp"})

    def of(self, algorithm):
        return {"R": self.rsa, "P": self.rsa, "E": self.ec}[algorithm[0]] if algorithm[1] == "S" else self.okp

    def published(self, *keys):
        plain = [key.as_dict(private=False) for key in keys or (self.rsa, self.ec, self.okp)]
        return msgspec.json.encode({"keys": plain})

    def known(self, *keys):
        return key_set(self.published(*keys))


def sign(key, payload, algorithm, **header):
    """A compact JWS over `payload` (a dict, or bytes as they are)."""
    raw = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
    head = {"alg": algorithm, "kid": key.kid, "typ": "JWT", **header}
    head = {name: value for name, value in head.items() if value is not None}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns of EdDSA's old name
        return jws.serialize_compact(head, raw, key, algorithms=[algorithm], registry=REGISTRY)


def symmetric(secret):
    return OctKey.import_key(secret)


def discovery(issuer=ISSUER, **more):
    plain = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/auth",
        "token_endpoint": f"{issuer}/token",
        "jwks_uri": f"{issuer}/keys",
        **more,
    }
    return msgspec.json.encode({name: value for name, value in plain.items() if value is not None})


class Town:
    """The town's issuer in a `FolkWorld`: set up by Olga, read by the logkeeper, signing in whom it likes."""

    url = "http://localhost:3001"  # a demo house takes an issuer on this machine

    def __init__(self, world):
        self.world = world
        self.keys = Keys()

    def form(self, **changes):
        world = self.world
        return {
            "evidence": world.olga.token,
            "organisation": world.town.id,
            "name": "Town's directory",
            "url": self.url,
            "client_id": CLIENT,
            "auth": "client-secret-basic",
            "secret": "a client's secret",
            "roles": (("approvers", "approver"), ("clerks", "reader")),
            "admits_unknown": True,
            **changes,
        }

    async def set_up(self, **changes):
        ask = SetIssuer(**self.form(**changes))
        self.view = await self.world.keyroom.ask(self.world.olga.signed(ask, ("issuer", ask.issuer)))
        self.id = self.view.id
        return self.view

    def logkeeper(self, ask):
        at = to_text(self.world.clock.now())
        key = Ed25519PrivateKey.from_private_bytes(self.world.log_keys.ed25519)
        signature = key.sign(log_message(self.world.body.id, ask, at))
        return self.world.keyroom.ask(msgspec.structs.replace(ask, evidence=LogSigned(at, signature)))

    def read(self, *keys, **more):
        fields = {"discovery": discovery(self.url), "key_set": self.keys.published(*keys), **more}
        return self.logkeeper(KeepIssuer(LogSigned("", b""), self.id, **fields))

    async def begin(self):
        """(ticket, what stands in the address)."""
        begun = await self.world.keyroom.ask(BeginFederated(self.id))
        return begun.ticket, {n: v[0] for n, v in parse_qs(urlsplit(begun.url).query).items()}

    async def exchanged(self):
        ticket, sent = await self.begin()
        await self.world.keyroom.ask(ExchangeCode(ticket, sent["state"], "a code"))
        return ticket, sent

    def claims(self, sent, **changes):
        now = int(self.world.clock.now().timestamp())
        plain = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": "u-17",
            "nonce": sent["nonce"],
            "iat": now,
            "exp": now + 300,
            "groups": ["approvers"],
            "name": "Nina Neu",
            **changes,
        }
        return {name: value for name, value in plain.items() if value is not None}

    async def sign_in(self, *, key=None, **changes):
        ticket, sent = await self.exchanged()
        token = sign(key or self.keys.ec, self.claims(sent, **changes), "ES256")
        return await self.world.keyroom.ask(SignInFederated(ticket, sent["state"], token))
