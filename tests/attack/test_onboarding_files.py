"""Files written by somebody who means harm: bombs, objects, foreign ids, names that are commands."""

import json
import shlex

import pytest

from custodes.acts.plans.found import gather
from custodes.acts.plans.reading import FILE_BYTES_MAX, read
from custodes.acts.plans.steps import State
from custodes.acts.plans.talking import run_async
from custodes.cli.applying.showing import plan_lines
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal
from custodes.parties.roles import PartyKind
from fakes.applying import Hand
from fakes.folk import in_folk

LAUGHS = "a: &a [x, x, x]\n" + "".join(
    f"{n}: &{n} [*{m}, *{m}, *{m}, *{m}]\n" for m, n in zip("abcdefgh", "bcdefghi", strict=True)
)
BOMBS = {
    "billion-laughs": (LAUGHS, "anchor"),
    "alias-to-itself": ("a: &a [*a]\n", "anchor"),
    "alias-alone": ("a: *b\n", "alias"),
    "deep-lists": ("[" * 60_000, "too-deep"),
    "deep-maps": ("{a: " * 30_000, "too-deep"),
    "deep-dashes": ("- " * 60_000, "too-deep"),
    "deep-question-marks": ("? " * 60_000, "name-not-text"),
    "deep-block": ("".join(f"{' ' * n}a:\n" for n in range(400)), "too-deep"),
    "huge-scalar": ("a: " + "x" * 100_000, "text-too-long"),
    "huge-folded": ("a: >\n" + " x\n" * 40_000, "text-too-long"),
    "huge-name": ("x" * 5_000 + ": 1\n", "text-too-long"),
    "huge-quoted": ("a: '" + "y " * 60_000 + "'", "text-too-long"),
    "very-many": ("".join(f"- {n}\n" for n in range(15_000)), "too-many"),
    "too-big": ("#" * (FILE_BYTES_MAX + 1), "too-long"),
    "python-object": ("a: !!python/object/apply:os.system ['touch /tmp/x']\n", "tag"),
    "python-name": ("!!python/name:os.system\n", "tag"),
    "python-module": ("a: !!python/module:subprocess\n", "tag"),
    "java-object": ("a: !!javax.script.ScriptEngineManager []\n", "tag"),
    "binary": ("a: !!binary aGVsbG8=\n", "tag"),
    "text-tag": ("a: !!str 1\n", "tag"),
    "own-tag": ("a: !secret x\n", "tag"),
    "verbatim-tag": ("a: !<tag:yaml.org,2002:int> 1\n", "tag"),
    "merge-key": ("a: {x: 1}\nb:\n  <<: {y: 1}\n", "merge-key"),
    "merge-list": ("a:\n  <<: [{x: 1}]\n", "merge-key"),
    "name-twice": ("customers: []\ncustomers: []\n", "twice"),
    "name-twice-json": ('{"a": 1, "\\u0061": 2}', "twice"),
    "second-document": ("a: 1\n...\n---\na: 2\n", "two-documents"),
    "tag-directive": ("%TAG !! tag:evil,2000:\n---\na: 1\n", "directive"),
    "nul": ("a: x\x00y\n", "not-yaml"),
    "escape": ('a: "\\e[2J"\n', "not-text"),
    "right-to-left": ("a: \u202egnp.exe\n", "not-text"),
    "invisible": ("a: tow\u200bn\n", "not-text"),
    "octal": ("a: 0777\n", "unclear"),
    "sexagesimal": ("a: 1e9999\n", "unclear"),
}


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_a_bomb_is_refused_with_line_and_path(name):
    text, why = BOMBS[name]
    with pytest.raises(Refusal) as caught:
        read(text.encode())
    facts = caught.value.facts
    assert facts["why"] == why
    assert int(str(facts["line"])) >= 1
    assert str(facts["path"]).startswith("$")
    assert len(str(dict(facts))) < 600


def foreign(world, key="", owner="", id_=""):
    return f"""\
custodes: onboarding/v1
customers:
- name: Town
  organisation: Town
  {f"id: {id_}" if id_ else ""}
  buckets:
  - name: letters
    {f"key: {key}" if key else ""}
    {f"owners: [{owner}]" if owner else ""}
"""


@in_folk
async def test_another_customers_ids_are_as_unknown_as_nobodys(world):
    """An owner who names what another has learns nothing, and gets nothing."""
    other = world.organisation("Other", PartyKind.CUSTOMER)
    row = world.customer("Other", new_id("cus", world.dice), other.id, (4, 5))
    await world.put(("organisation", other.id, "", other), ("customer", row.id, row.id, row))
    nobody = new_id("cus", world.dice)
    told = []
    for id_ in (row.id, nobody):
        with pytest.raises(Refusal) as caught:
            await Hand(world, world.olga, foreign(world, id_=id_)).plan()
        told.append({**caught.value.facts, "what": "x"})
    assert told[0] == told[1]
    assert told[0]["why"] == "unknown-name"
    for real, made_up in ((row.records.id, new_id("key", world.dice)), (other.id, nobody)):
        said = []
        for name in (real, made_up):
            with pytest.raises(Refusal) as caught:
                await Hand(world, world.olga, foreign(world, key=name)).plan()
            with pytest.raises(Refusal):
                await Hand(world, world.olga, foreign(world, owner=name)).plan()
            said.append({**caught.value.facts, "what": "x"})
        assert said[0] == said[1]
    by_name = foreign(world).replace("Town", "Other")
    plan = await Hand(world, world.olga, by_name).plan()
    hand = Hand(world, world.olga, by_name)
    assert {step.state for step in plan.steps} <= {State.OPEN, State.CREATE, State.UNMANAGED}
    assert (await hand.apply()).done == ()
    assert hand.written == []


@in_folk
async def test_names_in_commands_are_words_and_nothing_else(world):
    evil = "$(touch /tmp/x); `id` 'x' \"y\" | sh"
    text = (
        "custodes: onboarding/v1\ncustomers: [{name: Town, organisation: Town}]\norganisations:\n"
        f"- {{name: {json.dumps(evil)}, kind: customer, country: DE, group: {json.dumps(evil)}}}\n"
    )
    plan = await Hand(world, world.ada, text).plan()
    (step,) = (step for step in plan.steps if step.state is State.OPEN)
    making = next(line for line in step.commands if "party organisation" in line)
    words = shlex.split(making.partition(" --root-public")[0])
    assert words[words.index("--name") + 1] == evil
    assert words[words.index("--group") + 1] == evil
    assert all(line.isprintable() for line in plan_lines(plan) if "\x1b" not in line)


@in_folk
async def test_names_with_slashes_do_not_hide_each_other(world):
    """A step's key is made of names; a name that looks like a path must not swallow another's step."""
    text = """\
custodes: onboarding/v1
customers:
- name: Town
  organisation: Town
  applications: [{name: "a/key/b"}, {name: "a%2Fkey%2Fb"}]
  keys: [{name: b}, {name: "a/key/b"}]
"""
    plan = await Hand(world, world.olga, text).plan()
    made = [(step.noun, step.name) for step in plan.steps if step.state is State.CREATE]
    assert len(made) == len(set(made)) == 4


@in_folk
async def test_vetting_and_keys_cannot_be_claimed(world):
    """`vetted: true` and roles in a file give nobody anything."""
    text = """\
custodes: onboarding/v1
customers: [{name: Town, organisation: Town}]
people:
- {mail: mallory@town.example, name: Mallory, organisation: Town, roles: [owner, key-officer], vetted: true}
"""
    await Hand(world, world.ada, text).apply()
    found = await run_async(gather(world.ada.token, lambda _i, _n: True), world.keyroom.ask)
    (mallory,) = found.organisations.nobodys
    assert (mallory.roles, mallory.is_vetted, mallory.signs) == ((), False, False)
    plan = await Hand(world, world.ada, text).plan()
    assert {step.noun for step in plan.steps if step.state is State.OPEN} == {"key-of", "vetting"}
