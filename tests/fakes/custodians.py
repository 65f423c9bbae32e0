"""Custodians with file keys and words, and a house whose passphrase they have taken the place of."""

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.acts.asks.documents import hash_of
from custodes.acts.asks.unsealing import CancelUnseal, GiveShare, LookUnseal
from custodes.acts.keyroom import Keyroom
from custodes.adapters import file_holder
from custodes.adapters.file_holder import FileHolder
from custodes.adapters.file_key import FileKey
from custodes.adapters.holders import share_file
from custodes.custody import shares, submission
from custodes.custody.shares import Group, Member, ShareSet
from custodes.kernel import canonical

from .keyrooms import World


class Custodian:
    """One of them: `words` and `card` are what the ceremony gave him."""

    def __init__(self, name: str, seed: bytes):
        self.name = name
        self.key = FileKey(Ed25519PrivateKey.from_private_bytes(seed))
        self.public = canonical.b64(self.key.public)
        self.words = ""
        self.card = None

    def given(self, offer, words=None) -> GiveShare:
        """His share as it travels."""
        submission.check_offer(offer, self.card)
        sealed = submission.seal(offer, self.words if words is None else words)
        signature = self.key.sign(hash_of(submission.give_document(offer, sealed)))
        return GiveShare(offer.attempt, self.public, sealed, signature)

    def cancelled(self, offer) -> CancelUnseal:
        signature = self.key.sign(hash_of(submission.cancel_document(offer)))
        return CancelUnseal(offer.attempt, self.public, signature)


def custodians(count: int = 3) -> dict[str, list[Custodian]]:
    """Some of a trustee and some of a town."""
    return {
        name: [Custodian(f"{name} {at}", bytes([number, at]) * 16) for at in range(count)]
        for number, name in enumerate(("Trustee", "Town"), 1)
    }


def wanted(people, needed: int = 2) -> ShareSet:
    groups = tuple(
        Group(
            organisation=name,
            threshold=needed,
            members=tuple(Member(custodian=one.name, mark="", public=one.public) for one in some),
        )
        for name, some in people.items()
    )
    return ShareSet(before=(), generation=0, group_threshold=2, groups=groups, identifier=0)


def hold_ceremony(path, people, dice, root=None) -> None:
    """Replace what opens the file at `path`, or make it with a root; everybody gets his words."""
    if root is None:
        root = file_holder.open_root(path, secret_of(path, people))
        naming = file_holder.naming(path)
        path.unlink()
    else:
        naming = ("ab" * 16, None)
    made, issued = share_file.split(root, naming, wanted(people), dice)
    share_file.write(path, made)
    by_name = {one.name: one for some in people.values() for one in some}
    for one in issued:
        by_name[one.card.custodian].words = one.words
        by_name[one.card.custodian].card = one.card


def secret_of(path, people) -> bytes:
    """What everybody's words combine to."""
    _, found = file_holder.naming(path)
    read = [shares.read(one.words) for some in people.values() for one in some]
    return shares.combine(found, {(one.group, one.member): one for one in read})


class SharedWorld(World):
    """A settled house that comes up sealed and that custodians open. No Argon2: it would cost seconds."""

    def make_holder(self) -> FileHolder:
        self.people = custodians()
        self.path = self.folder / "holder.key"
        hold_ceremony(self.path, self.people, self.dice, root=self.dice.draw(32))
        return FileHolder(f"file:{self.path}")

    @property
    def passphrase(self) -> bytes:
        return secret_of(self.path, self.people)

    async def begin(self) -> None:
        """Found it, settle in, close, come up sealed."""
        await self.open()
        await self.settle_in()
        await self.close()
        self.come_up()

    def come_up(self) -> None:
        """A fresh process, sealed."""
        self.keyroom = Keyroom(self.body, self.parts())

    async def offer(self):
        return (await self.keyroom.ask(LookUnseal())).offer

    async def give(self, custodian: Custodian, **more):
        return await self.keyroom.ask(custodian.given(await self.offer(), **more))


def tampered(ask, **more):
    """The same ask with members changed on the way."""
    return msgspec.structs.replace(ask, **more)
