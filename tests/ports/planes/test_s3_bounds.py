"""Room, pace, padding and events on a whole house: what a client, a store and a webhook see of them."""

import asyncio
import gzip
import hashlib
import hmac
import json
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest
from botocore.exceptions import ClientError

from custodes.acts.objects.rules.wishing import rules_of
from custodes.custody import hierarchy
from custodes.custody.envelope import cipher_length
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.objects.bucket import Bucket
from custodes.objects.limits import CustomerLimits
from custodes.objects.padding import padme
from custodes.objects.rules.notifying import Webhook
from custodes.wiring.keyroom import assembled
from fakes.houses import House
from fakes.ports import free_port
from fakes.rows import put

pytestmark = pytest.mark.whole

SECRET = b"shown once"
BYTES_MAX = 300_000
BURST = 60
TAKEN_WITHIN_S = 60


class Receiver(ThreadingHTTPServer):
    """Answers 500 to the first message and 204 to every other; keeps what it took."""

    def __init__(self, port):
        self.taken = queue.Queue()
        self.is_first = True
        super().__init__(("127.0.0.1", port), Taking)


class Taking(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        refuses, self.server.is_first = self.server.is_first, False
        if not refuses:
            self.server.taken.put((dict(self.headers), body))
        self.send_response(500 if refuses else 204)
        self.end_headers()

    def log_message(self, *_):
        """Says nothing."""


async def settle(house, url):
    """What the customer's owner and the trustee would have set."""
    async with assembled(house.settings, "a local token of no use") as keyroom:
        await keyroom.unseal(b"")
        o, customer = keyroom.opened, house.customer.id
        (bucket,) = (one for one in o.standing.all_of("bucket", Bucket) if one.name == "records")
        rules = msgspec.structs.replace(rules_of(o, bucket), padding="padme", bytes_max=BYTES_MAX)
        hook = Webhook(
            id=new_id("whk", o.dice),
            customer=customer,
            name="Archive",
            url=url,
            secret="",
            shows_names=False,
            created_at=to_text(o.clock.now()),
        )
        sealed = hierarchy.wrap_credential(o.keyring.house_keys, o.house, hook.id, SECRET, o.dice)
        hook = msgspec.structs.replace(hook, secret=canonical.b64(sealed))
        limits = CustomerLimits(customer=customer, requests_per_s=1, requests_burst=BURST)
        rows = [
            ("bucket-rules", bucket.id, customer, rules),
            ("webhook", hook.id, customer, hook),
            ("customer-limits", customer, customer, limits),
        ]
        await put(keyroom, house.customer, rows)
        return hook


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["ResponseMetadata"]["HTTPStatusCode"], caught.value.response["Error"]["Code"]


def test_what_a_client_a_store_and_a_webhook_see(tmp_path):
    port = free_port()
    receiver = Receiver(port)
    threading.Thread(target=receiver.serve_forever, args=(0.02,), daemon=True).start()
    house = House(tmp_path, outside_hosts=(f"127.0.0.1:{port}",)).found()
    with house.running("keyroom", "s3"):
        s3 = house.boto3()
        for name in ("records", "reports"):
            s3.create_bucket(Bucket=name)
        reports(s3)
    hook = asyncio.run(settle(house, f"http://127.0.0.1:{port}/hook"))
    try:
        with house.running("keyroom", "s3", "logkeeper"):
            tells(house.boto3(), house, hook, receiver)
    finally:
        receiver.shutdown()
        receiver.server_close()


def reports(s3):
    """The first report is due as soon as something reaches the stores again."""
    place = {"S3BucketDestination": {"Bucket": "arn:aws:s3:::reports", "Format": "CSV", "Prefix": "below"}}
    config = {
        "Id": "all",
        "IsEnabled": True,
        "IncludedObjectVersions": "Current",
        "Schedule": {"Frequency": "Daily"},
        "Destination": place,
        "OptionalFields": ["Size"],
    }
    given = {"Bucket": "records", "Id": "all"}
    assert refused(s3.get_bucket_inventory_configuration, **given) == (404, "NoSuchConfiguration")
    s3.put_bucket_inventory_configuration(**given, InventoryConfiguration=config)
    assert s3.get_bucket_inventory_configuration(**given)["InventoryConfiguration"] == config
    listed = s3.list_bucket_inventory_configurations(Bucket="records")
    assert (listed["InventoryConfigurationList"], listed["IsTruncated"]) == ([config], False)
    place["S3BucketDestination"]["Format"] = "Parquet"
    put = s3.put_bucket_inventory_configuration
    assert refused(put, **given, InventoryConfiguration=config) == (501, "NotImplemented")
    place["S3BucketDestination"] |= {"Format": "CSV", "Bucket": "arn:aws:s3:::elsewhere"}
    assert refused(put, **given, InventoryConfiguration=config) == (400, "InvalidArgument")
    gone = {"Bucket": "records", "Id": "other"}
    assert refused(s3.delete_bucket_inventory_configuration, **gone) == (404, "NoSuchConfiguration")


def reported(s3):
    """The report that was written meanwhile, of the bucket as it was when it was written."""
    for _ in range(40):
        found = s3.list_objects_v2(Bucket="reports").get("Contents", ())
        names = [one["Key"] for one in found]
        if any(name.endswith("manifest.checksum") for name in names):
            break
        time.sleep(1)
    (name,) = (name for name in names if name.endswith("manifest.json"))
    said = json.loads(s3.get_object(Bucket="reports", Key=name)["Body"].read())
    assert (said["sourceBucket"], said["fileSchema"]) == ("records", "Bucket, Key, Size")
    (file,) = said["files"]
    data = s3.get_object(Bucket="reports", Key=file["key"])["Body"].read()
    assert hashlib.md5(data).hexdigest() == file["MD5checksum"]
    assert gzip.decompress(data).count(b'"records"') <= 3


def tells(s3, house, hook, receiver):
    reported(s3)
    reports_lie = set(house.blobs())
    topic = {"TopicArn": hook.arn, "Events": ["s3:ObjectCreated:*"]}
    config = {"TopicConfigurations": [topic]}
    s3.put_bucket_notification_configuration(Bucket="records", NotificationConfiguration=config)
    bodies = {"patient Meier.pdf": b"m" * 70_001, "short": b"s", "empty": b""}
    for name, body in bodies.items():
        s3.put_object(Bucket="records", Key=name, Body=body)

    sizes = {path.stat().st_size for path in set(house.blobs()) - reports_lie}
    assert {cipher_length(padme(len(body))) for body in bodies.values()} <= sizes
    assert {len(path.name) for path in house.blobs()} == {len("blb-") + 26}
    assert len({size for size in sizes if size < 60_000}) == 1  # short and empty look alike
    for name, body in bodies.items():
        found = s3.get_object(Bucket="records", Key=name)
        assert (found["ContentLength"], found["Body"].read()) == (len(body), body)
    ranged = s3.get_object(Bucket="records", Key="patient Meier.pdf", Range="bytes=70000-80000")
    assert ranged["Body"].read() == b"m"

    assert refused(s3.put_object, Bucket="records", Key="large", Body=bytes(BYTES_MAX)) == (
        403,
        "QuotaExceeded",
    )
    s3.delete_object(Bucket="records", Key="patient Meier.pdf")

    events = [receiver.taken.get(timeout=TAKEN_WITHIN_S) for _ in range(1 + len(bodies))]
    assert {json.loads(body).get("Event") for _, body in events} == {None, "s3:TestEvent"}
    for headers, body in events:
        signed = f"{headers['custodes-timestamp']}.{headers['custodes-event']}.".encode() + body
        wanted = "v1=" + hmac.new(SECRET, signed, "sha256").hexdigest()
        assert headers["custodes-signature"] == wanted
        assert b"Meier" not in body

    seen = set()
    for _ in range(50 * BURST):  # a loaded machine gets tokens back meanwhile
        seen.add(refused_or_fine(s3))
        if len(seen) > 1:
            break
    assert seen == {"fine", (503, "SlowDown")}


def refused_or_fine(s3):
    try:
        s3.get_bucket_versioning(Bucket="records")
    except ClientError as error:
        found = error.response
        return found["ResponseMetadata"]["HTTPStatusCode"], found["Error"]["Code"]
    return "fine"
