"""From a template to a customer whose owner has signed his part, by the commands the plan names."""

import json
import shlex

import pytest

from custodes.acts.asks import Token
from custodes.cli.applying.apply import EXIT_DIFFERS
from custodes.cli.applying.signing_in import sign_in
from custodes.kernel import canonical
from custodes.policy.presets import default_rules

pytestmark = pytest.mark.slow


class Village:
    """The people of a new customer, with nothing but their own files."""

    def __init__(self, house):
        self.house = house
        self.file = house.folder / "village.yaml"
        self.ada = house.world.ada
        own = house.world.body.id  # a settled house has rules of its own, as every customer has
        house.call(house.world.put(("rules", own, own, default_rules(own))))
        self.document, self.signature = house.folder / "enrolment.json", house.folder / "enrolment.sig"

    def plan(self, who, *more):
        done = self.house.run("apply", "-f", str(self.file), "--plan", "--json", *more, who=who)
        assert done.exit_code in (0, EXIT_DIFFERS), done.output
        return {step["key"]: step for step in json.loads(done.stdout)["steps"]}

    def apply(self, who, *more):
        done = self.house.run("apply", "-f", str(self.file), "--yes", "--json", *more, who=who)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def key(self, name):
        path = self.house.folder / name
        self.house.json("file-key", "new", str(path), "--plain")
        return str(path), self.house.run("file-key", "public", str(path)).stdout.strip()

    def enrol(self, root):
        signed = self.house.run("file-key", "sign", root, str(self.document), "--root", "--confirm", "sign")
        self.signature.write_text(signed.stdout)
        return self.house.json("party", "enrol", str(self.document), str(self.signature), who=self.ada)

    def follow(self, command, *more, replace=()):
        """A command as the plan prints it, with the person's own files in it."""
        words = shlex.split(command)[1:]
        for old, new in replace:
            words = [new if word == old else word for word in words]
        return self.house.json(*words, *more, who=self.ada)


def test_a_new_customer_from_a_template_to_an_empty_plan(house):
    village = Village(house)
    place = ("--name", "hall", "--country", "DE", "--operator", house.world.custodian.id)
    more = ("--jurisdiction", "DE", "--store", "file:///srv/hall")
    house.json("location", "set", *place, *more, who=village.ada)
    text = house.run("apply", "--template", "town", "--set", "organisation=Village", "--set", "group=Village")
    village.file.write_text(text.stdout)
    assert set(village.apply(village.ada)["done"]) == {
        "person/olga@musterstadt.example",
        "person/anna@musterstadt.example",
    }
    root, public = village.key("root.key")
    making = village.plan(village.ada)["organisation/Village"]["commands"][1]
    words = shlex.split(making.partition(" --root-public")[0])[1:]
    house.json(*words, "--root-public", public, "--save", str(village.document), who=village.ada)
    village.enrol(root)
    assert len(village.apply(village.ada)["done"]) == 2  # customer and application
    token, owner = owner_of(village, root)
    done = village.apply(token, "--key-file", owner)
    assert [name.removeprefix("customer/Village/Musterstadt/") for name in done["done"]] == [
        "key/objects", "boundary", "rules", "bucket/melderegister", "bucket/melderegister/versioning",
    ]  # fmt: skip
    left = {key for key, step in village.plan(token, "--key-file", owner).items() if step["state"] == "open"}
    assert all("anna@musterstadt.example" in key for key in left)


def owner_of(village, root):
    """The first owner: his key enrolled by the root key, vetted by two, signed in."""
    house, world = village.house, village.house.world
    owner, _ = village.key("owner.key")
    steps = village.plan(village.ada)
    step = steps["person/olga@musterstadt.example/Village/key"]
    made = village.follow(
        step["commands"][2], replace=(("YOUR.pub", owner), ("enrolment.json", str(village.document)))
    )
    village.enrol(root)
    vet = shlex.split(steps["person/olga@musterstadt.example/vetting"]["commands"][0])[1:-2]
    paper, second = house.folder / "vetting.json", house.folder / "vetting.sig"
    house.json(*vet, "--document", str(paper), who=village.ada)
    key = str(house.key_file(world.karl))
    credential = ("--credential", world.karl.credential.id, "--confirm", "sign")
    second.write_text(house.run("file-key", "sign", key, str(paper), *credential).stdout)
    house.json(*vet, "--approval", str(second), who=village.ada)
    out = house.folder / "owner.token"
    line = ("--credential", made["id"], "--key-file", owner, "--out", str(out))
    signed = house.run("sign-in", *line)
    assert signed.exit_code == 0, signed.output
    assert out.stat().st_mode & 0o777 == 0o600
    assert house.run("sign-in", *line).exit_code == 2  # never over a file that is there
    return Token(out.read_text().strip()), owner


def test_only_a_sign_in_of_this_house_is_signed(house, monkeypatch):
    """An installation that lies about what is to be signed gets no signature."""
    from custodes.cli.speech import Asker

    key = str(house.key_file(house.world.olga))
    lies = (
        canonical.encode({"v": "custodes/lift/v1", "house": "x"}),
        canonical.encode({"v": "custodes/sign-in/v1", "house": "hse-other", "nonce": "eA=="}),
    )
    real = Asker.ask
    for lie in lies:

        def ask(self, one, lie=lie):
            answer = real(self, one)
            changed = type(answer).__name__ == "PasskeyChallenge"
            return type(answer)(challenge=answer.challenge, rp_id="", document=lie) if changed else answer

        monkeypatch.setattr(Asker, "ask", ask)
        out = house.folder / "token"
        line = ("--credential", house.world.olga.credential.id, "--key-file", key, "--out", str(out))
        done = house.run("sign-in", *line)
        assert (done.exit_code, "other-document" in done.stderr, out.exists()) == (1, True, False)
    assert sign_in.name == "sign-in"
