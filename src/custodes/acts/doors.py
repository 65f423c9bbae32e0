"""Which file answers which ask: one table, joined when the house is opened."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from custodes.acts import signed
from custodes.acts.answers.credentials import CredentialAnswers
from custodes.acts.answers.customers import CustomerAnswers
from custodes.acts.answers.keys import KeyAnswers
from custodes.acts.answers.kills import KillAnswers
from custodes.acts.answers.logs.entries import LogAnswers
from custodes.acts.answers.logs.epochs import EpochAnswers
from custodes.acts.answers.parties import PartyAnswers
from custodes.acts.answers.places import PlaceAnswers
from custodes.acts.answers.rules import RuleAnswers
from custodes.acts.answers.sign_in import SignInAnswers
from custodes.acts.answers.uses import Uses
from custodes.acts.asks import cases, exports, house, identity, keys, log, parties, rules, upkeep
from custodes.acts.asks.running.counts import LookCountedDays, LookCounts
from custodes.acts.asks.running.metering import LookMetering
from custodes.acts.clouds.doors import cloud_answers
from custodes.acts.counting.answers import CountAnswers
from custodes.acts.counting.fold import Counting
from custodes.acts.entrance.challenges import Challenges
from custodes.acts.exporting.answers import Exports
from custodes.acts.exporting.giving import Giving
from custodes.acts.exporting.ground import Ground as ExportGround
from custodes.acts.federation.entering import Entering
from custodes.acts.federation.linking import Linking
from custodes.acts.federation.reading import Readings
from custodes.acts.federation.setting import Setting
from custodes.acts.federation.trying import Trying
from custodes.acts.objects.doors import object_answers
from custodes.acts.office.opting import Opting
from custodes.acts.office.telling import Telling
from custodes.acts.office.views import CaseAnswers
from custodes.acts.opened import Opened
from custodes.acts.retention.setting import Setting as RetentionSetting
from custodes.acts.roster.covering import Covering
from custodes.acts.roster.directory import DirectoryTokens
from custodes.acts.roster.groups import Groups
from custodes.acts.roster.leaving import Leaving
from custodes.acts.roster.listing import Listing
from custodes.acts.roster.provisioning import Provisioning
from custodes.acts.timekeeping.officers import Officers
from custodes.acts.transit.doors import transit_answers
from custodes.acts.upkeep.backups import BackupNotes
from custodes.acts.upkeep.erasure import Erasure
from custodes.acts.upkeep.rounds import Rounds
from custodes.acts.watched.auditors import Auditors
from custodes.acts.watched.conflicts import Conflicts
from custodes.acts.watched.following import Following
from custodes.acts.watched.policies import WitnessPolicies

Answers = Mapping[type, Callable[[Any], Awaitable[Any]]]


def answers_of(opened: Opened) -> Answers:
    """Every ask an unsealed house answers."""
    uses = Uses(opened)
    counting = Counting(opened)
    counts = CountAnswers(opened, counting)
    key_answers = KeyAnswers(opened)
    retention = RetentionSetting(opened)
    officers = Officers(opened)
    readings = Readings(opened)
    return {
        house.LookClock: officers.look,
        house.ConfirmClock: officers.confirm,
        **object_answers(opened),
        **_office(opened),
        upkeep.RunUpkeep: Rounds(opened, counting).run,
        upkeep.NoteBackup: BackupNotes(opened).note,
        upkeep.EraseFields: Erasure(opened).erase,
        upkeep.SetRetention: retention.set,
        upkeep.PlaceHold: retention.place,
        upkeep.EndHold: retention.end,
        upkeep.LookRetention: retention.look,
        **_of_log(opened),
        LookMetering: counts.bill,
        LookCounts: counts.look,
        LookCountedDays: counts.days,
        keys.UseKey: uses.use_key,
        keys.CreateKey: key_answers.create,
        keys.MoveKey: key_answers.move,
        keys.LookKeys: key_answers.look,
        **cloud_answers(opened, readings),
        **transit_answers(opened, key_answers),
        **_people(opened),
        **_leaving(opened),
        **_federation(opened, readings),
        **_roster(opened),
    }


def _of_log(o: Opened) -> Answers:
    """Entries and proofs, what the logkeeper asks, what those who watch ask."""
    following = Following(o)
    auditors = Auditors(o)
    epochs = EpochAnswers(o, Conflicts(o, KillAnswers(o)), following)
    logs = LogAnswers(o)
    return {
        log.Heads: epochs.heads,
        log.AppendEpoch: epochs.append,
        log.Conflict: epochs.conflict,
        log.Published: epochs.published,
        log.RootTile: epochs.root_tile,
        log.SubLogLeaves: epochs.leaves,
        log.LookEntries: logs.entries,
        log.MakeReceipt: logs.receipt,
        log.SubLogTile: logs.tile,
        log.SlotKeys: following.take,
        log.LookChain: following.chain,
        log.LookOpenings: following.openings,
        log.LookNames: following.names,
        log.LookVeilSeal: auditors.sealed,
        rules.SetSealAuditors: auditors.set,
        rules.LookSealAuditors: auditors.look,
    }


def _office(o: Opened) -> Answers:
    """Cases, their clock, and who is told of them."""
    case_answers = CaseAnswers(o)
    opting = Opting(o)
    telling = Telling(o)
    return {
        cases.OpenCase: case_answers.open,
        cases.MoveCase: case_answers.move,
        cases.LookCase: case_answers.look,
        cases.LookCases: case_answers.list,
        cases.LookGrants: case_answers.grants,
        cases.SetBreakGlass: opting.set,
        cases.LookBreakGlass: opting.look,
        cases.LookOutbox: telling.look,
        cases.OutboxDone: telling.done,
        cases.LookNotices: telling.own,
    }


def _leaving(o: Opened) -> Answers:
    """What is handed to a customer who leaves."""
    ground = ExportGround(o)
    answers = Exports(ground)
    return {
        exports.BeginExport: answers.begin,
        exports.TakeExport: Giving(ground).take,
        exports.EndExport: answers.end,
        exports.LookExports: answers.look,
    }


def _people(o: Opened) -> Answers:
    """Parties, what they hold, what they may, and the kill."""
    challenges = Challenges(o.house, signed.relying_party(o.body), o.clock, o.dice)
    people = PartyAnswers(o)
    credentials = CredentialAnswers(o, people, challenges)
    entrance = SignInAnswers(o, challenges)
    customers = CustomerAnswers(o, people)
    policies = RuleAnswers(o, people)
    places = PlaceAnswers(o, people)
    kills = KillAnswers(o)
    witnesses = WitnessPolicies(o)
    return {
        parties.Enrol: people.enrol,
        parties.CreatePerson: people.create_person,
        parties.VetPerson: people.vet,
        parties.EndMembership: people.end_membership,
        parties.LookParties: people.look,
        parties.LookEnrolment: people.look_enrolment,
        parties.WhoAmI: people.who_am_i,
        parties.MakeCredential: credentials.make,
        parties.RevokeCredential: credentials.revoke,
        parties.BeginPasskey: entrance.begin,
        parties.SignIn: entrance.sign_in,
        parties.SignOut: entrance.sign_out,
        parties.CreateCustomer: customers.create,
        parties.LookCustomer: customers.look,
        parties.CreateApplication: customers.create_application,
        rules.SetPolicy: policies.set_policy,
        rules.ResetPolicy: policies.reset_policy,
        rules.LookPolicy: policies.look_policy,
        rules.Explain: policies.explain,
        rules.SetWitnessPolicy: witnesses.set,
        rules.LookWitnessPolicy: witnesses.look,
        rules.SetBoundary: places.set_boundary,
        rules.SetLocation: places.set_location,
        rules.LookPlaces: places.look,
        house.PreviewKill: kills.preview,
        house.Kill: kills.kill,
        house.LookKills: kills.look,
        house.Lift: kills.lift,
    }


def _federation(o: Opened, readings: Readings) -> Answers:
    """Identity issuers of organisations, and signing in by them."""
    linking = Linking(o)
    setting = Setting(o, readings)
    entering = Entering(o, readings, linking)
    return {
        identity.SetIssuer: setting.set,
        identity.LookIssuers: setting.look,
        identity.LinkPerson: linking.link,
        identity.TryToken: Trying(o, readings).look,
        identity.IssuersDue: readings.due,
        identity.KeepIssuer: readings.keep,
        identity.LookEntrances: entering.entrances,
        identity.BeginFederated: entering.begin,
        identity.ExchangeCode: entering.exchange,
        identity.SignInFederated: entering.sign_in,
    }


def _roster(o: Opened) -> Answers:
    """Who belongs to an organisation by its directory, and who leaves."""
    people = PartyAnswers(o)
    covering = Covering(o, people)
    leaving = Leaving(o, people)
    provisioning = Provisioning(o, leaving)
    groups = Groups(o)
    return {
        identity.LeavePerson: leaving.leave,
        identity.MakeDirectoryToken: DirectoryTokens(o).make,
        identity.PutListed: provisioning.put,
        identity.DropListed: provisioning.drop,
        identity.LookListed: provisioning.look,
        identity.PutGroup: groups.put,
        identity.DropGroup: groups.drop,
        identity.LookGroups: groups.look,
        identity.SetCover: covering.set,
        identity.LookCover: covering.look,
        identity.DelegateRole: covering.delegate,
        identity.EndDelegation: covering.end,
        parties.LookOrganisations: Listing(o, people).look,
    }
