"""The page of a bucket: what it may take up, set by its customer's owner and by nobody else."""

from fakes.folk import FolkWorld
from fakes.lived import lived
from fakes.object_world import BUCKET, ObjectWorld
from ports.planes.test_console import Browser, passkey_of


class Town(FolkWorld, ObjectWorld):
    """People and a bucket."""


@lived(lambda folder: Town(folder).settle_objects())
async def test_an_owner_sets_bounds_and_everybody_of_the_town_sees_them(world):
    await world.write("a", b"12345")
    olga = Browser(world)
    await olga.sign_in(await passkey_of(world, world.olga, "olga"))
    page = await olga.get(f"/objects/{BUCKET}")
    assert (page.status, 'action="/objects/town-files/bounds"' in page.text) == (200, True)
    wanted = {"padding": "padme", "bytes_max": "1000", "versions_max": ""}
    done = await olga.post(f"/objects/{BUCKET}/bounds", wanted)
    assert (done.status, done.header("location")) == (303, f"/objects/{BUCKET}")
    page = await olga.get(f"/objects/{BUCKET}")
    assert 'value="1000"' in page.text
    assert '<option value="padme" selected>' in page.text
    for wrong in ({"bytes_max": "many"}, {"bytes_max": "-1"}, {"padding": "zeros"}, {"bytes_max": "9" * 19}):
        refused = await olga.post(f"/objects/{BUCKET}/bounds", {**wanted, **wrong})
        assert refused.status == 400
    assert (await olga.post(f"/objects/{BUCKET}/bounds", wanted, is_ours=False)).status == 403

    anna = Browser(world)
    await anna.sign_in(await passkey_of(world, world.anna, "anna"))
    refused = await anna.post(f"/objects/{BUCKET}/bounds", {**wanted, "bytes_max": "1"})
    assert refused.status == 403
    page = await anna.get(f"/objects/{BUCKET}")
    assert (page.status, 'href="/cases"' in page.text.partition("<main")[2]) == (403, True)
    assert 'value="1000"' in (await olga.get(f"/objects/{BUCKET}")).text
