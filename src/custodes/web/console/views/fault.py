"""The page of a refusal."""

from .shell import View


class FaultView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`status` is HTTP's, `code` and `kind` are the refusal's, `request` the id under which it is logged."""

    status: int
    code: str
    kind: str
    request: str
    whys: tuple[str, ...] = ()  # every reason, as message ids of policy
    changed_by: tuple[str, ...] = ()  # who can change each, in the same order
    ask: str = ""  # what to name in a request for access, where a grant would help
