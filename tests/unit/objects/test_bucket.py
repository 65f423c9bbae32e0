import msgspec

from custodes.objects.bucket import Bucket

BUCKET = Bucket(
    id="bkt-1",
    name="files",
    customer="cus-1",
    key="key-1",
    locations=("loc-1",),
    owners=(),
    created_at="2026-11-22T08:00:00Z",
    created_by="crd-1",
)


def test_a_bucket_locks_from_an_instant_on():
    assert not BUCKET.can_lock
    assert msgspec.structs.replace(BUCKET, locks_since=BUCKET.created_at).can_lock
