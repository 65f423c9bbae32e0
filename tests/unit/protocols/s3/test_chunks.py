"""The two examples of the S3 API Reference: chunked upload, and the same with a trailing checksum."""

import hashlib

import pytest

from custodes.kernel.refusal import Refusal
from custodes.protocols.s3.chunks import ChunkChain, signing_key

KEY = signing_key(b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524", "us-east-1", "s3")
HASHES = [hashlib.sha256(b"a" * size).hexdigest() for size in (65_536, 1_024, 0)]
SIGNATURES = [
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
]
SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
TRAILED = [
    "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
    "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
    "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
]
TRAILED_SEED = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
TRAILER = "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"


def chain(seed: str = SEED) -> ChunkChain:
    return ChunkChain(
        signing_key=KEY,
        amz_date="20130524T000000Z",
        scope="20130524/us-east-1/s3/aws4_request",
        seed_signature=seed,
    )


def test_the_published_chunks_verify_at_once_or_in_batches():
    chunks = list(zip(HASHES, SIGNATURES, strict=True))
    assert chain().verify_chunks(SEED, chunks) == SIGNATURES[-1]
    middle = chain().verify_chunks(SEED, chunks[:1])
    assert chain().verify_chunks(middle, chunks[1:]) == SIGNATURES[-1]
    assert chain().verify_chunks(SEED, []) == SEED


def test_the_published_trailer_verifies():
    last = chain(TRAILED_SEED).verify_chunks(TRAILED_SEED, list(zip(HASHES, TRAILED, strict=True)))
    digest = hashlib.sha256(b"x-amz-checksum-crc32c:sOO8/Q==\n").hexdigest()
    assert chain(TRAILED_SEED).verify_trailer(last, digest, TRAILER) == TRAILER
    for wrong in (TRAILER[:-1] + "0", "", "ä" * 64):
        with pytest.raises(Refusal, match="trailer-signature-differs"):
            chain(TRAILED_SEED).verify_trailer(last, digest, wrong)


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 0, 2), (0, 2), (1, 2)])
def test_dropped_repeated_and_reordered_chunks_are_refused(order):
    chunks = [(HASHES[index], SIGNATURES[index]) for index in order]
    with pytest.raises(Refusal, match="chunk-signature-differs") as caught:
        chain().verify_chunks(SEED, chunks)
    assert caught.value.facts["index"] == next(n for n, index in enumerate(order) if index != n)


def test_other_bytes_and_odd_signatures_are_refused():
    for chunk in [(HASHES[1], SIGNATURES[0]), (HASHES[0], "ä"), (HASHES[0], ""), ("\udc80", SIGNATURES[0])]:
        with pytest.raises(Refusal, match="chunk-signature-differs"):
            chain().verify_chunks(SEED, [chunk])
