"""A keyroom with a lockbox in use: Erik of the supplier asks, Anna (town) and Karl (trustee) sign."""

import msgspec

from custodes.acts.asks.cases import LookCase, MoveCase, OpenCase
from custodes.acts.asks.keys import CreateKey, UseKey
from custodes.kernel import canonical
from custodes.parties.signature import to_sign
from fakes.folk import FolkWorld
from fakes.passkey import Passkey

from .lived import lived, settled


class OfficeWorld(FolkWorld):
    """`world.key` is the town's; `world.message` is something wrapped under it; `erik_token` reads it."""

    async def settle_in(self):
        now = await super().settle_in()
        self.key = (await self.ask(CreateKey(self.olga.token, self.customer_row.id, "registry"))).id
        self.message = (await self.use(self.token, "wrap", b"a data key")).message
        return now

    def ask(self, ask):
        return self.keyroom.ask(ask)

    def use(self, evidence, verb="unwrap", message=None, **more):
        fields = {"context": b"row 7", "purpose": "operation", "reason": "test", **more}
        message = self.message if message is None else message
        return self.ask(UseKey(evidence=evidence, key=self.key, verb=verb, message=message, **fields))

    def request_form(self, **changes):
        values = {
            "beneficiary": self.erik.token.token.partition(".")[0],
            "resources": [self.key],
            "actions": ["key:use-unwrap"],
            "purpose": "support",
            "reason": "The register cannot be opened.",
            "ticket": "T-4711",
            "bytes_max": 100_000,
        }
        return canonical.encode({**values, **changes})

    async def request(self, who=None, desk="lockbox", **changes):
        form = self.request_form(**changes)
        return await self.ask(OpenCase((who or self.erik).token, desk, self.customer_row.id, form))

    def look(self, who, case):
        return self.ask(LookCase(who.token, case))

    def move(self, who, case, verb, form=None, version=None):
        """Move the case as it stands in `case` (a view)."""
        plain = canonical.encode(form or {})
        return self.ask(MoveCase(who.token, case.id, verb, version or case.version, plain))

    async def approval(self, who, case, **changes):
        """The form `Approve` as this person fills it in, from nothing but what the case page shows him."""
        view = await self.look(who, case.id)
        return {**fill_in(who, view.to_sign[0]), **changes}

    async def approve(self, who, case, version=None, **changes):
        form = await self.approval(who, case, **changes)
        view = await self.look(who, case.id)
        return await self.move(who, view, "approve", form, version)

    async def granted(self, **changes):
        """A case with its grant, approved by Anna and Karl."""
        case = await self.request(**changes)
        await self.approve(self.anna, case)
        return await self.approve(self.karl, case)

    async def tell_reasons(self, doing):
        """The reasons of a move that is closed."""
        try:
            await doing
        except msgspec.MsgspecError:
            raise
        except Exception as refusal:
            return getattr(refusal, "code", ""), tuple(getattr(refusal, "facts", {}).get("reasons", ()))
        return None, ()

    def sql(self, statement, *args):
        """What somebody with the database would do."""
        with self.engine.connect() as connection:
            found = connection.exec_driver_sql(statement, args)
            return found.fetchall() if found.returns_rows else found.rowcount


def fill_in(who, line):
    """What a console or the CLI makes of one line of `to_sign`."""
    if isinstance(who.private, Passkey):
        made = who.private.sign(line.digest, line.credential, origin="http://localhost", rp_id="localhost")
        signed = {
            "signature": made.signature,
            "client_data": made.client_data,
            "authenticator_data": made.authenticator_data,
        }
    else:
        signed = {"signature": canonical.b64(who.private.sign(to_sign(line.digest)))}
    return {
        "grant_hash": line.grant_hash,
        "credential": line.credential,
        "key_hash": line.key_hash,
        "approved_at": line.approved_at,
        **signed,
    }


in_office = lived(lambda folder: settled(OfficeWorld(folder)))
"""A test over a fresh house with a lockbox."""
