"""Every named write and check the sequencer may carry out: one table for all store files."""

from collections.abc import Mapping

from . import blobs, cases, epochs, objects, outbox, pages, standing, uploads
from .books import Check, Verb

VERBS: Mapping[str, Verb] = {
    "standing.put": standing.put,
    "epoch.add": epochs.add,
    "epoch.publish": epochs.publish,
    "case.put": cases.put,
    "outbox.add": outbox.add,
    "outbox.done": outbox.done,
    "page.add": pages.add,
    "page.replace": pages.replace,
    "object.add": objects.add,
    "object.remove": objects.remove,
    "bucket.forget": objects.forget_bucket,
    "upload.add": uploads.add,
    "upload.part": uploads.put_part,
    "upload.end": uploads.end,
    "upload.abort-all": uploads.abort_all,
    "upload.forget": uploads.forget,
    "blob.schedule": blobs.schedule,
    "blob.keep": blobs.keep,
    "blob.gone": blobs.gone,
    "admission.open": blobs.admit,
    "admission.close": blobs.close,
}
CHECKS: Mapping[str, Check] = {
    "object.current": objects.is_current,
    "bucket.empty": objects.is_empty,
    "page.is": objects.is_page,
}
