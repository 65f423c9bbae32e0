"""Writes the vectors of exports: `python tests/vectors/make_exports.py`.

Everything comes from fixed seeds, so a second run changes nothing; a test compares.
"""

import json
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "src")]

from custodes.acts.asks.documents import export_document  # noqa: E402
from custodes.acts.asks.doors import Token  # noqa: E402
from custodes.acts.asks.exports import BeginExport  # noqa: E402
from custodes.acts.asks.objects import Store  # noqa: E402
from custodes.acts.exporting import sheet  # noqa: E402
from custodes.acts.writing.object_rows import VersionRow  # noqa: E402
from custodes.custody import envelope, manifest  # noqa: E402
from custodes.kernel.canonical import b64  # noqa: E402
from custodes.objects.bucket import Bucket  # noqa: E402
from custodes.objects.checksums import Algorithm, checksum_of  # noqa: E402
from custodes.objects.rules.locks import Mode, Retention  # noqa: E402
from custodes.objects.rules.state import NOTHING, State  # noqa: E402
from fakes import SeededDice  # noqa: E402

AT = "2026-11-22T08:00:00Z"
HOUSE, CUSTOMER = "hse-00000000000000000000000000", "cus-11111111111111111111111111"
BUCKET, LOCATION, KEY = (f"{noun}-22222222222222222222222222" for noun in ("bkt", "loc", "key"))
RECIPIENT = (
    "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"  # of the age specification's README
)
STATE = State(
    tags=(("kind", "bill"),),
    retention=Retention(mode=Mode.COMPLIANCE, until="2031-01-01T00:00:00Z"),
    is_held=True,
    was_held=True,
)
BODIES = {"a": bytes(n % 251 for n in range(70_000)), "b/ü": b""}


def sheet_vector():
    dice, blobs, lines = SeededDice(7), {}, []
    for number, (name, body) in enumerate(BODIES.items(), 1):
        version, blob = (f"{noun}-{str(number) * 26}" for noun in ("ver", "blb"))
        data_key = dice.draw(32)
        bound = {"house": HOUSE, "customer": CUSTOMER, "bucket": BUCKET, "object_version": version}
        stream = envelope.Encryptor(data_key, envelope.associated(**bound, part=1, attempt=blob), dice)
        sealed = stream.feed(body) + stream.finish()
        blobs[blob] = sealed
        made = manifest.Manifest(
            house=HOUSE,
            customer=CUSTOMER,
            object_version=version,
            origin=manifest.Origin(bucket=BUCKET, object_version=version),
            parts=(
                manifest.Part(
                    number=1,
                    blob=blob,
                    plain_bytes=len(body),
                    cipher_bytes=len(sealed),
                    header=bytes(sealed[: envelope.HEADER_BYTES]),
                ),
            ),
            content_type="text/plain",
            etag="e-1",
            checksums={"SHA256": checksum_of(Algorithm.SHA256, body).value},
            checksum_type="FULL_OBJECT",
            commitment=envelope.commitment(data_key, version),
            location=LOCATION,
            key=KEY,
            key_version=1,
            written_at=AT,
        )
        row = VersionRow(
            bucket=BUCKET,
            name=name,
            version=version,
            at=datetime(2026, 11, 22, 8, tzinfo=UTC),
            is_null=False,
            seq=number,
            size=len(body),
            manifest=manifest.wrap_manifest(data_key, made, dice),
            blobs=((blob, LOCATION),),
        )
        told = STATE if name == "a" else NOTHING
        lines.append(sheet.Line(row=row, data_key=data_key, state=told))
    marker = VersionRow(
        bucket=BUCKET,
        name="c",
        version=f"ver-{'3' * 26}",
        at=datetime(2026, 11, 22, 8, tzinfo=UTC),
        is_null=False,
        is_marker=True,
        seq=3,
    )
    lines.append(sheet.Line(row=marker, data_key=None))
    head = sheet.Head(
        house=HOUSE,
        customer=CUSTOMER,
        export=f"exp-{'4' * 26}",
        bucket=Bucket(
            id=BUCKET,
            name="register",
            customer=CUSTOMER,
            key=KEY,
            locations=(LOCATION,),
            owners=(),
            created_at=AT,
            created_by="crd-55555555555555555555555555",
        ),
        stores=(Store(LOCATION, "file:///srv/store"),),
        log=f"{CUSTOMER}/exceptional",
        index=17,
    )
    return {
        "text": sheet.written(head, lines).decode(),
        "blobs": {name: b64(raw) for name, raw in blobs.items()},
        "sha256": {name: sha256(body).hexdigest() for name, body in BODIES.items()},
    }


def export_vectors():
    ask = BeginExport(Token(""), CUSTOMER, RECIPIENT, LOCATION, "yearly copy", ("register",), 14)
    document = export_document(HOUSE, ask)
    return {
        "begin": {"canonical": document.decode(), "sha256": sha256(document).hexdigest()},
        "sheet": sheet_vector(),
    }


VECTORS = {"export": export_vectors}


def text_of(vectors):
    return json.dumps(vectors, indent=1, sort_keys=True, ensure_ascii=True) + "\n"


def main():
    for name, make in VECTORS.items():
        (HERE / "exports" / f"{name}.json").write_text(text_of(make()))


if __name__ == "__main__":
    main()
