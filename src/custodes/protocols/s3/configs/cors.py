"""CORSConfiguration (S3 API Reference, PutBucketCors), and the headers of an answer to a page of another
origin.
"""

from custodes.kernel.refusal import malformed
from custodes.objects.rules.cors import Allowed, CorsRule, check_rules
from custodes.protocols.s3 import xml
from custodes.protocols.s3.messages import Pairs
from custodes.protocols.s3.xml import Element, document, element, wrap

_LISTS = {
    "AllowedOrigin": "origins",
    "AllowedMethod": "methods",
    "AllowedHeader": "headers",
    "ExposeHeader": "exposes",
}


def read_cors(body: bytes) -> tuple[CorsRule, ...]:
    """The rules (`xml-malformed`, `cors-rule-invalid`)."""
    root = xml.parse(body, "CORSConfiguration")
    return check_rules(tuple(_rule(child) for child in root.children))


def write_cors(rules: tuple[CorsRule, ...]) -> bytes:
    """CORSConfiguration."""
    rows = []
    for rule in rules:
        inner = [element("ID", rule.id)] if rule.id else []
        for name, member in _LISTS.items():
            inner += [element(name, text) for text in getattr(rule, member)]
        if rule.age_s is not None:
            inner.append(element("MaxAgeSeconds", rule.age_s))
        rows.append(wrap("CORSRule", *inner))
    return document("CORSConfiguration", *rows)


def cors_headers(found: Allowed, *, is_preflight: bool) -> Pairs:
    """What the rule allows, as headers; credentials only where the origin is named."""
    headers = [(b"access-control-allow-origin", found.origin.encode("latin-1", "replace"))]
    headers.append((b"access-control-allow-methods", ", ".join(found.methods).encode("ascii")))
    if is_preflight and found.headers:
        headers.append((b"access-control-allow-headers", _joined(found.headers).lower()))
    if found.exposes:
        headers.append((b"access-control-expose-headers", _joined(found.exposes)))
    if is_preflight and found.age_s is not None:
        headers.append((b"access-control-max-age", b"%d" % found.age_s))
    if found.origin != "*":
        headers.append((b"access-control-allow-credentials", b"true"))
    headers.append((b"vary", b"Origin, Access-Control-Request-Headers, Access-Control-Request-Method"))
    return tuple(headers)


def _joined(names: tuple[str, ...]) -> bytes:
    return ", ".join(names).encode("latin-1", "replace")


def _rule(child: Element) -> CorsRule:
    if child.name != "CORSRule":
        raise malformed("xml-malformed")
    found: dict[str, list[str]] = {member: [] for member in _LISTS.values()}
    for one in child.children:
        member = _LISTS.get(one.name)
        if member is not None:
            found[member].append(one.text)
        elif one.name not in ("ID", "MaxAgeSeconds"):
            raise malformed("xml-malformed")
    age = child.value("MaxAgeSeconds")
    if age is not None and not (age.isascii() and age.isdigit() and len(age) <= 9):
        raise malformed("xml-malformed")
    return CorsRule(
        **{member: tuple(texts) for member, texts in found.items()},
        age_s=None if age is None else int(age),
        id=child.value("ID") or "",
    )
