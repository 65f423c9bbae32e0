"""Pages of buckets and objects, filled as a town's people would see them."""

import msgspec

from custodes.web.console.views.objects import (
    BoundaryView,
    BucketRow,
    BucketsView,
    Country,
    LeaseRow,
    ObjectRow,
    ObjectsView,
    ObjectView,
    ReadingRow,
    UploadView,
    VersionRow,
)
from custodes.web.console.views.questions import Place
from custodes.web.console.views.shell import Pager
from fakes.console_views import BOUNDS, KEY, OBJECT, SUPPLIER, TOWN, at, proof

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
    prefix="einwohner/2026/11/",
    rows=(
        ObjectRow(name="einwohner/2026/11/ost/", href="/objects/meldedaten?prefix=einwohner", is_prefix=True),
        ObjectRow(
            name=OBJECT,
            href="/objects/meldedaten/object?name=x",
            version="null",
            size_bytes=8_812_004,
            written_at=at(21, 23, 0, 4),
        ),
        ObjectRow(
            name="<script>alert(1)</script>.csv",
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
)
OBJECT_PAGE = ObjectView(
    bucket="meldedaten",
    name=OBJECT,
    content="/objects/meldedaten/object/content",
    versions=(
        VERSION,
        msgspec.structs.replace(VERSION, is_latest=False, places=(BAD_PLACE,)),
        msgspec.structs.replace(VERSION, is_latest=False, is_marker=True, places=(), parts=0),
    ),
    readings=(
        ReadingRow(
            act="grant.use",
            phase="admission",
            at=at(22, 8, 34),
            who="Jonas Wirth",
            organisation=SUPPLIER,
            proof=proof(412, at(22, 8, 34)),
        ),
    ),
    leases=(
        LeaseRow(
            at=at(22, 9, 2),
            given=400,
            used=None,
            who="Einwohnermeldewesen",
            organisation=TOWN,
            proof=proof(1180, at(22, 9, 2)),
        ),
        LeaseRow(
            at=at(22, 9, 1),
            given=100,
            used=37,
            who="Einwohnermeldewesen",
            organisation=TOWN,
            proof=proof(1112, at(22, 9, 1)),
        ),
    ),
)
