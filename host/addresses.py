"""IP addresses, as far as limits and the operator's rights tell them apart."""

from __future__ import annotations

import ipaddress
from collections.abc import Container

_PROXIED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def counted_as(address: str) -> str:
    """The address, or the /64 network of an IPv6 one: a visitor has all of it.

    What is no address (a test client's name) is returned as it is.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def is_loopback(address: str) -> bool:
    """Whether it is one of this machine's own; False for what is no address."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def is_local_name(name: str) -> bool:
    """Whether a host's name, or its address, is this machine's own."""
    name = name.strip("[]")
    return name == "localhost" or name.endswith(".localhost") or is_loopback(name)


def name_in(host: str) -> str:
    """The name in a request's Host header, without the port."""
    name, colon, _ = host.lower().rpartition(":")
    return name if colon and not host.endswith("]") else host.lower()


def is_proxied(headers: Container[str]) -> bool:
    """Whether a request came through a proxy, whose address is then no visitor's."""
    return any(name in headers for name in _PROXIED)
