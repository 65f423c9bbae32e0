"""The town's directory in an `OfficeWorld`: an issuer, and a token by which it provisions people."""

from custodes.acts.asks import Token
from custodes.acts.asks.identity import Listed, LookListed, MakeDirectoryToken, PutGroup, PutListed

from .issuer import Town


class TownDirectory(Town):
    async def open(self, **changes):
        await self.set_up(admits_unknown=False, **changes)
        await self.read()
        ask = MakeDirectoryToken(self.world.olga.token, self.id, "Entra")
        signed = self.world.olga.signed(ask, ("issuer", self.id))
        self.token = Token((await self.world.keyroom.ask(signed)).token)
        return self

    def put(self, account="nina", person="", expects=None, **more):
        listed = Listed(**{"account": account, "external": f"u-{account}", "name": account.title(), **more})
        return self.world.keyroom.ask(PutListed(self.token, listed, person, expects))

    def group(self, name, *members, **more):
        return self.world.keyroom.ask(PutGroup(self.token, name, members, **more))

    def look(self, **more):
        return self.world.keyroom.ask(LookListed(self.token, **more))
