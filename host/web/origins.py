"""Which sites' pages may call this one."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from host.addresses import is_local_name, name_in
from host.settings import Settings
from host.web.answers import Refusal

_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443"}
_SPACES = ["https://huggingface.co", "https://*.huggingface.co", "https://*.hf.space"]


class Origins:
    """Refuses what another site's page sends with a visitor's browser and cookies.

    behind_proxy: whether names other than this machine's own reach an app that listens on this
    machine only.
    """

    def __init__(self, settings: Settings, behind_proxy: bool, in_space: bool) -> None:
        self._all = "*" in settings.origins
        self._allowed = {_site(origin) for origin in settings.origins}
        self._only_local = is_local_name(settings.host) and not behind_proxy
        frames = "*" if self._all else " ".join(["'self'", *settings.origins])
        self.frame_ancestors = " ".join([frames, *(_SPACES if in_space else [])])
        """For Content-Security-Policy: who may show our page in a frame."""

    def check(self, scope: Scope) -> None:
        """Raises Refusal."""
        headers = Headers(scope=scope)
        host = headers.get("x-forwarded-host") or headers.get("host", "")
        host = host.split(",")[0].strip()
        if self._only_local and not is_local_name(name_in(host)):
            # A name that its owner let point here (DNS rebinding), or a proxy's.
            raise Refusal(
                403,
                "This app serves this machine only. Behind a proxy, "
                "its operator has to name the proxy in trusted_proxies.",
            )
        for origin in headers.getlist("origin"):
            if self._all or _site(origin) in self._allowed:
                continue
            scheme = urlsplit(origin).scheme
            if scheme not in _PORTS or _site(origin) != _site(f"{scheme}://{host}"):
                raise Refusal(403, "Another site's page may not call this app.")


def _site(url: str) -> str:
    """ "name:port" in lower case; "" for what is no URL of a site, such as "null"."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port or _PORTS.get(parts.scheme, "")
        return f"{parts.hostname}:{port}" if parts.hostname else ""
    except ValueError:
        return ""
