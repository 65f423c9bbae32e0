"""Every named write and check the sequencer may carry out: one table for all store files."""

from collections.abc import Mapping

from . import cases, epochs, house, ledgers, outbox, pages, standing
from .books import Check, Verb
from .index import adopting, blobs, copies, events, uploads, versions
from .keeping import due, rekeying, retiring, shards

VERBS: Mapping[str, Verb] = {
    "standing.put": standing.put,
    "house.move": house.move,
    "epoch.add": epochs.add,
    "epoch.publish": epochs.publish,
    "house.follow": house.follow,
    "shard.announce": shards.announce,
    "shard.turn": shards.turn,
    "shard.prune": shards.prune,
    "case.put": cases.put,
    "outbox.add": outbox.add,
    "outbox.done": outbox.done,
    "page.add": pages.add,
    "page.replace": pages.replace,
    "rekey.records": rekeying.records,
    "rekey.objects": rekeying.objects,
    "retention.destroy": retiring.destroy,
    "retention.mark": retiring.mark,
    "retention.done": retiring.done,
    "keep.due": due.due,
    "keep.done": due.done,
    "shred.floor": due.raise_floor,
    "standing.rewrite": standing.rewrite,
    "object.add": versions.add,
    "object.remove": versions.remove,
    "object.state": versions.put_state,
    "bucket.forget": versions.forget_bucket,
    "usage.within": versions.keep_within,
    "upload.add": uploads.add,
    "upload.part": uploads.put_part,
    "upload.end": uploads.end,
    "upload.abort-all": uploads.abort_all,
    "upload.forget": uploads.forget,
    "blob.schedule": blobs.schedule,
    "blob.keep": blobs.keep,
    "blob.collect": blobs.collect,
    "blob.gone": blobs.gone,
    "copy.due": copies.due,
    "copy.landed": copies.landed,
    "copy.bad": copies.bad,
    "copy.let-go": copies.let_go,
    "copy.drop": copies.drop,
    "care.put": copies.put_care,
    "event.add": events.add,
    "event.drop": events.drop,
    "adopt.found": adopting.found,
    "adopt.move": adopting.move,
    "adopt.seal": adopting.seal,
    "admission.open": blobs.admit,
    "admission.close": blobs.close,
}
CHECKS: Mapping[str, Check] = {
    "object.current": versions.is_current,
    "object.state-is": versions.is_state,
    "bucket.empty": versions.is_empty,
    "page.is": versions.is_page,
    "page.none-below": pages.is_none_below,
    "log.size": ledgers.is_size,
}
