"""The tour as the README shows it: what `--json` said, with whatever differs from run to run evened out."""

import re
import textwrap

import msgspec

BEGIN, END = "<!-- tour:begin -->", "<!-- tour:end -->"
WIDTH = 100
_INDENT = "       "

# What is another one in each run, and what stands for it.
_EVENED = (
    (re.compile(r"\b([a-z]{3})-[0-9a-z]{26}\b"), r"\1-…"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "…Z"),
    (re.compile(r"(SHA-256) [0-9a-f]{16}"), r"\1 …"),
    (re.compile(r"residents/[0-9a-f]{8}/"), "residents/…/"),
    (re.compile(r"(localhost):\d+"), r"\1:…"),
    (re.compile(r"(boto3|tlog-scales) [0-9][0-9.]*"), r"\1"),
    (re.compile(r"/receipts [0-9a-f]{8}\b"), "/receipts …"),
    (re.compile(r"\bentry \d+"), "entry …"),
    (re.compile(r"tile/0/[0-9x/]+(?:\.p/\d+)?"), "tile/0/…"),
    (re.compile(r"\b\d+ (leaves|files|bytes|openings|published|standing rows|tiles)\b"), r"… \1"),
    (re.compile(r"\bleaf \d+ is"), "leaf … is"),
)


class _Step(msgspec.Struct, frozen=True):
    number: int
    part: str
    claim: str
    done: str
    shown: str
    proved: bool


class _Told(msgspec.Struct, frozen=True):
    steps: tuple[_Step, ...]
    proved: int
    of: int
    not_prevented: tuple[str, ...]


def written(told: str) -> str:
    """The transcript of a tour's `--json`, evened out."""
    body = msgspec.json.decode(told.encode(), type=_Told)
    lines = ["```text"]
    part = ""
    for step in body.steps:
        if step.part != part:
            part = step.part
            lines += ["", part] if len(lines) > 1 else [part]
        lines.append(f"{step.number:>3}  {step.claim}")
        lines += _wrapped(even(step.done))
        lines += _wrapped(f"{'proved' if step.proved else 'NOT PROVED'}: {even(step.shown)}")
    lines += ["", f"tour: {body.proved} of {body.of} steps proved", "```"]
    return "\n".join(lines)


def even(text: str) -> str:
    """The same text for every run of the same tour."""
    for pattern, put in _EVENED:
        text = pattern.sub(put, text)
    return text


def in_readme(readme: str) -> str:
    """The transcript between its marks; ValueError when they are not there."""
    begin, end = readme.index(BEGIN) + len(BEGIN), readme.index(END)
    return readme[begin:end].strip()


def put_in(readme: str, transcript: str) -> str:
    """The README with another transcript between the marks."""
    begin, end = readme.index(BEGIN) + len(BEGIN), readme.index(END)
    return f"{readme[:begin]}\n{transcript}\n{readme[end:]}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT, break_long_words=False
    )
