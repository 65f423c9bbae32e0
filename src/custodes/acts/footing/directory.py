"""The directory of parties, made from what stands and made again only when a party's row has changed."""

from itertools import chain

from custodes.acts.footing.standing import Standing
from custodes.parties import distinct
from custodes.parties.rows import (
    Application,
    Credential,
    Directory,
    Membership,
    Organisation,
    Person,
    directory,
)

NOUNS = ("organisation", "person", "membership", "application", "credential")


class Directories:
    """Answers with one consistent reading; the same object as long as no party has changed."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._found: Directory | None = None
        self._humans: dict[str, str] = {}

    def now(self) -> Directory:
        """The parties as they stand. `generation` counts changes of party rows, not of anything else."""
        changes = self._standing.changes(NOUNS)
        if self._found is None or self._found.generation != changes:
            rows = self._standing
            self._found = directory(
                changes,
                chain(
                    rows.all_of("organisation", Organisation),
                    rows.all_of("person", Person),
                    rows.all_of("membership", Membership),
                    rows.all_of("application", Application),
                    rows.all_of("credential", Credential),
                ),
            )
            self._humans = dict(distinct.one_person(self._found))
        return self._found

    def human(self, person: str) -> str:
        """The id under which this person counts: accounts of one human being have the same."""
        self.now()
        return self._humans.get(person, person)

    def group(self, organisation: str) -> str:
        """The name under which this organisation counts: its controlling group; empty when not enrolled."""
        return distinct.group_of(self.now(), organisation) or ""
