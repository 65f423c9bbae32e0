"""People who apply onboarding files to a house in this process, and a file for its town."""

import msgspec

from custodes.acts.asks import Signed
from custodes.acts.asks.documents import act_document
from custodes.acts.plans import planning, wanted
from custodes.acts.plans.carrying import carry_out
from custodes.acts.plans.found import gather
from custodes.acts.plans.ground import Ground
from custodes.acts.plans.talking import run_async
from custodes.kernel.clock import to_text
from custodes.law.book import shipped
from custodes.policy.presets import PRESETS

LOOKS = ("Look", "WhoAmI")
FILE = """\
custodes: onboarding/v1
organisations:
- {{name: Custodian, kind: custodian, country: DE}}
people:
- {{mail: nora@town.example, name: Nora New, organisation: Town, roles: [approver]}}
locations:
- {{name: hall, country: DE, operator: Custodian, jurisdictions: [DE], store: "file:///srv/hall"}}
customers:
- name: Town
  organisation: Town
  boundary: {{areas: [EU], jurisdictions: [EU], data_classes: {classes}}}
  rules:
{rules}
  applications: [{{name: Registry}}, {{name: Letters}}]
  keys: [{{name: data key}}, {{name: letters}}]
  buckets:
  - {{name: letters, key: letters, locations: [hall], data_class: personal, owners: [Letters],
      versioning: true}}
"""
DEFAULT = [one.name for one in PRESETS.values() if one.is_default]


def file(classes="[]", forms=DEFAULT):
    rules = "\n".join(f"  - preset: {name}" for name in forms)
    return FILE.format(classes=classes, rules=rules)


class Hand:
    """One person who applies files; `lasts` is how many writing asks go through before he is cut off."""

    def __init__(self, world, who, text=None, *, signs=True, lasts=10**6):
        self.world, self.who, self.signs, self.lasts = world, who, signs, lasts
        self.wanted, self.text = wanted.read((text or file()).encode())
        self.written = []

    async def ask(self, ask):
        answer = await self.world.keyroom.ask(ask)
        if not type(ask).__name__.startswith(LOOKS):
            self.written.append(type(ask).__name__)
            self.lasts -= 1
            if self.lasts < 0:
                raise KeyboardInterrupt  # done, and nobody heard of it
        return answer

    def again(self):
        """Look and plan anew."""
        found = yield from gather(self.who.token, lambda i, n: planning.wants(self.wanted, i, n))
        return planning.plan(
            Ground(
                wanted=self.wanted,
                text=self.text,
                found=found,
                evidence=self.who.token,
                book=shipped(),
                on=self.world.clock.now().date(),
                signs=self.signs,
                file="town.yaml",
            )
        )

    async def plan(self):
        return await run_async(self.again(), self.ask)

    async def apply(self, shown=None, **more):
        shown = shown or await self.plan()
        return await run_async(carry_out(shown, self.again, sign=self.sign, **more), self.ask)

    def sign(self, ask, generation):
        at = to_text(self.world.clock.now())
        document = act_document(ask, self.world.keyroom.opened.house, generation, at)
        return msgspec.structs.replace(ask, evidence=Signed(self.who.token, at, self.who.sign(document)))
