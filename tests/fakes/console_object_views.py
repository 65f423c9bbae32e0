"""Pages of buckets and objects, filled as a town's people would see them."""

from datetime import date, timedelta

import msgspec

from custodes.web.console.views.objects import (
    BoundaryView,
    BucketRow,
    BucketsView,
    Country,
    ObjectRow,
    ObjectsView,
    ObjectView,
    ReadingRow,
    Readings,
    UploadView,
    VersionRow,
)
from custodes.web.console.views.questions import Place
from custodes.web.console.views.shell import Option, Pager
from custodes.web.console.views.stored.adoptions import (
    AdoptedView,
    AdoptionRow,
    AdoptionSign,
    AdoptionsView,
    Estimate,
    ItemRow,
    StateRow,
)
from custodes.web.console.views.stored.care import (
    CareView,
    Choice,
    CopiesRow,
    LackRow,
    RoundRow,
)
from custodes.web.console.views.stored.health import KeptRow, OutageRow, StoreRow, StoresView
from custodes.web.console.views.stored.leases import LeasedRow, LeaseStop, LeasesView
from custodes.web.console.views.stored.readings import ReadingsView, ReadRow
from custodes.web.console.views.stored.usage import (
    Chart,
    Column,
    DayRow,
    ShareDay,
    ShareRow,
    UsageView,
)
from custodes.web.console.views.stored.webhooks import WebhookRow, WebhookSecret, WebhooksView
from fakes.console_views import BOUNDS, KEY, OBJECT, PASSKEY, SUPPLIER, TOWN, at, proof

PLACES = (
    Place(
        name="Kommunalspeicher Kiel",
        country="DE",
        operator="Rechenhaus Nord AöR",
        jurisdictions=("DE",),
        buckets=1,
        is_inside=True,
        objects=18_204,
        size_bytes=412_316_860_416,
    ),
    Place(
        name="Paris-2",
        country="FR",
        operator="Nuage Public SAS",
        jurisdictions=("FR",),
        buckets=1,
        is_inside=True,
        objects=3_118,
        size_bytes=71_403_110_400,
    ),
)
_INSIDE = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
_OUTSIDE = "AL BA CH GB IS LI MD ME MK NO RS TR UA US CN"
BAD_PLACE = Place(
    name="eu-central-x",
    country="DE",
    operator="Example Cloud Inc.",
    jurisdictions=("US",),
    buckets=1,
    is_inside=False,
    objects=12,
    size_bytes=812_000,
)
INSIDE = tuple(part for part in _INSIDE.split())
OUTSIDE = tuple(part for part in _OUTSIDE.split())
BOUNDARY = BoundaryView(
    name="EU",
    areas=("EU", "CH"),
    jurisdictions=("EU",),
    denied_jurisdictions=("US",),
    data_classes=("ordinary", "personal"),
    law="2026-11",
    generation=4,
    countries=tuple(
        Country(
            code=code,
            is_inside=code in INSIDE,
            places={"DE": 2, "FR": 1}.get(code, 0),
            places_outside=int(code == "DE"),
        )
        for code in (*INSIDE, *OUTSIDE)
    ),
    places=(*PLACES, BAD_PLACE),
)
BUCKET = BucketRow(
    name="meldedaten",
    href="/objects/meldedaten",
    data_class="personal",
    versioning="enabled",
    key_href=f"/keys/{KEY.key}",
    places=PLACES,
    is_inside=True,
    created_at=at(2, 9),
)
BUCKETS = BucketsView(
    customer=TOWN,
    rows=(
        BUCKET,
        msgspec.structs.replace(
            BUCKET, name="ratsarchiv", data_class="ordinary", places=(BAD_PLACE,), is_inside=False
        ),
    ),
    boundary=BOUNDARY,
)
OBJECTS = ObjectsView(
    bucket=BUCKET,
    care_href="/objects/meldedaten/care",
    prefix="einwohner/2026/11/",
    here="/objects/meldedaten",
    above=(
        ("einwohner", "/objects/meldedaten?prefix=einwohner%2F"),
        ("2026", "/objects/meldedaten?prefix=e"),
    ),
    last="11/",
    rows=(
        ObjectRow(
            name="einwohner/2026/11/ost/",
            shown="ost/",
            href="/objects/meldedaten?prefix=einwohner",
            is_prefix=True,
        ),
        ObjectRow(
            name=OBJECT,
            shown=" \u202egnp.exe",
            href="/objects/meldedaten/object?name=x",
            version="null",
            size_bytes=8_812_004,
            written_at=at(21, 23, 0, 4),
        ),
        ObjectRow(
            name="<script>alert(1)</script>.csv",
            shown="<script>alert(1)</script>.csv",
            href="/objects/meldedaten/object?name=y",
            version="ver-6g1m4n0r3s8v2w5x7y9z1c3e5f",
            size_bytes=312,
            written_at=at(21, 17, 44, 2),
        ),
    ),
    pager=Pager(
        first=0,
        last=0,
        previous_href="/objects/meldedaten",
        next_href="/objects/meldedaten?token=y",
    ),
    bounds=BOUNDS,
    upload=UploadView(place="/objects/meldedaten"),
)
VERSION = VersionRow(
    version="ver-5f0k3m9q2r7t1v4w6x8y0z2b4d",
    shown="null",
    size_bytes=8_812_004,
    written_at=at(21, 23, 0, 4),
    is_latest=True,
    is_marker=False,
    places=PLACES[:1],
    parts=2,
    is_held=True,
    kept_until=at(22, 23, 0),
    kept_by="GOVERNANCE",
)
_LEASED = LeasedRow(
    bucket="meldedaten",
    who="Einwohnermeldewesen",
    label="Server 2",
    organisation=TOWN,
    since=at(22, 9, 2),
    until=at(22, 9, 2, 10),
    is_open=True,
    given=400,
    used=None,
    sent_bytes=None,
    proof=proof(1180, at(22, 9, 2), "machine"),
    stop_href="/leases/stop?credential=crd-5f0k3m9q2r7t1v4w6x8y0z2b4d",
)
LEASED = (
    _LEASED,
    msgspec.structs.replace(_LEASED, since=at(22, 9, 1), is_open=False, used=37, sent_bytes=81_300),
    msgspec.structs.replace(_LEASED, since=at(22, 8, 1), is_open=False, stop_href=""),
)
OBJECT_PAGE = ObjectView(
    preserved=(("Staatsanwaltschaft Musterhausen an der langen Furt, 12 Js 34/26", "/preservations/cas-1"),),
    bucket="meldedaten",
    name=OBJECT,
    content="/objects/meldedaten/object/content",
    told="/objects/meldedaten/object/told?name=a&version=",
    versions=(
        msgspec.structs.replace(VERSION, lacks=(("Paris-2", "differs"),)),
        msgspec.structs.replace(VERSION, is_latest=False, places=(BAD_PLACE,)),
        msgspec.structs.replace(VERSION, is_latest=False, is_marker=True, places=(), parts=0),
    ),
    exceptions=Readings(
        rows=(
            ReadingRow(
                act="grant.use",
                phase="admission",
                at=at(22, 8, 34),
                who="Jonas Wirth",
                organisation=SUPPLIER,
                proof=proof(412, at(22, 8, 34)),
            ),
        ),
    ),
    readings=Readings(
        rows=(
            ReadingRow(
                act="object.get",
                phase="admission",
                at=at(22, 8, 40),
                who="Einwohnermeldewesen",
                organisation=TOWN,
                proof=proof(20_911, at(22, 8, 40), "machine"),
            ),
        ),
        older_href="/log?log=machine&subject=ver-5f0k3m9q2r7t1v4w6x8y0z2b4d",
    ),
    leases=LEASED,
    leases_href="/leases?bucket=meldedaten",
    reads_href="/objects/meldedaten/object/reads?name=x&version=",
    away=(PLACES[0].name,),
    above=(("einwohner", "/objects/meldedaten?prefix=einwohner%2F"),),
    last="bestand.parquet",
)
_READ = ReadingRow(
    act="object.get",
    phase="admission",
    at=at(22, 8, 40),
    who="Einwohnermeldewesen",
    organisation=TOWN,
    proof=proof(20_911, at(22, 8, 40), "machine"),
)
READINGS = ReadingsView(
    bucket="meldedaten",
    name=OBJECT,
    object_href="/objects/meldedaten/object?name=x",
    version="ver-5f0k3m9q2r7t1v4w6x8y0z2b4d",
    versions=(("ver-5f0k3m9q2r7t1v4w6x8y0z2b4d", at(20, 3, 0)), ("ver-2", at(19, 3, 0))),
    who="",
    whos=(Option(value="per-1", text="Einwohnermeldewesen"), Option(value="anyone", text="anyone")),
    place="",
    places=(Option(value="loc-1", text=PLACES[0].name),),
    since="2026-11-01",
    until="",
    rows=(
        ReadRow(reading=_READ, places=(PLACES[0].name, PLACES[1].name)),
        ReadRow(reading=msgspec.structs.replace(_READ, who="anyone", organisation=""), places=()),
    ),
    looked_through=50,
    leases=3,
    leased_max=192,
    leases_cut=True,
    leases_href="/leases?bucket=meldedaten",
    sheet_href="/objects/meldedaten/object/reads.csv?name=x",
    sheet_lines_max=20_000,
    pager=Pager(first=0, last=0, next_href="/objects/meldedaten/object/reads?before=1.2"),
)
READINGS_NONE = msgspec.structs.replace(READINGS, name="\u202egnp.exe " + "ß" * 500, rows=(), leases=0)
LEASES = LeasesView(
    customer=TOWN,
    bucket="",
    rows=LEASED,
    is_permitted=True,
    is_stopped=False,
    may_kill=True,
    pager=Pager(first=0, last=0, next_href="/leases?before=1.2"),
)
LEASES_NONE = LeasesView(
    customer=TOWN,
    bucket="meldedaten",
    rows=(),
    is_permitted=False,
    is_stopped=True,
    may_kill=False,
    pager=Pager(first=0, last=0),
)
LEASE_STOP = LeaseStop(
    who="Einwohnermeldewesen",
    organisation=TOWN,
    credential="crd-5f0k3m9q2r7t1v4w6x8y0z2b4d",
    label="Server 2",
    bucket="meldedaten",
    back_href="/leases?bucket=meldedaten",
    reason="",
    refusal="bad-reason",
)
_ROUND = RoundRow(
    begun_at=at(22, 3, 0),
    ended_at=None,
    checked=4_101,
    checked_bytes=1_903_442_110,
    whole_bytes=8_301_003_994,
    copied=2,
    damaged=3,
    released=0,
    unreachable=1,
)
CARE = CareView(
    bucket="meldedaten",
    place="/objects/meldedaten",
    copies_min=1,
    places=(
        CopiesRow(place=PLACES[0], fault="", lacks=(), is_left=False),
        CopiesRow(place=PLACES[1], fault="store-gone", lacks=(("differs", 1), ("behind", 12)), is_left=False),
        CopiesRow(place=BAD_PLACE, fault="", lacks=(), is_left=True),
    ),
    lacking=(LackRow(version=VERSION.version, place="Paris-2", why="lost", due_at=at(22, 9, 0)),),
    next_at=None,
    running=_ROUND,
    last=msgspec.structs.replace(_ROUND, ended_at=at(22, 4, 0)),
    choices=(
        Choice(id="loc-1", place=PLACES[0], is_chosen=True),
        Choice(id="loc-2", place=PLACES[1], is_chosen=False),
    ),
)
_KEPT = KeptRow(
    bucket="meldedaten",
    href="/objects/meldedaten/care",
    read_at=at(20, 3, 0),
    is_running=True,
    checked=36_408,
    checked_bytes=824_633_720_832,
    damaged=2,
    unreachable=11,
    waiting=14,
)
STORES = StoresView(
    customer=TOWN,
    house="Rechenhaus Nord",
    rows=(
        StoreRow(
            place=PLACES[0],
            seen_at=at(22, 9, 0),
            ms=4,
            fault="",
            free_bytes=412_316_860_416,
            mark=2,
            marked_at=at(2, 9, 0),
            kept=(_KEPT, msgspec.structs.replace(_KEPT, bucket="a" * 63, read_at=None, damaged=0, waiting=0)),
            outages=(
                OutageRow(since=at(21, 3, 0), last=at(21, 4, 10), until=at(21, 4, 11), fault="store-slow"),
                OutageRow(
                    since=at(20, 3, 0), last=at(20, 4, 10), until=at(20, 4, 11), fault="store-not-this-one"
                ),
            ),
        ),
        StoreRow(
            place=PLACES[1],
            seen_at=at(22, 9, 0),
            ms=20_000,
            fault="store-gone",
            free_bytes=None,
            kept=(_KEPT,),
            outages=(OutageRow(since=at(22, 8, 0), last=at(22, 9, 0), until=None, fault="store-gone"),),
        ),
        StoreRow(
            place=msgspec.structs.replace(PLACES[1], name="Bonn II"),
            seen_at=at(20, 8, 0),
            is_stale=True,
            ms=3,
            fault="",
            free_bytes=None,
        ),
        StoreRow(place=BAD_PLACE, seen_at=None, ms=0, fault="", free_bytes=None),
    ),
    buckets_cut=True,
)
_DAY = DayRow(
    day=date(2026, 11, 22),
    requests=81_204,
    denials=2,
    bytes_in=8_812_004,
    bytes_out=71_403_110_400,
    objects=18_204,
    bytes_stored=412_316_860_416,
    unsaid=64,
)


def _chart(name: str, is_bytes: bool, first: date, days: int) -> Chart:
    return Chart(
        name=name,
        is_bytes=is_bytes,
        most=81_204,
        whole=1_204_113,
        columns=tuple(
            Column(day=first + timedelta(n), height=n * 97 % 101 if n < days - 8 else None, is_open=n == 21)
            for n in range(days)
        ),
    )


def _usage(first: date, days: int, bucket: str = "") -> UsageView:
    shares = tuple(
        ShareRow(
            who=who,
            writes=31 * n,
            reads=400,
            unsaid=64 * (n % 2),
            bytes_in=8_812_004,
            bytes_out=71_403_110_400 // (n + 1),
            charts=tuple(_chart(name, True, first, days) for name in ("bytes_out", "bytes_in") if n < 3),
        )
        for n, who in enumerate(
            (
                "Einwohnermeldewesen",
                "anyone",
                "Donaudampfschifffahrtsgesellschaftskapitänspatentverwaltung",
                "",
            )
        )
    )
    return UsageView(
        customer=TOWN,
        bucket=bucket,
        buckets=(Option(value="/usage?bucket=meldedaten", text="meldedaten"),),
        first=first,
        last=first + timedelta(days - 1),
        is_month=days < 40,
        all_href="/usage",
        spans=(("month", "/usage"), ("quarter", "/usage?span=90")),
        previous_href="/usage?month=2026-10",
        next_href="",
        sheet_href="/usage.csv",
        days=(_DAY,),
        charts=tuple(
            _chart(name, is_bytes, first, days)
            for name, is_bytes in (
                ("requests", False),
                ("bytes_in", True),
                ("bytes_out", True),
                ("objects", False),
                ("bytes_stored", True),
                ("denials", False),
            )
        ),
        shares=shares,
        share_days=tuple(ShareDay(day=_DAY.day, share=share) for share in shares),
        share_days_cut=True,
        kinds=(("object.get", 400), ("object.put", 31)),
        counted_at=at(22, 9, 0),
        behind=12,
    )


USAGE = _usage(date(2026, 11, 1), 30)
USAGE_90 = _usage(date(2026, 9, 2), 90, "meldedaten")
_COUNTED = AdoptionRow(
    id="ado-5f0k3m9q2r7t1v4w6x8y0z2b4d",
    source="Altes Scanarchiv",
    prefix="scans/",
    state="counted",
    is_restoration=False,
    begun_at=at(22, 8, 0),
    counts=(
        StateRow(state="found", count=18_204, size_bytes=412_316_860_416, href="/objects/meldedaten"),
        StateRow(state="failed", count=2, size_bytes=812_000, href="/objects/meldedaten"),
    ),
    done_bytes=0,
    whole_bytes=412_317_672_416,
    plain=18_206,
    plain_bytes=412_317_672_416,
    is_working=False,
    estimate=Estimate(mb_per_s="80", price_per_gb="0.05", price_per_1000="", seconds=5_154, cost="20.62"),
    moves=("recount", "end"),
    signed=("run",),
)
ADOPTIONS = AdoptionsView(
    bucket="meldedaten",
    place="/objects/meldedaten/adoptions",
    rows=(
        _COUNTED,
        msgspec.structs.replace(
            _COUNTED,
            id="ado-6f0k3m9q2r7t1v4w6x8y0z2b4d",
            state="running",
            begun_at=at(21, 8, 0),
            is_working=True,
            is_restoration=True,
            done_bytes=1_000_000,
            estimate=None,
            moves=(),
            signed=(),
        ),
        msgspec.structs.replace(
            _COUNTED,
            id="ado-7f0k3m9q2r7t1v4w6x8y0z2b4d",
            state="counting",
            begun_at=at(20, 8, 0),
            is_restoration=True,
            reseal="age -d -i key.txt sheet-1.age | age -r age1ql3z7hjy54pw3hyww5ayyfg7zqgvc -o new.age",
            hand="custodes bucket restore hand meldedaten sheet-*.age --identity key.txt",
            sheets_href="/objects/meldedaten/adoptions/ado-7f0k3m9q2r7t1v4w6x8y0z2b4d/sheets",
            estimate=None,
            moves=("handed", "end"),
            signed=(),
        ),
    ),
    sources=(Option(value="loc-1", text="Altes Scanarchiv, DE"),),
    may_change=True,
    refusal="not-read-back",
)
ADOPTION_SIGN = AdoptionSign(
    bucket="meldedaten",
    place="/objects/meldedaten/adoptions",
    adoption=_COUNTED,
    verb="clear",
    at="2026-11-22T09:00:00Z",
    passkey=PASSKEY,
    command="custodes bucket adopt clear meldedaten --key-file KEYFILE",
)
ADOPTED = AdoptedView(
    bucket="meldedaten",
    place="/objects/meldedaten/adoptions",
    state="failed",
    rows=(ItemRow(name=OBJECT, size_bytes=812_000, state="failed", note="name-invalid"),),
    pager=Pager(first=0, last=0, next_href="/objects/meldedaten/adoptions/x/objects?after=y"),
)
_WEBHOOK = WebhookRow(
    id="whk-5f0k3m9q2r7t1v4w6x8y0z2b4d",
    name="Archiv",
    url="https://archiv.lindenau.example/ereignisse/objekte",
    arn="arn:custodes:sqs::cus-5f0k3m9q2r7t1v4w6x8y0z2b4d:whk-5f0k3m9q2r7t1v4w6x8y0z2b4d",
    shows_names=True,
    created_at=at(21, 8, 0),
    waiting=3,
    oldest_at=at(22, 8, 0),
)
WEBHOOK_SECRET = WebhookSecret(name=_WEBHOOK.name, arn=_WEBHOOK.arn, secret="6bT2nVxQ0r9dK4sLw1Zp" * 2)
WEBHOOKS = WebhooksView(
    customer=TOWN,
    rows=(
        _WEBHOOK,
        msgspec.structs.replace(_WEBHOOK, name="Suche", shows_names=False, waiting=0, oldest_at=None),
    ),
    may_change=True,
    name="Archiv",
    url="http://archiv",
    refusal="bad-url",
)
