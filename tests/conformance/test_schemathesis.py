"""Schemathesis over the API as it runs, by its own document; and over transit, by its table and its bodies.

Every operation is asked thousands of things that the document allows and that it forbids, by an owner, an
administrator, an application and nobody. An answer of 5xx, of another type or of another shape than the
document's is a failure; so is a refusal that the document does not name, and any fault of the keyroom's.
"""

import json
import logging
import os
import subprocess

import pytest

from custodes.acts.asks.keys import CreateKey
from custodes.web.api.app import api
from custodes.web.api.openapi import openapi
from custodes.web.planes.transit.app import transit
from fakes.clouds import CloudWorld
from fakes.planes import plane_running
from fakes.served import served
from judges import environment

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(1_800)]
SEED = os.environ.get("CUSTODES_SCHEMATHESIS_SEED", "1")
EXAMPLES = os.environ.get("CUSTODES_SCHEMATHESIS_EXAMPLES", "25")
CHECKS = (
    "not_a_server_error",
    "content_type_conformance",
    "response_schema_conformance",
    "status_code_conformance",
)
# One ends the token that the judge asks with; the other needs a logkeeper, which does not run here (503).
WITHOUT = ("sign-out", "get-chain")


class Judged:
    """What one run found."""

    def __init__(self, done, report, lines):
        self.done, self.report, self.lines = done, report, lines

    def must_be_clean(self, rows):
        """Nothing the judge holds against us, and no refusal that the table does not name."""
        counts = self.report["test_cases"]
        said = {row.name: set(row.all_refusals()) for row in rows}
        loud = [line for line in self.lines if not line.startswith("{")]
        lines = [json.loads(line) for line in self.lines if line.startswith("{")]
        access = [line for line in lines if line.get("log") == "access" and "endpoint" in line]
        broken = {
            (line["endpoint"], line["status"], line["refusal"]) for line in access if line["status"] >= 500
        }
        refused = {(line["endpoint"], line["refusal"]) for line in access if line.get("refusal")}
        unsaid = sorted(one for one in refused if one[0] in said and one[1] not in said[one[0]])
        assert (loud, broken) == ([], set())
        assert self.report["failures"] == [], self.done.stdout[-8_000:]
        assert self.report["errors"] == [], self.done.stdout[-8_000:]
        assert counts["generated"] > 500
        assert unsaid == []


def judged(at, log, folder, ids, token, *more):
    """One run of the judge against what listens at `at`."""
    bin_ = environment("schemathesis")
    config = folder / "schemathesis.toml"
    config.write_text("[parameters]\n" + "".join(f'"path.{k}" = "{v}"\n' for k, v in ids.items()))
    report, before = folder / "report.json", log.stat().st_size
    command = [str(bin_ / "st"), "--config-file", str(config), "run", *more]
    command += ["-n", EXAMPLES, "--seed", SEED, "--continue-on-failure", "-c", ",".join(CHECKS)]
    command += ["--phases", "examples,coverage,fuzzing", "--request-timeout", "60", "--no-shrink"]
    command += ["--report", "json", "--report-json-path", str(report), "--warnings", "off"]
    for name in WITHOUT:
        command += ["--exclude-operation-id", name]
    if token:
        command += ["-H", f"Authorization: Bearer {token}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=1_500)
    assert report.exists(), done.stdout[-4_000:] + done.stderr[-4_000:]
    with log.open("rb") as lines:
        lines.seek(before)
        found = lines.read().decode().splitlines()
    return Judged(done, json.loads(report.read_text()), found)


@pytest.fixture
def house(tmp_path):
    """One of its own for each run: what the judge asks for is done, such as leaving."""
    environment("schemathesis")
    (tmp_path / "house").mkdir()
    with served(tmp_path / "house", CloudWorld) as made:
        yield made


@pytest.fixture
def quiet_keyroom(caplog):
    caplog.set_level(logging.WARNING)
    yield
    assert [one.getMessage() for one in caplog.records if "broken" in one.getMessage()] == []


def ids_of(world):
    return {
        "customer": world.customer_row.id,
        "key": world.key,
        "connection": world.aws.id,
        "person": world.erik.person.id,
        "organisation": world.town.id,
        "kind": "machine",
    }


@pytest.mark.parametrize("who", ["owner", "administrator", "application", "nobody"])
@pytest.mark.usefixtures("quiet_keyroom")
def test_the_api_says_what_its_document_says(house, tmp_path, who):
    world = house.world
    tokens = {"owner": world.olga.token, "administrator": world.ada.token, "application": world.token}
    token = tokens[who].token if who in tokens else ""
    with plane_running(house, "console") as (at, log):
        found = judged(at, log, tmp_path, ids_of(world), token, f"{at}/openapi.json")
        found.must_be_clean(api(world.keyroom))


KINDS = {  # members of a body, and what a judge should take each for
    '{"type": "string", "format": "byte"}': ("plaintext", "input", "context", "associated_data"),
    '{"type": "string", "pattern": "^vault:v[12]:.*$"}': ("ciphertext", "signature", "hmac"),
    '{"type": "integer"}': ("key_version", "bits", "min_decryption_version"),
    '{"type": "boolean"}': ("prehashed", "derived", "exportable"),
    '{"type": "string"}': ("type", "hash_algorithm", "signature_algorithm", "marshaling_algorithm"),
    '{"type": "array", "items": {"$ref": "#/components/schemas/Asked"}}': ("batch_input",),
}
BODY = {
    "type": "object",
    "properties": {name: json.loads(kind) for kind, names in KINDS.items() for name in names},
}


@pytest.mark.usefixtures("quiet_keyroom")
def test_transit_breaks_on_nothing_that_can_be_said_to_it(house, tmp_path):
    """There is no document of transit but others' pages; the judge gets one made of our table."""
    world = house.world
    rows = transit(world.keyroom)
    document = openapi(rows, title="transit", version="1")
    document["components"]["schemas"]["Asked"] = BODY
    named = {"schema": {"$ref": "#/components/schemas/Asked"}}
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"] = {"2XX": {"description": "done"}, "default": {"description": "refused"}}
            if "requestBody" in operation:
                operation["requestBody"]["content"] = {"application/json": named}
    (tmp_path / "transit.json").write_text(json.dumps(document))
    house.call(world.keyroom.ask(CreateKey(world.olga.token, world.customer_row.id, "fuzzed")))
    with plane_running(house, "transit") as (at, log):
        ids = {"key": "fuzzed", "more": "plaintext", "hash": "sha2-256"}
        for token in (world.token.token, world.olga.token.token):
            found = judged(at, log, tmp_path, ids, token, str(tmp_path / "transit.json"), "--url", at)
            found.must_be_clean(())  # there is no document that could name refusals
