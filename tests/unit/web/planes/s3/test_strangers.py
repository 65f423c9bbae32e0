import pytest

from custodes.kernel.limits import StrangerLimits
from custodes.kernel.refusal import Kind, Refusal
from custodes.protocols.s3.messages import Head
from custodes.protocols.s3.operations import BY_NAME, Call
from custodes.web.planes.s3.strangers import Strangers


def call(name):
    return Call(operation=BY_NAME[name], bucket="open-data", key="a")


def head(query=b""):
    return Head(method="GET", raw_path=b"/open-data/a", query=query)


def test_what_is_nobodys_never_reaches_the_keyroom():
    strangers = Strangers()
    for name in ("GetObject", "HeadObject", "ListObjectsV2", "PutObject", "DeleteObject", "ListBuckets"):
        strangers.let_in(call(name), head(), 0)
    for name in (
        "CreateBucket",
        "PutBucketPolicy",
        "GetBucketAcl",
        "CopyObject",
        "CreateMultipartUpload",
        "PutObjectAcl",
    ):
        with pytest.raises(Refusal, match="not-signed") as caught:
            strangers.let_in(call(name), head(), 0)
        assert caught.value.kind is Kind.UNAUTHENTICATED
    with pytest.raises(Refusal, match="answer-not-chosen"):
        strangers.let_in(call("GetObject"), head(b"response-content-type=text/html"), 0)


def test_a_flood_stops_here_and_trickles_afterwards():
    strangers = Strangers(StrangerLimits(plane_per_s=5, burst_s=3))
    for _ in range(15):
        strangers.count(7)
    with pytest.raises(Refusal, match="slow-down"):
        strangers.count(7)
    for _ in range(5):
        strangers.count(1_007)
    with pytest.raises(Refusal, match="slow-down"):
        strangers.count(1_007)
