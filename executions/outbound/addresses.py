"""Which IP addresses a webhook may go to: those of the public internet, and own networks that the operator named."""

import functools
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address
type Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""Well-known prefix (RFC 6052): the last 32 bits are the IPv4 address that is really reached."""
UNICAST = ipaddress.IPv6Network("2000::/3")
"""All that is assigned for use across the internet; the rest of IPv6 is local, reserved or multicast."""
TUNNELS = (ipaddress.IPv6Network("2001::/32"), ipaddress.IPv6Network("2002::/16"))
"""Teredo and 6to4: relays that lead to an IPv4 address written inside. Nobody serves a webhook there."""
CLOUD = (
    ipaddress.IPv4Network("168.63.129.16/32"),
    ipaddress.IPv4Network("100.100.100.200/32"),
    ipaddress.IPv4Network("192.0.0.192/32"),
    ipaddress.IPv6Network("fd00:ec2::254/128"),
    ipaddress.IPv6Network("fd20:ce::254/128"),
)
"""Where clouds hand their machines keys: Azure, Alibaba, Oracle, AWS, Google. Most use link-local addresses for that;
these look public, or like somebody's own network."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the operator allows besides the public internet.

    Args:
        networks: addresses in these may be called, whatever name leads there.
        hosts: names in lower case; they may lead to loopback and private addresses.
    """

    networks: tuple[Network, ...]
    hosts: frozenset[str]

    def names(self, host: str) -> bool:
        """Tell whether a host was allowed by its name."""
        return host in self.hosts

    def holds(self, address: Address) -> bool:
        """Tell whether an address was allowed by its number."""
        return any(address in network for network in self.networks if network.version == address.version)


def read_allowed(entries: Iterable[str]) -> Allowed:
    """Read what ``HOLDPOINT_WEBHOOK_ALLOW`` lists: addresses, networks as CIDR, and names of hosts."""
    return _read(tuple(entries))


@functools.lru_cache(maxsize=8)
def _read(entries: tuple[str, ...]) -> Allowed:
    networks, hosts = [], set()
    for entry in entries:
        try:
            networks.append(ipaddress.ip_network(entry))
        except ValueError:
            hosts.add(entry.lower().rstrip("."))
    return Allowed(tuple(networks), frozenset(hosts))


def why_refused(address: Address, host: str, allowed: Allowed) -> str:
    """Say why an address may not be called; an empty string where it may.

    Args:
        address: what a host's name was resolved to.
        host: the name, in lower case.
        allowed: what the operator allows.
    """
    reached = reached_by(address)
    if allowed.holds(reached) or allowed.holds(address):
        return ""
    kind = kind_of(reached)
    if not kind or (allowed.names(host) and kind in ("loopback", "private")):
        return ""
    return kind


def reached_by(address: Address) -> Address:
    """Return the address that is really reached: IPv6 has ways of writing an IPv4 address inside."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def kind_of(address: Address) -> str:
    """Name what makes an address no public one; an empty string for a public one."""
    if address.is_unspecified:
        return "unspecified"
    if address.is_loopback:
        return "loopback"
    if address.is_link_local:
        return "link-local"
    if address.is_multicast:
        return "multicast"
    if any(address in network for network in (*CLOUD, *TUNNELS) if network.version == address.version):
        return "reserved"
    if isinstance(address, ipaddress.IPv6Address) and address not in UNICAST:
        return "private" if address.is_private else "reserved"
    if address.is_global:
        return ""
    return "reserved" if address.is_reserved else "private"
