"""Rules for pages of other origins: what a browser may let them ask for and read.

Source: Amazon S3 User Guide, "Elements of a CORS configuration"; Fetch Standard, "CORS protocol". A rule lets
nobody read anything he could not read without it: it only tells browsers to hand the answer on.
"""

import re

import msgspec

from custodes.kernel.refusal import malformed

RULES_MAX = 100
ITEMS_MAX = 100
TEXT_CHARS_MAX = 1_024
METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")


class CorsRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule; origins and headers may hold one `*`."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...] = ()
    exposes: tuple[str, ...] = ()
    age_s: int | None = None
    id: str = ""


class Allowed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an answer may tell a browser. `origin` is `*` only where the rule's own origin is."""

    origin: str
    methods: tuple[str, ...]
    headers: tuple[str, ...] = ()
    exposes: tuple[str, ...] = ()
    age_s: int | None = None


def check_rules(rules: tuple[CorsRule, ...]) -> tuple[CorsRule, ...]:
    """Rules as they may be kept (`xml-malformed`, `cors-rule-invalid`; malformed)."""
    if not 1 <= len(rules) <= RULES_MAX:
        raise malformed("xml-malformed")
    for rule in rules:
        texts = (*rule.origins, *rule.headers, *rule.exposes, rule.id)
        if not rule.origins or not rule.methods or len(texts) > ITEMS_MAX:
            raise malformed("xml-malformed")
        if any(method not in METHODS for method in rule.methods):
            raise malformed("cors-rule-invalid")
        if any(text.count("*") > 1 for text in (*rule.origins, *rule.headers)):
            raise malformed("cors-rule-invalid")
        if any(len(text) > TEXT_CHARS_MAX or not (text.isprintable() or not text) for text in texts):
            raise malformed("cors-rule-invalid")
    return rules


def allowed(
    rules: tuple[CorsRule, ...], origin: str, method: str, headers: tuple[str, ...] = ()
) -> Allowed | None:
    """What the first rule that fits allows; None when none does. Header names compare without case."""
    for rule in rules:
        fits = next((one for one in rule.origins if _fits(one, origin)), None)
        if fits is None or method not in rule.methods:
            continue
        if all(any(_fits(one.lower(), name.lower()) for one in rule.headers) for name in headers):
            return Allowed(
                origin="*" if fits == "*" else origin,
                methods=rule.methods,
                headers=headers,
                exposes=rule.exposes,
                age_s=rule.age_s,
            )
    return None


def _fits(pattern: str, text: str) -> bool:
    before, star, after = pattern.partition("*")
    if not star:
        return pattern == text
    return re.fullmatch(re.escape(before) + ".*" + re.escape(after), text, re.DOTALL) is not None
