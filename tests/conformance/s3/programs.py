"""What clients are asked to do, by the Python of their own environments, as `PROGRAM endpoint key secret ca`.

They print `judged` when every byte came back; environments are pinned apart, so these are texts, not modules.
"""

MINIO = """
import io, os, sys
import urllib3
from minio import Minio
from minio.commonconfig import CopySource
from minio.deleteobjects import DeleteObject
from minio.error import S3Error
from minio.sse import SseCustomerKey

endpoint, key, secret, ca = sys.argv[1:]
pool = urllib3.PoolManager(cert_reqs="CERT_REQUIRED", ca_certs=ca) if ca else None
scheme, _, host = endpoint.partition("://")
client = Minio(host, access_key=key, secret_key=secret, secure=scheme == "https", region="eu-central-1",
               http_client=pool)
bucket = "by-minio-" + scheme
client.make_bucket(bucket)
assert client.bucket_exists(bucket) and not client.bucket_exists(bucket + "-not")
large = os.urandom(17 * 1024 * 1024 + 3)
client.put_object(bucket, "large", io.BytesIO(large), len(large), part_size=5 * 1024 * 1024)
client.put_object(bucket, "unknown length", io.BytesIO(large), -1, part_size=6 * 1024 * 1024)
client.put_object(bucket, "odd/\\u00fcml\\u00e4ut & plus+.txt", io.BytesIO(b"odd"), 3,
                  content_type="text/plain", metadata={"ticket": "17"})
client.put_object(bucket, "empty", io.BytesIO(b""), 0)
for name in ("large", "unknown length"):
    got = client.get_object(bucket, name)
    assert got.read() == large, name
    got.close()
    got.release_conn()
part = client.get_object(bucket, "large", offset=65_470, length=100)
assert part.read() == large[65_470:65_570]
part.release_conn()
stat = client.stat_object(bucket, "odd/\\u00fcml\\u00e4ut & plus+.txt")
assert stat.size == 3 and stat.content_type == "text/plain" and stat.metadata["x-amz-meta-ticket"] == "17"
if ca:  # minio-py sends a key of the customer's own over TLS alone
    own, other = SseCustomerKey(b"k" * 32), SseCustomerKey(b"o" * 32)
    client.put_object(bucket, "own", io.BytesIO(large), len(large), part_size=5 * 1024 * 1024, sse=own)
    got = client.get_object(bucket, "own", ssec=own)
    assert got.read() == large
    got.release_conn()
    for wrong in (None, other):
        try:
            client.get_object(bucket, "own", ssec=wrong)
        except S3Error as error:
            assert error.response.status in (400, 403), error
        else:
            raise AssertionError("opened with another key")
    client.remove_object(bucket, "own")
client.copy_object(bucket, "copied", CopySource(bucket, "large"))
assert client.stat_object(bucket, "copied").size == len(large)
names = sorted(one.object_name for one in client.list_objects(bucket, recursive=True))
assert names == ["copied", "empty", "large", "odd/\\u00fcml\\u00e4ut & plus+.txt", "unknown length"], names
assert [one.object_name for one in client.list_objects(bucket, prefix="odd/")] == [names[3]]
url = client.presigned_get_object(bucket, "empty")
assert (pool or urllib3.PoolManager()).request("GET", url).status == 200
try:
    client.stat_object(bucket, "nothing")
except S3Error as error:
    assert error.code == "NoSuchKey", error.code
else:
    raise AssertionError("found nothing")
assert list(client.remove_objects(bucket, [DeleteObject(name) for name in names])) == []
client.remove_bucket(bucket)
print("judged")
"""

DUCKDB = """
import sys
import duckdb, pandas, s3fs

endpoint, key, secret, ca = sys.argv[1:]
fs = s3fs.S3FileSystem(key=key, secret=secret, endpoint_url=endpoint,
    client_kwargs={"region_name": "eu-central-1", **({"verify": ca} if ca else {})})
bucket = "by-duckdb-" + endpoint.partition(":")[0]
fs.mkdir(bucket)
db = duckdb.connect()
db.register_filesystem(fs)
db.execute("CREATE TABLE citizen AS "
           "SELECT n, n % 7 AS district, md5(n::text) AS name FROM range(200000) r(n)")
db.execute(f"COPY citizen TO 's3://{bucket}/citizen.parquet' (FORMAT parquet, ROW_GROUP_SIZE 20000)")
db.execute(f"COPY citizen TO 's3://{bucket}/citizen.csv' (HEADER)")
for name, read in (("parquet", "read_parquet"), ("csv", "read_csv")):
    found = db.execute("SELECT count(*), sum(n), count(DISTINCT name) "
                       f"FROM {read}('s3://{bucket}/citizen.{name}')")
    assert found.fetchone() == (200000, 19999900000, 200000), name
one = db.execute(f"SELECT name FROM read_parquet('s3://{bucket}/citizen.parquet') "
                 "WHERE n = 123456").fetchone()
assert one == db.execute("SELECT md5('123456')").fetchone()
frame = pandas.read_parquet(f"{bucket}/citizen.parquet", filesystem=fs, columns=["n", "district"])
assert len(frame) == 200000 and int(frame["n"].sum()) == 19999900000
frame[frame["district"] == 3].to_parquet(f"{bucket}/district-3.parquet", filesystem=fs)
back = pandas.read_parquet(f"{bucket}/district-3.parquet", filesystem=fs)
assert len(back) == len(frame[frame["district"] == 3])
fs.rm(bucket, recursive=True)
print("judged")
"""

OBSTORE = """
import os, sys
import obstore
from obstore.exceptions import AlreadyExistsError, NotFoundError, PreconditionError
from obstore.store import S3Store

endpoint, key, secret, ca = sys.argv[1:]
import boto3
bucket = "by-obstore-" + endpoint.partition(":")[0]
boto3.client("s3", endpoint_url=endpoint, aws_access_key_id=key, aws_secret_access_key=secret,
    region_name="eu-central-1", verify=ca or None).create_bucket(Bucket=bucket)
store = S3Store(bucket, endpoint=endpoint, access_key_id=key, secret_access_key=secret, region="eu-central-1",
    virtual_hosted_style_request=False,
    client_options={"allow_http": True, "allow_invalid_certificates": bool(ca)})
large = os.urandom(17 * 1024 * 1024 + 3)
obstore.put(store, "large", large, chunk_size=5 * 1024 * 1024)
assert bytes(obstore.get(store, "large").bytes()) == large
assert bytes(obstore.get_range(store, "large", start=65470, end=65570)) == large[65470:65570]
ranges = obstore.get_ranges(store, "large", starts=[0, 9_000_000], ends=[10, 9_000_050])
assert [bytes(one) for one in ranges] == [large[:10], large[9_000_000:9_000_050]]
first = obstore.put(store, "lock", b"one", mode="create")
try:
    obstore.put(store, "lock", b"two", mode="create")
except AlreadyExistsError:
    pass
else:
    raise AssertionError("created twice")
obstore.put(store, "lock", b"three", mode={"e_tag": first["e_tag"]})
try:
    obstore.put(store, "lock", b"four", mode={"e_tag": first["e_tag"]})
except PreconditionError:
    pass
else:
    raise AssertionError("replaced what was another")
for n in range(30):
    obstore.put(store, f"many/{n:03}", str(n).encode())
assert len([one for page in obstore.list(store, prefix="many") for one in page]) == 30
listed = obstore.list_with_delimiter(store)
assert list(listed["common_prefixes"]) == ["many"], listed["common_prefixes"]
obstore.copy(store, "large", "copied")
assert obstore.head(store, "copied")["size"] == len(large)
obstore.rename(store, "copied", "renamed")
try:
    obstore.head(store, "copied")
except (NotFoundError, FileNotFoundError):
    pass
else:
    raise AssertionError("renamed and still there")
with obstore.open_writer(store, "written", buffer_size=5 * 1024 * 1024) as file:
    for n in range(12):
        file.write(bytes([n]) * (1 << 20))
assert bytes(obstore.get(store, "written").bytes()) == b"".join(bytes([n]) * (1 << 20) for n in range(12))
names = [one["path"] for page in obstore.list(store) for one in page]
obstore.delete(store, names)
assert [one for page in obstore.list(store) for one in page] == []
print("judged")
"""
