import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.rules.tags import check_tags, from_header


def test_a_header_is_decoded_once_and_sorted():
    assert from_header("b=2&a=x+y&c&d=%2B") == (("a", "x y"), ("b", "2"), ("c", ""), ("d", "+"))
    assert from_header("") == from_header("&&") == ()
    assert from_header("%C3%A4=%D9%A3%20_.:/%3D-@") == (("ä", "٣ _.:/=-@"),)
    assert from_header("key=&") == (("key", ""),)


@pytest.mark.parametrize(
    "text",
    [
        "=1",
        "a=1&a=2",
        f"{'k' * 129}=1",
        f"k={'v' * 257}",
        "&".join(f"k{n}=1" for n in range(11)),
        "a=%00",
        "a=%0A",
        "a=b%26c",
        "a%2A=b",
        "a=%F0%9F%98%80",
        "a=%ff",
        "a=%ZZ",
        "100%",
    ],
)
def test_what_is_no_tag(text):
    with pytest.raises(Refusal, match=r"tag-invalid|tagging-malformed"):
        from_header(text)


def test_a_bucket_may_have_more():
    pairs = [(f"k{n:02}", "") for n in range(50)]
    assert check_tags(pairs, 50) == tuple(pairs)
    with pytest.raises(Refusal, match="tag-invalid"):
        check_tags([("aws:mine", "1")])
