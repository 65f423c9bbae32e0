"""A second, independent signer (botocore) and the heads it makes."""

from datetime import UTC, datetime
from unittest.mock import patch

from botocore import auth as botocore_auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from custodes.protocols.s3.messages import Head, head

ACCESS_KEY = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
AT = datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)
HOST = "s3.town.example"


class _HeaderSigner(botocore_auth.S3SigV4Auth):
    """botocore's own, except that the test chooses the payload mark."""

    def payload(self, request):
        return request.context["payload"] or super().payload(request)


def signed_head(
    method: str = "GET",
    target: str = "/bucket/key",
    headers: dict[str, str] | None = None,
    *,
    body: bytes = b"",
    expires_s: int | None = None,
    payload: str | None = None,
    at: datetime = AT,
    secret: str = SECRET,
) -> Head:
    """Let botocore sign a request to `target` (percent-encoded path and query) and return its head."""
    request = AWSRequest(method=method, url=f"https://{HOST}{target}", headers=dict(headers or {}), data=body)
    credentials = Credentials(ACCESS_KEY, secret)
    signer: botocore_auth.SigV4Auth
    if expires_s is None:
        signer = _HeaderSigner(credentials, "s3", "eu-central-1")
    else:
        signer = botocore_auth.S3SigV4QueryAuth(credentials, "s3", "eu-central-1", expires=expires_s)
    request.context["payload"] = payload
    with patch("botocore.auth.get_current_datetime", return_value=at.replace(tzinfo=None)):
        signer.add_auth(request)
    return head_of(method, request.url, dict(request.headers.items()))


def head_of(method: str, url: str, headers: dict[str, str]) -> Head:
    target = url.split("://", 1)[1].partition("/")[2]
    path, _, query = ("/" + target).partition("?")
    pairs = [(b"host", HOST.encode())] if "host" not in {name.lower() for name in headers} else []
    pairs += [(name.lower().encode(), str(value).encode("utf-8")) for name, value in headers.items()]
    return head(method, path.encode(), query.encode(), pairs)
