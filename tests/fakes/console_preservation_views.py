"""Pages of legal preservations, as the trustee's officer sees them while the customer may not know."""

import msgspec

from custodes.web.console.views import case as cases
from custodes.web.console.views.preserving.cases import (
    DisclosedRow,
    NewPreservation,
    PreservationCase,
    PreservationRow,
    PreservationsView,
)
from custodes.web.console.views.shell import Field, Line, Proof
from fakes.console_views import PASSKEY, at

CASE = "cas-01kb6cz0j5vhmgqb1w0m7x8r9t"
PROOF = Proof(log="withheld", entry=4, href="/log/withheld/4", at=at(22, 9, 0))
ROW = PreservationRow(
    reference=CASE,
    href=f"/preservations/{CASE}",
    state="preserving",
    customer="Stadt Musterhausen",
    authority="Staatsanwaltschaft Musterhausen an der langen Furt",
    order="12 Js 34/26",
    bucket="bkt-01kb6cz0j5vhmgqb1w0m7x8r9t",
    ends_at=at(30, 9, 0),
    is_hidden=True,
)
VIEW = PreservationCase(
    reference=CASE,
    desk="preservation",
    state="proposed",
    customer="Stadt Musterhausen",
    purpose="Staatsanwaltschaft Musterhausen an der langen Furt, 12 Js 34/26",
    turn=cases.Turn(organisations=(), lapses_at=at(29, 9, 0)),
    scope=(
        Line(label="preservation-act", value="verify", is_choice=True),
        Line(label="Preserve.authority", value="Staatsanwaltschaft Musterhausen an der langen Furt"),
        Line(
            label="Preserve.names",
            value="meldewesen/2026/ein/langer/name.pdf",
            is_code=True,
        ),
        Line(label="scope", value="whole-bucket", is_choice=True),
        Line(label="Preserve.ends_at", moment=at(30, 9, 0)),
        Line(label="preserved-versions", value="1204"),
    ),
    steps=(
        cases.Step(at=at(22, 9, 0), verb="preserve", who="Karl Klein", organisation="Trustee", proof=PROOF),
        cases.Step(at=at(22, 9, 5), verb="secure", who="", organisation="", proof=PROOF),
    ),
    approvals=(cases.Approved(who="Nora Nolde", organisation="Notariat", at=at(22, 9, 1)),),
    open_moves=(
        cases.OpenMove(
            verb="approve",
            action=f"/preservations/{CASE}/approve",
            document=43 * "A" + "=",
            command=f"custodes preservation approve {CASE} --key-file FILE",
            passkey=PASSKEY,
            others=("crd-01kb6cz0j5vhmgqb1w0m7x8r9t",),
        ),
    ),
    closed_moves=(),
    is_hidden=True,
    told_by=at(30, 9, 0),
    pending=3,
    why_pending="holder-sealed",
    lost=2,
)
FIELDS = (
    Field(name="authority", label="Preserve.authority", kind="text", value="", is_required=True),
    Field(name="names", label="Preserve.names", hint="Preserve.names", kind="long", value=""),
)

PRESERVATION_PAGES = {
    "preservations": PreservationsView(
        rows=(ROW, msgspec.structs.replace(ROW, is_hidden=False, state="closed")),
        disclosed=(
            DisclosedRow(day="2026-11-22", href=ROW.href, case=CASE, entry="hse-1/withheld:4", proof=PROOF),
            DisclosedRow(day="2026-11-23", href=ROW.href, case=CASE, entry="hse-1/withheld:5", proof=None),
        ),
        open_href="/preservations/new",
    ),
    "preservations-none": PreservationsView(rows=()),
    "preservation": VIEW,
    "preservation-new": NewPreservation(
        desk="preservation",
        customer="Stadt Musterhausen",
        verb="preserve",
        action="/preservations/new",
        fields=FIELDS,
        refusals=("veil-full",),
        back_href="/preservations",
    ),
}
