"""Turns a view into a page: one template per view, in the reader's language, escaped throughout."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request

from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Refusal
from custodes.web.kit import problems
from custodes.web.kit.call import HTML, Call, Reply
from custodes.web.kit.forms import csrf_token, set_cookie

from .statics import Statics
from .texts import LANGUAGES, Texts, choose, named
from .tiles import tile_map
from .views.account import AccountView, EnrolView, PeopleView
from .views.case import CasesView, CaseView, NewCaseView
from .views.clouds import (
    CloudForm,
    CloudSecret,
    CloudSign,
    CloudsView,
    CloudView,
    CoverageView,
    ProgramsView,
)
from .views.fault import FaultView
from .views.keys import KeyMoveView, KeysView, KeyView, KillsView, KillView, LiftView
from .views.log import EntryView, LogView
from .views.objects import BucketsView, ObjectsView, ObjectView
from .views.onboarding import OutcomeView, PlanView, QuestionsPage, TemplatesView
from .views.people import CoverView, DelegationSign, IssuersView, NoticesView
from .views.preserving.cases import NewPreservation, PreservationCase, PreservationsView
from .views.questions import QuestionsView
from .views.rules import BoundaryForm, ChangeView, RulesView
from .views.shell import House, View, Visitor
from .views.sign_in import SignedInView, SignInView
from .views.state import StateView
from .views.stored.adoptions import AdoptedView, AdoptionSign, AdoptionsView
from .views.stored.care import CareView
from .views.stored.health import StoresView
from .views.stored.leases import LeaseStop, LeasesView
from .views.stored.marks import MarkCheck, MarksView
from .views.stored.readings import ReadingsView
from .views.stored.strays import StrayApproval, StrayRemoval, StraysAtView, StraysView
from .views.stored.telling import SettingsView, SettingView, TakingView
from .views.stored.usage import UsageView
from .views.stored.webhooks import WebhookSecret, WebhooksView
from .views.watch import WatchView, WitnessesView
from .words.desks import TONES
from .words.saying import word as word_for

TEMPLATES = Path(__file__).parent / "templates"
YEAR_S = 31_536_000
VISIT_S = 43_200
PAGES: Mapping[type[View], tuple[str, str]] = MappingProxyType(  # view -> template, section of the menu
    {
        SignInView: ("pages/sign_in.html", ""),
        SignedInView: ("pages/signed_in.html", ""),
        QuestionsView: ("pages/questions.html", "questions"),
        CasesView: ("pages/cases.html", "cases"),
        CaseView: ("pages/case.html", "cases"),
        NewCaseView: ("pages/case_new.html", "cases"),
        PreservationsView: ("pages/preservations.html", "cases"),
        PreservationCase: ("pages/preservation.html", "cases"),
        NewPreservation: ("pages/preservation_new.html", "cases"),
        KeysView: ("pages/keys.html", "keys"),
        KeyView: ("pages/key.html", "keys"),
        KeyMoveView: ("pages/key_move.html", "keys"),
        KillView: ("pages/kill.html", "keys"),
        KillsView: ("pages/kills.html", "keys"),
        LiftView: ("pages/lift.html", "keys"),
        BucketsView: ("pages/buckets.html", "objects"),
        ObjectsView: ("pages/objects.html", "objects"),
        ObjectView: ("pages/object.html", "objects"),
        CareView: ("pages/care.html", "objects"),
        WebhooksView: ("pages/webhooks.html", "objects"),
        WebhookSecret: ("pages/webhook_secret.html", "objects"),
        AdoptionsView: ("pages/adoptions.html", "objects"),
        AdoptionSign: ("pages/adoption_sign.html", "objects"),
        AdoptedView: ("pages/adopted.html", "objects"),
        LeasesView: ("pages/leases.html", "objects"),
        LeaseStop: ("pages/lease_stop.html", "objects"),
        SettingsView: ("pages/settings.html", "objects"),
        SettingView: ("pages/setting.html", "objects"),
        TakingView: ("pages/setting_take.html", "objects"),
        ReadingsView: ("pages/readings.html", "objects"),
        StoresView: ("pages/stores.html", "objects"),
        MarksView: ("pages/marks.html", "objects"),
        MarkCheck: ("pages/mark_check.html", "objects"),
        StraysView: ("pages/strays.html", "state"),
        StraysAtView: ("pages/strays_at.html", "state"),
        StrayRemoval: ("pages/stray_removal.html", "state"),
        StrayApproval: ("pages/stray_approval.html", ""),
        UsageView: ("pages/usage.html", "objects"),
        RulesView: ("pages/rules.html", "rules"),
        BoundaryForm: ("pages/boundary.html", "rules"),
        ChangeView: ("pages/change.html", "rules"),
        AccountView: ("pages/account.html", "account"),
        EnrolView: ("pages/enrol.html", "account"),
        LogView: ("pages/log.html", "log"),
        EntryView: ("pages/entry.html", "log"),
        PeopleView: ("pages/people.html", "people"),
        IssuersView: ("pages/issuers.html", "people"),
        CoverView: ("pages/cover.html", "people"),
        DelegationSign: ("pages/delegation.html", "people"),
        NoticesView: ("pages/notices.html", "people"),
        WitnessesView: ("pages/witnesses.html", "log"),
        WatchView: ("pages/watch.html", "log"),
        StateView: ("pages/state.html", "state"),
        TemplatesView: ("pages/onboarding.html", "onboarding"),
        QuestionsPage: ("pages/onboarding_questions.html", "onboarding"),
        PlanView: ("pages/onboarding_plan.html", "onboarding"),
        OutcomeView: ("pages/onboarding_done.html", "onboarding"),
        CloudsView: ("pages/clouds.html", "keys"),
        CloudView: ("pages/cloud.html", "keys"),
        CloudForm: ("pages/cloud_form.html", "keys"),
        CloudSign: ("pages/cloud_sign.html", "keys"),
        CloudSecret: ("pages/cloud_secret.html", "keys"),
        ProgramsView: ("pages/programs.html", "keys"),
        CoverageView: ("pages/coverage.html", "keys"),
        FaultView: ("pages/fault.html", ""),
    }
)


FILTERS = (
    "moment", "instant", "day", "weekday", "calendar", "shortday", "month",
    "number", "size", "country", "known",
)  # fmt: skip


class PageQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every query: each page may be asked for in a language and for one of several customers."""

    lang: str = ""
    customer: str = ""


class Pages:
    """All templates, compiled once per language. It keeps nothing of a request but the house's own name."""

    def __init__(self, house: House, statics: Statics, dice: Dice) -> None:
        self._house = house
        self._dice = dice
        self._texts = {lang: Texts(lang, house.zone) for lang in LANGUAGES}
        self._environments = {lang: _environment(texts, statics) for lang, texts in self._texts.items()}

    @property
    def zone(self) -> ZoneInfo:
        """Where this installation's days begin and end."""
        return ZoneInfo(self._house.zone)

    def listens(self, kind: str) -> str:
        """Where this installation's process for a kind of connection listens; empty where it is off."""
        return self._house.listens.get(kind, "")

    def printed(self, setting: str) -> str:
        """A setting of this installation as guides print it; empty where it is not set."""
        return self._house.printed.get(setting, "")

    def meet(self, name: str, *, is_demo: bool) -> None:
        """From now on pages show what the house says of itself."""
        if (self._house.name, self._house.is_demo) != (name, is_demo):
            self._house = msgspec.structs.replace(self._house, name=name, is_demo=is_demo)

    def render(self, view: View, *, language: str, path: str, csrf: str, visitor: Visitor | None) -> bytes:
        """The page of `view` as HTML; `path` with its query is what the language links lead back to."""
        template, section = PAGES[type(view)]
        page = self._environments[language].get_template(template)
        facts = {
            "view": view,
            "house": self._house,
            "visitor": visitor,
            "section": section,
            "csrf": csrf,
            "language": language,
            "languages": {code: (name, _with(path, "lang", code)) for code, name in LANGUAGES.items()},
            "with_customer": lambda id_: _with(path, "customer", id_),
        }
        return page.render(facts).encode()

    def reply(self, call: Call, view: View, visitor: Visitor | None = None, *, status: int = 200) -> Reply:
        """The page as an answer; a language asked for by `?lang=` is remembered.

        Who has no cookie yet gets one (`visit`), so that the forms of this very page can be bound to it.
        """
        if call.csrf:
            return self._reply(call.request, view, call.csrf, visitor, status, is_tls=call.is_tls)
        visit = self._dice.draw(16).hex()
        cookie = set_cookie("visit", visit, is_tls=call.is_tls, age_s_max=VISIT_S)
        page = self._reply(call.request, view, csrf_token(visit), visitor, status, is_tls=call.is_tls)
        return msgspec.structs.replace(page, headers=(*page.headers, cookie))

    def refuse(
        self,
        refusal: Refusal,
        request_id: str,
        request: Request,
        visitor: Visitor | None = None,
        csrf: str = "",
    ) -> Reply:
        """The page of a refusal, as `Face.refuse` wants it; with a visitor, his menu stays."""
        told = problems.problem(refusal, request_id)
        view = FaultView(
            status=told.status,
            code=told.code,
            kind=told.kind,
            request=request_id,
            whys=_texts(refusal, "why"),
            changed_by=_texts(refusal, "changed_by"),
            ask=_one(refusal, "ask"),
        )
        page = self._reply(request, view, csrf, visitor, told.status, is_tls=False)
        extra = tuple(line for line in problems.headers(refusal) if line[0] != "www-authenticate")
        return msgspec.structs.replace(page, headers=(*page.headers, *extra), refusal=refusal.code)

    def said(self, refusal: Refusal, request: Request) -> str:
        """One sentence about a refusal in the reader's language, for whoever shows it inside a page."""
        language = self._language(request)
        say = self._texts[language].catalog.gettext
        text = word_for("refusal", refusal.code, say, language)
        return text if text != refusal.code else word_for("kind", refusal.kind.value, say, language)

    def _language(self, request: Request) -> str:
        kept = request.cookies.get("__Host-lang") or request.cookies.get("lang")
        asked = request.query_params.get("lang")
        return choose(asked, kept, request.headers.get("accept-language", ""))

    def _reply(
        self, request: Request, view: View, csrf: str, visitor: Visitor | None, status: int, *, is_tls: bool
    ) -> Reply:
        asked, language = request.query_params.get("lang"), self._language(request)
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        raw = self.render(view, language=language, path=path, csrf=csrf, visitor=visitor)
        headers: tuple[tuple[str, str], ...] = (
            ("content-language", language),
            ("vary", "accept-language, cookie"),
        )
        if asked == language and view.__class__ is not FaultView:
            headers = (*headers, set_cookie("lang", language, is_tls=is_tls, age_s_max=YEAR_S))
        return Reply(status=status, raw=raw, media=HTML, headers=headers)


def _environment(texts: Texts, statics: Statics) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        cache_size=-1,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(texts.catalog, newstyle=True)  # type: ignore[attr-defined]
    for name in FILTERS:
        environment.filters[name] = getattr(texts, name)
    environment.filters["zip"] = zip
    environment.filters["named"] = named
    environment.globals["static"] = statics.url
    environment.globals["tile_map"] = tile_map
    environment.globals["tones"] = TONES
    say, language = texts.catalog.gettext, texts.language
    environment.globals["word"] = lambda table, code: word_for(table, code, say, language)
    for name in environment.list_templates():
        environment.get_template(name)  # compiled now: later the process may not read the folder
    return environment


def _texts(refusal: Refusal, fact: str) -> tuple[str, ...]:
    value = refusal.facts.get(fact)
    return value if isinstance(value, tuple) else ()


def _one(refusal: Refusal, fact: str) -> str:
    value = refusal.facts.get(fact)
    return value if isinstance(value, str) else ""


def _with(path: str, name: str, value: str) -> str:
    place, _, query = path.partition("?")
    pairs = [pair for pair in query.split("&") if pair and not pair.startswith(f"{name}=")]
    return f"{place}?{'&'.join([*pairs, urlencode({name: value})])}"
