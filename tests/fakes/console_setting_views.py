"""Pages of what a bucket is set to, as the table of settings makes them of rules that are really kept."""

import msgspec

from custodes.objects.rules.acl import ALL, Grant
from custodes.objects.rules.bucket_rules import BucketRules, PublicAccess
from custodes.objects.rules.cors import CorsRule
from custodes.objects.rules.inventory import Inventory
from custodes.objects.rules.lifecycle import LifecycleRule
from custodes.objects.rules.locks import DefaultRetention, Mode
from custodes.objects.rules.notifying import Notification
from custodes.web.console.served.stored.telling.access import access_fields, shown_access
from custodes.web.console.served.stored.telling.row import (
    Chosen,
    Told,
    choice,
    long_text,
    select,
    several,
)
from custodes.web.console.served.stored.telling.table import TABLE
from custodes.web.console.views.shell import Field, Line
from custodes.web.console.views.stored.marks import MarkCheck, MarkPart, MarksView
from custodes.web.console.views.stored.telling import Setting, SettingsView, SettingView, TakingView, ToldRow
from fakes.console_views import at

PLACE = "/objects/meldedaten/settings"
MARK = "0" * 32
TOLD = Told(
    versioning="enabled",
    rules=BucketRules(
        bucket="meldedaten",
        cors=(CorsRule(origins=("https://formulare.lindenau.example",), methods=("GET",), age_s=600),),
        lifecycle=(
            LifecycleRule(id="protokolle", is_enabled=True, prefix="protokoll/", days=90, noncurrent_days=7),
            LifecycleRule(id="uploads", is_enabled=False, upload_days=2, tags=(("amt", "standesamt"),)),
        ),
        tags=(("amt", "einwohnermeldeamt"), ("kostenstelle", "4711")),
        policy='{"Version": "2012-10-17", "Statement": []}',
        public_access=PublicAccess(),
        acl=(Grant(grantee="per-1", permission="FULL_CONTROL"),),
        lock_default=DefaultRetention(mode=Mode.COMPLIANCE, days=30),
        notifications=(
            Notification(id="notification-1", topic="arn:custodes:sns::x:y", events=("ObjectCreated:*",)),
        ),
        inventories=(
            Inventory(id="taeglich", is_enabled=True, destination="ratsarchiv", fields=("Size", "ETag")),
        ),
    ),
)
CHOSEN = Chosen(
    buckets=("meldedaten", "ratsarchiv"),
    keys=(("objects", "key-1"),),
    webhooks=(("Archiv", "arn:custodes:sns::x:y"),),
    applications=(("Archiv", "per-1"),),
    acls_count=True,
)


def setting(name: str, told: Told = TOLD) -> Setting:
    """One setting as its page has it."""
    rows = TABLE[name].shown(told, CHOSEN)
    take = f"{PLACE}/{name}/take?which=0&mark={MARK}" if TABLE[name].left else ""
    return Setting(
        name=name,
        href=f"{PLACE}/{name}",
        rows=tuple(ToldRow(lines=lines, remove_href=take) for lines in rows),
    )


def page(name: str, refusal: str | None = None) -> SettingView:
    """The page of one setting."""
    return SettingView(
        bucket="meldedaten",
        place=PLACE,
        setting=setting(name),
        fields=TABLE[name].fields(TOLD, CHOSEN),
        mark=MARK,
        adds=TABLE[name].adds,
        document=TOLD.rules.policy if name == "policy" else "",
        is_changed=refusal is None,
        refusal=refusal,
    )


FIELDS = (
    select("retention-mode", "GOVERNANCE", ["none", "GOVERNANCE", "COMPLIANCE"], hint="retention-mode"),
    Field(name="until", label="until", kind="moment", value="2027-01-31T12:00", hint="retention-until"),
    several("passes-by", ("passes-by",), hint="passes-by"),
)
GIVEN = shown_access((Grant(grantee=ALL, permission="READ"),), {}, is_object=True)
MARKS = MarksView(
    bucket="meldedaten",
    name="melderegister/2026/11/ein-sehr-langer-name-ohne-luecken-" + 60 * "x" + ".xml",
    version="3HL4kqtJvjVBH40Nrjfkd",
    place="/objects/meldedaten/object/told",
    back_href="/objects/meldedaten/object?name=a",
    parts=(
        MarkPart(
            name="object-tags",
            rows=(ToldRow(lines=(Line(label="amt", value="meldeamt", is_code=True),)),),
            fields=(long_text("tags", "amt=meldeamt", hint="object-tags"),),
            mark=MARK,
        ),
        MarkPart(name="hold", verb="hold-on", mark=MARK),
        MarkPart(
            name="retention",
            rows=(ToldRow(lines=(choice("lock-mode", "GOVERNANCE"), Line(label="until", moment=at(22, 9)))),),
            fields=FIELDS,
            mark=MARK,
        ),
        MarkPart(
            name="object-access",
            rows=tuple(ToldRow(lines=lines) for lines in GIVEN),
            fields=access_fields(Chosen(applications=(("Archiv", "per-1"),)), "per-2", is_object=True),
            mark=MARK,
            takes=True,
        ),
    ),
    changed="hold",
    refusal="object-locked",
)
SETTING_PAGES = {
    "marks": MARKS,
    "marks-read": msgspec.structs.replace(
        MARKS,
        parts=(
            MarkPart(name="hold", needs="can-lock", needs_href=f"{PLACE}/object-lock"),
            MarkPart(name="object-access", needs="acls-count"),
        ),
        refusal=None,
    ),
    "mark-check": MarkCheck(
        bucket="meldedaten",
        name="a.xml",
        place="/objects/meldedaten/object/told",
        back_href="/objects/meldedaten/object/told?name=a.xml",
        until=at(22, 9),
        fields=(Field(name="confirmed", label="confirm", kind="hidden", value="yes"),),
    ),
    "setting-access": page("access"),
    "settings": SettingsView(
        bucket="meldedaten",
        place=PLACE,
        settings=tuple(setting(name) for name in TABLE),
        bounds_href="/objects/meldedaten#bounds",
        may_change=True,
    ),
    "setting-inventory": page("inventory", "inventory-invalid"),
    "setting-policy": page("policy"),
    "setting-take": TakingView(
        bucket="meldedaten",
        place=PLACE,
        name="lifecycle",
        row=setting("lifecycle").rows[0],
        which="0",
        mark=MARK,
    ),
}
