"""The way outside, as the settings say it: proxy, certificate authorities, the hosts that may be asked."""

from custodes.adapters.http.route import Route, route_of
from custodes.adapters.outgoing import Outgoing
from custodes.settings import Settings


def route(settings: Settings) -> Route:
    """How requests leave; `bad-settings` (malformed)."""
    file = settings.house / settings.outgoing_ca if settings.outgoing_ca else None
    return route_of(settings.outgoing_proxy, file)


def outgoing_of(settings: Settings) -> Outgoing:
    """What may be asked: the hosts the operator named, by that way."""
    return Outgoing(settings.outside_hosts, loopback_too=settings.demo, route=route(settings))
