"""Acts of the ledger, and what a page of the log says around them."""

from collections.abc import Mapping
from types import MappingProxyType

from .house import OF_THE_HOUSE
from .marking import mark

ACTS: Mapping[str, str] = MappingProxyType(
    {
        **OF_THE_HOUSE,
        "key.wrap": mark("Key used: wrapped"),
        "key.unwrap": mark("Key used: unwrapped"),
        "key.rewrap": mark("Key used: wrapped anew"),
        "key.sign": mark("Key used: signed"),
        "key.verify": mark("Key used: verified"),
        "key.minimum": mark("Oldest version that opens: set"),
        "key.import": mark("Key taken in from elsewhere"),
        "key.import-begin": mark("Way in for keys from elsewhere: made"),
        "object.put": mark("Object written"),
        "object.get": mark("Object read"),
        "object.copy": mark("Object copied"),
        "object.delete": mark("Object deleted"),
        "object.lease": mark("Reads leased in advance"),
        "bucket.create": mark("Bucket created"),
        "bucket.delete": mark("Bucket deleted"),
        "bucket.change": mark("Bucket changed"),
        "bucket.list": mark("Bucket listed"),
        "denial": mark("Denied"),
        "blob.collect": mark("Left over data removed"),
        "rewrap": mark("Wrapped anew"),
        "key.create": mark("Key created"),
        "key.rotate": mark("Key rotated"),
        "key.disable": mark("Key disabled"),
        "key.enable": mark("Key enabled"),
        "key.schedule-destruction": mark("Destruction of a key scheduled"),
        "key.cancel-destruction": mark("Destruction of a key cancelled"),
        "key.destroy": mark("Key destroyed"),
        "lockbox.ask": mark("Access requested"),
        "lockbox.approve": mark("Access approved"),
        "lockbox.deny": mark("Access denied"),
        "lockbox.withdraw": mark("Request withdrawn"),
        "lockbox.revoke": mark("Grant revoked"),
        "lockbox.review": mark("Review recorded"),
        "grant.use": mark("Read under a grant"),
        "grant.return": mark("Access returned early"),
        "grant.lapse": mark("Grant lapsed"),
        "break-glass.use": mark("Emergency access used"),
        "kill": mark("Killed"),
        "lift": mark("Kill lifted"),
        "enrol.organisation": mark("Organisation enrolled"),
        "enrol.person": mark("Person enrolled"),
        "enrol.credential": mark("Credential enrolled"),
        "revoke.credential": mark("Credential revoked"),
        "change.policy": mark("Policy changed"),
        "change.boundary": mark("Boundary changed"),
        "change.role": mark("Role changed"),
        "change.location": mark("Place changed"),
        "change.issuer": mark("Sign-in by an organisation's directory changed"),
        "change.issuer-keys": mark("Keys of an organisation's directory changed"),
        "change.cover": mark("Deputies and duty rota changed"),
        "leave.person": mark("Person left: sessions, tokens, roles and open approvals ended"),
        "customer.create": mark("Customer created"),
        "erasure": mark("Field erased"),
        "export.begin": mark("Export begun: what opens the objects is handed to the customer"),
        "export.take": mark("Keys of objects handed to the customer"),
        "export.end": mark("Export ended"),
        "change.limits": mark("Limits of a customer changed"),
        "change.webhook": mark("Webhook set up or ended"),
        "event.lost": mark("Events a webhook did not take, given up"),
        "change.retention": mark("How long entries are kept changed"),
        "hold.place": mark("Entries held beyond their term"),
        "hold.end": mark("Hold on entries ended"),
        "retention.destroy": mark("Entries destroyed: their term was over"),
        "clock.jump": mark("Clock jumped ahead"),
        "clock.confirm": mark("Jump of the clock confirmed"),
        "veil": mark("Veil of the day"),
        "sign-in": mark("Signed in"),
        "enrol.application": mark("Application enrolled"),
        "enrol.keyroom": mark("Keyroom enrolled"),
        "enrol.vetting": mark("Identity document of a person seen"),
        "revoke.session": mark("Signed out"),
        "object.mark": mark("Deletion marker set"),
        "adoption.begin": mark("Taking over a bucket that lies in plain, begun"),
        "adoption.move": mark("Taking over a bucket: next step"),
        "adoption.clear": mark("Plain objects of a bucket removed"),
        "adoption.return": mark("An object put back as it was"),
        "bucket.scrub": mark("Scrub of a bucket begun"),
        "bucket.inventory": mark("Report of what a bucket holds"),
        "replica.copy": mark("Copies made up in another place"),
        "replica.damage": mark("Damaged or missing copies found"),
        "replica.release": mark("Copies in a place let go"),
        "replica.scrub": mark("Copies read again"),
        "house.turn": mark("The log goes on under the origin of a new year"),
        "object.state": mark("Tags, retention or hold of an object changed"),
        "shred.turn": mark("Shred key turned"),
        "shred.drop": mark("Old shred key destroyed"),
        "rekey": mark("Pages of keys wrapped anew"),
        "connection.check": mark("Connection of a cloud checked"),
        "connection.set": mark("Connection of a cloud set up"),
        "connection.on": mark("Connection of a cloud switched on"),
        "connection.off": mark("Connection of a cloud switched off"),
        "connection.end": mark("Connection of a cloud ended"),
        "log.open": mark("Log opened anew"),
        "upload.open": mark("Upload begun"),
        "upload.part": mark("Part uploaded"),
        "upload.abort": mark("Upload aborted"),
    }
)
LOGS: Mapping[str, str] = MappingProxyType(
    {
        "machine": mark("Machine uses"),
        "exceptional": mark("Exceptional access"),
        "root": mark("Root log"),
        "withheld": mark("Withheld acts"),
    }
)
WITHHELD: Mapping[str, str] = MappingProxyType(
    {
        "erased": mark("erased, the proof remains valid"),
        "withheld": mark("withheld for now, fixed today and opened later"),
    }
)
SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "customer": mark("all keys of this customer"),
        "provider": mark("everything that lies with this cloud provider"),
        "house": mark("every key of this installation"),
    }
)
EXPLAINED: Mapping[str, str] = MappingProxyType(
    {
        "lockbox": mark(
            "Two people of two organisations decide, one of them that of the customer. They sign exactly "
            "what stands here, and every step is logged."
        ),
        "break-glass": mark(
            "Two people sign, you may be one of them. The customer is told at once, everything is logged, "
            "and it is reviewed afterwards."
        ),
        "rotate": mark("From now on a new version wraps. What was wrapped before stays readable."),
        "disable": mark("From that moment on nobody can use the key, until it is enabled again."),
        "enable": mark("The key can be used again."),
        "schedule-destruction": mark("Nobody can use the key from now on. After a while it is destroyed."),
        "cancel-destruction": mark("The key is not destroyed. It stays disabled until it is enabled."),
        "destroy": mark("What was wrapped with this key can never be read again, by nobody."),
    }
)
OUTSIDE: Mapping[str, str] = MappingProxyType(
    {
        "no-boundary": mark("No boundary has been set."),
        "no-location": mark("No place is named."),
        "too-many": mark("Too many places."),
        "class-not-allowed": mark("This class of data may not lie there."),
        "class-unknown": mark("The class of data is unknown."),
        "demo-location": mark("This place is for demos only."),
        "below-legal-floor": mark("The law does not allow this class of data there."),
        "area-unknown": mark("The boundary names an area that is not known."),
        "country-unknown": mark("It is not known in which country it stands."),
        "country-not-allowed": mark("It stands in a country outside the boundary."),
        "operator-unknown": mark("It is not known who runs it."),
        "jurisdiction-unknown": mark("It is not known whose law reaches its operator."),
        "jurisdiction-not-allowed": mark("The law of a country outside the boundary reaches its operator."),
        "jurisdiction-denied": mark("The law of a country that is ruled out reaches its operator."),
    }
)
