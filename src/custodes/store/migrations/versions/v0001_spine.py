"""The first tables, written from the schema by tools/migration.py until a release fixes them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table and index."""
    _admission()
    _adopt_item()
    _adopt_sheet()
    _blob_fate()
    _bucket_care()
    _bucket_inventory()
    _bucket_seq()
    _bucket_upload()
    _bundle()
    _copy_due()
    _desk_case()
    _destroyed()
    _epoch()
    _epoch_head()
    _event()
    _fold_name()
    _fold_part()
    _head()
    _house()
    _house_head()
    _keyroom_lease()
    _object_latest()
    _object_version()
    _opening()
    _outbox()
    _page()
    _preserved()
    _preserved_blob()
    _shard()
    _slot_state()
    _standing()
    _store_listing()
    _stray()
    _tile()
    _upkeep_due()
    _upload()
    _upload_part()


def _admission() -> None:
    op.create_table(
        "admission",
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("grant_id", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("log", sa.String(), nullable=False),
        sa.Column("idx", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("act", "ordinal"),
        sqlite_with_rowid=False,
    )
    op.create_index("admission_at", "admission", ["at"], unique=False)


def _adopt_item() -> None:
    op.create_table(
        "adopt_item",
        sa.Column("adoption", sa.String(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("modified", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("sheet", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("adoption", "name"),
        sqlite_with_rowid=False,
    )
    op.create_index("adopt_item_state", "adopt_item", ["adoption", "state", "name"], unique=False)


def _adopt_sheet() -> None:
    op.create_table(
        "adopt_sheet",
        sa.Column("adoption", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("adoption", "number"),
    )
    op.create_index("adopt_sheet_digest", "adopt_sheet", ["adoption", "digest"], unique=True)


def _blob_fate() -> None:
    op.create_table(
        "blob_fate",
        sa.Column("blob", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("blob", "location"),
        sqlite_with_rowid=False,
    )
    op.create_index("blob_fate_at", "blob_fate", ["at"], unique=False)


def _bucket_care() -> None:
    op.create_table(
        "bucket_care",
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("bucket"),
        sqlite_with_rowid=False,
    )
    op.create_index("bucket_care_at", "bucket_care", ["at"], unique=False)


def _bucket_inventory() -> None:
    op.create_table(
        "bucket_inventory",
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("inventory", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "inventory"),
        sqlite_with_rowid=False,
    )
    op.create_index("bucket_inventory_at", "bucket_inventory", ["at"], unique=False)


def _bucket_seq() -> None:
    op.create_table(
        "bucket_seq",
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("versions", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bucket"),
        sqlite_with_rowid=False,
    )


def _bucket_upload() -> None:
    op.create_table(
        "bucket_upload",
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bucket"),
        sqlite_with_rowid=False,
    )


def _bundle() -> None:
    op.create_table(
        "bundle",
        sa.Column("log", sa.String(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("leaves", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("log", "first"),
        sqlite_with_rowid=False,
    )


def _copy_due() -> None:
    op.create_table(
        "copy_due",
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("blob", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("version", "blob", "location"),
        sqlite_with_rowid=False,
    )
    op.create_index("copy_due_at", "copy_due", ["at"], unique=False)
    op.create_index("copy_due_bucket", "copy_due", ["bucket", "location"], unique=False)


def _desk_case() -> None:
    op.create_table(
        "desk_case",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("desk", sa.String(), nullable=False),
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("asker", sa.String(), nullable=False),
        sa.Column("beneficiary", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("case_asker", "desk_case", ["asker", "opened_at"], unique=False)
    op.create_index("case_beneficiary", "desk_case", ["beneficiary", "opened_at"], unique=False)
    op.create_index("case_customer", "desk_case", ["customer", "opened_at"], unique=False)
    op.create_index("case_due", "desk_case", ["due_at"], unique=False)
    op.create_index("case_opened", "desk_case", ["opened_at"], unique=False)


def _destroyed() -> None:
    op.create_table(
        "destroyed",
        sa.Column("log", sa.String(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("log", "first"),
        sqlite_with_rowid=False,
    )


def _epoch() -> None:
    op.create_table(
        "epoch",
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("root_index", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("epoch"),
    )


def _epoch_head() -> None:
    op.create_table(
        "epoch_head",
        sa.Column("log", sa.String(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("log", "epoch"),
        sqlite_with_rowid=False,
    )
    op.create_index("epoch_head_size", "epoch_head", ["log", "size"], unique=False)


def _event() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("webhook", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("event_webhook", "event", ["webhook", "at"], unique=False)


def _fold_name() -> None:
    op.create_table(
        "fold_name",
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("idx", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("customer", "tag"),
        sqlite_with_rowid=False,
    )
    op.create_index("fold_name_version", "fold_name", ["customer", "version"], unique=False)


def _fold_part() -> None:
    op.create_table(
        "fold_part",
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("customer", "part"),
        sqlite_with_rowid=False,
    )


def _head() -> None:
    op.create_table(
        "head",
        sa.Column("log", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("stack", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("log"),
        sqlite_with_rowid=False,
    )


def _house() -> None:
    op.create_table(
        "house",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )


def _house_head() -> None:
    op.create_table(
        "house_head",
        sa.Column("keyroom", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("standing_seq", sa.BigInteger(), nullable=False),
        sa.Column("standing_root", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("keyroom"),
        sqlite_with_rowid=False,
    )


def _keyroom_lease() -> None:
    op.create_table(
        "keyroom_lease",
        sa.Column("keyroom", sa.String(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("lapses_at", sa.BigInteger(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("wants_epoch", sa.Integer(), nullable=False),
        sa.Column("ahead", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("keyroom"),
        sqlite_with_rowid=False,
    )


def _object_latest() -> None:
    op.create_table(
        "object_latest",
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("is_null", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "name"),
        sqlite_with_rowid=False,
    )


def _object_version() -> None:
    op.create_table(
        "object_version",
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("is_null", sa.Integer(), nullable=False),
        sa.Column("is_marker", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("page", sa.String(), nullable=True),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=False),
        sa.Column("blobs", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("checks", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "name", "rank"),
        sa.UniqueConstraint("version"),
    )
    op.create_index(
        "object_null",
        "object_version",
        ["bucket", "name"],
        unique=True,
        sqlite_where=sa.text("is_null = 1"),
        postgresql_where=sa.text("is_null = 1"),
    )
    op.create_index("object_page", "object_version", ["page"], unique=False)


def _opening() -> None:
    op.create_table(
        "opening",
        sa.Column("log", sa.String(), nullable=False),
        sa.Column("idx", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("is_sought", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("person_page", sa.String(), nullable=True),
        sa.Column("person_sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("log", "idx"),
    )
    op.create_index(
        "opening_act",
        "opening",
        ["act"],
        unique=False,
        sqlite_where=sa.text("is_sought = 1"),
        postgresql_where=sa.text("is_sought = 1"),
    )
    op.create_index("opening_page", "opening", ["page"], unique=False)
    op.create_index("opening_subject", "opening", ["subject", "log", "idx"], unique=False)


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("outbox_due", "outbox", ["done_at", "at"], unique=False)


def _page() -> None:
    op.create_table(
        "page",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("shred", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("page_key", "page", ["key", "key_version"], unique=False)
    op.create_index("page_shred", "page", ["customer", "shred"], unique=False)


def _preserved() -> None:
    op.create_table(
        "preserved",
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("blob", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tag"),
        sqlite_with_rowid=False,
    )
    op.create_index("preserved_lying", "preserved", ["blob"], unique=False)


def _preserved_blob() -> None:
    op.create_table(
        "preserved_blob",
        sa.Column("blob", sa.String(), nullable=False),
        sa.Column("row", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("blob", "row"),
        sqlite_with_rowid=False,
    )
    op.create_index("preserved_blob_row", "preserved_blob", ["row"], unique=False)


def _shard() -> None:
    op.create_table(
        "shard",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("root_log", sa.String(), nullable=False),
        sa.Column("announced", sa.LargeBinary(), nullable=False),
        sa.Column("announced_index", sa.BigInteger(), nullable=False),
        sa.Column("turned", sa.LargeBinary(), nullable=True),
        sa.Column("last_epoch", sa.BigInteger(), nullable=True),
        sa.Column("pruned_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )


def _slot_state() -> None:
    op.create_table(
        "slot_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("leaves", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _standing() -> None:
    op.create_table(
        "standing",
        sa.Column("noun", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("noun", "id"),
        sa.UniqueConstraint("position"),
        sqlite_with_rowid=False,
    )
    op.create_index("standing_changed", "standing", ["changed"], unique=False)


def _store_listing() -> None:
    op.create_table(
        "store_listing",
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("location"),
        sqlite_with_rowid=False,
    )


def _stray() -> None:
    op.create_table(
        "stray",
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("blob", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("doomed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("location", "blob"),
        sqlite_with_rowid=False,
    )


def _tile() -> None:
    op.create_table(
        "tile",
        sa.Column("log", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("log", "level", "n"),
        sqlite_with_rowid=False,
    )


def _upkeep_due() -> None:
    op.create_table(
        "upkeep_due",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "id"),
        sqlite_with_rowid=False,
    )
    op.create_index("upkeep_due_at", "upkeep_due", ["kind", "at"], unique=False)


def _upload() -> None:
    op.create_table(
        "upload",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("upload_bucket", "upload", ["bucket", "state", "name", "id"], unique=False)
    op.create_index("upload_page", "upload", ["page"], unique=False)


def _upload_part() -> None:
    op.create_table(
        "upload_part",
        sa.Column("upload", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("blobs", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("upload", "n"),
        sqlite_with_rowid=False,
    )
