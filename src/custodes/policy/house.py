"""The house's own set: what each role may do at all, and the guardrails nobody's rules loosen.

One `permit` per row of the action table and a closed list of `forbid`s. Both are the same in every
house; an operator cannot change them, only a new version can.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from .actions import ACTIONS, DATA_ACTIONS, EXCEPTIONAL_PURPOSES, Action
from .rules import HOUSE, Parsed, Rule, RuleSet, from_cedar, parse

# What takes power away or stops something: one person, without further ado.
STOPPING = (
    "kill:pull",
    "kill:pull-house",
    "house:seal",
    "lockbox:deny",
    "lockbox:revoke",
    "lockbox:return",
    "party:revoke",
    "key:disable",
    "key:cancel-destruction",
    "connection:stop",
)
# What needs a signature of the person over the very thing: passkey or file key, no token or password.
SIGNED = (
    "lockbox:approve",
    "kill:lift",
    "kill:lift-house",
    "house:unseal",
    "key:schedule-destruction",
    "key:destroy",
    "policy:change",
    "connection:change",
    "policy:reset",
    "boundary:change",
    "person-field:erase",
    "retention:change",
    "clock:confirm",
    "preservation:approve",
    "identity:configure",
    "role:delegate",
    "bucket:adopt",
)
# Approvals in a case somebody asked for.
APPROVING = ("lockbox:approve", "lockbox:review")
NEEDS_GRANT = (*DATA_ACTIONS, "object:list")
NEEDS_KEYS = (*DATA_ACTIONS, "grant:use", "key:create", "key:rotate", "customer:export", "bucket:adopt")
STOPPED_BY_KILL = (*DATA_ACTIONS, "grant:use", "customer:export", "bucket:adopt")
NEEDS_PLACE = ("object:write", "bucket:create", "bucket:configure", "bucket:adopt", "customer:export")
BY_BUCKET_POLICY = (
    "object:read",
    "object:write",
    "object:delete",
    "object:list",
    "object:retain",
    "object:bypass-retention",
    "bucket:read",
    "bucket:configure",
    "bucket:delete",
)

# What a customer's rules may let anyone do, who proves nothing, and only where a bucket's own policy or ACL
# says so too. Never settings, never holds, never under a grant.
BY_ANYONE = ("object:read", "object:list", "object:write", "object:delete")

_COVERED = "context has grant && context.grant.covers"
_OWN = "principal has customer && resource has customer && principal.customer == resource.customer"
_KIND = "principal has organisation_kind && principal.organisation_kind"


def _in(actions: Iterable[str]) -> str:
    return "action in [" + ", ".join(f'Action::"{name}"' for name in actions) + "]"


def _words(texts: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{text}"' for text in texts) + "]"


GUARDRAILS: Mapping[str, str] = MappingProxyType(
    {
        "house-stranger": """forbid(principal, action, resource) when { resource has customer &&
            !(principal is Anyone) &&
            !(principal has customer && principal.customer == resource.customer) &&
            !principal.customers.contains(resource.customer) &&
            !(principal has organisation_kind && principal.organisation_kind == "trustee") };""",
        "house-outsider-needs-grant": f"""forbid(principal, {_in(NEEDS_GRANT)}, resource)
            unless {{ {_KIND} == "customer" && {_OWN} }} unless {{ {_COVERED} }}
            unless {{ principal is Anyone && !(context has grant) }};""",
        "house-exceptional-purpose-needs-grant": f"""forbid(principal, {_in(NEEDS_GRANT)}, resource)
            when {{ {_words(EXCEPTIONAL_PURPOSES)}.contains(context.purpose) }} unless {{ {_COVERED} }};""",
        "house-grant-use-needs-grant": f"""forbid(principal, action == Action::"grant:use", resource)
            unless {{ {_COVERED} }};""",
        "house-no-self-approval": f"""forbid(principal, {_in(APPROVING)}, resource) when {{
            (resource has asker_credential && resource.asker_credential == principal.credential) ||
            (principal is Person && principal has person &&
             resource has asker_person && resource.asker_person == principal.person) }}
            unless {{ action == Action::"lockbox:approve" && resource.desk == "break-glass" }};""",
        "house-asker-must-be-known": f"""forbid(principal, {_in(APPROVING)}, resource) unless {{
            resource has asker_credential && resource has asker_person && resource has asker_group }};""",
        "house-people-only": f"""forbid(principal,
            {_in(row.name for row in ACTIONS.values() if row.is_exceptional and row.name != "grant:use")},
            resource) unless {{ principal is Person && principal has person }};""",
        "house-signed-only": f"""forbid(principal, {_in(SIGNED)}, resource)
            unless {{ {_words(("passkey", "file-key"))}.contains(principal.how) }};""",
        "house-vetted-only": f"""forbid(principal, {
            _in(
                row.name
                for row in ACTIONS.values()
                if row.is_exceptional and row.name not in {*STOPPING, "grant:use"}
            )
        }, resource) unless {{ principal is Person && principal.is_vetted }};""",
        "house-killed": f"""forbid(principal, {_in(STOPPED_BY_KILL)}, resource)
            when {{ context.is_killed }};""",
        "house-sealed": f"""forbid(principal, {_in(NEEDS_KEYS)}, resource) when {{ context.is_sealed }};""",
        "house-outside-boundary": f"""forbid(principal, {_in(NEEDS_PLACE)}, resource)
            unless {{ context.is_inside }};""",
        "house-bucket-policy": f"""forbid(principal, {_in(BY_BUCKET_POLICY)}, resource)
            when {{ resource has bucket_policy && resource.bucket_policy == "deny" }};""",
        "house-demo-credential": """forbid(principal, action, resource)
            when { principal.is_demo && !context.is_demo };""",
    }
)


@cache
def parsed_house_rules() -> Parsed:
    """The house set as it is asked; once per process, for parsing it costs a third of a second."""
    return parse(house_rules())


@cache
def house_rules() -> RuleSet:
    """The house set of this version; its generation is 1 because only a new version changes it."""
    permits = {
        "house-may-anyone": f"""permit(principal is Anyone, {_in(BY_ANYONE)}, resource)
            when {{ resource has bucket_policy && resource.bucket_policy == "allow" }};""",
        "house-may-anyone-lease": """permit(principal is Anyone,
            action == Action::"object:lease", resource);""",
        **{f"house-may-{action.name.replace(':', '-')}": _permit(action) for action in ACTIONS.values()},
    }
    return RuleSet(
        scope=HOUSE,
        generation=1,
        rules=tuple(Rule(id=id_, body=from_cedar(text)) for id_, text in {**permits, **GUARDRAILS}.items()),
    )


def _permit(action: Action) -> str:
    clauses = " || ".join(
        f'(principal.organisation_kind == "{kind}" && principal.roles.containsAny({_words(roles)}))'
        for kind, roles in sorted(action.roles.items())
    )
    return (
        f'permit(principal, action == Action::"{action.name}", resource) '
        f"when {{ principal has organisation_kind && ({clauses}) }};"
    )
