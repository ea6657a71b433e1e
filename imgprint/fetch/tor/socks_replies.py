"""Tor's answers to a SOCKS request, and the error for each of them."""

from __future__ import annotations

from typing import NamedTuple

from imgprint.errors import OnionRefused, TorError


class Reply(NamedTuple):
    """The meaning of a SOCKS reply code: *name* is for stats, *text* for people.

    *permanent* says that trying again is of no use, *host* that the whole onion
    site can't be reached.
    """

    name: str
    text: str
    permanent: bool = False
    host: bool = False


# RFC 1928 section 6; from 0xF0 on Tor's socks-extensions.txt, ExtendedErrors.
REPLIES = {
    0x01: Reply("general_failure", "Tor could not connect"),
    0x02: Reply("not_allowed", "not allowed by Tor's rules", permanent=True),
    0x03: Reply("network_unreachable", "network unreachable"),
    0x04: Reply("host_unreachable", "host unreachable, or its name unknown"),
    0x05: Reply("connection_refused", "connection refused"),
    0x06: Reply("timed_out", "timed out inside Tor"),
    0x07: Reply("command_unknown", "SOCKS command not supported", permanent=True),
    0x08: Reply("address_unknown", "address type not supported", permanent=True),
    0xF0: Reply("descriptor_not_found", "onion descriptor not found", host=True),
    0xF1: Reply("descriptor_invalid", "onion descriptor invalid", host=True),
    0xF2: Reply("introduction_failed", "introduction to the onion failed", host=True),
    0xF3: Reply("rendezvous_failed", "rendezvous with the onion failed", host=True),
    0xF4: Reply("authorization_missing", "the onion wants authorization", True),
    0xF5: Reply("authorization_wrong", "the onion refused our authorization", True),
    0xF6: Reply("address_invalid", "Tor calls the onion name invalid", True),
    0xF7: Reply("introduction_timed_out", "introduction timed out", host=True),
}
UNKNOWN = Reply("unknown", "unknown SOCKS reply")


def socks_error(code: int, detail: str = "") -> TorError | OnionRefused:
    """Return the error for a SOCKS reply: a TorError if trying again may help."""
    reply = REPLIES.get(code, UNKNOWN)
    text = f"{reply.text} ({f'{detail}, ' if detail else ''}SOCKS 0x{code:02X})"
    if reply.permanent:
        return OnionRefused(reply.name, text)
    return TorError(text, code=code, name=reply.name, host_unreachable=reply.host)
