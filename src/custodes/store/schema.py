"""Every table of the house. Ledger tables are append-only by trigger (`APPEND_ONLY`).

Times in indexed columns are whole microseconds since 1970 (UTC), so that they sort in both databases.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)
from sqlalchemy.dialects.postgresql import insert as upsert  # SQLite's compiler understands it too

__all__ = ["metadata", "upsert"]

metadata = MetaData()

house = Table(
    "house",
    metadata,
    Column("id", String, primary_key=True),
    Column("body", LargeBinary, nullable=False),  # canonical: name, demo, holder, wrapped house keys
    sqlite_with_rowid=False,
)

head = Table(
    "head",
    metadata,
    Column("log", String, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("stack", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

tile = Table(
    "tile",
    metadata,
    Column("log", String, primary_key=True),
    Column("level", Integer, primary_key=True),
    Column("n", BigInteger, primary_key=True),
    Column("hashes", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

bundle = Table(
    "bundle",
    metadata,
    Column("log", String, primary_key=True),
    Column("first", BigInteger, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("leaves", LargeBinary, nullable=False),  # as in a tlog-tiles entry bundle
    sqlite_with_rowid=False,
)

opening = Table(
    "opening",
    metadata,
    Column("log", String, primary_key=True),
    Column("idx", BigInteger, primary_key=True),
    Column("act", String, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("is_sought", Integer, nullable=False),
    Column("code", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("page", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("person_page", String),
    Column("person_sealed", LargeBinary),
)  # with a rowid: without one SQLite puts all of a row beyond a kilobyte into a page of its own
Index(  # others are never looked up
    "opening_act",
    opening.c.act,
    sqlite_where=opening.c.is_sought == 1,
    postgresql_where=opening.c.is_sought == 1,
)
Index("opening_subject", opening.c.subject, opening.c.log, opening.c.idx)
Index("opening_page", opening.c.page)  # an erasure re-keys a page with all that lies in it

destroyed = (
    Table(  # where to look: what proves it is the entry of `act` in the customer's exceptional sub-log
        "destroyed",
        metadata,
        Column("log", String, primary_key=True),
        Column("first", BigInteger, primary_key=True),
        Column("end", BigInteger, nullable=False),
        Column("act", String, nullable=False),
        Column("ordinal", Integer, nullable=False),
        sqlite_with_rowid=False,
    )
)

house_head = Table(
    "house_head",
    metadata,
    Column("keyroom", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("standing_seq", BigInteger, nullable=False),
    Column("standing_root", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

standing = Table(
    "standing",
    metadata,
    Column("noun", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("customer", String, nullable=False),
    Column("position", BigInteger, nullable=False, unique=True),
    Column("generation", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("mac", LargeBinary, nullable=False),
    Column(
        "changed", BigInteger, nullable=False
    ),  # the standing sequence that put it: others read from there
    sqlite_with_rowid=False,
)
Index("standing_changed", standing.c.changed)

epoch = Table(
    "epoch",
    metadata,
    Column("epoch", BigInteger, primary_key=True),
    Column("root_index", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)

epoch_head = Table(
    "epoch_head",
    metadata,
    Column("log", String, primary_key=True),
    Column("epoch", BigInteger, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("evidence", LargeBinary, nullable=False),  # msgpack of asks.log.SlotEvidence
    sqlite_with_rowid=False,
)
Index("epoch_head_size", epoch_head.c.log, epoch_head.c.size)  # which epoch first held an entry

slot_state = Table(
    "slot_state",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("leaves", LargeBinary, nullable=False),  # msgpack: slot -> leaf of the last epoch
    Column("note", LargeBinary, nullable=False),  # the last published checkpoint
)

shard = Table(  # of a log's years the ones that have said which follows; the others' successors stand here
    "shard",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("year", Integer, nullable=False),
    Column("origin", String, nullable=False),
    Column("root_log", String, nullable=False),
    Column("announced", LargeBinary, nullable=False),  # the document: docs/formats/log-turn.md
    Column("announced_index", BigInteger, nullable=False),
    Column("turned", LargeBinary),  # what the log that follows begins with; NULL while this one is open
    Column("last_epoch", BigInteger),
    Column("pruned_at", BigInteger),
)

page = Table(
    "page",
    metadata,
    Column("id", String, primary_key=True),
    Column("customer", String, nullable=False),
    Column("kind", String, nullable=False),  # record | object
    Column("key", String, nullable=False),
    Column("key_version", Integer, nullable=False),
    Column("shred", Integer, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
Index("page_key", page.c.key, page.c.key_version)
Index("page_shred", page.c.customer, page.c.shred)

case = Table(
    "desk_case",
    metadata,
    Column("id", String, primary_key=True),
    Column("desk", String, nullable=False),
    Column("customer", String, nullable=False),
    Column("state", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("asker", String, nullable=False),  # person
    Column("beneficiary", String, nullable=False),  # credential
    Column("due_at", BigInteger),  # when the clock has its next move
    Column("body", LargeBinary, nullable=False),  # canonical; its digest stands under the signed root
    sqlite_with_rowid=False,
)
Index("case_customer", case.c.customer, case.c.opened_at)
Index("case_opened", case.c.opened_at)
Index("case_asker", case.c.asker, case.c.opened_at)
Index("case_beneficiary", case.c.beneficiary, case.c.opened_at)
Index("case_due", case.c.due_at)

outbox = Table(
    "outbox",
    metadata,
    Column("id", String, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("kind", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("done_at", BigInteger),
    sqlite_with_rowid=False,
)
Index("outbox_due", outbox.c.done_at, outbox.c.at)

object_version = Table(
    "object_version",
    metadata,
    Column("bucket", String, primary_key=True),
    Column("name", LargeBinary, primary_key=True),  # UTF-8 of the object's key: sorts as S3 sorts
    Column("rank", BigInteger, primary_key=True),  # minus the bucket's sequence: newest first
    Column("version", String, nullable=False, unique=True),
    Column("is_null", Integer, nullable=False),  # the version id S3 calls "null"
    Column("is_marker", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("etag", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("page", String),
    Column("wrapped", LargeBinary, nullable=False),
    Column("manifest", LargeBinary, nullable=False),
    Column("blobs", LargeBinary, nullable=False),  # canonical: [[blob, location], ...]
    Column(
        "state", LargeBinary, nullable=False
    ),  # canonical: tags, retention, hold, with their MAC; or empty
    Column("checks", LargeBinary, nullable=False),  # canonical: [[blob, cipher bytes, GMAC], ...]
)  # with a rowid, as `opening`: a manifest is about a kilobyte
Index(
    "object_null",
    object_version.c.bucket,
    object_version.c.name,
    unique=True,
    sqlite_where=object_version.c.is_null == 1,
    postgresql_where=object_version.c.is_null == 1,
)
Index("object_page", object_version.c.page)

latest = Table(  # what a listing shows: names whose newest version is no delete marker
    "object_latest",
    metadata,
    Column("bucket", String, primary_key=True),
    Column("name", LargeBinary, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("version", String, nullable=False),
    Column("is_null", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("etag", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

bucket_seq = Table(
    "bucket_seq",
    metadata,
    Column("bucket", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),  # plain, of all versions that lie in the bucket
    Column("versions", BigInteger, nullable=False),  # delete markers too
    sqlite_with_rowid=False,
)

bucket_upload = Table(  # apart from `bucket_seq`: who writes an object in one piece need not touch it
    "bucket_upload",
    metadata,
    Column("bucket", String, primary_key=True),
    Column("bytes", BigInteger, nullable=False),  # plain, of all parts of its open uploads
    sqlite_with_rowid=False,
)

upload = Table(
    "upload",
    metadata,
    Column("id", String, primary_key=True),
    Column("bucket", String, nullable=False),
    Column("name", LargeBinary, nullable=False),
    Column("version", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("state", String, nullable=False),  # open | completed | aborted
    Column("page", String, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # content type, metadata, under the data key
    Column("body", LargeBinary, nullable=False),  # canonical: placement, options, how it was completed
    sqlite_with_rowid=False,
)
Index("upload_bucket", upload.c.bucket, upload.c.state, upload.c.name, upload.c.id)
Index("upload_page", upload.c.page)

part = Table(
    "upload_part",
    metadata,
    Column("upload", String, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("size", BigInteger, nullable=False),  # plain bytes
    Column("body", LargeBinary, nullable=False),  # canonical: blob, sizes, etag, checksums
    Column("blobs", LargeBinary, nullable=False),  # canonical: [[blob, location], ...]
    sqlite_with_rowid=False,
)

blob_fate = Table(
    "blob_fate",
    metadata,
    Column("blob", String, primary_key=True),
    Column("location", String, primary_key=True),
    Column("at", BigInteger, nullable=False),  # to be removed from its store from then on
    sqlite_with_rowid=False,
)
Index("blob_fate_at", blob_fate.c.at)

copy_due = Table(  # copies that are missing or bad, until they are there
    "copy_due",
    metadata,
    Column("version", String, primary_key=True),
    Column("blob", String, primary_key=True),
    Column("location", String, primary_key=True),
    Column("bucket", String, nullable=False),
    Column("at", BigInteger, nullable=False),  # to be tried from then on
    Column("why", String, nullable=False),  # behind | absent | differs | lost
    sqlite_with_rowid=False,
)
Index("copy_due_at", copy_due.c.at)
Index("copy_due_bucket", copy_due.c.bucket, copy_due.c.location)

adopt_item = Table(  # objects of buckets that are being adopted, as they were found in plain
    "adopt_item",
    metadata,
    Column("adoption", String, primary_key=True),
    Column("name", LargeBinary, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("etag", String, nullable=False),
    Column("modified", String, nullable=False),
    Column("state", String, nullable=False),
    Column("version", String, nullable=False),
    Column("digest", String, nullable=False),  # SHA-256 of the plain bytes, base64
    Column("note", String, nullable=False),
    Column("sheet", BigInteger, nullable=False),  # of a restoration: which sheet opens it; else 0
    sqlite_with_rowid=False,
)
Index("adopt_item_state", adopt_item.c.adoption, adopt_item.c.state, adopt_item.c.name)

adopt_sheet = Table(  # sheets of an export that is being restored, sealed as they were handed over
    "adopt_sheet",
    metadata,
    Column("adoption", String, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("digest", String, nullable=False),  # SHA-256 of its plain text, base64
    Column("origin", String, nullable=False),  # house and bucket it is of
    Column("sealed", LargeBinary, nullable=False),
)
Index("adopt_sheet_digest", adopt_sheet.c.adoption, adopt_sheet.c.digest, unique=True)

care = Table(  # how far the scrub of each bucket is
    "bucket_care",
    metadata,
    Column("bucket", String, primary_key=True),
    Column("at", BigInteger, nullable=False),  # due from then on
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
Index("bucket_care_at", care.c.at)

inventory = Table(  # how far each report of a bucket is
    "bucket_inventory",
    metadata,
    Column("bucket", String, primary_key=True),
    Column("inventory", String, primary_key=True),
    Column("at", BigInteger, nullable=False),  # due from then on
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
Index("bucket_inventory_at", inventory.c.at)

stray = Table(  # what lies in a store and belongs to nothing, as its newest listing had it
    "stray",
    metadata,
    Column("location", String, primary_key=True),
    Column("blob", String, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("found_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("doomed_at", BigInteger),  # two organisations signed then that it is to be removed
    sqlite_with_rowid=False,
)

preserved = Table(  # what is kept under a legal preservation: docs/formats/preservation.md
    "preserved",
    metadata,
    Column("tag", String, primary_key=True),  # keyed: says nothing of case or customer
    # empty: a version; else (keyed) a blob in one place whose version is gone, and that still lies there
    Column("blob", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
Index("preserved_lying", preserved.c.blob)

preserved_blob = Table(  # which of those need a blob
    "preserved_blob",
    metadata,
    Column("blob", String, primary_key=True),  # keyed
    Column("row", String, primary_key=True),  # tag of a row above
    sqlite_with_rowid=False,
)

Index("preserved_blob_row", preserved_blob.c.row)

store_listing = Table(  # how far each location is listed
    "store_listing",
    metadata,
    Column("location", String, primary_key=True),
    Column("at", BigInteger, nullable=False),  # due from then on
    Column("after", String, nullable=False),  # the last name that is done
    Column("begun_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

admission = Table(  # long uses without an outcome yet, and where their entries stand
    "admission",
    metadata,
    Column("act", String, primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("customer", String, nullable=False),
    Column("code", String, nullable=False),
    Column("grant_id", String, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("log", String, nullable=False),
    Column("idx", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
Index("admission_at", admission.c.at)

event = Table(  # of objects, for webhooks; a row goes when it was told or given up
    "event",
    metadata,
    Column("id", String, primary_key=True),
    Column("webhook", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
Index("event_webhook", event.c.webhook, event.c.at)

fold_part = Table(  # counts of a customer's entries, sealed as they are: docs/reference/counts.md
    "fold_part",
    metadata,
    Column("customer", String, primary_key=True),
    Column("part", String, primary_key=True),  # head, or a day
    Column("generation", BigInteger, nullable=False),
    Column("page", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

fold_name = Table(  # which version of a name a next one replaces, where versions are not kept
    "fold_name",
    metadata,
    Column("customer", String, primary_key=True),
    Column("tag", LargeBinary, primary_key=True),  # keyed: says nothing of the name
    Column("version", String, nullable=False),
    Column("size", BigInteger, nullable=False),  # -1: a delete marker
    Column("idx", BigInteger, nullable=False),  # of the entry that says so
    Column("mac", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
Index("fold_name_version", fold_name.c.customer, fold_name.c.version)

upkeep_due = Table(
    "upkeep_due",
    metadata,
    Column("kind", String, primary_key=True),  # rekey | shred | floor | scrub: see store/keeping
    Column("id", String, primary_key=True),
    Column("at", BigInteger, nullable=False),  # floor: the oldest shred generation that is still there
    sqlite_with_rowid=False,
)
Index("upkeep_due_at", upkeep_due.c.kind, upkeep_due.c.at)

lease = Table(  # one row per keyroom that lives
    "keyroom_lease",
    metadata,
    Column("keyroom", String, primary_key=True),
    Column("run", String, nullable=False),  # drawn at each start: two machines must not share a name
    Column("lapses_at", BigInteger, nullable=False),  # by the database's clock
    Column("seen", BigInteger, nullable=False),  # the standing sequence its memory has followed to
    Column("wants_epoch", Integer, nullable=False),  # a use waits there for the witnesses
    Column("ahead", BigInteger),  # microseconds its clock is ahead of the database's
    sqlite_with_rowid=False,
)

APPEND_ONLY = ("bundle",)


def triggers(dialect: str) -> tuple[str, ...]:
    """SQL that makes the append-only tables refuse updates and deletes (in PostgreSQL: truncation too).

    Leaves of a shard that is marked as pruned may go, in the transaction that marks it.
    """
    kept = "NOT EXISTS (SELECT 1 FROM shard WHERE root_log = OLD.log AND pruned_at IS NOT NULL)"
    if dialect == "sqlite":
        return tuple(
            f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
            f"{'WHEN ' + kept if verb == 'delete' else ''} BEGIN SELECT RAISE(ABORT, 'append-only'); END"
            for table in APPEND_ONLY
            for verb in ("update", "delete")
        )
    refuse = (
        "CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'append-only'; END $$"
    )
    unless_pruned = (
        "CREATE OR REPLACE FUNCTION append_only_unless_pruned() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {kept} THEN RAISE EXCEPTION 'append-only'; END IF; RETURN OLD; END $$"
    )
    return (
        refuse,
        unless_pruned,
        *(
            f"CREATE OR REPLACE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
            for table in APPEND_ONLY
            for verb in ("update", "truncate")
        ),
        *(
            f"CREATE OR REPLACE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION append_only_unless_pruned()"
            for table in APPEND_ONLY
        ),
    )
