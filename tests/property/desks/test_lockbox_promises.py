"""Random people, verbs, signatures and clocks against the lockbox; the invariants are the promises."""

from datetime import timedelta

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from custodes.desks.break_glass import BREAK_GLASS_DESK
from custodes.desks.forms import Call, Form
from custodes.desks.grant import ObjectVersion, Use, admits, grant_hash
from custodes.desks.lockbox import LOCKBOX
from custodes.kernel.actor import CLOCK
from custodes.kernel.clock import to_text
from fakes.lockbox_world import (
    ALL,
    ANNA,
    ARNO,
    BEATE,
    BERTA,
    EVA,
    HOUSE,
    START,
    ZOE,
    an_id,
    approval_form,
    ask_form,
    because,
    begin,
    replaced,
    review,
    the_rules,
)

LETTER = ObjectVersion(bucket=an_id("bkt", "files"), version=an_id("ver", "letter"))
PEOPLE = st.sampled_from(ALL)
GROUPS = st.sampled_from(((), (), (), (("town", "holding"), ("trustee", "holding"))))
VERBS = st.sampled_from(["deny", "withdraw", "return", "revoke", "review", "lapse", "remind", "spend"])
FORMS = {"deny": because(), "revoke": because(), "review": review()}
OPTED_IN = {"is_opted_in": True, "calls_per_month_max": 1}


def human(somebody):
    return (somebody.mail or somebody.name).casefold()


class Access(RuleBasedStateMachine):
    """One case, everybody trying everything; `signers` is what we know of who signed, apart from the desk."""

    desk = LOCKBOX

    @initialize(
        asker=PEOPLE,
        groups=GROUPS,
        hours=st.integers(1, 8),
        delay=st.sampled_from([0, 0, 0, 5, 90]),
        first=st.sampled_from(((), (ZOE,), (ANNA,), (ANNA, BERTA), (BEATE, ARNO))),
    )
    def somebody_asks(self, asker, groups, hours, delay, first):
        if self.desk is BREAK_GLASS_DESK and asker.organisation not in {"town", "trustee"}:
            asker = BEATE
        self.play = begin(self.desk, facts=OPTED_IN, people={"groups": groups})
        self.is_one_group = bool(groups)
        self.asker, self.signers, self.began_at, self.versions = asker, [], None, [0]
        self.asked = None
        begins = START + timedelta(hours=delay)
        form = ask_form(hours=hours, not_before=to_text(begins))
        if self.desk is BREAK_GLASS_DESK:
            form = Call(**{name: getattr(form, name) for name in Call.__struct_fields__})
        assert not self.act(asker.actor, "ask" if self.desk is LOCKBOX else "call", form)
        for somebody in first:
            self.approve_honestly(somebody, somebody.organisation)

    def act(self, actor, verb, form=None):
        before = self.play.case
        reasons = self.play.take(actor, verb, form)
        if reasons:
            assert self.play.case is before
        else:
            self.versions.append(self.play.case.version)
            if before.state != "granted" and self.play.case.state == "granted":
                self.began_at = self.play.now
        return reasons

    @rule(somebody=PEOPLE, age_s=st.sampled_from([0, 0, 0, 1, 299, 301, -1]), seat=st.booleans())
    def approve(self, somebody, age_s, seat):
        organisation = somebody.also[0] if seat and somebody.also else somebody.organisation
        self.approve_honestly(somebody, organisation, age_s)

    def approve_honestly(self, somebody, organisation, age_s=0):
        signed_at = self.play.now - timedelta(seconds=age_s)
        form = approval_form(self.play.document, somebody, signed_at, organisation)
        if not self.act(somebody.acting_for(organisation), "approve", form):
            self.signers.append((somebody, organisation))

    @rule(somebody=PEOPLE, signer=PEOPLE)
    def approve_with_the_signature_of_another_person(self, somebody, signer):
        if signer is not somebody:
            mine = approval_form(self.play.document, somebody, self.play.now)
            other = approval_form(self.play.document, signer, self.play.now)
            assert self.act(somebody.actor, "approve", replaced(mine, signature=other.signature))

    @rule(somebody=PEOPLE)
    def approve_with_a_signature_of_another_document(self, somebody):
        other = replaced(self.play.document, case=an_id("cas", "other"))
        form = approval_form(other, somebody, self.play.now)
        hidden = replaced(form, grant_hash=approval_form(self.play.document, somebody, START).grant_hash)
        for attempt in (form, hidden):
            assert self.act(somebody.actor, "approve", attempt), "an approval of another document counted"

    @rule(somebody=PEOPLE, verb=VERBS)
    def try_a_verb(self, somebody, verb):
        self.act(somebody.actor, verb, FORMS.get(verb))

    @rule()
    def the_house_spends(self):
        self.act(HOUSE, "spend", Form())

    @rule(minutes=st.sampled_from([0, 0, 1, 1, 30, 61, 24 * 60, 4 * 24 * 60]))
    def time_passes_and_the_clock_is_late(self, minutes):
        self.play.forward(minutes=minutes, seconds=1)

    @rule()
    def the_clock_catches_up(self):
        while (due := self.desk.due(self.play.case)) is not None and due.at <= self.play.now:
            assert not self.act(CLOCK, due.verb)

    @rule(minutes=st.sampled_from([1, 60, 10_000]))
    def the_clock_goes_back(self, minutes):
        """While it is behind, nothing moves; then it is right again."""
        right = self.play.now
        self.play.now = self.play.case.changed_at - timedelta(minutes=minutes)
        for somebody in ALL:
            for verb in ("deny", "revoke", "return", "withdraw", "review"):
                assert self.act(somebody.actor, verb, FORMS.get(verb))
        self.play.now = right

    @invariant()
    def every_move_is_one_version(self):
        assert self.versions == list(range(len(self.versions)))

    @invariant()
    def nothing_is_granted_without_persons_of_two_organisations_other_than_the_asker(self):
        if self.began_at is None:
            return
        others = [(human(one), org) for one, org in self.signers if human(one) not in self.own_humans()]
        assert len({one for one, _ in others}) >= 2
        assert {org for _, org in others} >= {"town", "trustee"}
        assert not self.is_one_group, "one controlling group with two memberships counted twice"

    def own_humans(self):
        return {human(self.asker), human(EVA)}

    @invariant()
    def a_granted_case_always_has_an_end_within_its_window(self):
        body = self.play.case.body
        if self.play.case.state == "granted":
            due = self.desk.due(self.play.case)
            assert due.verb == "lapse"
            assert due.at == body.ends_at
            assert body.ends_at - body.begins_at <= timedelta(hours=8)
            assert body.ends_at <= body.document.lapses_at

    @invariant()
    def no_use_is_admitted_before_the_beginning_after_the_end_or_without_a_grant(self):
        asked, self.asked = self.asked, (self.play.case, self.play.now, self.began_at)
        if asked and asked[0] is self.play.case and asked[1:] == self.asked[1:]:
            return  # the step before changed nothing that this rests on
        for offset in (0, 1, 59, 60, 61, 8 * 60, 8 * 60 + 1, 5 * 24 * 60):
            at = (self.began_at or self.play.now) + timedelta(minutes=offset)
            use = Use(
                credential=EVA.credential,
                action="object:read",
                resource=LETTER,
                at=at,
                uses_spent=0,
                bytes_spent=0,
            )
            if admits(self.play.document, self.play.verdict(max(at, self.play.now)), use) is None:
                assert self.began_at is not None
                assert self.play.case.body.begins_at <= at < self.play.case.body.ends_at

    @invariant()
    def what_the_case_says_is_what_the_signatures_say(self):
        body = self.play.case.body
        if self.began_at is not None:
            verdict = self.play.verdict(max(self.play.now, self.began_at))
            assert (verdict.begins_at, verdict.ends_at) == (body.begins_at, body.ends_at)
            assert {one.grant_hash for one in body.approvals} == {grant_hash(body.document)}

    @invariant()
    def a_review_is_by_somebody_who_took_no_part(self):
        if self.play.case.state == "closed":
            rules = the_rules(self.play.now, **self.play.people)
            reviewer = self.play.case.body.decided_by.person
            part = [self.asker.person, EVA.person, *(one.person for one, _ in self.signers)]
            assert not any(rules.is_same_person(reviewer, one) for one in part)

    def teardown(self):
        """A granted case always ends: left alone, the clock ends it, and every open request too."""
        if getattr(self, "play", None) is None:
            return
        self.play.clock_until(self.play.now + timedelta(days=13))
        assert self.play.case.state not in {"asked", "called", "granted"}
        event(f"{'granted' if self.began_at else 'never granted'}, {self.play.case.state}")


class Glass(Access):
    """The same crowd round the emergency glass: two persons of the parties, one organisation may do."""

    desk = BREAK_GLASS_DESK

    @invariant()
    def nothing_is_granted_without_persons_of_two_organisations_other_than_the_asker(self):
        if self.began_at is not None:
            assert len({human(one) for one, _ in self.signers}) >= 2
            assert {org for _, org in self.signers} <= {"town", "trustee"}


PLAYED = settings(max_examples=60, stateful_step_count=25)
Access.TestCase.settings = PLAYED
Glass.TestCase.settings = PLAYED
TestLockboxPromises = Access.TestCase
TestBreakGlassPromises = Glass.TestCase
