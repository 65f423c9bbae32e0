"""Ceph's RGW as the reference: the same subset of s3-tests, by the same runner, against a server of others.

What fails there and here is more likely the suite's or a matter of taste; what fails here alone is ours.
"""

import contextlib
import subprocess

from conformance.s3.suite import USERS, conf_of
from conformance.stores.servers import ceph

KMS = ("testkey-1", "testkey-2")
MORE = "\n".join(
    (
        "rgw crypt s3 kms backend = testing",
        "rgw crypt require ssl = false",
        "rgw crypt s3 kms encryption keys = testkey-1=YmluCmJvb3N0CmJvb3N0LWJ1aWxkCmNlcGguY29uZgo= \\",
        "  testkey-2=aWIKTWFrZWZpbGUKbWFuCm91dApzcmMKVGVzdGluZwo=",
        "rgw gc obj min wait = 5",  # what the suite removes has to go, or the memory is full
        "rgw gc processor period = 10",
        "rgw gc processor max time = 10",
    )
)
ROOM = 4 << 30
CAPS = "user-policy=*;roles=*;oidc-provider=*"


@contextlib.contextmanager
def judged(folder):
    """The suite's configuration for a running RGW."""
    users, made = {}, []
    for user in ("main", *USERS):
        key, secret = f"{user.upper():A<20}", f"{user}-of-the-reference"
        users[user] = (user, user, key, secret)
        further = ["--email", f"{user}@town.example", "--caps", CAPS]
        made.append((user, key, secret, (*further, "--tenant", "other") if user == "tenant" else further))
    with ceph(folder, MORE, made, ROOM) as port:
        yield conf_of(folder / "s3tests.conf", port, users, KMS)


def version():
    """What it calls itself: `ceph version 16.2.15 ...`."""
    said = subprocess.run(["radosgw", "--version"], capture_output=True, text=True, check=True).stdout
    return "Ceph RGW " + said.split()[2]
