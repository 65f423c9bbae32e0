"""Codes of plans and of files, and the words for them; `words` joins all tables."""

from collections.abc import Mapping
from types import MappingProxyType

from .marking import mark

NOUNS: Mapping[str, str] = MappingProxyType(
    {
        "organisation": mark("Organisation"),
        "organisations": mark("Organisations"),
        "person": mark("One person"),
        "people": mark("People"),
        "key-of": mark("Key and roles of"),
        "roles": mark("Roles of"),
        "vetting": mark("Identity of"),
        "location": mark("Place"),
        "locations": mark("Places"),
        "customer": mark("Customer"),
        "customers": mark("Customers"),
        "application": mark("Application"),
        "applications": mark("Applications"),
        "key": mark("Key"),
        "keys": mark("Keys"),
        "boundary": mark("Boundary of"),
        "witness-policy": mark("Witnesses asked for by"),
        "rules": mark("Rules of"),
        "bucket": mark("Bucket"),
        "buckets": mark("Buckets"),
        "versioning": mark("Versioning of bucket"),
    }
)
PLANNED: Mapping[str, str] = MappingProxyType(
    {
        "create": mark("to create"),
        "change": mark("to change"),
        "drift": mark("differs"),
        "open": mark("still open"),
        "unmanaged": mark("not managed here"),
    }
)
WHO: Mapping[str, str] = MappingProxyType(
    {
        "you": mark("You"),
        "root-key": mark("Whoever keeps the root key"),
        "person-and-officer": mark("The person, then an officer or the root key"),
        "two-officers": mark("Two vetted officers"),
        "administrator": mark("An administrator of the trustee"),
        "owner": mark("An owner, by signature"),
        "owner-or-application": mark("An owner"),
        "key-officer": mark("An owner or key officer"),
    }
)
WEAKER: Mapping[str, str] = MappingProxyType(
    {
        "areas-added": mark("Machines may stand in more places"),
        "jurisdictions-added": mark("Operators may be controlled from more places"),
        "denial-dropped": mark("A jurisdiction is no longer denied"),
        "classes-added": mark("More classes of data may be stored"),
        "rule-added": mark("A rule allows more"),
        "rule-dropped": mark("A rule that forbids is dropped"),
        "rule-looser": mark("A rule that forbids is loosened"),
        "versioning-off": mark("What is overwritten from now on is gone"),
        "witnesses-others": mark("Other witnesses are asked for, perhaps fewer"),
        "place-moved": mark("The place, or who controls it, becomes another"),
    }
)
MEMBERS: Mapping[str, str] = MappingProxyType(
    {
        "name": mark("Name"),
        "kind": mark("Kind"),
        "organisation": mark("Organisation"),
        "country": mark("Country"),
        "group": mark("Controlled by"),
        "root_key": mark("Root key"),
        "roles": mark("Roles"),
        "operator": mark("Operator"),
        "jurisdictions": mark("Controlled from"),
        "store": mark("Store"),
        "areas": mark("Machines may stand in"),
        "denied_jurisdictions": mark("Denied"),
        "data_classes": mark("Classes of data"),
        "holder": mark("Holder of the root"),
        "key": mark("Key"),
        "locations": mark("Places"),
        "data_class": mark("Class of data"),
        "owners": mark("Applications that may use it"),
        "versioning": mark("Versioning"),
    }
)
VERSIONING: Mapping[str, str] = MappingProxyType(
    {
        "off": mark("switched off"),
        "enabled": mark("switched on"),
        "suspended": mark("paused"),
    }
)
FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "too-long": mark("The file is too long."),
        "too-deep": mark("It is nested too deep."),
        "too-many": mark("It holds too many values."),
        "text-too-long": mark("A text is too long."),
        "not-utf8": mark("This is not UTF-8."),
        "not-yaml": mark("This cannot be read as YAML or JSON."),
        "empty": mark("The file says nothing."),
        "two-documents": mark("There must be one document only."),
        "directive": mark("Directives are not taken."),
        "anchor": mark("Anchors are not taken."),
        "alias": mark("Aliases are not taken."),
        "tag": mark("Tags are not taken."),
        "merge-key": mark("Merge keys are not taken."),
        "twice": mark("The same name stands here twice."),
        "name-not-text": mark("The name of a member must be a text."),
        "unclear": mark("This can be read in two ways; put it in quotes."),
        "not-text": mark("This text holds characters or spaces that cannot be seen."),
        "wrong-form": mark("A member is unknown, missing, or of another form."),
        "unknown-country": mark("There is no such country."),
        "unknown-area": mark("There is no such country or union."),
        "unknown-class": mark("There is no such class of data."),
        "unknown-role": mark("There is no such role for this kind of organisation."),
        "bad-rule": mark("There is no such rule, or it is filled in wrongly."),
        "bad-bucket-name": mark("A bucket cannot be called that."),
        "bad-store": mark("This is no address of a store, or it holds a secret."),
        "not-a-customer": mark("The organisation is not of the kind customer."),
        "unknown-name": mark("Nothing of this name is known here."),
        "ambiguous-name": mark("More than one thing has this name."),
        "store-missing": mark("A new place needs the address of its store."),
    }
)
