"""Which class of this room answers which ask."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from custodes.acts.asks import objects as asks
from custodes.acts.asks import uploads as upload_asks
from custodes.acts.asks.buckets import adopting, care, inventory, leftovers, marks, stores, told
from custodes.acts.asks.buckets import bounds as bound_asks
from custodes.acts.asks.buckets import webhooks as webhook_asks
from custodes.acts.opened import Opened
from custodes.acts.preserving.answers import preservation_answers
from custodes.acts.preserving.office import PreservationOffice
from custodes.acts.preserving.securing import Securing
from custodes.acts.preserving.verifying import Verifying

from .adopting.ground import AdoptionGround
from .adopting.people import People
from .adopting.restoring import RestoreItems
from .adopting.returning import ReturnItems
from .adopting.sealing import SealItems
from .adopting.sheets import Sheets
from .adopting.work import AdoptionWorks
from .bounds.setting import Bounds
from .buckets import BucketAnswers
from .care.asking import CareAnswers
from .care.marks import StoreMarks
from .care.stores import StoreHealth
from .care.work import CareWork
from .copies import Copies
from .deletes import Deletes
from .events.telling import WebhookAnswers
from .ground import Ground
from .inventory.telling import InventoryAnswers
from .inventory.work import InventoryWork
from .leftovers.removing import Removing
from .leftovers.rounds import Leftovers
from .listings import Listings
from .puts.closing import Puts
from .reads.gets import Gets
from .rules.marking import Marking
from .rules.telling import Telling
from .uploads.completing import Completing
from .uploads.opening import Openings
from .uploads.parts import PartAnswers

Answers = Mapping[type, Callable[[Any], Awaitable[Any]]]


def object_answers(opened: Opened) -> Answers:
    """Every ask about buckets and objects."""
    ground = Ground(opened)
    buckets = BucketAnswers(ground)
    puts, gets, deletes = Puts(ground), Gets(ground), Deletes(ground)
    listings, parts = Listings(ground), PartAnswers(ground, puts)
    copies, openings = Copies(ground, gets, puts, parts), Openings(ground, puts)
    return {
        **_care(ground),
        **_told(ground),
        **_adopting(ground),
        asks.CreateBucket: buckets.create,
        asks.MoveBucket: buckets.move,
        asks.LookBucket: buckets.look,
        asks.LookBuckets: buckets.look_all,
        asks.OpenPut: puts.open,
        asks.ClosePut: puts.close,
        asks.OpenGet: gets.open,
        asks.StillOpen: gets.still_open,
        asks.CloseGet: gets.close,
        asks.CloseGets: gets.close_many,
        asks.DeleteObject: deletes.one,
        asks.DeleteObjects: deletes.many,
        asks.ListObjects: listings.page,
        asks.LookObject: listings.look,
        asks.CopyObject: copies.open,
        upload_asks.OpenUpload: openings.open,
        upload_asks.AbortUpload: openings.abort,
        upload_asks.ListUploads: openings.uploads,
        upload_asks.ListParts: openings.parts,
        upload_asks.OpenPart: parts.open,
        upload_asks.ClosePart: parts.close,
        upload_asks.CompleteUpload: Completing(ground, puts).complete,
        asks.CheckChunks: ground.tickets.check_chunks,
        asks.SweepUses: ground.outcomes.sweep_uses,
    }


def _care(ground: Ground) -> Answers:
    """Copies: what is done about them, and what is asked."""
    caring, health = CareAnswers(ground), StoreHealth(ground)
    office = PreservationOffice(ground.o)
    securing = Securing(ground, office)
    working = Verifying(ground, CareWork(ground), office, securing)
    left, known = Leftovers(ground), StoreMarks(ground)
    removing = Removing(ground, left)
    return {
        **preservation_answers(ground.o, office, securing),
        asks.LookFates: removing.fates,
        asks.FateDone: removing.fate_done,
        leftovers.LookStrays: removing.look,
        leftovers.PlanStrays: removing.plan,
        leftovers.RemoveStrays: removing.remove,
        stores.DueStores: health.due,
        stores.TellStores: health.told,
        stores.LookStores: health.look,
        marks.ShowMarks: known.show,
        marks.RenewMark: known.renew,
        care.TakeWork: working.take,
        care.HoldWork: working.hold,
        care.WorkDone: working.done,
        care.LookCare: caring.look,
        care.ScrubBucket: caring.scrub,
        care.PlaceBucket: caring.place,
        leftovers.TakeListing: left.take,
        leftovers.StoreListed: left.listed,
    }


def _told(ground: Ground) -> Answers:
    """What buckets and versions are told, what they may take up, and who hears of them."""
    telling, marking = Telling(ground), Marking(ground)
    bounds, webhooks = Bounds(ground, telling), WebhookAnswers(ground.o)
    inventories, reports = InventoryAnswers(ground, telling), InventoryWork(ground)
    return {
        told.LookRule: telling.look,
        told.PutRule: telling.put,
        told.DropRule: telling.drop,
        told.LookCors: telling.cors,
        webhook_asks.AddWebhook: webhooks.add,
        webhook_asks.EndWebhook: webhooks.end,
        webhook_asks.LookWebhooks: webhooks.look,
        webhook_asks.LookEvents: webhooks.events,
        webhook_asks.EventsDone: webhooks.done,
        bound_asks.SetBucketBounds: bounds.set_bucket,
        bound_asks.LookBucketBounds: bounds.look_bucket,
        bound_asks.SetCustomerLimits: bounds.set_customer,
        bound_asks.LookCustomerLimits: bounds.look_customer,
        inventory.LookInventory: inventories.look,
        inventory.PutInventory: inventories.put,
        inventory.DropInventory: inventories.drop,
        inventory.TakeReport: reports.take,
        inventory.LookLines: reports.lines,
        inventory.CloseReport: reports.close,
        told.LookState: marking.look,
        told.PutState: marking.put,
        told.DropState: marking.drop,
    }


def _adopting(ground: Ground) -> Answers:
    """Adoptions: what people ask, and what is done about them."""
    grounds = AdoptionGround(ground)
    people, works, sealing = People(grounds), AdoptionWorks(grounds), SealItems(grounds)
    sheets = Sheets(grounds)
    restoring = RestoreItems(grounds, sheets, sealing)
    return {
        adopting.BeginAdoption: people.begin,
        adopting.MoveAdoption: people.move,
        adopting.LookAdoptions: people.look,
        adopting.LookAdopted: people.items,
        adopting.TakeAdoption: works.take,
        adopting.HoldItems: works.hold,
        adopting.TakeItem: works.take_one,
        adopting.ItemsCounted: works.counted,
        adopting.ItemDone: works.done,
        adopting.OpenItem: sealing.open,
        adopting.CloseItem: sealing.close,
        adopting.HandSheet: sheets.hand,
        adopting.OpenRestored: restoring.open,
        adopting.CloseRestored: restoring.close,
        adopting.OpenReturn: ReturnItems(grounds).open,
    }
