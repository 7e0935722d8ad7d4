"""Requests that never reach a private network, whatever a name leads to at that moment."""

from __future__ import annotations

import ipaddress
import socket

import anyio
import httpx

_HIDING = (  # IPv6 addresses that stand for one of IPv4
    ipaddress.ip_network("64:ff9b::/96"),
    ipaddress.ip_network("64:ff9b:1::/48"),
)


class PublicOnly(httpx.AsyncHTTPTransport):
    """Looks a name up once, refuses it if any of its addresses isn't public, and asks that one."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        try:
            found = await anyio.getaddrinfo(host, request.url.port or 443, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpx.ConnectError(f"{host}: no such address", request=request) from error
        addresses = [str(address[4][0]) for address in found]
        if not addresses or not all(map(is_public, addresses)):
            raise httpx.ConnectError(f"{host} isn't a public address", request=request)
        # The name stays in the Host header, and is what the certificate has to be for.
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=addresses[0])
        return await super().handle_async_request(request)


def is_public(address: str) -> bool:
    """Whether an address is one of the internet, and hides none that isn't."""
    known = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped is not None:
            return is_public(str(known.ipv4_mapped))
        if known.sixtofour or known.teredo or any(known in network for network in _HIDING):
            return False
    return known.is_global and not known.is_multicast
