"""Addresses that connections may be made to, and who is let through to others."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Self

from imgprint import config
from imgprint.discovery.urls.addresses import is_public

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy import Request
    from scrapy.settings import BaseSettings

    from imgprint.discovery.urls.addresses import Network

# Meta key of a request of the user's own, such as a webhook: it may go inside, and
# lets nothing else in there.
OWN = "imgprint_own"
# Meta key of the HostPermission that the guard found for a request.
PERMISSION = "_imgprint_door"


@dataclass(slots=True)
class HostPermission:
    """What the user allows at one host and port.

    *listed* says that the user named the place; *inside* which addresses it had
    when it was first asked for, if none of them was public: None before that.
    """

    listed: bool = False
    inside: frozenset[str] | None = None
    refused: str | None = None
    """Why the last connection was not made."""

    def learn(self, addresses: Iterable[str], public: bool) -> None:
        """Note that the place has *addresses* now; *public* if one of them is.

        Only the first time counts: a name that later leads elsewhere inside
        gained nothing.
        """
        if self.listed and self.inside is None:
            inside = () if public else addresses
            self.inside = frozenset(map(_without_zone, inside))

    def allows(self, address: str) -> bool:
        """Return whether a connection may be made to *address*, which is not public."""
        return bool(self.inside) and _without_zone(address) in (self.inside or ())


# A connection is opened in the context of the download that it is for, or of
# a task that this began.
_permission: ContextVar[HostPermission] = ContextVar("permission")


class PermissionContext:
    """The context of a download, in which *permission* counts."""

    __slots__ = ("permission", "token")

    def __init__(self, permission: HostPermission):
        self.permission = permission

    def __enter__(self) -> HostPermission:
        self.token = _permission.set(self.permission)
        return self.permission

    def __exit__(self, *_: object) -> None:
        _permission.reset(self.token)


class Gate:
    """Check addresses just before they are connected to.

    The addresses of a name are looked at where they are used, so that it doesn't
    matter who resolves it, how often, and how it is written. A connection that
    is used again needs no second check: its host and port are the same.
    """

    def __init__(self, allowed: tuple[Network, ...]):
        self.allowed = allowed

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> Self:
        return cls(config.ALLOWED_NETWORKS.read(settings))

    def opened_for(self, request: Request) -> PermissionContext:
        """Return the context in which connections are made for *request*."""
        permission: HostPermission = (
            request.meta.pop(PERMISSION, None) or HostPermission()
        )
        if request.meta.get("proxy"):
            permission = HostPermission(listed=True)  # the user named the proxy
        return PermissionContext(permission)

    def answered(self, addresses: list[str]) -> None:
        """Note to which addresses the name of this context's host leads."""
        permission = _permission.get(None)
        if permission and permission.listed and permission.inside is None:
            public = any(is_public(each, self.allowed) for each in addresses)
            permission.learn(addresses, public)

    def check(self, address: str, port: int) -> None:
        """Raise OSError if there must be no connection to *address*."""
        self.answered([address])
        if is_public(address, self.allowed):
            return
        permission = _permission.get(None) or HostPermission()
        if not permission.allows(address):
            permission.refused = not_public_text(address, port)
            raise PermissionError(permission.refused)


def not_public_text(host: str, port: int) -> str:
    return f"not a public address: {f'[{host}]' if ':' in host else host}:{port}"


def _without_zone(address: str) -> str:
    return str(ip_address(address.partition("%")[0]))
