import json
from datetime import timedelta
from pathlib import Path

import pytest

from custodes.kernel.refusal import Refusal
from custodes.ledger import cosign, quorum
from fakes.ledger import AT, ORIGIN, head, leaves, log_mldsa, log_signer, witness, witness_mldsa

HEAD = head(leaves(3))
NAMES = ["x1", "x2", "x3", "y1", "y2"]
KEYS = {name: witness(name).vkey.text() for name in NAMES}
LOG = f"log {log_signer().vkey.text()} https://log.example.org/"
WITNESSES = "\n".join(f"witness {name} {key}" for name, key in KEYS.items())


def policy(rest, head_lines=f"{LOG}\n{WITNESSES}\n"):
    return quorum.parse((head_lines + rest).encode())


def verdict(made, names):
    signers = [log_signer(), *(witness(name) for name in names)]
    raw = cosign.publish(HEAD, signers, AT).encode()
    return quorum.evaluate(made, cosign.verify(raw, made.vkeys(), ORIGIN).lines)


NESTED = "group X 2 x1 x2 x3\ngroup Y any y1 y2\n# both\n\n \tgroup both all X\tY \nquorum both\n"


@pytest.mark.parametrize(
    ("names", "met"),
    [
        ([], False),
        (["x1", "x2"], False),
        (["x1", "y1"], False),
        (["x1", "x3", "y2"], True),
        (NAMES, True),
    ],
)
def test_nested_groups(names, met):
    found = verdict(policy(NESTED), names)
    assert found.is_met is met
    assert list(found.counted) == names


def test_one_organisation_with_many_keys_counts_once():
    parties = "#: party x1 town\n#: party x2 town\n#: party x3 auditor\n#: party y1 club\n#: party y2 club\n"
    made = policy(parties + "group X 2 x1 x2 x3\nquorum X\n")
    assert not verdict(made, ["x1", "x2"]).is_met
    found = verdict(made, ["x1", "x2", "x3"])
    assert found.is_met
    assert found.organisations == ("auditor", "town")


def test_one_controlling_group_counts_once_whatever_its_organisations_are_called():
    parties = "#: party x1 water of town\n#: party x2 town\n#: party x3 bank of holding\n"
    made = policy(f"{parties}#: party y1 y\n#: party y2 y2 of y embedded\ngroup X 2 x1 x2 x3\nquorum X\n")
    assert not verdict(made, ["x1", "x2"]).is_met
    found = verdict(made, ["x1", "x3"])
    assert found.is_met
    assert found.organisations == ("bank", "water")
    assert verdict(made, ["y2"]).embedded == ("y2",)


def test_a_quorum_is_as_old_as_the_oldest_line_it_cannot_do_without():
    made = policy("group X 2 x1 x2 x3\nquorum X\n")
    note = cosign.publish(HEAD, [log_signer()], AT)
    for name, minutes in (("x1", 0), ("x2", -60), ("x3", -5)):
        note = note.with_signatures([witness(name).cosign(HEAD, AT + timedelta(minutes=minutes))])
    lines = cosign.verify(note.encode(), made.vkeys(), ORIGIN).lines
    assert quorum.met_since(made, lines) == cosign.posix(AT - timedelta(minutes=5))
    assert quorum.met_since(made, lines[:-1]) == cosign.posix(AT - timedelta(minutes=60))
    assert quorum.met_since(made, lines[:2]) is None
    assert quorum.met_since(policy("quorum none\n"), lines) is None


def test_one_organisation_in_two_groups_does_not_carry_both():
    parties = (
        "#: party x1 town\n#: party x2 auditor\n#: party x3 club\n#: party y1 town\n#: party y2 auditor\n"
    )
    made = policy(parties + "group X any x1 x2 x3\ngroup Y any y1 y2\ngroup both all X Y\nquorum both\n")
    assert not verdict(made, ["x1", "y1"]).is_met
    assert verdict(made, ["x1", "y2"]).is_met
    assert verdict(made, ["x1", "x2", "y1"]).is_met  # auditor for X, town for Y
    assert not verdict(made, ["x1", "x2"]).is_met


def test_an_embedded_witness_is_named_and_counts_zero():
    parties = "".join(f"#: party {name} {name}.org\n" for name in NAMES[1:]) + "#: party x1 house embedded\n"
    made = policy(parties + "group X 2 x1 x2 x3\nquorum X\n")
    found = verdict(made, ["x1", "x2"])
    assert not found.is_met
    assert (found.embedded, found.counted) == (("x1",), ("x2",))
    assert verdict(made, ["x1", "x2", "x3"]).is_met
    assert not verdict(policy(parties + "quorum x1\n"), NAMES).is_met


def test_a_single_witness_and_none():
    assert verdict(policy("quorum y1\n"), ["y1"]).is_met
    assert not verdict(policy("quorum y1\n"), ["y2"]).is_met
    made = policy("quorum none\n")
    assert made.is_none
    assert verdict(made, []).is_met


def test_lines_that_were_not_checked_do_not_count():
    made = policy("quorum x1\n")
    raw = cosign.publish(HEAD, [log_signer(), witness("x1")], AT).encode()
    lines = cosign.verify(raw, [log_signer().vkey], ORIGIN).lines
    assert not quorum.evaluate(made, lines).is_met


def test_other_keys_under_the_same_name_do_not_count():
    pq = witness_mldsa("x1")
    made = policy("quorum x1\n")
    raw = cosign.publish(HEAD, [log_signer(), pq], AT).encode()
    lines = cosign.verify(raw, [*made.vkeys(), pq.vkey], ORIGIN).lines
    assert all(line.is_checked for line in lines)
    assert not quorum.evaluate(made, lines).is_met


def test_thirty_two_of_each_and_mldsa_keys():
    text = "".join(f"log {log_signer(f'log{i}').vkey.text()}\n" for i in range(32))
    text += "".join(
        f"witness w{i} {witness_mldsa(f'w{i}').vkey.text()} https://w{i}.example\n" for i in range(32)
    )
    text += "".join(f"group g{i} any w{i}\n" for i in range(32)) + "quorum g0\n"
    made = quorum.parse(text.encode())
    assert (len(made.logs), len(made.witnesses), len(made.groups)) == (32, 32, 32)
    assert made.witnesses["w3"].url == "https://w3.example"
    assert quorum.parse(f"log {log_mldsa().vkey.text()}\nquorum none".encode()).logs


X1 = f"witness x1 {KEYS['x1']}\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        X1,
        "quorum x1\n" + X1,
        X1 + "quorum x1\nquorum x1\n",
        X1 + X1 + "quorum x1\n",
        X1 + X1.replace("x1 ", "x2 ", 1) + "quorum x1\n",
        X1.replace("x1 ", "none ", 1) + "quorum none\n",
        f"log {KEYS['x1']}\nquorum none\n",
        f"{LOG}\n{LOG}\nquorum none\n",
        f"witness l {log_signer().vkey.text()}\nquorum l\n",
        f"{LOG}\nwitness self {witness(ORIGIN).vkey.text()}\nquorum self\n",
        X1 + "group g 0 x1\nquorum g\n",
        X1 + "group g 2 x1\nquorum g\n",
        X1 + "group g 01 x1\nquorum g\n",
        X1 + "group g all\nquorum g\n",
        X1 + "group g any x1 x1\nquorum g\n",
        X1 + "group g any x1\ngroup h any x1\nquorum g\n",
        X1 + "group g any g\nquorum g\n",
        X1 + "group g any none\nquorum g\n",
        X1 + "group x1 any x1\nquorum x1\n",
        X1 + "quorum\n",
        X1 + "quorums x1\n",
        X1 + "#: party x1 town extra\nquorum x1\n",
        X1 + "#: party x1\nquorum x1\n",
        X1 + "#: party x1 town of\nquorum x1\n",
        X1 + "#: party x1 town embedded of x\nquorum x1\n",
        X1 + "#: party x9 town\nquorum x1\n",
        X1 + "#: note x1 town\nquorum x1\n",
        X1 + "#: party x1 town\n#: party x1 town\nquorum x1\n",
        f"{WITNESSES}\n#: party x1 town\nquorum x1\n",
        "witness x1 nonsense\nquorum x1\n",
        "witness x1\nquorum x1\n",
        "witness\nquorum none\n",
        X1 + "quorum x1\r\n",
        X1 + "quorum x1\n\0",
        "#\n" * 600 + "quorum none\n",
        "#" * 300_000 + "\nquorum none\n",
    ],
)
def test_another_form_is_refused(text):
    with pytest.raises(Refusal) as caught:
        quorum.parse(text.encode())
    assert caught.value.code == "bad-policy"


def test_names_are_opaque_octets():
    raw = X1.encode().replace(b"x1 ", b"\xff\xfe ", 1) + b"quorum \xff\xfe # no\n"
    with pytest.raises(Refusal):
        quorum.parse(raw)
    made = quorum.parse(raw.replace(b" # no", b""))
    assert list(made.witnesses) == ["\xff\xfe"]


REFUSED = json.loads((Path(__file__).parents[2] / "vectors" / "ledger" / "quorum.json").read_text())[
    "refused"
]


@pytest.mark.parametrize("title", sorted(REFUSED))
def test_what_is_no_policy_in_the_vectors(title):
    with pytest.raises(Refusal):
        quorum.parse(REFUSED[title].encode())
