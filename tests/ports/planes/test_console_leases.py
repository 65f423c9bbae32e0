"""The page of leases: what the log says of them, in pairs over its own pages; and stopping who reads so."""

import pytest

from custodes.acts.objects.reads.leases import LASTS_S
from custodes.kernel.refusal import Refusal
from custodes.web.console.served.stored import leases
from fakes.folk import FolkWorld
from fakes.lived import lived
from fakes.object_world import BUCKET
from ports.keyroom.test_leased_reads import BODY, LeaseWorld, ended
from ports.planes.test_console_files import seat

pytestmark = pytest.mark.whole


class Town(FolkWorld, LeaseWorld):
    """People, a bucket, and a rule that lets its application read under leases."""


@lived(lambda folder: Town(folder).settle_leases())
async def test_leases_are_seen_and_who_reads_under_them_is_stopped(world):
    assert await world.read("a") == BODY
    olga = await seat(world, "olga")
    page = await olga.get(f"/leases?bucket={BUCKET}")
    assert (page.status, "stands now" in page.text, "at most 100 reads" in page.text) == (200, True, True)
    assert "permitted</span>" in page.text
    world.clock.forward(seconds=LASTS_S + 1)
    await ended(world, 1)
    assert await world.read("b") == BODY + b"!"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leases, "ROWS_MAX", 1)  # an end and its beginning on two pages
        page, said = await olga.get("/leases"), ""
        while 'rel="next"' in page.text:
            page = await olga.get(page.text.partition('rel="next" href="')[2].partition('"')[0])
            said += page.text
    assert f">1 read, {len(BODY)} B" in said.replace("</a>: ", ">"), "the end said how many it was"
    assert "at most 100 were admitted" in said

    page = await olga.get("/leases")
    stop = page.text.partition('href="/leases/stop?credential=')[2].partition('"')[0]
    credential = stop.partition("&")[0]
    page = await olga.get(f"/leases/stop?credential={credential}")
    assert (page.status, credential in page.text) == (200, True)
    said = {"credential": credential, "bucket": BUCKET, "reason": ""}
    assert (await olga.post("/leases/stop", said)).status == 400
    assert await world.read("b") == BODY + b"!"

    anna = await seat(world, "anna")
    assert "/leases/stop" not in (await anna.get("/leases")).text
    assert (await anna.post("/leases/stop", {**said, "reason": "mine"})).status == 403
    assert await world.read("b") == BODY + b"!"
    other = await olga.get("/leases/stop?credential=crd-00000000000000000000000000")
    assert other.status == 404

    done = await olga.post("/leases/stop", {**said, "reason": "The server was stolen."})
    assert (done.status, done.header("location")) == (303, f"/leases?bucket={BUCKET}&stopped=yes")
    with pytest.raises(Refusal):
        await world.read("b")
    page = await olga.get(f"/leases?bucket={BUCKET}&stopped=yes")
    assert ("taken away" in page.text, "/leases/stop" in page.text) == (True, False)
    assert (await olga.get("/leases?bucket=other-town")).status == 404
