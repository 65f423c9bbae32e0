"""docs/runbooks/lost-custodian.md and the rest of unseal.md, played from their pages (`fakes.runbooks`).

A custodian is lost: shares are made anew by a real ceremony, over the house's own holder file, by the plan
that stands on the page; the new words open the house, the old ones do not.
"""

import dataclasses
import pwd
import tomllib

import msgspec
import pytest

from custodes.acts.asks.unsealing import LookUnseal
from custodes.adapters import file_holder, file_key, private_file
from custodes.adapters.holders.openbao import OpenBaoHolder
from custodes.cli.custodians import ceremony
from custodes.custody import shares
from custodes.kernel import canonical
from fakes import SeededDice
from fakes.ceremony import Room
from fakes.custodians import SharedWorld
from fakes.folk import entries
from fakes.office import OfficeWorld
from fakes.openbao import TOKEN, Bao
from fakes.runbooks import Page, fenced
from fakes.served import FreshDoors, api_of, served

pytestmark = pytest.mark.whole


class Shared(SharedWorld, OfficeWorld):
    """A house that custodians open; one customer's holder is OpenBao, and nobody has opened that yet."""

    def parts(self):
        if not hasattr(self, "bao"):
            self.bao = Bao(self.folder)
            self.bao_holder = OpenBaoHolder(self.bao.uri())
        parts = super().parts()
        return dataclasses.replace(parts, holders={**parts.holders, self.bao_holder.uri: self.bao_holder})


@pytest.fixture
def house(tmp_path):
    with served(tmp_path, Shared) as found:
        yield found
        found.world.bao.close()


@pytest.fixture
def new(house):
    """The page's plan, and its custodians: name -> folder with a key file."""
    text, folders = fenced("lost-custodian", "toml"), {}
    plan = tomllib.loads(text)
    names = [each["name"] for one in plan["organisation"] for each in one["custodian"]]
    assert text.count('key = "…"') == len(names)
    for number, name in enumerate(names):
        folders[name] = house.folder / name.replace(" ", "-")
        folders[name].mkdir()
        file_key.create(folders[name] / "key", None, SeededDice(300 + number))
    return text, folders


def filled(house, page, new):
    """The plan with everybody's public half, as `custodes file-key public` says it."""
    text, folders = new
    says = page.does
    for folder in folders.values():
        args = ("file-key public",) if says == page.does else ()
        text = text.replace("…", says(*args, FILE=str(folder / "key")).strip(), 1)
        says = page.again
    path = house.folder / "plan.toml"
    path.write_text(text)
    return path


def hold(monkeypatch, page, present, made):
    """The ceremony of the page, with people who type the words of `present`; gives who took which sheet."""
    room = Room([one.words for one in present][::-1], made)
    monkeypatch.setattr(ceremony.click, "prompt", room.prompt)
    page.does("ceremony")
    monkeypatch.undo()
    assert room.typed == []  # no more than what was wanted was asked
    return [" ".join(words) for _, words in sorted(room.sheets.items())]


def test_a_custodian_is_lost(house, new, monkeypatch):
    """Trustee 2 is gone with his sheet; the four who are wanted of the others make shares for six anew."""
    old, made = house.world.people, house.folder / "made"
    kept = house.folder / "holder.key"
    me = pwd.getpwuid(house.folder.stat().st_uid).pw_name
    page = Page(house, "lost-custodian", **{"custodes-keyroom": me, "/ramdisk/holder.key": str(kept)})
    page.words |= {"/ramdisk/made": str(made), "/ramdisk/made/holder.key": str(made / "holder.key")}
    page.words["plan.toml"] = str(filled(house, page, new))
    assert f"file:{house.world.path}" in page.does("holder list").replace("\n", "")
    page.shell("install -m 0600", HOLDER=str(house.world.path))
    words = hold(monkeypatch, page, [*old["Trustee"][:2], *old["Town"][:2]], made)
    for number, folder in enumerate(new[1].values(), 1):
        (made / f"custodian-{number:02}.card.json").rename(folder / "card")
    page.shell("install -m 0600")
    page.does("seal")
    by_name = dict(zip(new[1], words, strict=True))
    unsealing = opens_by_shares(house, new[1], by_name, old["Town"][0])
    assert shared_of(kept, old) != shared_of(house.world.path, None, words)  # new words, new secret,
    assert root_of(kept, shared_of(kept, old)) == root_of(
        house.world.path, shared_of(house.world.path, None, words)
    )  # and the same root: an old copy with enough old words opens it, as the page warns
    gone = house.world.anna
    page.does("party revoke", house.world.olga, CREDENTIAL=gone.credential.id)
    assert page.left[0].startswith("custodes share give --card")
    page.left.pop(0)  # the way round whoever stands between: played below
    unsealing.does("seal")
    assert house.call(house.world.keyroom.ask(LookUnseal())).sealed
    assert page.left == unsealing.left == []


def opens_by_shares(house, folders, words, gone):
    """unseal.md from "By shares" to its end; then a holder of a customer's, and shut again."""
    page = Page(house, "unseal")
    page.left = page.left[page.left.index("custodes share status --url https://…") :]
    ann, ben, dora, emil = (list(folders)[at] for at in (0, 1, 3, 4))

    def at(name):
        return {"CARD": str(folders[name] / "card"), "KEY": str(folders[name] / "key")}

    with api_of(house) as url:
        page.words["https://…"] = url
        assert "0 of 2" in page.does("share status")
        page.does("share give", types=f"{gone.words}\n", code=1, **at(ann))  # an old sheet
        page.again(types=f"{words[ann]}\n", **at(ann))
        page.again(types=f"{words[dora]}\n", **at(dora))
        assert "1 of 2" in page.does("share status").replace("\n", " ")
        page.does("share cancel", types="cancel\n", **at(ben))
        page.last = "custodes share give --url https://… --card CARD --key-file KEY"
        for name in (ann, dora, ben, emil):
            assert house.call(house.world.keyroom.ask(LookUnseal())).sealed
            page.again(types=f"{words[name]}\n", **at(name))
    assert not house.call(house.world.keyroom.ask(LookUnseal())).sealed
    log = f"{house.world.body.id}/exceptional"
    given = [one.fields["person"] for one in entries(house.world, log, "share.give")]
    assert sorted(given[-4:]) == sorted((ann, ben, dora, emil))
    page.does("holder open", types=f"{TOKEN}\n", URI=house.world.bao_holder.uri)
    assert house.world.bao_holder.uri.partition("?")[0] in page.does("holder list").replace("\n", "")
    return page


def shared_of(path, people, typed=()):
    """The secret that words combine to."""
    _, wanted = file_holder.naming(path)
    typed = typed or [one.words for some in people.values() for one in some]
    read = [shares.read(one) for one in typed]
    return shares.combine(wanted, {(one.group, one.member): one for one in read})


def root_of(path, secret):
    return file_holder.open_root(path, secret)


class Between:
    """Doors of somebody who puts an offer of his own in the place of the keyroom's."""

    def __init__(self, path):
        self.doors = FreshDoors(path)

    async def ask(self, ask):
        answer = await self.doors.ask(ask)
        if isinstance(ask, LookUnseal):
            offer = msgspec.structs.replace(answer.offer, public=canonical.b64(bytes(range(32))))
            answer = msgspec.structs.replace(answer, offer=offer)
        return answer


def test_who_stands_between_gets_no_share(house, new, monkeypatch):
    """`offer-forged` over the way that is not safe; on the machine itself the same share is taken."""
    world, (trustee, *_) = house.world, house.world.people["Trustee"]
    folder = next(iter(new[1].values()))
    (folder / "card").write_bytes(canonical.encode(msgspec.to_builtins(trustee.card)))
    key = file_key.PlainKey(
        format=file_key.FORMAT,
        public=trustee.public,
        seed=canonical.b64(trustee.key._private.private_bytes_raw()),
    )
    (folder / "key").unlink()
    private_file.write_new(folder / "key", canonical.encode(msgspec.to_builtins(key)))
    house.run("seal", "--reason", "drill")
    given = ("--card", str(folder / "card"), "--key-file", str(folder / "key"))
    with monkeypatch.context() as patched:
        patched.setattr("fakes.served.FreshDoors", Between)
        with api_of(house) as url:
            done = house.run("share", "give", "--url", url, *given, stdin=f"{trustee.words}\n")
    assert (done.exit_code, "offer-forged" in done.stderr) == (1, True)
    assert [one.given for one in house.call(world.keyroom.ask(LookUnseal())).groups] == [0, 0]
    page = Page(house, "lost-custodian", CARD=given[1], KEY=given[3])
    page.left = page.left[-1:]
    page.does("share give", types=f"{trustee.words}\n")
    assert [one.given for one in house.call(world.keyroom.ask(LookUnseal())).groups] == [1, 0]
