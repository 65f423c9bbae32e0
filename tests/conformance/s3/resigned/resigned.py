"""A plugin of the suite's own run: what ceph/s3-tests signs with SigV2 is signed with SigV4, nothing else.

Its forms (`requests.post` with a policy) keep every field, condition and file; `AWSAccessKeyId` and
`signature` become the four fields of SigV4, and the policy gets a condition for each of the three that need
one. A signature that was wrong stays wrong, a policy that cannot be read is signed as it is. Its SigV2
clients of boto3 become clients of SigV4, and sign the date a test gives them. Loaded by `-p resigned` in the
suite's environment, so nothing of ours is imported.
"""

import base64
import email.utils
import hashlib
import hmac
import json
import time

import requests  # noqa: TID251 - the suite's
from botocore.auth import S3SigV4Auth
from botocore.config import Config
from s3tests import functional

posted, auth = requests.post, S3SigV4Auth.add_auth
V2, V4 = "s3", "s3v4"
WRITTEN = "%Y%m%dT%H%M%SZ"
NEW = {"x-amz-checksum-sha256"}  # a field of 2022: in a form of SigV4 it needs its condition like any other


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def with_conditions(policy, said):
    """The policy with what must be said of the new fields, where it can be read at all."""
    try:
        document = json.loads(base64.b64decode(policy))
        document["conditions"].extend(said)
    except (ValueError, KeyError, TypeError, AttributeError):
        return text(policy)
    return base64.b64encode(json.dumps(document).encode()).decode()


def signed(secret, date, policy):
    key = ("AWS4" + secret).encode()
    for piece in (date, "us-east-1", "s3", "aws4_request"):
        key = hmac.digest(key, piece.encode(), "sha256")
    return hmac.new(key, policy.encode(), hashlib.sha256).hexdigest()


def again(fields):
    """The same form by SigV4."""
    names = {name.lower(): name for name in fields}
    if "signature" not in names or "policy" not in names:
        return fields
    policy, was = fields[names["policy"]], text(fields[names["signature"]])
    secret = functional.config.main_secret_key
    raw = policy if isinstance(policy, bytes) else policy.encode()
    right = base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha1).digest()).decode()
    at = time.strftime(WRITTEN, time.gmtime())
    who = (
        text(fields[names["awsaccesskeyid"]])
        if "awsaccesskeyid" in names
        else functional.config.main_access_key
    )
    more = {
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": f"{who}/{at[:8]}/us-east-1/s3/aws4_request",
        "x-amz-date": at,
    }
    said = [{name: value} for name, value in more.items()]
    said += [["starts-with", f"${name}", ""] for name in names if name in NEW]
    policy = with_conditions(raw, said)
    more["policy"] = policy
    more["x-amz-signature"] = signed(secret, at[:8], policy) if was == right else "0" * 64
    out = {}
    for name, value in fields.items():
        if name.lower() == "policy":
            out.update(more)
        elif name.lower() not in ("signature", "awsaccesskeyid"):
            out[name] = value
    return out


def post(url, *arguments, files=None, **more):
    return posted(url, *arguments, files=again(files) if isinstance(files, dict) else files, **more)


def add_auth(self, request):
    """As botocore's own, except that a date in the head is kept: signed as SigV4 writes it, or sent as it
    is where it is none.
    """
    said = request.headers.get("X-Amz-Date")
    if said is None:
        return auth(self, request)
    try:
        at = email.utils.parsedate_to_datetime(said).strftime(WRITTEN)
    except (TypeError, ValueError):
        auth(self, request)
        request.headers.replace_header("X-Amz-Date", said)
        return None
    request.context["timestamp"] = at
    self._modify_request_before_signing(request)
    signature = self.signature(self.string_to_sign(request, self.canonical_request(request)), request)
    return self._inject_signature_to_request(request, signature)


def by_v4(make):
    """The same maker of a client, signing with SigV4."""

    def made():
        init = Config.__init__

        def changed(self, *arguments, **given):
            if given.get("signature_version") == V2:
                given["signature_version"] = V4
            init(self, *arguments, **given)

        Config.__init__ = changed
        try:
            return make()
        finally:
            Config.__init__ = init

    return made


requests.post = post
S3SigV4Auth.add_auth = add_auth
functional.get_v2_client = by_v4(functional.get_v2_client)
functional.get_v2_tenant_client = by_v4(functional.get_v2_tenant_client)
