"""Words of legal preservations, where `desks.words` and `desks.forms` have none of their own."""

from collections.abc import Mapping
from types import MappingProxyType

from .marking import mark

LABELS_OF_PRESERVING: Mapping[str, str] = MappingProxyType(
    {
        "preservation-act": mark("What is asked"),
        "scope": mark("Scope"),
        "customer-told": mark("The customer was told"),
        "preserved-versions": mark("Versions preserved"),
        "missing-versions": mark("Gone before they were preserved"),
        "verified-at": mark("Verified last"),
        "verified-whole": mark("Of these opened"),
        "destroyed-versions": mark("Versions destroyed at the end"),
    }
)
CHOICES_OF_PRESERVING: Mapping[str, str] = MappingProxyType(
    {
        "preserve": mark("Preserve"),
        "prolong": mark("Prolong it, or the silence"),
        "verify": mark("Look whether it still opens"),
        "lift": mark("End it now"),
        "silent": mark("No: silent, as long as the duty lasts"),
        "announced": mark("Yes: announced"),
        "whole-bucket": mark("The whole bucket"),
    }
)
DONE_OF_PRESERVING: Mapping[str, str] = MappingProxyType(
    {
        "preserve": mark("Preservation asked for"),
        "propose": mark("A change asked for"),
        "begin": mark("Key made, scope fixed"),
        "secure": mark("Everything in scope preserved"),
        "finish": mark("Verification finished"),
        "destroy": mark("Destroyed what was preserved"),
        "end": mark("Preservation ended"),
        "warn": mark("End of the silence announced"),
        "reveal": mark("The customer was told"),
    }
)
ACTS_OF_PRESERVING: Mapping[str, str] = MappingProxyType(
    {
        "preservation.preserve": mark("Preservation under an order asked for"),
        "preservation.approve": mark("Preservation under an order approved"),
        "preservation.deny": mark("Preservation under an order denied"),
        "preservation.withdraw": mark("Request for a preservation withdrawn"),
        "preservation.propose": mark("Change of a preservation asked for"),
        "preservation.begin": mark("Preservation begun"),
        "preservation.secure": mark("Preserved under an order"),
        "preservation.finish": mark("What is preserved was verified"),
        "preservation.lapse": mark("Request for a preservation lapsed"),
        "preservation.end": mark("Preservation ended"),
        "preservation.destroy": mark("What was preserved was destroyed"),
        "preservation.reveal": mark("A duty of silence ended: there was a preservation"),
    }
)
EXPLAINED_OF_PRESERVING: Mapping[str, str] = MappingProxyType(
    {
        "preservation": mark(
            "Custodes takes over what the order says and does not judge it. Two people of two organisations "
            "sign; you are not one of them. What is preserved is handed to nobody."
        ),
    }
)
MESSAGES_OF_PRESERVING: Mapping[str, str] = MappingProxyType(
    {
        "preservation-asked": mark("Preservation under an order asked for"),
        "preservation-approved": mark("Preservation under an order approved"),
        "preservation-secured": mark("Preserved under an order"),
        "preservation-verified": mark("What is preserved was verified"),
        "preservation-damaged": mark("What is preserved does not open any more"),
        "preservation-over": mark("Preservation ended"),
        "preservation-destroyed": mark("What was preserved was destroyed"),
        "preservation-revealed": mark("A duty of silence ended: there was a preservation"),
        "propose": mark("A duty of silence ends soon"),
    }
)
REFUSALS_OF_PRESERVING: Mapping[str, str] = MappingProxyType(
    {
        "holder-sealed": mark("its holder is sealed."),
        "holder-gone": mark("its holder does not answer."),
        "customer-killed": mark("the customer's keys are killed."),
        "house-killed": mark("all keys are killed."),
        "customer-sealed": mark("the customer is sealed."),
        "key-suspended": mark("the customer's key is disabled."),
        "key-deactivated": mark("the customer's key waits for its destruction."),
        "veil-full": mark(
            "Today so much was withheld for this customer already that one act more would show. "
            "It can be done tomorrow (UTC)."
        ),
    }
)
