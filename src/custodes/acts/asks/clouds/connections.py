"""Asks about connections themselves: make, change, switch, end, look, and their credentials."""

import msgspec

from custodes.acts.asks.doors import Ask, Evidence


class LentKey(msgspec.Struct, frozen=True):
    """A key lent to a connection: its id, its name on the wire (empty: the id), and for what.

    `verbs` are of `parties.connections.VERBS` for the kind; none is a key that can be seen and not used.
    """

    key: str
    name: str = ""
    verbs: tuple[str, ...] = ("wrap", "unwrap")


class SetConnection(Ask["ConnectionView"], frozen=True, tag="set-connection"):
    """-> `ConnectionView`. Makes one (`id` empty) or gives it another name, other keys, other settings.

    A signed act over the connection's generation. Its kind never changes.
    """

    evidence: Evidence
    customer: str
    kind: str
    name: str
    keys: tuple[LentKey, ...]
    settings: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    id: str = ""


class MoveConnection(Ask["ConnectionView"], frozen=True, tag="move-connection"):
    """-> `ConnectionView`. `verb`: off (one person, at once), on or end (signed acts)."""

    evidence: Evidence
    connection: str
    verb: str
    reason: str = ""


class MakeConnectionKey(Ask["ConnectionKeyMade"], frozen=True, tag="make-connection-key"):
    """-> `ConnectionKeyMade`: a credential for the other end, shown once. A signed act; two live at most."""

    evidence: Evidence
    connection: str
    label: str = ""


class DropConnectionKey(Ask["ConnectionView"], frozen=True, tag="drop-connection-key"):
    """-> `ConnectionView`. The credential is no good from the next use on; one person may."""

    evidence: Evidence
    connection: str
    credential: str
    reason: str = ""


class TryConnection(Ask["ConnectionTried"], frozen=True, tag="try-connection"):
    """-> `ConnectionTried`: a harmless round trip with a test key, as the health check makes it."""

    evidence: Evidence
    connection: str


class LookConnections(Ask["Connections"], frozen=True, tag="look-connections"):
    """-> `Connections` of one customer."""

    evidence: Evidence
    customer: str


class ConnectionKeyView(msgspec.Struct, frozen=True):
    """A credential as shown; never its secret. `access_id` is its name on the wire, where it has one."""

    id: str
    access_id: str
    label: str
    created_at: str


class ConnectionView(msgspec.Struct, frozen=True, tag="connection"):
    """A connection as shown. `path` is where the other end reaches it; `generation` goes into signed acts.

    `beneficiary` is how a grant names it, where it has no credentials that a grant could name.
    """

    id: str
    customer: str
    kind: str
    name: str
    state: str
    keys: tuple[LentKey, ...]
    settings: dict[str, tuple[str, ...]]
    credentials: tuple[ConnectionKeyView, ...]
    path: str
    made_at: str
    generation: int
    beneficiary: str = ""


class ConnectionTried(msgspec.Struct, frozen=True, tag="connection-tried"):
    """Whether a use would succeed now; `code` is the refusal's that would stop it, empty for none.

    What lies in front of this installation (names, certificates, network) is not tried.
    """

    connection: str
    at: str
    code: str


class ConnectionKeyMade(msgspec.Struct, frozen=True, tag="connection-key-made"):
    """The credential, once: `secret` is kept sealed and never shown again."""

    id: str
    access_id: str
    secret: str

    def __repr__(self) -> str:
        return f"ConnectionKeyMade(id={self.id!r})"


class Connections(msgspec.Struct, frozen=True, tag="connections"):
    """All connections of a customer, ended ones too."""

    connections: tuple[ConnectionView, ...]
