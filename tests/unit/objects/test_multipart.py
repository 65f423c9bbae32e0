import msgspec
import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.checksums import Algorithm, Coverage, checksum_of
from custodes.objects.etags import etag_for
from custodes.objects.multipart import (
    PART_BYTES_MIN,
    Listed,
    assemble,
    check_part_number,
    completion_mark,
    repeats,
    span_of_part,
)
from custodes.objects.ranges import Span
from custodes.objects.version import Part


def part(number: int, size_bytes: int = PART_BYTES_MIN) -> Part:
    blob = f"blb-{number}"
    return Part(
        number=number,
        blob=blob,
        size_bytes=size_bytes,
        etag=etag_for(blob),
        checksum=checksum_of(Algorithm.CRC64NVME, b"%d" % number),
    )


UPLOADED = {number: part(number) for number in (1, 2, 5)} | {7: part(7, 3)}


def listed(*numbers: int) -> list[Listed]:
    return [Listed(number=number, etag=f'"{UPLOADED[number].etag}"') for number in numbers]


def test_parts_become_an_object():
    made = assemble(UPLOADED, listed(1, 5, 7), Algorithm.CRC64NVME, Coverage.FULL_OBJECT)
    assert [each.number for each in made.parts] == [1, 5, 7]
    assert made.size_bytes == 2 * PART_BYTES_MIN + 3
    assert made.checksum is not None
    assert made.checksum.coverage is Coverage.FULL_OBJECT
    assert assemble(UPLOADED, listed(7)).size_bytes == 3
    assert assemble(UPLOADED, listed(7)).checksum is None


def test_what_is_refused():
    wrong_etag = [Listed(number=1, etag="0" * 32)]
    wrong_sum = [msgspec.structs.replace(listed(1)[0], checksum="AAAAAAAAAAA=")]
    huge = {number: part(number, 5 * 1_024**3) for number in range(1, 1_026)}
    cases = [
        (UPLOADED, [], "xml-malformed"),
        (UPLOADED, listed(2, 1), "part-order-invalid"),
        (UPLOADED, listed(1, 1), "part-order-invalid"),
        (UPLOADED, [Listed(number=3, etag="x")], "part-invalid"),
        (UPLOADED, wrong_etag, "part-invalid"),
        (UPLOADED, wrong_sum, "part-invalid"),
        (UPLOADED | {9: part(9)}, [*listed(7), Listed(number=9, etag=part(9).etag)], "part-too-small"),
        (UPLOADED, [Listed(number=0, etag="x")], "part-number-invalid"),
        (huge, [Listed(number=n, etag=huge[n].etag) for n in huge], "object-too-large"),
    ]
    for uploaded, given, code in cases:
        with pytest.raises(Refusal, match=code):
            assemble(uploaded, given)
    with pytest.raises(Refusal, match="part-invalid"):
        assemble(UPLOADED, listed(1, 2), Algorithm.CRC32, Coverage.COMPOSITE)


def test_ten_thousand_parts_and_one_more():
    many = {number: part(number) for number in range(1, 10_001)}
    in_order = [Listed(number=number, etag=many[number].etag) for number in many]
    assert assemble(many, in_order).size_bytes == 10_000 * PART_BYTES_MIN
    swapped = [*in_order[:4_998], in_order[4_999], in_order[4_998], *in_order[5_000:]]
    one_more = [*in_order, Listed(number=10_001, etag="x")]
    for given, code in (
        (in_order[::-1], "part-order-invalid"),
        (swapped, "part-order-invalid"),
        ([*in_order[:-1], in_order[-2]], "part-order-invalid"),
        (one_more, "xml-malformed"),
    ):
        with pytest.raises(Refusal, match=code):
            assemble(many, given)


def test_part_numbers():
    assert check_part_number(1) == 1
    assert check_part_number(10_000) == 10_000
    for number in (0, 10_001, -1):
        with pytest.raises(Refusal, match="part-number-invalid"):
            check_part_number(number)


def test_the_bytes_of_a_part():
    assert span_of_part([5, 7, 1], 1) == Span(first=0, end=5)
    assert span_of_part([5, 7, 1], 3) == Span(first=12, end=13)
    for number in (0, 4):
        with pytest.raises(Refusal, match="part-absent"):
            span_of_part([5, 7, 1], number)


def test_the_same_list_again_is_known():
    mark = completion_mark(listed(1, 2))
    assert repeats(mark, [Listed(number=one.number, etag=one.etag.strip('"')) for one in listed(1, 2)])
    assert not repeats(mark, listed(1))
    assert not repeats(mark, listed(1, 5))
