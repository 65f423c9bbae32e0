"""One step of a guide, and what every guide refuses to print."""

import re

import msgspec

from custodes.kernel.refusal import malformed

_QUOTED = re.compile(r"[^'\"`$\\\x00-\x1f\x7f]{1,200}")
_BARE = re.compile(r"[A-Za-z0-9._-]{1,200}")


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step: `code` says which (`web` and `cli` have the words), `command` is to be copied as it is."""

    code: str
    command: str


def quoted(name: str) -> str:
    """`name` in single quotes, for a POSIX shell and PowerShell alike; `bad-name` (malformed) for one that
    either would take apart.
    """
    if not _QUOTED.fullmatch(name):
        raise malformed("bad-name")
    return f"'{name}'"


def bare(name: str) -> str:
    """`name` where it needs no quotes at all; `bad-name` (malformed) for anything else."""
    if not _BARE.fullmatch(name):
        raise malformed("bad-name")
    return name


def front(host: str, prefix: str, listens: str) -> str:
    """The location of an nginx before a process of ours; what `prefix` does not cover is not let through."""
    return (
        f"# nginx, server {host}, certificate of a public authority\n"
        f"location {prefix}/ {{ proxy_pass http://{listens}; proxy_set_header Host $http_host; "
        'proxy_http_version 1.1; proxy_set_header Connection ""; }'
    )
