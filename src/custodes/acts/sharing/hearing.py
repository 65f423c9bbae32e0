"""What another keyroom's logkeeper has published, heard from the database: its note, judged here again."""

from custodes.acts.answers.logs.epochs import met_since
from custodes.acts.opened import Opened
from custodes.acts.sharing.ports import Beat


class Hearing:
    """Keeps one keyroom's knowledge of what is witnessed up with the house's."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened
        self._note = b""
        self._epoch = 0

    async def hear(self, beat: Beat) -> None:
        """Take in a note that was not seen before."""
        o = self._o
        if beat.note == self._note or not beat.note.startswith(f"{o.origin}\n".encode()):
            return  # also the last head of a shard that was turned: what the next one holds is not in it
        size = int(beat.note.split(b"\n", 2)[1])
        since = self._epoch
        sizes = await o.read(lambda reads: reads.covered(since, size))
        now = o.clock.now()
        policies = {owner: policy for owner, (_, policy) in o.policies.all().items()}
        met_at = {owner: met_since(policy, beat.note, o.origin, now) for owner, policy in policies.items()}
        await o.witnessing.heard(sizes, met_at)
        self._note, self._epoch = beat.note, max(0, beat.epoch - 1)
