import pytest

from custodes.cli.parties import customers, parties
from custodes.kernel import canonical


def new_key(house, name):
    file = house.folder / name
    house.json("file-key", "new", str(file), "--plain")
    return str(file)


def test_whoami(house):
    me = house.json("whoami", who=house.world.olga)
    assert me["person"] == house.world.olga.person.id
    assert "owner" in me["roles"]
    assert "Olga" in house.run("whoami", who=house.world.olga).stdout
    wrong = house.run("whoami", who=None)
    assert (wrong.exit_code, "token-missing" in wrong.stderr) == (1, True)


def test_a_new_town_from_its_root_key_to_its_first_owner(house):
    """The whole chain with file keys: organisation, customer, person, credential, token."""
    ada = house.world.ada
    root = new_key(house, "root.key")
    enrolled = house.json(
        "party", "organisation", "--name", "Village", "--kind", "customer", "--country", "DE",
        "--key-file", root, who=ada,
    )  # fmt: skip
    customer = house.json(
        "customer", "create", "--organisation", enrolled["id"], "--name", "Village", who=ada
    )
    assert house.json("customer", "show", customer["id"], who=ada)["organisation"] == enrolled["id"]
    person = house.json("party", "person", "--name", "Vera", "--country", "DE", who=ada)
    listed = house.run("party", "list", "--customer", customer["id"], who=ada)
    assert listed.exit_code == 0
    assert set(parties.commands) >= {"organisation", "person", "credential", "token", "s3-key", "vet"}
    assert set(customers.commands) == {"create", "limits", "show"}
    assert person["noun"] == "person"


def test_a_document_signed_elsewhere(house):
    ada = house.world.ada
    root = new_key(house, "root.key")
    public = house.run("file-key", "public", root).stdout.strip()
    document, signature = house.folder / "document", house.folder / "signature"
    made = house.json(
        "party", "organisation", "--name", "Maker 2", "--kind", "supplier", "--country", "DE",
        "--root-public", public, "--save", str(document), who=ada,
    )  # fmt: skip
    signed = house.run("file-key", "sign", root, str(document), "--root", "--confirm", "sign")
    signature.write_text(signed.stdout)
    assert house.json("party", "enrol", str(document), str(signature), who=ada)["id"] == made["id"]
    signature.write_text(signed.stdout.replace("A", "B", 1))
    again = house.run("party", "enrol", str(document), str(signature), who=ada)
    assert again.exit_code == 1
    chain = house.json("party", "enrolment", made["id"], who=ada)["enrolments"]
    assert [canonical.decode(canonical.unb64(one["document"]))["organisation"]["name"] for one in chain] == [
        "Maker 2"
    ]


def test_a_second_file_key(house):
    olga = house.world.olga
    new, document, signature = (
        new_key(house, "new.key"),
        house.folder / "document",
        house.folder / "signature",
    )
    made = house.json(
        "party", "credential", olga.person.id, new, "--label", "spare", "--out", str(document), who=olga
    )
    plain = canonical.decode(document.read_bytes())
    assert plain["credential"]["public"] == house.run("file-key", "public", new).stdout.strip()
    assert plain["credential"]["id"] == made["id"]
    signed = house.run("file-key", "sign", new, str(document), "--root", "--confirm", "sign")
    signature.write_text(signed.stdout)
    done = house.run("party", "enrol", str(document), str(signature), who=olga)
    assert (done.exit_code, "enrolment-refused" in done.stderr) == (1, True)  # her new key is not the root
    (house.folder / "no-key").write_text("hello")
    line = ("party", "credential", olga.person.id, str(house.folder / "no-key"), "--out", str(document))
    assert house.run(*line, who=olga).exit_code == 2


@pytest.mark.parametrize(("verb", "holder"), [("token", "olga"), ("s3-key", "application")])
def test_secrets_are_shown_once(house, verb, holder):
    world = house.world
    id_ = world.application.id if holder == "application" else world.olga.person.id
    target = house.folder / "secret"
    made = house.json(
        "party", verb, id_, "--label", "x", "--days", "30", "--out", str(target), who=world.olga
    )
    secret = target.read_text().strip()
    assert target.stat().st_mode & 0o777 == 0o600
    assert secret not in str(made)
    shown = house.run("party", verb, id_, who=world.olga)
    assert "shown this once" in shown.stderr
    if verb == "token":
        env = {"who": None}
        me = house.run("whoami", "--token-file", str(target), "--json", **env)
        assert canonical.decode(me.stdout.strip().encode())["person"] == id_
        house.json("party", "revoke", made["id"], "--reason", "lost", who=world.olga)
        assert house.run("whoami", "--token-file", str(target)).exit_code == 1


def test_a_person_leaves(house):
    world = house.world
    done = house.run(
        "party",
        "leave",
        world.anna.person.id,
        "--organisation",
        world.town.id,
        "--reason",
        "moved",
        who=world.olga,
    )
    assert done.exit_code == 0, done.output
    assert house.json("whoami", who=world.anna)["roles"] == []


def test_a_password_of_ones_own(house):
    olga, file = house.world.olga, house.folder / "password"
    file.write_text("short\n")
    assert (
        "password-too-weak" in house.run("party", "password", "--password-file", str(file), who=olga).stderr
    )
    file.write_text("a long password of hers\n")
    made = house.json("party", "password", "--password-file", str(file), who=olga)
    customer = house.json("whoami", who=olga)["customers"][0][0]
    listed = house.json("party", "list", "--customer", customer, who=olga)["parties"]
    mine = next(one for one in listed if one["id"] == olga.person.id)["credentials"]
    assert [one["kind"] for one in mine if one["id"] == made["id"]] == ["password"]
