"""Writes tests/vectors/custody/*.json: `python tests/vectors/make_custody.py`.

Deterministic: dice are seeded. A test builds them again and reads each with code written from the format
pages alone; a difference means a stored format has changed.
"""

import hashlib
import hmac
import json
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "src"), str(HERE.parent)]

import msgspec  # noqa: E402
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey  # noqa: E402

from custodes.adapters import file_holder  # noqa: E402
from custodes.adapters.holders import share_file  # noqa: E402
from custodes.custody import (  # noqa: E402
    envelope,
    hierarchy,
    message,
    submission,
    token_wrap,
    veil_seal,
    wrap,
)
from custodes.custody import manifest as manifests  # noqa: E402
from custodes.custody import shares as sharing  # noqa: E402
from custodes.custody.wrap import Context, Purpose  # noqa: E402
from custodes.kernel import canonical  # noqa: E402
from custodes.kernel.papers import SealAuditor  # noqa: E402
from custodes.ledger import veil  # noqa: E402
from fakes import SeededDice  # noqa: E402
from fakes.holder import MemoryHolder  # noqa: E402
from vectors.external_messages import externals  # noqa: E402
from vectors.preservations import preservations  # noqa: E402
from vectors.store_marks import store_marks  # noqa: E402

HOUSE = "hse-" + "0" * 26
CUSTOMER = "cus-" + "1" * 26
KEY = "key-" + "2" * 26
PAGE = "pag-" + "3" * 26
BUCKET = "bkt-" + "4" * 26
VERSION = "ver-" + "5" * 26
BLOB = "blb-" + "6" * 26
SCOPE = hierarchy.Scope(house=HOUSE, customer=CUSTOMER, key=KEY)
PASSPHRASE = "Zwölf Boxkämpfer jagen Viktor"
FIRST = 65_536 - 16 - 40

SHARES = (  # SLIP-39 draws: made once, two of three, one of one, two of two, any two organisations
    (
        (
            "tolerate biology acrobat leaf amazing faint video parcel evaluate index username fact guitar "
            "symbolic jacket arcade burning aluminum quiet fact retailer hour pile ambition nylon mixture "
            "idle sheriff temple club salt system deliver"
        ),
        (
            "tolerate biology acrobat lily adjust stick hand greatest humidity herald bike nylon intend "
            "indicate phrase counter very talent welcome impulse human distance snapshot duration trip "
            "airport careful laundry garbage increase wealthy grill lying"
        ),
        (
            "tolerate biology acrobat lungs arena library spine cradle adorn exchange curious satoshi "
            "vintage always talent emission style grocery champion lamp practice roster equip garden "
            "sidewalk result priority slavery dryer excuse require unknown prize"
        ),
    ),
    (
        (
            "tolerate biology beard leader alpha insect kitchen visitor coding animal escape wavy herald "
            "cricket skunk elder penalty hobo speak alcohol expect bulge include syndrome inherit clogs "
            "emission senior parcel exclude evoke grant kitchen"
        ),
    ),
    (
        (
            "tolerate biology ceramic leaf aviation activity seafood afraid course eyebrow cover therapy "
            "desire idle nail duration birthday evil magazine wine upgrade hush cultural mailman necklace "
            "broken loud ecology privacy adjust peanut mountain fangs"
        ),
        (
            "tolerate biology ceramic lily aunt champion upstairs prize muscle national predator numerous "
            "graduate impact coding legal away browser earth manual disease rhythm dwarf shelter image "
            "pleasure withdraw percent dilemma papa leader lunar buyer"
        ),
    ),
)
SEALED = (  # HPKE draws too
    "85726e2912438b9a18f97ac8d230cd496eb20e91635163e36ff475b63e2f1f70d3f82c8db99bb83ce461f6daa0132660"
    "4c4673b53939fff0c380c8ff44b851119a64524fbbc920090e05efd1712ac751d1515db5bffc96e5389453d5ffd1161b"
    "eb0736d00cf8e46148cea542ceb886307d010f92cd3dff45426cb10d02c51c9a792b15ac6ebc0f28e5c229675a3ab2be"
    "77367c1b27aff6760ff45d0fa1e7556d693fee50287722dbf4e7bff944d5d8ed49ebfc154f11bee7a5d3ea91b9e574c2"
    "9d7c6775887a4d20d787b7684d9762545dad904004ae5ae8323765c718bb4c7fe6e8108a99008dee754eda58990b2e4f"
    "4013420c8f8eba0aaa94940114300680adf576a67ab49c5135a4e6b91366b42c66808a58baaf"
)


PURPOSES = (  # in the order of the file, which later purposes do not change
    Purpose.HOLDER_ROOT,
    Purpose.HOUSE_KEY,
    Purpose.CUSTOMER_ROOT,
    Purpose.KEY_VERSION,
    Purpose.SHRED,
    Purpose.PAGE,
    Purpose.OBJECT,
    Purpose.RECORD,
    Purpose.RECORD_PERSON,
    Purpose.MANIFEST,
    Purpose.METADATA,
    Purpose.NAME,
    Purpose.CREDENTIAL,
    Purpose.SESSION,
    Purpose.LOG_KEY,
    Purpose.SLOT,
    Purpose.PRESERVATION,
    Purpose.BACKUP,
    Purpose.EXTERNAL,
    Purpose.GRANT,
    Purpose.FILE_KEY,
    Purpose.SHARE,
    Purpose.PRIVATE_KEY,
)


def wraps() -> list[dict]:
    """Wraps under every purpose, and odd contexts."""
    dice = SeededDice(1)
    cases = [
        (Context(house=HOUSE, customer=CUSTOMER, key=KEY, version=3, purpose=p, subject=VERSION), bytes(32))
        for p in PURPOSES
    ]
    odd = Context(house="", customer='ä"\\\n€𝄞', key="", version=0, purpose=Purpose.NAME, subject="/")
    cases += [(odd, b""), (odd, b"x" * 100)]
    out = []
    for context, secret in cases:
        kek = dice.draw(32)
        out.append(
            {
                "kek": kek.hex(),
                "context": msgspec.to_builtins(context),
                "info": context.canonical().decode(),
                "secret": secret.hex(),
                "wrapped": wrap.wrap(kek, context, secret, dice).hex(),
            }
        )
    return out


def refused_wraps() -> list[dict]:
    """What must not open, by name."""
    dice, kek = SeededDice(2), bytes(range(32))
    context = Context(
        house=HOUSE, customer=CUSTOMER, key=KEY, version=1, purpose=Purpose.OBJECT, subject=VERSION
    )
    good = wrap.wrap(kek, context, b"secret", dice)

    def flip(at: int) -> bytes:
        return good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]

    bad = {
        "other version byte": b"\x02" + good[1:],
        "salt": flip(1),
        "commit": flip(33),
        "ciphertext": flip(65),
        "tag": flip(len(good) - 1),
        "cut": good[:-1],
        "longer": good + b"\0",
        "too short": good[:80],
        "empty": b"",
    }
    return [
        {
            "why": why,
            "kek": kek.hex(),
            "context": msgspec.to_builtins(context),
            "wrapped": raw.hex(),
        }
        for why, raw in bad.items()
    ]


def token_wraps() -> dict:
    """Wraps by a root in a token; the root is given here as a token would never give it."""
    dice = SeededDice(6)
    out = []
    for purpose in (Purpose.HOUSE_KEY, Purpose.CUSTOMER_ROOT):
        root = dice.draw(64)
        context = Context(
            house=HOUSE, customer=CUSTOMER, key="", version=0, purpose=purpose, subject=CUSTOMER
        )

        def mac(message: bytes, root: bytes = root) -> bytes:
            return hmac.digest(root, message, hashlib.sha512)

        wrapped = token_wrap.wrap(mac, context, bytes(32), dice)
        out.append(
            {
                "root": root.hex(),
                "context": msgspec.to_builtins(context),
                "secret": bytes(32).hex(),
                "wrapped": wrapped.hex(),
            }
        )
    good = bytes.fromhex(out[0]["wrapped"])
    bad = {"version byte of wrap v1": b"\x01" + good[1:], "cut": good[:-1]}
    for why, at in (("salt", 1), ("commit", 33), ("ciphertext", 65), ("tag", len(good) - 1)):
        bad[why] = good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]
    refused = [{**out[0], "why": why, "wrapped": raw.hex()} for why, raw in bad.items()]
    return {"open": out, "refused": refused}


def shares() -> dict:
    """Words, what they combine to, a holder file they open, an offer and a share sealed to it."""
    dice, holder, secret = SeededDice(7), "ab" * 16, bytes(range(32))
    groups = tuple(
        sharing.Group(
            organisation=f"Organisation {at}",
            threshold=threshold,
            members=tuple(
                sharing.Member(
                    custodian=f"Custodian {at}.{index}",
                    public=canonical.b64(dice.draw(32)),
                    mark=canonical.b64(sharing.mark(holder, words)),
                )
                for index, words in enumerate(SHARES[at])
            ),
        )
        for at, threshold in enumerate((2, 1, 2))
    )
    identifier = sharing.read(SHARES[0][0]).identifier
    made = sharing.ShareSet(before=(), generation=1, group_threshold=2, groups=groups, identifier=identifier)
    kek, check = sharing.kek(secret, holder, 1)
    root = dice.draw(32)
    context = Context(house="", customer="", key="", version=1, purpose=Purpose.HOLDER_ROOT, subject=holder)
    file = share_file.SharesFile(
        check=canonical.b64(check),
        format=share_file.FORMAT,
        holder=holder,
        shares=made,
        submission=canonical.b64(bytes(range(32))),
        wrapped=canonical.b64(wrap.wrap(kek, context, root, dice)),
    )
    key = X25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
    offer = submission.make_offer((HOUSE, holder, 1, "act-" + "7" * 26), key, bytes(range(32)))
    return {
        "words": [list(group) for group in SHARES],
        "secret": secret.hex(),
        "root": root.hex(),
        "file": canonical.encode(msgspec.to_builtins(file)).decode(),
        "offer": msgspec.to_builtins(offer),
        "offer_key": key.private_bytes_raw().hex(),
        "sealed": SEALED,
        "give_document": submission.give_document(offer, bytes.fromhex(SEALED)).decode(),
        "cancel_document": submission.cancel_document(offer).decode(),
    }


def chain() -> dict:
    """One walk from the holder's root to a data key, with a re-wrap and an erasure."""
    dice = SeededDice(3)
    holder_root = dice.draw(32)
    holder = MemoryHolder(holder_root)
    customer = hierarchy.Scope(house=HOUSE, customer=CUSTOMER)
    house_rows = hierarchy.make_house_keys(holder, HOUSE, dice)
    house_keys = hierarchy.open_house_keys(holder, HOUSE, house_rows)
    root_row = hierarchy.make_customer_root(holder, customer, dice)
    root = hierarchy.open_customer_root(holder, customer, root_row)
    version_row = hierarchy.make_key_version(root, SCOPE, 1, dice)
    material = hierarchy.open_key_version(root, SCOPE, 1, version_row)
    shred_rows = {n: hierarchy.make_shred(root, customer, n, dice) for n in (1, 2)}
    shreds = {n: hierarchy.open_shred(root, customer, n, row) for n, row in shred_rows.items()}
    keks = {n: hierarchy.page_kek(SCOPE, (1, material), (n, secret)) for n, secret in shreds.items()}
    page = hierarchy.make_page(keks[1], PAGE, dice)
    page_key = hierarchy.open_page(keks[1], page)
    subject_key = hierarchy.make_subject_key(page_key, page, VERSION, Purpose.OBJECT, dice)
    rewrapped = hierarchy.rewrap_page(keks[1], keks[2], page, dice)
    rekeyed, survivors = hierarchy.rekey_page(keks[2], keks[2], rewrapped, [subject_key], dice)
    return {
        "house": HOUSE,
        "customer": CUSTOMER,
        "key": KEY,
        "page": PAGE,
        "subject": VERSION,
        "holder_root": holder_root.hex(),
        "house_keys": {
            name: {"wrapped": row.hex(), "secret": getattr(house_keys, name).hex()}
            for name, row in house_rows.items()
        },
        "customer_root": {"wrapped": root_row.hex(), "secret": root.hex()},
        "key_version": {"version": 1, "wrapped": version_row.hex(), "secret": material.hex()},
        "shred": [
            {
                "generation": n,
                "wrapped": shred_rows[n].hex(),
                "secret": shreds[n].hex(),
                "page_kek": keks[n].secret.hex(),
            }
            for n in (1, 2)
        ],
        "pages": [
            {
                "generation": row.generation,
                "shred": row.shred_generation,
                "wrapped": row.wrapped.hex(),
                "secret": hierarchy.open_page(keks[row.shred_generation], row).hex(),
                "subject_key": at.wrapped.hex(),
            }
            for row, at in ((page, subject_key), (rewrapped, subject_key), (rekeyed, survivors[0]))
        ],
        "data_key": hierarchy.open_subject_key(page_key, page, subject_key).hex(),
        "credential": {
            "id": "crd-" + "7" * 26,
            "secret": b"wJalrXUtnFEMI".hex(),
            "wrapped": hierarchy.wrap_credential(
                house_keys, HOUSE, "crd-" + "7" * 26, b"wJalrXUtnFEMI", dice
            ).hex(),
        },
    }


def messages() -> list[dict]:
    """Message tokens."""
    dice, secret = SeededDice(4), bytes(range(32))
    out = []
    for version, context, plain in ((1, b"", b""), (2, b"row 7", b"m"), (2**32 - 1, bytes(256), bytes(4096))):
        material = message.Material(scope=SCOPE, version=version, secret=secret)
        token = message.wrap_message(material, context, plain, dice)
        out.append(
            {
                "house": HOUSE,
                "customer": CUSTOMER,
                "key": KEY,
                "version": version,
                "material": secret.hex(),
                "context": context.hex(),
                "message": plain.hex(),
                "token": token.hex(),
            }
        )
    return out


def plain_of(length: int) -> bytes:
    """Byte i is i * 31 + i // 251, modulo 256."""
    return bytes((i * 31 + i // 251) % 256 for i in range(length))


def streams() -> list[dict]:
    """Streams at every segment edge; the long ones by their SHA-256."""
    dice, data_key = SeededDice(5), bytes(range(32))
    out = []
    for part, length in enumerate(
        (0, 1, 100, FIRST - 1, FIRST, FIRST + 1, FIRST + 65_520, FIRST + 65_521), start=1
    ):
        associated = envelope.associated(
            house=HOUSE, customer=CUSTOMER, bucket=BUCKET, object_version=VERSION, part=part, attempt=BLOB
        )
        machine = envelope.Encryptor(data_key, associated, dice)
        cipher = machine.feed(plain_of(length)) + machine.finish()
        out.append(
            {
                "data_key": data_key.hex(),
                "associated": associated.decode(),
                "plain_bytes": length,
                "cipher_bytes": len(cipher),
                "header": machine.header.hex(),
                "cipher": cipher.hex() if length <= 100 else None,
                "cipher_sha256": hashlib.sha256(cipher).hexdigest(),
            }
        )
    return out


def ranges() -> list[dict]:
    """Which cipher bytes hold a range."""
    length = FIRST + 2 * 65_520 + 10
    cases = [(0, 0), (0, length - 1), (FIRST - 1, FIRST), (FIRST, FIRST), (FIRST + 65_520, length - 1)]
    return [
        {"plain_bytes": length, "first": first, "last": last}
        | {
            name: getattr(envelope.segment_range(first, last, length), name)
            for name in ("cipher_first", "cipher_last", "first_segment", "skip")
        }
        for first, last in cases
    ]


def long_stream() -> dict:
    """The stream that `ranges` are of."""
    dice, data_key, length = SeededDice(8), bytes(range(32)), FIRST + 2 * 65_520 + 10
    associated = envelope.associated(
        house=HOUSE, customer=CUSTOMER, bucket=BUCKET, object_version=VERSION, part=9, attempt=BLOB
    )
    machine = envelope.Encryptor(data_key, associated, dice)
    cipher = machine.feed(plain_of(length)) + machine.finish()
    return {
        "data_key": data_key.hex(),
        "associated": associated.decode(),
        "plain_bytes": length,
        "plain_sha256": hashlib.sha256(plain_of(length)).hexdigest(),
        "header": machine.header.hex(),
        "cipher_sha256": hashlib.sha256(cipher).hexdigest(),
    }


def manifest() -> dict:
    """One manifest with two parts."""
    return shown_manifest(sound_manifest(), 6)


def shown_manifest(made: manifests.Manifest, seed: int) -> dict:
    data_key = bytes(range(32))
    return {
        "data_key": data_key.hex(),
        "house": HOUSE,
        "customer": CUSTOMER,
        "object_version": VERSION,
        "commitment": made.commitment.hex(),
        "plain": canonical.encode(msgspec.to_builtins(made)).decode(),
        "wrapped": manifests.wrap_manifest(data_key, made, SeededDice(seed)).hex(),
    }


def padded() -> dict:
    """An object of six bytes in a stream of 4,000, and its manifest."""
    data_key, plain = bytes(range(32)), b"secret"
    whole = sound_manifest()
    part = manifests.Part(
        number=1, blob=BLOB, plain_bytes=6, padding_bytes=3_994, cipher_bytes=4_056, header=bytes(40)
    )
    machine = envelope.Encryptor(data_key, whole.associated(part), SeededDice(9))
    cipher = machine.feed(plain + bytes(3_994)) + machine.finish()
    part = msgspec.structs.replace(part, header=machine.header)
    made = msgspec.structs.replace(whole, parts=(part,), checksum_type="", checksums={})
    return shown_manifest(made, 10) | {"blob": cipher.hex(), "object": plain.hex()}


def refused_manifests() -> list[dict]:
    """Manifests that open and are refused, by what is wrong with them."""
    data_key, whole = bytes(range(32)), msgspec.to_builtins(sound_manifest())
    first, second = whole["parts"]
    cases = {
        "another format": whole | {"format": "custodes/manifest/v2"},
        "another version's manifest": whole | {"object_version": "ver-" + "6" * 26},
        "no parts": whole | {"parts": []},
        "parts out of order": whole | {"parts": [second, first]},
        "one blob twice": whole | {"parts": [first, second | {"blob": first["blob"]}]},
        "a length that is none": whole | {"parts": [first | {"cipher_bytes": first["cipher_bytes"] + 1}]},
        "padding that is not there": whole | {"parts": [first | {"padding_bytes": 1}]},
        "padding below nothing": whole
        | {"parts": [first | {"plain_bytes": first["plain_bytes"] + 1, "padding_bytes": -1}]},
        "a member more": whole | {"more": 1},
        "a member less": {name: value for name, value in whole.items() if name != "etag"},
    }
    plain = {why: canonical.encode(body) for why, body in cases.items()}
    plain["a space"] = canonical.encode(whole).replace(b",", b", ", 1)
    other = canonical.encode(whole | {"commitment": canonical.b64(bytes(32))})
    key = wrap.hkdf_sha512(data_key, VERSION.encode(), manifests.KEY_LABEL)[:32]
    context = Context(
        house=HOUSE, customer=CUSTOMER, key="", version=0, purpose=Purpose.MANIFEST, subject=VERSION
    )
    rows = [(why, "manifest-mismatch", raw) for why, raw in plain.items()]
    rows.append(("another data key", "commitment-mismatch", other))
    return [
        {
            "why": why,
            "code": code,
            "data_key": data_key.hex(),
            "house": HOUSE,
            "customer": CUSTOMER,
            "object_version": VERSION,
            "wrapped": wrap.wrap(key, context, raw, SeededDice(number)).hex(),
        }
        for number, (why, code, raw) in enumerate(rows, 20)
    ]


def sound_manifest() -> manifests.Manifest:
    dice, data_key = SeededDice(6), bytes(range(32))
    parts = tuple(
        manifests.Part(
            number=number,
            blob=BLOB[:-1] + str(number),
            plain_bytes=length,
            cipher_bytes=envelope.cipher_length(length),
            header=b"\x28" + dice.draw(39),
            checksums={"crc32": "AAAAAA=="},
        )
        for number, length in ((1, 5_242_880), (3, 7))
    )
    return manifests.Manifest(
        house=HOUSE,
        customer=CUSTOMER,
        object_version=VERSION,
        origin=manifests.Origin(bucket=BUCKET, object_version=VERSION),
        parts=parts,
        content_type="text/plain",
        headers={"content-encoding": "gzip"},
        metadata={"amt": "Bürgeramt"},
        etag="0123456789abcdef0123456789abcdef-2",
        checksums={"crc32": "AAAAAA=="},
        checksum_type="COMPOSITE",
        commitment=envelope.commitment(data_key, VERSION),
        location="loc-" + "8" * 26,
        key=KEY,
        key_version=1,
        written_at="2026-11-22T08:00:00Z",
    )


def holder_files() -> list[dict]:
    """Both kinds of holder file and the root each holds."""
    out = []
    with tempfile.TemporaryDirectory() as folder:
        for number, passphrase in enumerate((PASSPHRASE, None)):
            path = Path(folder) / str(number)
            file_holder.create(path, passphrase.encode() if passphrase else None, SeededDice(7))
            out.append(
                {
                    "passphrase": passphrase,
                    "file": path.read_text("utf-8"),
                    "root": SeededDice(7).draw(32).hex(),
                }
            )
    return out


def veil_seals() -> dict[str, object]:
    """A veil sealed to three auditors, two of whom open it."""
    seeds = [bytes([n]) * 32 for n in range(3)]
    keys = [veil_seal.sealing_key(seed) for seed in seeds]
    auditors = [
        SealAuditor(name=f"a{n}", organisation=f"org-{n}", public=key.public_key().public_bytes_raw())
        for n, key in enumerate(keys)
    ]
    hidden = veil.Withheld(log="hse-1/withheld", index=7, leaf=b"\x01" + bytes(32))
    documents: list[bytes] = []

    def sealed(inside: bytes) -> bytes:
        about = ("hse-1", "cus-1", "2026-11-22")
        documents.append(veil_seal.seal(b"a secret of the house", about, inside, auditors, 2).encode())
        return documents[0]

    draft = veil.make("cus-1", "2026-11-22", [hidden], SeededDice(5), sealed)
    document = veil_seal.parse(documents[0])
    return {
        "seeds": [seed.hex() for seed in seeds],
        "leaf": draft.leaf.hex(),
        "shown": veil.disclose(draft.opening, ()).decode(),
        "opening": draft.opening.decode(),
        "document": documents[0].decode(),
        "shares": [veil_seal.share_of(document, key).encode().decode() for key in keys],
    }


def vectors() -> dict[str, str]:
    """File name -> text."""
    made = {
        "shares.json": shares(),
        "token-wrap.json": token_wraps(),
        "wrap.json": {"open": wraps(), "refused": refused_wraps()},
        "hierarchy.json": chain(),
        "message.json": messages(),
        "external.json": externals(SCOPE),
        "object.json": {
            "streams": streams(),
            "ranges": ranges(),
            "long": long_stream(),
            "manifest": manifest(),
            "padded": padded(),
            "refused_manifests": refused_manifests(),
        },
        "holder.json": holder_files(),
        "veil_seal.json": veil_seals(),
        "store_mark.json": store_marks(HOUSE),
        "preservation.json": preservations(),
    }
    return {
        name: json.dumps(value, indent=1, sort_keys=True, ensure_ascii=True) + "\n"
        for name, value in made.items()
    }


if __name__ == "__main__":
    for name, text in vectors().items():
        (HERE / "custody" / name).write_text(text, "ascii")
