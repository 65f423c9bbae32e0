"""What clients ask before they begin: is the server up, is my token good, what is mounted here."""

import custodes
from custodes.acts.asks import Doors
from custodes.acts.asks.house import LookHouse
from custodes.acts.asks.parties import WhoAmI
from custodes.kernel.refusal import Refusal
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint

from .exchange import answer, evidence_of, plain, row

SEALED = 503
_MOUNT = {"type": "transit", "description": "keys of a customer", "path": "transit/", "options": {}}


class Beginning:
    """Answers that are the same for everybody, but one: who the token is."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        return (
            row("GET", "sys/health", "transit-health", self.health, action=None),
            row("GET", "sys/leader", "transit-leader", self.leader, action=None),
            row("GET", "sys/seal-status", "transit-seal-status", self.seal_status, action=None),
            row("GET", "auth/token/lookup-self", "transit-own-token", self.own_token, action="party:read"),
            row("GET", "sys/internal/ui/mounts/transit", "transit-mount", self.mount, action="party:read"),
        )

    async def health(self, _call: Call) -> Reply:
        """200, or 503 while the house is sealed or the keyroom does not answer."""
        sealed = await self._is_sealed()
        return plain({**_STATE, "sealed": sealed, "version": _version()}, SEALED if sealed else 200)

    async def seal_status(self, _call: Call) -> Reply:
        """What `status` shows."""
        shares = {"t": 1, "n": 1, "progress": 0, "nonce": "", "type": "custodes", "recovery_seal": False}
        sealed = await self._is_sealed()
        return plain({**shares, "initialized": True, "sealed": sealed, "version": _version()})

    async def leader(self, _call: Call) -> Reply:
        """There is none to look for: whichever keyroom answers, answers."""
        return plain({"ha_enabled": False, "is_self": True, "leader_address": ""})

    async def own_token(self, call: Call) -> Reply:
        """Who the token is; never the token."""
        me = await self._doors.ask(WhoAmI(evidence_of(call)))
        data = {
            "accessor": me.credential,
            "display_name": me.name,
            "entity_id": me.person or "",
            "expire_time": None,
            "explicit_max_ttl": 0,
            "id": me.credential,
            "meta": {"organisation": me.organisation or ""},
            "num_uses": 0,
            "orphan": True,
            "path": "auth/token/create",
            "policies": me.roles,
            "renewable": False,
            "ttl": 0,
            "type": "service",
        }
        return answer(call, data)

    async def mount(self, call: Call) -> Reply:
        """The one engine there is."""
        await self._doors.ask(WhoAmI(evidence_of(call)))
        return answer(call, _MOUNT)

    async def _is_sealed(self) -> bool:
        try:
            return (await self._doors.ask(LookHouse())).sealed
        except Refusal:
            return True  # who does not answer opens nothing


_STATE = {
    "initialized": True,
    "standby": False,
    "performance_standby": False,
    "replication_performance_mode": "disabled",
    "replication_dr_mode": "disabled",
}


def _version() -> str:
    """Tools compare it with what they need: the interface is that of 1.15, the program is named behind it."""
    return f"1.15.0+custodes.{custodes.__version__}"
