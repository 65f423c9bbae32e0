import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.kernel.refusal import Kind, Refusal
from custodes.protocols.xks.flow import cdiv, framed, route, uri_path
from custodes.protocols.xks.messages import Operation, Route

CON = "con-" + "0" * 26
# Appendix C of the specification: its worked example.
AAD = b"project=nile,department=marketing"
MARK = b"key_version=1"
IV = bytes.fromhex("1ccae5470f39700254779031")
CIPHERTEXT = bytes.fromhex("821c642b5b71783367deaf18")
TAG = bytes.fromhex("bc1c4dda7707d6812447c5955e99b261")


def test_the_integrity_value_of_appendix_c():
    expected = "a8703f2260bd8791ec2d15ea0b23e65a0631eedcf2a13a65cc82db3f47cf5ec7"
    assert cdiv(AAD, MARK, IV, CIPHERTEXT, TAG).hex() == expected
    assert cdiv(b"", b"", IV, CIPHERTEXT, TAG) == cdiv(IV, b"", b"", CIPHERTEXT, TAG)  # no lengths in it


def test_additional_data_says_how_long_its_parts_are():
    assert framed(AAD, MARK) == b"\x00\x21" + AAD + b"\x0d" + MARK
    assert framed(b"", b"") == bytes(3)


@given(st.binary(max_size=40), st.binary(max_size=20), st.binary(max_size=40), st.binary(max_size=20))
def test_no_two_pairs_frame_alike(aad, mark, other_aad, other_mark):
    same = (aad, mark) == (other_aad, other_mark)
    assert (framed(aad, mark) == framed(other_aad, other_mark)) is same


def test_paths():
    base = f"/{CON}/kms/xks/v1"
    assert uri_path(CON) == base
    assert len(base) <= 128
    assert route(f"{base}/health".encode()) == Route(prefix=CON, operation=Operation.HEALTH)
    for operation in (Operation.METADATA, Operation.ENCRYPT, Operation.DECRYPT):
        path = f"{base}/keys/a.B_9-/{operation.value}".encode()
        assert route(path) == Route(prefix=CON, operation=operation, key="a.B_9-")


@pytest.mark.parametrize(
    "path",
    [
        b"/kms/xks/v1/health",
        f"/{CON}/invalid/kms/xks/v1/health".encode(),
        f"/{CON}/kms/xks/v2/health".encode(),
        f"/{CON}/kms/xks/v1/keys//encrypt".encode(),
        f"/{CON}/kms/xks/v1/keys/a%2Fb/encrypt".encode(),
        f"/{CON}/kms/xks/v1/keys/{'a' * 129}/encrypt".encode(),
        f"/{CON}/kms/xks/v1/keys/a/sign".encode(),
        f"/{CON}/kms/xks/v1/health/".encode(),
        b"/example/kms/xks/v1/health",
        b"/\xff/kms/xks/v1/health",
    ],
)
def test_every_other_path_is_absent(path):
    with pytest.raises(Refusal) as caught:
        route(path)
    assert (caught.value.code, caught.value.kind) == ("connection-absent", Kind.ABSENT)
