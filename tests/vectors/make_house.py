"""Writes the vectors of what a house and its people keep and sign: `python tests/vectors/make_house.py`.

Standing rows and the house head, enrolment documents, signed acts, file keys. Everything comes from fixed
seeds, so a second run changes nothing; a test compares.
"""

import json
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "src")]

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: E402

from custodes.acts.asks import documents  # noqa: E402
from custodes.acts.asks.doors import Local  # noqa: E402
from custodes.acts.asks.rules import SetPolicy  # noqa: E402
from custodes.acts.footing.standing import Change, Standing, row_leaf  # noqa: E402
from custodes.acts.writing import house_head  # noqa: E402
from custodes.adapters import bundle_file, file_key  # noqa: E402
from custodes.boundary.places import Boundary  # noqa: E402
from custodes.kernel.canonical import b64  # noqa: E402
from custodes.ledger.merkle import inclusion_proof, reader_of  # noqa: E402
from custodes.parties.enrol import (  # noqa: E402
    CredentialEnrolment,
    OrganisationEnrolment,
    document_bytes,
)
from custodes.parties.rows import Credential, CredentialKind, Organisation, PartyKind  # noqa: E402
from custodes.parties.signature import to_sign  # noqa: E402
from fakes import SeededDice  # noqa: E402

AT = "2026-11-22T08:00:00Z"
HOUSE = "hse-00000000000000000000000000"
TOWN, CUSTOMER = "org-11111111111111111111111111", "cus-11111111111111111111111111"


def key(name):
    return Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest())


def public(name):
    return b64(key(name).public_key().public_bytes_raw())


def signed(name, document):
    return b64(key(name).sign(to_sign(sha256(document).digest())))


def standing_vectors():
    mac_key = sha256(b"mac").digest()
    standing = Standing(mac_key)
    areas = ("EU",)
    first = [
        Change(
            noun="boundary",
            id=f"bdy-{digit * 26}",
            customer=f"cus-{digit * 26}",
            value=Boundary(
                id=f"bdy-{digit * 26}", customer=f"cus-{digit * 26}", areas=areas, jurisdictions=areas
            ),
        )
        for digit in "12345"
    ]
    steps = []
    for changes in (first, [first[1]], []):
        if changes:
            standing.adopt(standing.prepare(changes))
        rows = sorted(standing.rows(), key=lambda row: row.position)
        steps.append(
            {
                "rows": [
                    {
                        "noun": row.noun,
                        "id": row.id,
                        "customer": row.customer,
                        "position": row.position,
                        "generation": row.generation,
                        "body": row.body.decode(),
                        "mac": row.mac.hex(),
                        "leaf": row_leaf(row).hex(),
                    }
                    for row in rows
                ],
                "standing_root": standing.root().hex(),
            }
        )
    rows = sorted(standing.rows(), key=lambda row: row.position)
    proof = inclusion_proof(reader_of([row_leaf(row) for row in rows]), 1, len(rows))
    made = house_head.signer(HOUSE, key("receipts"))(
        17, 2, standing.root(), datetime(2026, 11, 22, 8, 0, 0, 250_000, UTC)
    )
    return {
        "mac_key": mac_key.hex(),
        "steps": steps[:2],
        "proof": {"position": 1, "count": len(rows), "path": [one.hex() for one in proof]},
        "house_head": {
            "house": HOUSE,
            "receipt_key": public("receipts"),
            "keyroom": made.keyroom,
            "seq": made.seq,
            "standing_seq": made.standing_seq,
            "standing_root": made.standing_root.hex(),
            "at": made.at,
            "signature": made.signature.hex(),
        },
    }


def enrolment_vectors():
    town = Organisation(
        id=TOWN,
        name="Town of Musterstadt",
        kind=PartyKind.CUSTOMER,
        controlling_group="Musterstadt",
        country="DE",
        root_key=public("town root"),
        enrolled_at=AT,
        customers=(CUSTOMER,),
    )
    officer = Credential(
        id="crd-22222222222222222222222222",
        kind=CredentialKind.FILE_KEY,
        organisation=TOWN,
        person="per-33333333333333333333333333",
        customer=CUSTOMER,
        public=public("officer"),
        created_at=AT,
    )
    clerk = Credential(
        id="crd-44444444444444444444444444",
        kind=CredentialKind.FILE_KEY,
        organisation=TOWN,
        person="per-55555555555555555555555555",
        customer=CUSTOMER,
        public=public("clerk"),
        created_at=AT,
        label="B\u00fcrgeramt",
    )
    own = document_bytes(
        OrganisationEnrolment(v="custodes/enrol-organisation/v1", house=HOUSE, organisation=town)
    )
    by_root, by_officer = (
        document_bytes(
            CredentialEnrolment(
                v="custodes/enrol-credential/v1",
                house=HOUSE,
                credential=credential,
                roles=roles,
                signer=signer,
                at=AT,
            )
        )
        for credential, roles, signer in (
            (officer, ("owner",), "root"),
            (clerk, ("approver",), officer.id),
        )
    )
    return {
        "house": HOUSE,
        "organisation": {"document": own.decode(), "signature": signed("town root", own)},
        "by_root": {"document": by_root.decode(), "signature": signed("town root", by_root)},
        "by_officer": {"document": by_officer.decode(), "signature": signed("officer", by_officer)},
        "not_signed": {
            "by_another_key": {"document": by_root.decode(), "signature": signed("clerk", by_root)},
            "another_document": {"document": by_officer.decode(), "signature": signed("officer", by_root)},
            "without_its_label": {
                "document": own.decode(),
                "signature": b64(key("town root").sign(sha256(own).digest())),
            },
        },
    }


def act_vectors():
    policy = SetPolicy(evidence=Local(token="t"), customer=CUSTOMER, choices=b"[]")
    found = {
        "act": documents.act_document(policy, HOUSE, 4, AT),
        "sign_in": documents.sign_in_document(HOUSE, b64(bytes(range(32)))),
        "lift": documents.lift_document(HOUSE, "kil-66666666666666666666666666", ("customer", CUSTOMER), AT),
        "destruction": documents.destruction_document(
            HOUSE, ("key-77777777777777777777777777", 3), "schedule-destruction", None
        ),
        "erasure": documents.erasure_document(
            HOUSE,
            CUSTOMER,
            "cas-88888888888888888888888888",
            [(f"{CUSTOMER}/machine", 4), (f"{CUSTOMER}/exceptional", 0)],
            "request of the person concerned",
        ),
        "vetting": documents.vetting_document(HOUSE, "per-55555555555555555555555555", 2),
        "witness_policy": documents.witness_policy_document(HOUSE, CUSTOMER, "quorum none\n", 0),
    }
    return {
        "public": public("officer"),
        "documents": {
            name: {
                "document": raw.decode(),
                "sha256": sha256(raw).hexdigest(),
                "signature": signed("officer", raw),
            }
            for name, raw in found.items()
        },
    }


def file_key_vectors():
    found = []
    with TemporaryDirectory() as folder:
        for number, passphrase in enumerate((None, "Zw\u00f6lf Boxk\u00e4mpfer jagen Viktor")):
            path = Path(folder) / str(number)
            raw = None if passphrase is None else passphrase.encode()
            file_key.create(path, raw, SeededDice(number))
            opened = file_key.open_key(path, raw or b"")
            digest = sha256(b"document").digest()
            found.append(
                {
                    "file": path.read_text(),
                    "passphrase": passphrase,
                    "document_hash": digest.hex(),
                    "signature": opened.sign(digest).hex(),
                }
            )
    return found


def bundle_vectors():
    """Sums of two small files, the document over them, a signature."""
    key = file_key.FileKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "docs").mkdir()
        (folder / "docs" / "a.md").write_text("a\n")
        (folder / "install.sh").write_text("exit 0\n")
        bundle_file.sign(folder, "1.0.0", key)
        read = {name: (folder / name).read_bytes() for name in bundle_file.UNSUMMED}
    return [
        {
            "public": bundle_file.public_text(key.public),
            "sums": read[bundle_file.SUMS].decode(),
            "document": read[bundle_file.DOCUMENT].decode(),
            "signature": read[bundle_file.SIGNATURE].hex(),
        }
    ]


VECTORS = {
    "standing": standing_vectors,
    "enrolment": enrolment_vectors,
    "acts": act_vectors,
    "file_key": file_key_vectors,
    "bundle": bundle_vectors,
}


def text_of(vectors):
    return json.dumps(vectors, indent=1, sort_keys=True, ensure_ascii=True) + "\n"


def main():
    for name, make in VECTORS.items():
        (HERE / "house" / f"{name}.json").write_text(text_of(make()))


if __name__ == "__main__":
    main()
