"""Which servers may be asked for data: the publisher's, and those that the user named himself."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request

from qfusion_core import InputError, one_line
from qfusion_datasets.options import DownloadOptions
from qfusion_datasets.sources import Source


def require_publisher(source: Source, options: DownloadOptions) -> None:
    """Refuse options out of a run folder that name another server than the publisher's.

    Raises:
        InputError: Names the address, and how to go on.
    """
    if _named(source, options):
        raise InputError(
            f"the run folder names {one_line(options.url, 80)} for the data set, not the publisher;"
            f" {_instead(source)}, or add --allow-url to ask that server"
        )


def servers(source: Source, options: DownloadOptions, *, own: bool) -> Sequence[str]:
    """Addresses to ask, in this order.

    Args:
        source: The data set.
        options: Of the data set; another address may stand there.
        own: Whether the user gave the options. If not, they come out of a run folder that somebody
            else may have written, and he has agreed to ask what it names.

    Raises:
        InputError: It lies in a private network, of which only the command line may name one.
    """
    address = _named(source, options)
    if address and not own and is_private(address):
        raise InputError(
            f"the run folder names {one_line(address, 80)} for the data set, which is in a private "
            f"network; {_instead(source)}"
        )
    return [address] if address else source.urls


def _named(source: Source, options: DownloadOptions) -> str | None:
    """The address in the options, unless it is the publisher's."""
    url = options.url
    own = [url.rstrip("/") for url in source.urls]
    return None if url is None or url.rstrip("/") in own else url


def _instead(source: Source) -> str:
    return f"set QFUSION_DATA to a folder that holds {source.folder}/"


def is_private(url: str, *, loopback: bool = False) -> bool:
    """Whether an address is in a private or link-local network.

    Args:
        url: Of a server.
        loopback: Whether this machine counts as one.

    >>> is_private("http://169.254.169.254/latest"), is_private("http://[fe80::1]/")
    (True, True)
    >>> is_private("http://127.0.0.1/"), is_private("http://127.0.0.1/", loopback=True)
    (False, True)
    """
    try:
        host = urlsplit(url).hostname or ""
        resolved = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, ValueError):  # it will not be reached either
        return False
    for *_, socket_address in resolved:
        address = ipaddress.ip_address(str(socket_address[0]).partition("%")[0])
        address = getattr(address, "ipv4_mapped", None) or address
        if address.is_loopback:
            if loopback:
                return True
        elif not address.is_global or address.is_multicast:
            return True
    return False


class Redirects(HTTPRedirectHandler):
    """Follows a server to another one, but not from outside into a private network."""

    def redirect_request(
        self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        """The request to the next address.

        Raises:
            OSError: It is not one to follow.
        """
        here, there = urlsplit(req.full_url), urlsplit(newurl)
        if there.scheme not in ("http", "https"):
            raise OSError(f"sends on to {one_line(newurl, 80)}, which is no http address")
        if here.hostname != there.hostname and is_private(newurl, loopback=True):
            raise OSError(f"sends on to {one_line(newurl, 80)}, which is in a private network")
        return super().redirect_request(req, fp, code, msg, headers, newurl)
