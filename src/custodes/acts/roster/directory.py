"""The directory behind an issuer as an actor: its token, and what it may touch, which is its own people."""

import hashlib
from base64 import urlsafe_b64encode
from datetime import timedelta

import msgspec

from custodes.acts import signed
from custodes.acts.answers.said import changed
from custodes.acts.asks import Evidence
from custodes.acts.asks.identity import DirectoryToken, MakeDirectoryToken
from custodes.acts.authority import Alteration
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.issuers import Issuer
from custodes.acts.footing.standing import Change
from custodes.acts.opened import Opened
from custodes.acts.permitted import alter, may_read, permit, told
from custodes.acts.writing.act import Expect
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import absent, conflict, malformed
from custodes.parties.rows import Credential, CredentialKind, Organisation
from custodes.policy.question import Resource

TOKEN_BYTES = 32
LABEL_CHARS_MAX = 100
DAYS = range(1, 731)


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Which directory asks: its issuer, the organisation, and what the decision rested on."""

    who: Identified
    issuer: Issuer
    home: Organisation
    expects: tuple[Expect, ...]


class DirectoryTokens:
    """Answers `MakeDirectoryToken`."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened

    async def make(self, ask: MakeDirectoryToken) -> DirectoryToken:
        """By an officer of the issuer's organisation, signed. `bad-credential`, `no-such-issuer`."""
        o = self._o
        if not ask.label.isprintable() or len(ask.label) > LABEL_CHARS_MAX or ask.days not in DAYS:
            raise malformed("bad-credential")
        id_ = new_id("crd", o.dice)
        secret = urlsafe_b64encode(o.dice.draw(TOKEN_BYTES)).decode("ascii").rstrip("=")

        def decide() -> Alteration:
            who = signed.of(o, ask, ask.evidence, ("issuer", ask.issuer))
            issuer = o.standing.get("issuer", ask.issuer, Issuer)
            home = o.standing.get("organisation", issuer.organisation, Organisation) if issuer else None
            if issuer is None or home is None or who.actor.organisation != home.id:
                raise absent("no-such-issuer")
            resource = Resource(kind="party", id=issuer.id, facts={"organisation": home.id})
            decided = permit(o, who, "identity:configure", resource)
            row = Credential(
                id=id_,
                kind=CredentialKind.DIRECTORY,
                organisation=home.id,
                application=issuer.id,
                secret=hashlib.sha256(secret.encode()).hexdigest(),
                created_at=to_text(o.clock.now()),
                expires_at=to_text(o.clock.now() + timedelta(days=ask.days)),
                label=ask.label,
                is_demo=home.is_demo,
            )
            record = changed("enrol.credential", who, row.id, msgspec.structs.replace(row, secret=None))
            return Alteration(
                changes=(Change(noun="credential", id=id_, customer="", value=row),),
                records=tuple((each, record) for each in told(o, home)),
                expects=decided.expects,
            )

        await alter(o, decide, ask, ask.evidence)
        return DirectoryToken(id_, f"{id_}.{secret}")


def source(o: Opened, evidence: Evidence) -> Source:
    """The directory whose token this is; `not-a-directory` (absent) for everybody else's evidence."""
    who, issuer, home = _known(o, evidence)
    decided = permit(o, who, "person:provision", _about(issuer, home))
    return Source(who=who, issuer=issuer, home=home, expects=decided.expects)


async def looking(o: Opened, evidence: Evidence) -> Source:
    """The same for something that is only looked at."""
    who, issuer, home = _known(o, evidence)
    decided = await may_read(o, who, "person:provision", _about(issuer, home))
    return Source(who=who, issuer=issuer, home=home, expects=decided.expects)


def _about(issuer: Issuer, home: Organisation) -> Resource:
    return Resource(kind="party", id=issuer.id, facts={"organisation": home.id})


def _known(o: Opened, evidence: Evidence) -> tuple[Identified, Issuer, Organisation]:
    who = o.identities.of(evidence)
    row = o.standing.get("credential", who.actor.credential, Credential)
    is_directory = row is not None and row.kind is CredentialKind.DIRECTORY
    issuer = o.standing.get("issuer", str(row.application), Issuer) if row and is_directory else None
    home = o.standing.get("organisation", issuer.organisation, Organisation) if issuer else None
    if issuer is None or home is None or issuer.is_off:
        raise absent("not-a-directory")
    return who, issuer, home


def on(o: Opened, noun: str, id_: str, expects: int | None, code: str) -> None:
    """The row is of the generation the change was made on; `code` (conflict)."""
    if expects is not None and o.standing.expect(noun, id_).generation != expects:
        raise conflict(code)
