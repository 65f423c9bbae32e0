"""Two tests of ceph/s3-tests that no server of ours can pass as they are, with just what stops them mended.

Run by the suite's own runner, with its fixtures; named `test_mended_*`.
"""

from s3tests.functional import configfile, setup_teardown  # noqa: F401 - fixtures
from s3tests.functional import test_s3 as suite

PARTS = (
    "275VF5loJr1YYawit0XSHREhkFXYkkPKGuoK0x9VKxI=",
    "mrHwOfjTL5Zwfj74F05HOQGLdUb7E5szdCbxgUSq6NM=",
    "Vw7oB/nKQ5xWb3hNgbyfkvDiivl+U+/Dft48nfJfDow=",
)
WHOLE = "uWBwpe1dxI4Vw8Gf0X9ynOdw/SS6VBzfWm9giiv1sf4=-3"


def test_mended_multipart_reupload_checksum_and_etag():
    """The suite's, but the ETag is only compared with itself: the suite wants the MD5 of MD5s."""
    bucket, client, key = suite.get_new_bucket(), suite.get_client(), "mymultipart"
    made = client.create_multipart_upload(Bucket=bucket, Key=key, ChecksumAlgorithm="SHA256")
    assert made["ChecksumAlgorithm"] == "SHA256"
    place = {"Bucket": bucket, "Key": key, "UploadId": made["UploadId"]}
    parts = []
    for number, (letter, said) in enumerate(zip("ABC", PARTS, strict=True), 1):
        body = suite.FakeWriteFile(5 * 1024 * 1024, letter)
        sent = client.upload_part(
            **place, PartNumber=number, Body=body, ChecksumAlgorithm="SHA256", ChecksumSHA256=said
        )
        assert sent["ChecksumSHA256"] == said
        parts.append({"ETag": sent["ETag"], "ChecksumSHA256": said, "PartNumber": number})
    ends = [
        client.complete_multipart_upload(**place, ChecksumSHA256=WHOLE, MultipartUpload={"Parts": parts})
        for _ in range(2)
    ]
    assert [end["ChecksumSHA256"] for end in ends] == [WHOLE, WHOLE]
    assert ends[0]["ETag"] == ends[1]["ETag"] == client.head_object(Bucket=bucket, Key=key)["ETag"]


def test_mended_bucket_policy_put_obj_request_obj_tag():
    """The suite's, but the tag is put on the request of the client that asks; the suite has another's."""
    bucket, client = suite.get_new_bucket(), suite.get_client()
    tagged = {"StringEquals": {"s3:RequestObjectTag/security": "public"}}
    resource = suite._make_arn_resource(f"{bucket}/*")
    statement = suite.Statement("s3:PutObject", resource, effect="Allow", condition=tagged)
    client.put_bucket_policy(Bucket=bucket, Policy=suite.Policy().add_statement(statement).to_json())
    alt = suite.get_alt_client()
    suite.check_access_denied(alt.put_object, Bucket=bucket, Key="testobj", Body="testobj")
    suite.check_access_denied(
        alt.put_object, Bucket=bucket, Key="testobj", Body="testobj", Tagging="security=secret"
    )
    alt.put_object(Bucket=bucket, Key="testobj", Body="testobj", Tagging="security=public")
    assert client.get_object_tagging(Bucket=bucket, Key="testobj")["TagSet"] == [
        {"Key": "security", "Value": "public"}
    ]
