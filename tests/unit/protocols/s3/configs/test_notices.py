import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.rules.bucket_rules import Inventory, Notice
from custodes.protocols.s3.configs import notices

NOTICE = Notice(
    id="n", target="https://hook.example/a", events=("s3:ObjectCreated:*",), prefix="a/", suffix=".pdf"
)
INVENTORY = Inventory(
    id="daily", bucket="lists", prefix="p", only="a/", versions="All", fields=("Size", "ETag")
)


def test_read_as_written():
    assert notices.read_notices(notices.write_notices((NOTICE,))) == (NOTICE,)
    assert notices.read_notices(b"<NotificationConfiguration/>") == ()
    assert notices.read_inventory(notices.write_inventory((INVENTORY,), "daily"), "daily") == INVENTORY
    assert b"<Id>daily</Id>" in notices.write_inventories((INVENTORY,))
    with pytest.raises(Refusal, match="inventory-absent"):
        notices.write_inventory((INVENTORY,), "weekly")


@pytest.mark.parametrize(
    "inner",
    [
        "<Topic>arn:aws:sns:eu:1:t</Topic><Event>s3:ObjectCreated:*</Event>",
        "<Topic>https://a</Topic><Event>s3:Replication:*</Event>",
        "<Topic>https://a</Topic>",
        (
            "<Topic>https://a</Topic><Event>s3:ObjectCreated:*</Event><Filter><S3Key><FilterRule><Name>middle</Name>"
            "<Value>x</Value></FilterRule></S3Key></Filter>"
        ),
    ],
)
def test_what_nobody_can_be_told(inner):
    body = f"<NotificationConfiguration><TopicConfiguration>{inner}</TopicConfiguration></NotificationConfiguration>"  # noqa: E501 - one document, one line
    with pytest.raises(Refusal, match="notice-invalid"):
        notices.read_notices(body.encode())


def test_an_inventory_under_another_name():
    with pytest.raises(Refusal, match="inventory-invalid"):
        notices.read_inventory(notices.write_inventory((INVENTORY,), "daily"), "other")
