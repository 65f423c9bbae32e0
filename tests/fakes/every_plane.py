"""A real house with every plane that uses keys, and somebody who uses one through each of them.

house = EveryPlane(tmp_path).found()
with house.running(*PROCESSES):
    for name, use in house.users(b"some bytes").items():
        assert use()
"""

import asyncio
import http.client
import itertools
import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import grpc
from botocore.exceptions import ClientError

from custodes.custody import hierarchy, keys
from custodes.custody.hierarchy import Scope
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.parties.rows import Membership, Person
from custodes.wiring.keyroom import assembled

from .cloud_house import CloudHouse
from .clouds import said, signed_headers
from .ports import free_port
from .rows import api_token, put

PLANES = ("console", "s3", "xks", "transit", "kms")
PROCESSES = ("keyroom", "logkeeper", *PLANES)
BUCKET, OBJECT = "town-files", "letter"
KEY = "files"
Use = Callable[[], bool]  # one use: whether it was done (else refused); anything else is an exception


class EveryPlane(CloudHouse):
    """`token` is an application's, `officer` an owner's who keeps keys; `key_id` is the key named `files`."""

    def __init__(self, folder: Any, **settings: Any) -> None:
        ports = {"transit_port": free_port(), "dke_port": free_port()}
        super().__init__(folder, **{**ports, "kms_socket": "kms/kms.sock", "kms_key": KEY, **settings})

    def found(self) -> "EveryPlane":
        super().found()
        asyncio.run(self._staff())
        self.kms_socket = self.settings.house / self.settings.kms_socket
        self.kms_socket.parent.mkdir(exist_ok=True)
        access = self.settings.house / self.settings.kms_access
        access.touch(mode=0o600)
        access.write_text(self.token.token)
        return self

    def users(self, secret: bytes) -> dict[str, Use]:
        """A use through each plane, by name: each seals `secret`, or reads it where it lies as an object."""
        text, bearer = b64encode(secret).decode(), f"Bearer {self.token.token}"
        at = f"/v1/keys/{self.key_id}/wrap"
        wrap = {"message": text, "purpose": "operation", "reason": "drill"}
        transit = self.settings.transit_port
        s3 = self.boto3()
        s3.create_bucket(Bucket=BUCKET)
        s3.put_object(Bucket=BUCKET, Key=OBJECT, Body=secret)
        return {
            "console": lambda: self.posted(self.settings.console_port, at, wrap, {"Authorization": bearer}),
            "transit": lambda: self.posted(
                transit,
                f"/v1/transit/encrypt/{KEY}",
                {"plaintext": text},
                {"X-Vault-Token": self.token.token},
            ),
            "xks": lambda: self._xks(text),
            "s3": lambda: self._read(s3),
            "kms": self._kms(secret),
        }

    def posted(self, port: int, path: str, body: object, headers: dict[str, str]) -> bool:
        """Whether a POST was answered 200; False for a refusal of 4xx."""
        wire = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            wire.request("POST", path, raw, {"content-type": "application/json", **headers})
            answer = wire.getresponse()
            said_ = answer.read()
        finally:
            wire.close()
        if answer.status >= 500:
            raise AssertionError((path, answer.status, said_))
        return answer.status == 200

    def as_officer(self, path: str, body: dict[str, str]) -> bool:
        """One ask of the API by the officer."""
        bearer = {"Authorization": f"Bearer {self.officer.token}"}
        return self.posted(self.settings.console_port, path, body, bearer)

    def pull(self) -> bool:
        """The officer stops every use of his town's keys."""
        return self.as_officer(
            "/v1/kills", {"scope": "customer", "subject": self.customer.id, "reason": "drill"}
        )

    def rotate(self, key: str) -> bool:
        """The officer rotates a key."""
        return self.as_officer(f"/v1/keys/{key}/rotate", {"reason": "yearly"})

    def _xks(self, text: str) -> bool:
        path = self.path("keys/both/encrypt")
        members = {"requestMetadata": said("Encrypt"), "plaintext": text, "encryptionAlgorithm": "AES_GCM"}
        body = json.dumps(members).encode()
        headers = signed_headers(self.pair, path, body, at=self.clock.now(), host=self.host)
        return self.posted(int(self.settings.xks_port), path, body, headers)

    def _read(self, s3: Any) -> bool:
        try:
            s3.get_object(Bucket=BUCKET, Key=OBJECT)["Body"].read()
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 403:
                return False
            raise
        return True

    def _kms(self, secret: bytes) -> Use:
        channel = grpc.insecure_channel(f"unix:{self.kms_socket}")
        encrypt = channel.unary_unary("/v2.KeyManagementService/Encrypt")
        uids = itertools.count()

        def use() -> bool:
            uid = b"uid-%d" % next(uids)
            try:
                encrypt(b"\x0a" + _sized(secret) + b"\x12" + _sized(uid), timeout=60, wait_for_ready=True)
            except grpc.RpcError as refused:
                if refused.code() is grpc.StatusCode.FAILED_PRECONDITION:
                    return False
                raise
            return True

        return use

    async def _staff(self) -> None:
        async with assembled(self.settings, "a local token of no use") as keyroom:
            await keyroom.unseal(b"")
            o, customer, town = keyroom.opened, self.customer, self.customer.organisation
            person = Person(id=new_id("per", self.dice), name="Olga", country="DE", is_vetted=True)
            member = Membership(
                id=new_id("mem", self.dice),
                person=person.id,
                organisation=town,
                roles=("owner", "key-officer"),
                since=to_text(self.clock.now()),
            )
            ports, of = (self.clock, self.dice), {"customer": self.customer.id}
            mine, self.officer = api_token(ports, town, person=person.id, **of)
            its, self.token = api_token(ports, town, application=self.application.id, **of)
            self.key_id = new_id("key", self.dice)
            scope = Scope(house=o.house, customer=customer.id, key=self.key_id)
            wrapped = hierarchy.make_key_version(o.keyring.root(customer), scope, 1, self.dice)
            now = self.clock.now().replace(microsecond=0)
            key = keys.create(self.key_id, customer.id, (KEY, ""), wrapped, now)
            await put(
                keyroom,
                customer,
                [
                    ("person", person.id, "", person),
                    ("membership", member.id, "", member),
                    ("credential", mine.id, "", mine),
                    ("credential", its.id, customer.id, its),
                    ("key", self.key_id, customer.id, key),
                ],
            )


def _sized(raw: bytes) -> bytes:
    """A length-delimited field's length and bytes, for lengths of one byte."""
    if len(raw) > 127:
        raise ValueError("longer than one byte says")
    return bytes([len(raw)]) + raw
