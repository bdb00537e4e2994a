"""Where each upstream host is reached, how patiently, and where what was fetched is kept.

A source is nothing but a base address per host: `https://www.ncei.noaa.gov`, `http://127.0.0.1:8000/...` or a
folder laid out by host and path (a mirror, or the simulated airspace). Nothing past this room asks which.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from aeroflux_assets.errors import SettingsError
from aeroflux_assets.settings import Settings

BTS_HOST = "transtats.bts.gov"
NOAA_HOST = "www.ncei.noaa.gov"
AIRPORTS_HOST = "davidmegginson.github.io"
FAA_HOST = "registry.faa.gov"
HOSTS = (BTS_HOST, NOAA_HOST, AIRPORTS_HOST, FAA_HOST)

# One line of text a step; None for silence.
Progress = Callable[[str], None]


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Retry:
    """How often and how patiently a download is tried.

    tries: requests in all. first_pause_s doubles after every failed try, up to max_pause_s; a Retry-After
    header is honoured up to the same bound. connect_s and read_s bound one socket operation; total_s bounds
    the whole transfer, because a server that sends a byte a second never trips a socket time-out.
    """

    tries: int = 6
    first_pause_s: float = 2.0
    max_pause_s: float = 64.0
    connect_s: float = 15.0
    read_s: float = 90.0
    total_s: float = 1800.0

    def pause_s(self, failed: int, asked_s: float = 0.0) -> float:
        """Seconds to wait after the `failed`-th failed try (1, 2, ...): 2, 4, 8, 16, 32 by default."""
        own: float = self.first_pause_s * 2.0 ** (failed - 1)
        return min(max(own, asked_s), self.max_pause_s)


@dataclass(frozen=True)
class Upstream:
    """A source: base addresses, the cache, and the manners of asking.

    bases: host to base address (http, https, or a local folder's path). cache: root of the fetched files
    and of their manifest. parallel: how many requests run side by side (the polite limit). access_retry:
    the access service's own patience, shorter because a smaller request follows a failed one. sleep and
    now are hooks for tests.
    """

    bases: Mapping[str, str]
    cache: Path
    retry: Retry = field(default_factory=Retry)
    access_retry: Retry = field(default_factory=lambda: Retry(tries=3, total_s=300.0))
    parallel: int = 4
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = _utc_now

    def base(self, host: str) -> str:
        """The base address of a host, without a trailing slash. SettingsError where none is set."""
        try:
            return self.bases[host].rstrip("/")
        except KeyError:
            raise SettingsError(
                f"no base address for upstream host {host}; this source knows {', '.join(sorted(self.bases))}"
            ) from None

    def folder(self, host: str) -> Path | None:
        """The host's local folder, or None where the host is asked over HTTP."""
        base = self.base(host)
        return None if base.startswith(("http://", "https://")) else Path(base)

    def name(self, path: Path) -> str:
        """What a fetched file is called upstream, `host/path`, wherever the cache or a folder source lies.

        A table records its inputs by it: the same bytes are the same input, moved, copied or fetched anew.
        Raises ValueError for a file that lies in neither.
        """
        for host in self.bases:
            folder = self.folder(host)
            if folder is not None and path.is_relative_to(folder):
                return f"{host}/{path.relative_to(folder).as_posix()}"
        return path.relative_to(self.cache).as_posix()


def upstream_for(settings: Settings) -> Upstream:
    """The upstream that `settings.source` names: the real hosts, a mirror folder, or the simulated files.

    Raises SettingsError where the source is a mirror and no folder is set.
    """
    if settings.source == "official":
        return Upstream({host: f"https://{host}" for host in HOSTS}, settings.cache)
    root = settings.mirror if settings.source == "mirror" else settings.data / "simulated"
    if root is None:
        raise SettingsError("source is mirror but no folder is set; set AEROFLUX_SOURCE=mirror:PATH")
    return Upstream({host: str(root / host) for host in HOSTS}, settings.cache)
