import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.rules.inventory import Inventory
from custodes.protocols.s3.configs.inventory import read_inventory, write_inventories, write_inventory

WHOLE = Inventory(
    id="all",
    is_enabled=True,
    destination="kept",
    destination_prefix="a&b",
    account="cus-1",
    encryption="SSE-S3",
    prefix="<x>",
    has_all_versions=True,
    frequency="Weekly",
    fields=("Size", "ETag"),
)
LEAST = Inventory(id="all", is_enabled=False, destination="kept")


def test_what_is_written_is_read_again():
    for rule in (WHOLE, LEAST):
        assert read_inventory(write_inventory(rule)) == rule
    listed = write_inventories((WHOLE, LEAST))
    assert listed.count(b"<InventoryConfiguration>") == 2
    assert b"<IsTruncated>false</IsTruncated>" in listed


@pytest.mark.parametrize(
    ("said", "instead", "code"),
    [
        ("<Format>CSV</Format>", "<Format>Parquet</Format>", "operation-not-served"),
        ("<Format>CSV</Format>", "", "operation-not-served"),
        ("<SSE-S3></SSE-S3>", "<SSE-KMS><KeyId>k</KeyId></SSE-KMS>", "operation-not-served"),
        ("arn:aws:s3:::kept", "kept", "destination-unknown"),
        ("<IsEnabled>true</IsEnabled>", "<IsEnabled>1</IsEnabled>", "xml-malformed"),
        (">All<", ">Some<", "xml-malformed"),
        ("<Id>all</Id>", "<Id>all</Id><Id>all</Id>", "xml-malformed"),
        ("<Id>all</Id>", "<Id>all</Id><Else/>", "xml-malformed"),
        ("<Field>Size</Field>", "<Field><Size/></Field>", "xml-malformed"),
        ("<Schedule><Frequency>Weekly</Frequency></Schedule>", "", "xml-malformed"),
        ("InventoryConfiguration", "Configuration", "xml-malformed"),
    ],
)
def test_what_is_refused(said, instead, code):
    text = write_inventory(WHOLE).decode()
    assert said in text
    with pytest.raises(Refusal, match=code):
        read_inventory(text.replace(said, instead).encode())
