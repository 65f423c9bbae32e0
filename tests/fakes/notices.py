"""A notice, as the deliverer hands it to a channel."""

from custodes.acts.logkeeper.notices import Notice

CONSOLE = "https://console.example"
NOTICE = Notice(
    id="out-1",
    at="2026-11-22T08:00:00Z",
    kind="remind",
    case="cas-1",
    customer="cus-1",
    organisation="org-1",
    message="approve",
    subject_de="Custodes: Erinnerung: genehmigen (cas-1)",
    subject_en="Custodes: Reminder: approve (cas-1)",
    until="2026-11-26T08:00:00Z",
    href=f"{CONSOLE}/cases/cas-1",
    to=("anna@town.example",),
)
