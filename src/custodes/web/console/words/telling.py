"""What a bucket can be set to, in words: titles, what each is for, fields, choices, refusals."""

from collections.abc import Mapping
from types import MappingProxyType

from .marking import mark

TOLD: Mapping[str, str] = MappingProxyType(
    {
        "versioning": mark("Keeping older versions"),
        "lifecycle": mark("When objects end by themselves"),
        "object-lock": mark("Retention of what is written"),
        "encryption": mark("Key of what is written"),
        "inventory": mark("Reports of what lies here"),
        "notification": mark("Who is told of what happens"),
        "tagging": mark("Tags of the bucket"),
        "policy": mark("Bucket policy"),
        "ownership": mark("Who owns what others write"),
        "access": mark("Access list of the bucket"),
        "public-access": mark("Switches against publicity"),
        "cors": mark("Pages of other origins"),
    }
)
UNTOLD: Mapping[str, str] = MappingProxyType(
    {
        "versioning": mark("Versions are off."),
        "lifecycle": mark("Nothing ends by itself."),
        "object-lock": mark("What is written is not retained by default."),
        "encryption": mark("The bucket's own key."),
        "inventory": mark("No reports are written."),
        "notification": mark("Nobody is told."),
        "tagging": mark("No tags."),
        "policy": mark("No bucket policy: your rules alone decide."),
        "ownership": mark("Not set: whoever writes something owns it, as far as your rules let that count."),
        "access": mark("Private: the list lets nobody in but the bucket's owner."),
        "public-access": mark("Not set. Without a rule of yours nothing here is public."),
        "cors": mark("No page of another origin may read here."),
    }
)
TELLING: Mapping[str, str] = MappingProxyType(
    {
        "versioning": mark(
            "With versions on, what is overwritten or deleted stays as an older version until it is removed."
        ),
        "lifecycle": mark(
            "A rule ends objects after days, counted to the next midnight (UTC). It never ends what is"
            " retained or on hold."
        ),
        "object-lock": mark(
            "What is written from now on cannot be deleted before its term is over. Versions must be on, and"
            " can then no longer be switched off."
        ),
        "encryption": mark(
            "Everything is always encrypted. Here you choose another of your keys for what is written from"
            " now on."
        ),
        "inventory": mark(
            "A list of all objects as CSV files in a bucket of yours, written by the installation with your"
            " rights as they are at that moment."
        ),
        "notification": mark("A webhook is sent a signed message for each thing that happens here."),
        "tagging": mark("Names and values that help you to sort buckets. They open nothing to anybody."),
        "policy": mark(
            "A policy of S3's kind can forbid what your rules allow. What it allows counts only where your"
            " rules say so."
        ),
        "ownership": mark("Who owns what an application writes into the bucket of another."),
        "access": mark(
            "Which other applications of yours S3's access list lets use the bucket. It counts only"
            " where your rules say so, and lets in others than your applications only by a rule of its own."
        ),
        "public-access": mark(
            "Nothing here is public unless a rule of yours lets anyone in. With these switches policies and"
            " access lists that would let them in are refused or do not count."
        ),
        "cors": mark(
            "Which web pages of other addresses a browser lets read here. It opens nothing by itself."
        ),
    }
)
TOLD_OBJECTS: Mapping[str, str] = MappingProxyType(
    {
        "object-tags": mark("Tags of this version"),
        "hold": mark("Legal hold"),
        "retention": mark("Retention"),
        "object-access": mark("Access list of this version"),
    }
)
UNTOLD_OBJECTS: Mapping[str, str] = MappingProxyType(
    {
        "object-tags": mark("No tags."),
        "hold": mark("Not on hold."),
        "retention": mark("Not retained."),
        "object-access": mark("Private: the list lets nobody in but the owner."),
    }
)
TELLING_OBJECTS: Mapping[str, str] = MappingProxyType(
    {
        "object-tags": mark(
            "Names and values for programs and for rules that end objects. They open nothing to anybody,"
            " and can be changed at any time."
        ),
        "hold": mark(
            "While it stands this version cannot be deleted, by nobody and by no rule. It has no end,"
            " and you can take it off at any time."
        ),
        "retention": mark(
            "Until then this version cannot be deleted. A term can always be made longer. Under"
            " governance it can be made shorter by whom your rules let; under compliance by nobody, not"
            " even by the trustee."
        ),
        "object-access": mark(
            "Which other applications of yours S3's access list lets use this version. It counts only"
            " where your rules say so, and each line can be taken away again."
        ),
    }
)
NEEDS: Mapping[str, str] = MappingProxyType(
    {
        "webhook": mark("There is no webhook yet."),
        "acls-count": mark(
            "Access lists do not count here: your rules do not let them. The rule that does is the one about"
            " applications in other applications' buckets."
        ),
        "can-lock": mark(
            "What lies in this bucket cannot be retained or held: retention was never switched on."
        ),
    }
)
LABELS_OF_TELLING: Mapping[str, str] = MappingProxyType(
    {
        "versioning": mark("Older versions are kept"),
        "data-class": mark("Class of data"),
        "lies-in": mark("Lies in"),
        "rule-id": mark("Name of the rule"),
        "below": mark("Only names that begin with"),
        "ending": mark("Only names that end in"),
        "ends-after": mark("Objects end after days"),
        "ends-on": mark("Objects end on"),
        "ends": mark("Ends"),
        "noncurrent-after": mark("Older versions end after days"),
        "noncurrent-kept": mark("Older versions always kept"),
        "uploads-after": mark("Unfinished uploads end after days"),
        "larger-than": mark("Only larger than"),
        "smaller-than": mark("Only smaller than"),
        "tag": mark("Only with the tag"),
        "lock-mode": mark("How strictly"),
        "days": mark("Days"),
        "years": mark("Years"),
        "default-key": mark("Key of what is written"),
        "report-id": mark("Name of the report"),
        "destination": mark("Bucket the reports go to"),
        "destination-below": mark("Folder there"),
        "frequency": mark("How often"),
        "versions-listed": mark("Which versions"),
        "columns": mark("Columns beside bucket and name"),
        "column": mark("Column"),
        "webhook": mark("Webhook that is told"),
        "event": mark("What happens"),
        "tags": mark("Tags"),
        "policy-document": mark("Policy (JSON)"),
        "size": mark("Size"),
        "ownership": mark("Owner"),
        "public-access": mark("Switched on"),
        "origins": mark("Addresses of the pages"),
        "methods": mark("What they may do"),
        "headers": mark("Headers they may send"),
        "exposes": mark("Headers they may read"),
        "age-seconds": mark("Seconds a browser remembers this"),
        "grantee": mark("Application"),
        "permission": mark("May"),
        "hold": mark("Legal hold"),
        "retention-mode": mark("How strictly"),
        "until": mark("Kept until"),
        "passes-by": mark("Pass by the retention that stands"),
    }
)
HINTS_OF_TELLING: Mapping[str, str] = MappingProxyType(
    {
        "telling-versioning": mark("Once on, versions can be suspended, and older ones stay."),
        "telling-below": mark("Leave it empty for all."),
        "telling-lock": mark(
            "Governance can be shortened by whom your rules let. Compliance by nobody, not even by you:"
            " what is written stays for its term."
        ),
        "telling-tags": mark("One in each line, such as office=registry."),
        "telling-webhook": mark("Webhooks are set up under Objects, Who is told of what happens."),
        "telling-report": mark("Letters, digits, dots, dashes; 64 at most."),
        "telling-destination": mark("The first report is written at once."),
        "telling-origins": mark("One in each line, such as https://forms.example.org."),
        "telling-headers": mark("One in each line; * stands for any."),
        "telling-policy": mark("Leave it empty for none. What is not understood is refused, never skipped."),
        "telling-key": mark("What lies here already keeps its key."),
        "object-tags": mark(
            "One in each line, such as office=registry; 10 at most. Leave it empty for none."
        ),
        "retention-mode": mark("To end a governance retention choose that nothing is retained."),
        "retention-until": mark("Local time of this installation."),
        "passes-by": mark("Only needed to make it shorter, weaker or end it."),
        "telling-public": mark("They only take away; none of them lets anybody in."),
    }
)
CHOICES_OF_TELLING: Mapping[str, str] = MappingProxyType(
    {
        "enabled": mark("yes"),
        "suspended": mark("suspended; older ones stay"),
        "off": mark("no"),
        "switched-off": mark("switched off"),
        "governance": mark("governance: may be shortened by whom the rules let"),
        "compliance": mark("compliance: by nobody"),
        "bucket-key": mark("the bucket's own key"),
        "daily": mark("every day"),
        "weekly": mark("weekly, on Sundays"),
        "current": mark("the newest of each name"),
        "all": mark("all, with delete markers"),
        "lone-markers": mark("delete markers with nothing below them"),
        "objectcreated:*": mark("something is written"),
        "objectremoved:*": mark("something is deleted"),
        "lifecycleexpiration:*": mark("something ends by a rule"),
        "objecttagging:*": mark("tags change"),
        "bucketownerenforced": mark("always the bucket's owner"),
        "bucketownerpreferred": mark("the bucket's owner, where the writer hands it over"),
        "objectwriter": mark("whoever wrote it"),
        "block_acls": mark("refuse access lists that open to all"),
        "ignore_acls": mark("ignore access lists that open to all"),
        "block_policy": mark("refuse policies that open to all"),
        "restrict": mark("restrict buckets whose policy opens to all"),
        "size": mark("size in bytes"),
        "lastmodifieddate": mark("when written"),
        "etag": mark("ETag of the content"),
        "storageclass": mark("storage class"),
        "ismultipartuploaded": mark("whether it came in parts"),
        "replicationstatus": mark("replication (always empty)"),
        "encryptionstatus": mark("how it is encrypted"),
        "objectlockretainuntildate": mark("retained until"),
        "objectlockmode": mark("how strictly retained"),
        "objectlocklegalholdstatus": mark("on hold"),
        "intelligenttieringaccesstier": mark("tier (always empty)"),
        "bucketkeystatus": mark("bucket key"),
        "objectowner": mark("owner"),
        "all-users": mark(
            "everybody: all your applications, and anyone at all where a rule of yours says so"
        ),
        "all-applications": mark("all your applications"),
        "log-delivery": mark("delivery of access logs (does not exist here)"),
        "bucket-read": mark("list what lies here"),
        "bucket-write": mark("write and delete objects"),
        "bucket-full_control": mark("all of it"),
        "object-read": mark("read the content"),
        "object-write": mark("nothing (has no meaning for an object)"),
        "object-full_control": mark("all of it"),
        "read_acp": mark("see the access list"),
        "write_acp": mark("change the access list"),
        "none": mark("not retained"),
        "passes-by": mark("yes, pass it by"),
        "on-hold": mark("on hold; it cannot be deleted"),
        "hold-on": mark("Put on hold"),
        "hold-off": mark("Take the hold off"),
    }
)
REFUSED_TELLING: Mapping[str, str] = MappingProxyType(
    {
        "xml-malformed": mark("Something in the form is missing or does not fit together."),
        "lifecycle-rule-invalid": mark(
            "The rule needs a name of its own, and at least one number of days above nought."
        ),
        "cors-rule-invalid": mark(
            "An address, a method or a header is not possible; each may hold one * at most."
        ),
        "tag-invalid": mark(
            "A tag is not possible: at most 50, each name once, 128 and 256 characters at most, of letters, "
            "numbers, spaces and + - = . _ : / @."
        ),
        "event-unknown": mark("Please choose what you want to hear of."),
        "destination-unknown": mark("This is no place of yours that can be told or written to."),
        "notifications-overlap": mark("Another line tells of the same already."),
        "inventory-invalid": mark("The report needs a name of letters, digits, dots and dashes."),
        "inventories-too-many": mark("There are as many reports as there can be."),
        "report-id-taken": mark("There is a report of this name already."),
        "operation-not-served": mark("This is not served here."),
        "retention-period-invalid": mark("The term must be 1 to 36,500 days."),
        "bucket-not-versioned": mark("Switch versions on first."),
        "bucket-locks": mark("While what is written here can be retained, versions stay on."),
        "policy-malformed": mark("The policy is not understood, so it was not kept."),
        "policy-unsupported": mark("The policy uses what is not served here, so it was not kept."),
        "policy-public": mark("The policy opens to all, and the switches against publicity refuse that."),
        "acl-with-ownership": mark("An access list still gives others something here."),
        "acl-not-supported": mark(
            "Access lists do not count here: your rules or the bucket's ownership say so."
        ),
        "acl-invalid": mark("This is no application of yours."),
        "object-locked": mark(
            "What stands may not be made shorter or weaker: by nobody (compliance), or not by you"
            " (governance)."
        ),
        "retention-incomplete": mark("Please say until when."),
        "retention-in-the-past": mark("The term must end in the future."),
        "lock-not-enabled": mark("What lies in this bucket cannot be retained or held."),
        "kms-key-absent": mark("There is no such key of yours."),
    }
)
