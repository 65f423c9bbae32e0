"""Pages of what a bucket is set to, as the table of settings makes them of rules that are really kept."""

from custodes.objects.rules.bucket_rules import BucketRules, PublicAccess
from custodes.objects.rules.cors import CorsRule
from custodes.objects.rules.inventory import Inventory
from custodes.objects.rules.lifecycle import LifecycleRule
from custodes.objects.rules.locks import DefaultRetention, Mode
from custodes.objects.rules.notifying import Notification
from custodes.web.console.served.stored.telling.table import TABLE, Chosen, Told
from custodes.web.console.views.stored.telling import Setting, SettingsView, SettingView, TakingView, ToldRow

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


SETTING_PAGES = {
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
