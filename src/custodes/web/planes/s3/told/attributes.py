"""GetObjectAttributes: a head that says in XML what it was asked for, and names the parts."""

from custodes.acts.asks.objects import OpenGet, PartFact
from custodes.kernel.refusal import malformed
from custodes.objects.version import Part
from custodes.protocols.s3 import answers, documents
from custodes.protocols.s3.answers import Answer
from custodes.protocols.s3.dates import to_http_date
from custodes.protocols.s3.documents import Attributes
from custodes.web.planes.s3.exchange import Exchange
from custodes.web.planes.s3.shown import checksum_of

KNOWN = frozenset({"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"})
PARTS_MAX = 1_000


async def get_attributes(x: Exchange) -> Answer:
    """GetObjectAttributes (`argument-invalid` for an attribute there is not)."""
    named = x.head.text("x-amz-object-attributes") or ""
    wanted = {one.strip() for one in named.split(",")}
    if not wanted or not wanted <= KNOWN:
        raise malformed("argument-invalid", argument="x-amz-object-attributes")
    found = await x.doors.ask(
        OpenGet(
            evidence=x.evidence,
            bucket=x.bucket,
            name=x.key,
            version=x.call.version,
            head=True,
            shows_parts="ObjectParts" in wanted,
        )
    )
    facts = Attributes(
        etag=found.etag if "ETag" in wanted else None,
        checksum=checksum_of(found.checksums, found.checksum_type) if "Checksum" in wanted else None,
        parts=[_part(one) for one in found.parts] if found.parts else None,
        after=_number(x, "x-amz-part-number-marker", 0),
        most=min(_number(x, "x-amz-max-parts", PARTS_MAX), PARTS_MAX),
        shows_class="StorageClass" in wanted,
        size_bytes=found.size if "ObjectSize" in wanted else None,
    )
    headers = [(b"last-modified", to_http_date(found.at).encode("ascii"))]
    if found.version_shown is not None:
        headers.append((b"x-amz-version-id", found.version_shown.encode("ascii")))
    return answers.of_document(documents.attributes(facts), headers)


def _number(x: Exchange, header: str, otherwise: int) -> int:
    text = x.head.text(header)
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise malformed("argument-invalid", argument=header)
    return int(text)


def _part(one: PartFact) -> Part:
    return Part(
        number=one.number, blob="", size_bytes=one.size, etag="", checksum=checksum_of(one.checksums, "")
    )
