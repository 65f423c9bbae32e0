"""Witnesses as they are met: honest ones, and those who are slow, dead, lying, or know another tree."""

import asyncio
from hashlib import sha256

from custodes.acts.witness.succession import Succession
from custodes.acts.witness.witness import Witness
from custodes.kernel.refusal import Refusal, conflict, unavailable
from custodes.ledger.cosign import Ed25519Cosigner
from custodes.ledger.watch.log_list import WitnessedLog
from custodes.ledger.watch.witnessing import Seen, Submission
from fakes.ledger import ed25519


class Memory:
    def __init__(self):
        self.trees = {}

    def settle(self, origin, decide):
        named = sha256(origin.encode()).hexdigest()
        self.trees[named] = decide(self.trees.get(named, Seen()))
        return self.trees[named]

    def seen(self, origin_hash):
        return self.trees.get(origin_hash)


class Honest:
    """`acts.logkeeper.ports.Witness` over a real witness in this process."""

    def __init__(self, name, log, clock, memory=None):
        self.name = name
        self.signer = Ed25519Cosigner(name, ed25519(name))
        self.vkey = self.signer.vkey
        self.memory = memory or Memory()
        self.asked = 0
        self.logs = {log.origin: log}
        self.followers = {}
        self.witness = Witness(lambda: self.logs, self.memory, (self.signer,), clock)
        self.succession = Succession(lambda: self.logs, self.memory, self)

    def follower(self, closes):
        return self.followers.get(closes, "")

    def follow(self, closes, log, said):
        self.followers[closes] = said
        self.logs[log.origin] = log

    def close(self, origin):
        self.logs.pop(origin, None)

    async def tell(self, document):
        try:
            self.succession.add_follower(document)
        except Refusal as refusal:
            self.refused = refusal
            return False
        return True

    async def cosign(self, old_size, proof, note):
        self.asked += 1
        body = Submission(old=old_size, proof=tuple(proof), note=note).encode()
        try:
            return self.witness.add_checkpoint(body)
        except Refusal as refusal:
            if refusal.code in {"not-consistent", "other-root"}:
                raise conflict("witness-conflict") from refusal
            raise

    async def cosigned(self, origin):
        seen = self.memory.seen(sha256(origin.encode()).hexdigest())
        return None if seen is None else seen.note


class Dead(Honest):
    async def cosign(self, old_size, proof, note):
        self.asked += 1
        raise unavailable("witness-gone")


class Slow(Honest):
    """Answers when `answers` is set."""

    def __init__(self, *what):
        super().__init__(*what)
        self.answers = asyncio.Event()

    async def cosign(self, old_size, proof, note):
        self.asked += 1
        await self.answers.wait()
        return await super().cosign(old_size, proof, note)


class Lying(Honest):
    """Says whatever `lie(honest lines)` makes of the truth."""

    def __init__(self, *what, lie):
        super().__init__(*what)
        self.lie = lie

    async def cosign(self, old_size, proof, note):
        return self.lie(await super().cosign(old_size, proof, note))


class Ahead(Honest):
    """Remembers a tree larger than any it was shown, and shows nothing."""

    async def cosign(self, old_size, proof, note):
        raise conflict("witness-behind", size=10_000)

    async def cosigned(self, origin):
        return None


class Waiting:
    """Stands where `Opened.witnessing` stands: every use waits, and `late` times in vain; `each` is a
    coroutine that happens meanwhile. `waited` are positions and how long somebody would have waited.
    """

    def __init__(self, o, late=0, each=None):
        self.late, self.each, self.waited = late, each, []
        object.__setattr__(o, "witnessing", self)

    def is_needed(self, customer):
        return True

    def refuse_if_stale(self, customer):
        pass

    async def until(self, position, timeout_s):
        self.waited.append((position, timeout_s))
        if self.each is not None:
            await self.each()
        if len(self.waited) <= self.late:
            raise unavailable("not-witnessed-in-time")


def log_of(origin, vkeys):
    return WitnessedLog(origin=origin, vkeys=tuple(vkeys))


def policy_of(log_vkeys, names, quorum="q", k=None, parties=None, url="http://127.0.0.1:9/"):
    """A tlog-policy over witnesses of these names, each of an organisation of its own."""
    lines = [f"log {vkey}" for vkey in log_vkeys]
    for name in names:
        vkey = Ed25519Cosigner(name, ed25519(name)).vkey
        lines += [
            f"witness {name} {vkey.text()} {url}",
            f"#: party {name} {(parties or {}).get(name, f'org-{name}')}",
        ]
    if quorum == "q":
        lines.append(f"group q {k or len(names)} {' '.join(names)}")
    return "\n".join([*lines, f"quorum {quorum}", ""])
