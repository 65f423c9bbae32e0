"""Anyone: requests that nobody signed, for buckets a customer shows to all the world.

Default is no: 403, without a look at what was asked for. Only a rule of the customer's own that names
`Anyone`, signed as his other rules are, lets a bucket's policy or ACL count for people nobody knows. Then
such a request is decided, admitted and logged like every other, as the actor `anyone`, asserted by nobody. It
never runs under a grant. His refusals are no entries: strangers cannot write a customer's log.

A bucket of a customer who has no such rule does not exist for anyone (promise 10); of one who has, a bucket
that is not public is 403 as in S3. Strangers share a pace of their own, so that they take nothing from the
customer's applications. Why: docs/decisions/0054-public-buckets.md.
"""

from custodes.acts.asks import Evidence, PostForm, Unsigned
from custodes.acts.footing.decisions import Decided, refusal_of
from custodes.acts.footing.identities import Identified
from custodes.acts.opened import Opened
from custodes.kernel.actor import ANYONE, ActorKind
from custodes.kernel.refusal import Kind, Refusal, absent, unauthenticated
from custodes.objects.bucket import Bucket
from custodes.policy.rules import RuleSet, lets_anyone_in
from custodes.protocols.s3.auth import Verified
from custodes.protocols.s3.operations import Call
from custodes.protocols.s3.unsigned.requests import (
    OPERATIONS,
    asked_by_anyone,
    form_of_anyone,
    is_unsigned_form,
    oversteps,
)

_MAY_BE_UNSIGNED = (Unsigned, PostForm)


class Anyone:
    """Who asks without a signature, and whether his kind is served at all."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened
        self._open: frozenset[str] = frozenset()
        self._changes = -1

    def of(self, evidence: Evidence) -> Identified | None:
        """Anyone, with what he asks for; None where the evidence says who he is.

        `not-signed` (unauthenticated) where no customer of the house lets anyone in, or where it is asked for
        what is never anyone's.
        """
        if not isinstance(evidence, _MAY_BE_UNSIGNED):
            return None
        if isinstance(evidence, PostForm) and not is_unsigned_form(evidence.form):
            return None
        if not self._customers():
            raise refused()
        now = self._o.clock.now()
        if isinstance(evidence, Unsigned):
            return self.again(asked_by_anyone(evidence.request, now))
        return self.again(form_of_anyone(evidence.form, now))

    def again(self, verified: Verified | None) -> Identified:
        """The same, of what was taken apart before."""
        return Identified(actor=ANYONE, expects=(), verified=verified)

    def demand(self, who: Identified, call: Call | None, bucket: Bucket | None) -> None:
        """Refuse what is never anyone's: `not-signed` (unauthenticated), `bucket-absent` (absent)."""
        if who.verified is None or call is None or call.operation.name not in OPERATIONS:
            raise refused()
        if oversteps(who.verified.signed):
            raise refused()
        if bucket is not None and not self.is_let_in(bucket.customer):
            raise absent("bucket-absent")

    def is_let_in(self, customer: str) -> bool:
        """Whether a rule of this customer's lets anyone in anywhere."""
        return customer in self._customers()

    def refusal(self, decided: Decided) -> Refusal:
        """What anyone is told of a no: nothing, unless what is public stands still or is broken."""
        decision, question = decided.decision, decided.question
        is_public = question is not None and question.resource.facts.get("bucket_policy") == "allow"
        if is_public and decision.kind in (Kind.LOCKED, Kind.UNAVAILABLE):
            return refusal_of(decision)
        return refused()

    def _customers(self) -> frozenset[str]:
        standing = self._o.standing
        changes = standing.changes(("rules",))
        if changes != self._changes:
            rows = standing.all_of("rules", RuleSet)
            self._open = frozenset(row.scope for row in rows if lets_anyone_in(row))
            self._changes = changes
        return self._open


def is_anyone(who: Identified) -> bool:
    """Whether nobody proved who he is."""
    return who.actor.kind is ActorKind.ANYONE


def refused() -> Refusal:
    """403 in S3's words."""
    return unauthenticated("not-signed")
