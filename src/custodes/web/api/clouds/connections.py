"""Connections: made, changed, switched, ended, tried; and their credentials."""

from custodes.acts.asks.clouds.connections import (
    ConnectionKeyMade,
    Connections,
    ConnectionTried,
    ConnectionView,
    DropConnectionKey,
    LookConnections,
    MakeConnectionKey,
    MoveConnection,
    SetConnection,
    TryConnection,
)
from custodes.web.api.asking import Row

_WHO = ("forbidden", "no-such-thing", "not-authenticated")
_SIGNED = ("malformed-signature", "signature-refused", "signature-stale", "signed-before")
_MOVES = (
    ("on", "connection:change", "Switch a connection on again; a signed act", _SIGNED),
    ("off", "connection:stop", "Switch a connection off at once; one person may", ()),
    ("end", "connection:change", "End a connection for good; a signed act", _SIGNED),
)
ROWS = (
    Row(
        method="GET",
        path="/v1/customers/{customer}/connections",
        name="list-connections",
        action="connection:read",
        ask=LookConnections,
        gives=Connections,
        summary="Clouds, office suites and clusters that a customer has lent keys to",
        refusals=_WHO,
    ),
    Row(
        method="PUT",
        path="/v1/customers/{customer}/connections",
        name="set-connection",
        action="connection:change",
        ask=SetConnection,
        gives=ConnectionView,
        summary="Make a connection (`id` empty) or change one; a signed act",
        refusals=(*_WHO, *_SIGNED, "bad-connection", "connection-ended"),
    ),
    *(
        Row(
            method="POST",
            path=f"/v1/connections/{{connection}}/{verb}",
            name=f"switch-connection-{verb}",
            action=action,
            ask=MoveConnection,
            gives=ConnectionView,
            summary=summary,
            fixed={"verb": verb},
            refusals=(*_WHO, *more, "connection-ended", "reason-too-long"),
        )
        for verb, action, summary, more in _MOVES
    ),
    Row(
        method="POST",
        path="/v1/connections/{connection}/try",
        name="try-connection",
        action="connection:read",
        ask=TryConnection,
        gives=ConnectionTried,
        summary="A harmless round trip with a test key; its entry is `connection.check`",
        refusals=_WHO,
    ),
    Row(
        method="POST",
        path="/v1/connections/{connection}/credentials",
        name="make-connection-credential",
        action="connection:change",
        ask=MakeConnectionKey,
        gives=ConnectionKeyMade,
        summary="A credential for the other end, shown once; a signed act, two live at most",
        refusals=(*_WHO, *_SIGNED, "bad-connection", "connection-ended", "connection-keys-two"),
    ),
    Row(
        method="DELETE",
        path="/v1/connections/{connection}/credentials/{credential}",
        name="drop-connection-credential",
        action="connection:stop",
        ask=DropConnectionKey,
        gives=ConnectionView,
        summary="A credential of a connection is no good any more, from the next use on",
        refusals=(*_WHO, "credential-revoked", "reason-too-long"),
    ),
)
