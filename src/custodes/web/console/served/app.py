"""The console as one ASGI application: every page's endpoints in one table."""

from collections.abc import Callable

from custodes.acts.asks import Doors
from custodes.acts.streams.carrying import Carrier
from custodes.kernel.clock import Clock
from custodes.kernel.dice import Dice
from custodes.web.console.pages import Pages
from custodes.web.console.statics import Statics
from custodes.web.console.views.shell import House
from custodes.web.kit import shield
from custodes.web.kit.endpoint import Endpoint, table
from custodes.web.kit.front import Face
from custodes.web.kit.logs import Log

from .account import AccountPages
from .cases import CasePages
from .clouds.making import MakingPages
from .clouds.pages import CloudPages
from .clouds.programs import ProgramPages
from .federated import Codes, FederatedPages
from .files.bringing import BringingPages
from .files.fetching import FetchingPages
from .house.state import StatePage
from .keys import KeyPages
from .kills import KillPages
from .log import LogPage
from .objects import ObjectPages
from .onboarding.pages import OnboardingPages
from .people.cover import CoverPages
from .people.delegating import DelegatingPages
from .people.issuers import IssuerPages
from .people.notices import NoticePages
from .preserving.cases import PreservationPages
from .questions import QuestionsPage
from .rules import RulePages
from .sign_in import SignInPage
from .stored.adoptions import AdoptionPages
from .stored.care import CarePages
from .stored.health import HealthPages
from .stored.leases import LeasePages
from .stored.readings import ReadingsPages
from .stored.strays import StrayPages
from .stored.telling.marking import MarkingPages
from .stored.telling.pages import TellingPages
from .stored.usage import UsagePages
from .stored.webhooks import WebhookPages
from .visit import Desk
from .watch.watching import WatchPages
from .watch.witnesses import WitnessPages


class Console:
    """Pages and their endpoints over the keyroom's doors."""

    def __init__(
        self,
        doors: Doors,
        house: House,
        origin: str,
        ports: tuple[Clock, Dice, Carrier],
        public: Callable[[str], bytes | None],
        *,
        codes: Codes,
        channels: tuple[str, ...] = (),
    ) -> None:
        self._clock, self._dice, carrier = ports
        self._codes = codes
        self._channels = channels
        self._statics = Statics()
        self._pages = Pages(house, self._statics, self._dice)
        self._desk = Desk(
            doors=doors,
            pages=self._pages,
            clock=self._clock,
            origin=origin,
            public=public,
            carrier=carrier,
        )

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The whole table."""
        desk = self._desk
        groups = (
            SignInPage(desk),
            FederatedPages(desk, self._codes),
            QuestionsPage(desk),
            CasePages(desk),
            PreservationPages(desk),
            KeyPages(desk),
            MakingPages(desk),
            ProgramPages(desk),
            CloudPages(desk),
            KillPages(desk),
            ObjectPages(desk),
            BringingPages(desk),
            CarePages(desk),
            HealthPages(desk),
            AdoptionPages(desk),
            LeasePages(desk),
            ReadingsPages(desk),
            StrayPages(desk),
            TellingPages(desk),
            MarkingPages(desk),
            UsagePages(desk),
            WebhookPages(desk),
            FetchingPages(desk),
            RulePages(desk),
            LogPage(desk),
            AccountPages(desk),
            OnboardingPages(desk),
            IssuerPages(desk),
            CoverPages(desk),
            DelegatingPages(desk),
            NoticePages(desk, self._channels),
            WitnessPages(desk),
            WatchPages(desk),
            StatePage(desk),
            self._statics,
        )
        return table(*(group.endpoints() for group in groups))

    def face(self, log: Log) -> Face:
        """How the console shows itself: its own CSP, refusals as pages."""
        return Face(
            log=log,
            dice=self._dice,
            origin=self._desk.origin,
            csp=shield.CONSOLE_CSP,
            refuse=self._pages.refuse,
        )
