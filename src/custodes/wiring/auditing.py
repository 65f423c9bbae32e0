"""Audits an installation from its folder, while it runs or when it does not: reads only, one snapshot."""

from collections.abc import Callable

from custodes.acts.audit.house import Audit, Finding, Report
from custodes.acts.audit.opening import ground_of
from custodes.acts.writing.ports import Reads
from custodes.adapters import schemes
from custodes.adapters.system import SystemClock, SystemDice
from custodes.kernel.refusal import Refusal, unavailable
from custodes.settings import Settings
from custodes.store import house
from custodes.store.engine import open_database
from custodes.store.reads import reading

Bar = Callable[[int, int], None]


def audit(settings: Settings, secret: bytes | None, bar: Bar) -> Report:
    """Look at everything there is. `secret` opens the holder in this process, for openings and MACs; None
    leaves it shut (a key file opens with no bytes). `not-founded`, and the holder's refusals.
    """
    if not settings.database_url and not settings.database.is_file():
        raise unavailable("not-founded")
    engine = open_database(settings.database, settings.database_url, read_only=True)
    try:
        body = house.load(engine)
        holder = schemes.holder(body.holder) if secret is not None else None
        if holder is not None and secret is not None:
            holder.unseal(secret)

        def work(reads: Reads) -> Report:
            ground, forged = None, None
            if holder is not None:
                try:
                    ground = ground_of(body, reads, holder, (SystemClock(), SystemDice()))
                except Refusal as refusal:
                    forged = refusal
            report = Audit(body, reads, ground, bar).run(settings.public_log)
            return report if forged is None else _with(report, forged)

        return reading(engine, work)
    finally:
        engine.dispose()


def _with(report: Report, forged: Refusal) -> Report:
    """What stands is not what was signed: that comes first."""
    where = " ".join(str(forged.facts[name]) for name in ("noun", "id") if name in forged.facts)
    found = Finding(code=forged.code, where=where or "standing rows", detail="refused at the next start")
    rest = tuple(one for one in report.findings if one.code != forged.code)
    return Report(findings=(found, *rest), counted=report.counted, not_checked=report.not_checked)
