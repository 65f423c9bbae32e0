"""A world with a connection of a cloud, and botocore as the signer at its other end."""

import hashlib
import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from itertools import count
from unittest.mock import patch

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from custodes.acts.asks.clouds.connections import LentKey, MakeConnectionKey, SetConnection
from custodes.acts.asks.clouds.xks import CallXks
from custodes.acts.asks.keys import CreateKey
from custodes.acts.clouds.xks import credential_of
from custodes.policy.presets import default_rules, rule
from custodes.protocols.s3.messages import head
from custodes.protocols.xks import auth

from .folk import FolkWorld

AT = datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)
HOST = "xks.town.example"
REGION = "eu-central-1"
ALICE = "arn:aws:iam::123456789012:user/Alice"
KEY_ARN = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


_NUMBERS = count()


def said(operation="Decrypt", **more):
    """`requestMetadata` as AWS sends it."""
    return {
        "awsPrincipalArn": ALICE,
        "kmsKeyArn": KEY_ARN,
        "kmsOperation": operation,
        "kmsRequestId": f"4112f4d6-db54-4af4-ae30-{next(_NUMBERS):012}",
        "kmsViaService": "ebs",
        **more,
    }


def text(raw: bytes) -> str:
    return b64encode(raw).decode()


def raw(value: str) -> bytes:
    return b64decode(value)


def signed_headers(pair, path, body, *, at=AT, region=REGION, service=auth.SERVICE, host=HOST):
    """botocore signs; gives back the headers to send."""
    request = AWSRequest(method="POST", url=f"http://{host}{path}", headers={}, data=body)
    request.headers["Content-Type"] = "application/json"
    with patch("botocore.auth.get_current_datetime", return_value=at.replace(tzinfo=None)):
        SigV4Auth(Credentials(*pair), service, region).add_auth(request)
    return {"host": host, **{name.lower(): value for name, value in request.headers.items()}}


def claimed(pair, path, body, **more):
    """A claim as the plane makes it of what botocore signed."""
    headers = signed_headers(pair, path, body, **more)
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    return auth.claim(head("POST", path.encode(), b"", pairs), hashlib.sha256(body).hexdigest())


class CloudWorld(FolkWorld):
    """`aws`: a connection lent `key`, by its id and by names that say for what; `pair`: its credential."""

    async def settle_in(self):
        now = await super().settle_in()
        self.key = (await self.keyroom.ask(CreateKey(self.olga.token, self.customer_row.id, "registry"))).id
        self.aws = await self.connect()
        self.pair = await self.credential(self.aws)
        return now

    async def connect(self, keys=None, *, id_="", name="AWS Frankfurt", settings=None, by=None):
        keys = keys or (LentKey(self.key), LentKey(self.key, "foo"), LentKey(self.key, "seal", ("wrap",)),
                        LentKey(self.key, "open", ("unwrap",)), LentKey(self.key, "look", ()))  # fmt: skip
        ask = SetConnection(
            None, self.customer_row.id, "xks", name, tuple(keys), settings=settings or {}, id=id_
        )
        return await self.keyroom.ask((by or self.olga).signed(ask, ("connection", id_)))

    async def credential(self, connection, by=None):
        self.clock.forward(seconds=1)  # the same act signed in the same second is one act
        ask = MakeConnectionKey(None, connection.id)
        made = await self.keyroom.ask((by or self.olga).signed(ask, ("connection", connection.id)))
        return made.access_id, made.secret

    def call(self, operation, members, *, key="foo", connection=None, pair=None, body=None, **more):
        """Sign with botocore, hand over as the plane does."""
        prefix = (connection or self.aws).id
        last = "health" if operation == "health" else f"keys/{key}/{operation}"
        path = f"/{prefix}/kms/xks/v1/{last}"
        sent = json.dumps(members).encode() if body is None else body
        more.setdefault("at", self.clock.now())
        return CallXks(claimed(pair or self.pair, path, sent, **more), sent)

    async def ask_xks(self, operation, members, **more):
        return json.loads((await self.keyroom.ask(self.call(operation, members, **more))).body)

    def sealing(self, **more):
        """A call that wraps a data key, signed anew each time."""
        members = {
            "requestMetadata": said("Encrypt"),
            "plaintext": text(b"a data key"),
            "encryptionAlgorithm": "AES_GCM",
        }
        return self.call("encrypt", members, **more)

    def opening(self, sealed):
        """The call that opens what `sealing` answered."""
        members = {"requestMetadata": said(), "encryptionAlgorithm": "AES_GCM", **sealed}
        return self.call("decrypt", members)

    async def encrypt(self, plaintext=b"a data key", aad=b"", **more):
        members = {
            "requestMetadata": said("GenerateDataKey"),
            "plaintext": text(plaintext),
            "encryptionAlgorithm": "AES_GCM",
            **({"additionalAuthenticatedData": text(aad)} if aad else {}),
            **more.pop("members", {}),
        }
        return await self.ask_xks("encrypt", members, **more)

    async def decrypt(self, sealed, aad=b"", **more):
        members = {
            "requestMetadata": said(),
            "encryptionAlgorithm": "AES_GCM",
            **{name: value for name, value in sealed.items() if name != "ciphertextDataIntegrityValue"},
            **({"additionalAuthenticatedData": text(aad)} if aad else {}),
            **more.pop("members", {}),
        }
        return raw((await self.ask_xks("decrypt", members, **more))["plaintext"])


async def closed_but_for_grants(world):
    """The customer's rules let a cloud seal, and open nothing but under a grant."""
    customer = world.customer_row.id
    rules = default_rules(customer)
    closed = rule("cloud-openings-under-grant", {"reasons": ["message-sealed"]})
    standing = type(rules)(scope=customer, generation=2, rules=(*rules.rules, closed))
    await world.put(("rules", customer, customer, standing))


async def opened_by_grants_alone(world):
    """The same, and the cloud has a grant for nine uses."""
    await closed_but_for_grants(world)
    beneficiary = credential_of(world.pair[0])
    case = await world.request(world.olga, beneficiary=beneficiary, resources=[world.key], uses=9)
    await world.approve(world.anna, case)
    await world.approve(world.karl, case)
    world.clock.forward(seconds=1)
