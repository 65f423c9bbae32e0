from custodes.law.coverage import NO_WIRE, coverage, of_wire
from custodes.parties.connections import ConnectionKind

OF_APPLICATIONS = ("transit", "kms-v2")  # wires that need no connection: an application's token is enough


def test_each_row_speaks_of_a_wire_and_says_all_three_things_twice():
    kinds = {*(kind.value for kind in ConnectionKind), *OF_APPLICATIONS, NO_WIRE}
    for row in coverage():
        assert row.wire in kinds, row.code
        said = (row.protects_german, row.protects_english, row.leaves_german, row.leaves_english)
        assert all((*said, row.holds_german, row.holds_english, row.service, row.origin.source))


def test_every_wire_has_a_service():
    assert all(of_wire(kind.value) for kind in ConnectionKind)


def test_only_where_the_cloud_never_holds_the_key_is_it_blind():
    assert [row.code for row in coverage() if row.is_blind] == ["dke-documents"]


def test_what_the_issue_asks_for_is_there():
    codes = {row.code for row in coverage()}
    assert codes >= {
        "s3-sse-kms", "ebs", "rds", "dynamodb", "exchange", "sharepoint", "teams", "dke-documents",
    }  # fmt: skip
    assert any(not row.origin.confirmed for row in coverage())
