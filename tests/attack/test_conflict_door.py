"""A witness conflict stops S3 with words of its own; the evidence kept is the one that proves it."""

import asyncio

import pytest

from custodes.acts.answers.kills import KillAnswers
from custodes.acts.watched.conflicts import Conflicts
from custodes.adapters.log_files import KeptEvidence
from custodes.kernel.refusal import Refusal
from custodes.protocols.s3.refusals import error_document, said
from fakes.object_world import ObjectWorld


def test_what_an_s3_client_is_told(tmp_path):
    async def run():
        world = ObjectWorld(tmp_path)
        await world.settle_objects()
        await world.write("a.txt", b"one")
        o = world.keyroom.opened
        await Conflicts(o, KillAnswers(o)).stop("witness-conflict", "w1 3")
        for doing in (world.write("b.txt", b"two"), world.read("a.txt")):
            with pytest.raises(Refusal, match="witness-conflict") as caught:
                await doing
            row = said(caught.value)
            assert (row.status, row.code) == (503, "ServiceUnavailable")
            assert b"a witness of this installation" in error_document(caught.value, "/b/a.txt", "req-1")
        await world.close()
        world.engine.dispose()

    asyncio.run(run())


def test_a_proven_fork_is_kept_beside_a_suspicion_and_neither_is_replaced(tmp_path):
    kept = KeptEvidence(tmp_path)
    assert kept.keep("ab", b"suspicion", is_proven=False) == "fork-ab.json"
    assert kept.keep("ab", b"proof", is_proven=True) == "fork-ab-proven.json"
    kept.keep("ab", b"other", is_proven=False)
    kept.keep("ab", b"other", is_proven=True)
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {
        "fork-ab.json": b"suspicion",
        "fork-ab-proven.json": b"proof",
    }
