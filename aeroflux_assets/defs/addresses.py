"""What may be shown of a database's address, and of what its driver says: never the password.

An address that was mistyped is read otherwise than it was meant: without its @HOST the password stands where the port
does. So of an address that is not plainly one nothing is shown, and of the driver's words only their kind.
"""

from dataclasses import dataclass
from urllib.parse import SplitResult, quote, quote_plus, unquote, unquote_plus, urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

UNREADABLE = "(an unreadable address)"
_HIDDEN = "***"


@dataclass(frozen=True)
class Shown:
    """An address as it may be shown.

    place: HOST:PORT/DATABASE, or UNREADABLE. secrets: what must not stand in any text; None where that cannot be told.
    """

    place: str
    secrets: tuple[str, ...] | None

    def without_secrets(self, text: str, otherwise: str) -> str:
        """The text with the secrets struck out; `otherwise` where it is not known what they are."""
        if self.secrets is None:
            return otherwise
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, _HIDDEN)
        return text


def shown(url: str) -> Shown:
    """What may be shown of an address such as postgresql://USER:PASSWORD@HOST:5432/DATABASE?KEY=VALUE."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # a port that is no number, or half a bracket
        return Shown(UNREADABLE, None)
    user, at, _ = parts.netloc.rpartition("@")
    # A character of a password that should have been escaped makes the rest of it a path, a query or a fragment.
    if not parts.scheme or "://" not in url or parts.fragment or "@" in user + parts.path + parts.query:
        return Shown(UNREADABLE, None)
    asked = _query(parts)
    # Without a user a number after the colon may be the password of an address whose @HOST was forgotten.
    whole = at or "user" in asked
    named = f":{port}" if port and whole else ""
    secrets = {value for key, value in asked.items() if "pass" in key}
    secrets.add(user.partition(":")[2] if whole else parts.netloc.partition(":")[2])
    written = {
        form(each) for each in secrets for form in (str, unquote, unquote_plus, _escaped, quote_plus) if each
    }
    return Shown(f"{host}{named}{parts.path}", tuple(sorted(written)))


def host_holds_password(url: str) -> bool:
    """Whether the driver would take a part of the password for the host, and name it whenever it fails to find it.

    So it is where an @ of the password is not escaped: the host begins after the first one.
    """
    try:
        return "@" in (make_url(url).host or "")
    except (ArgumentError, ValueError):
        return False  # the driver refuses it before it looks for any host


def _escaped(text: str) -> str:
    return quote(text, safe="")


def _query(parts: SplitResult) -> dict[str, str]:
    """The keys of the query in small letters (libpq's user, password, sslpassword) with their values as written."""
    pairs = (pair.partition("=") for pair in parts.query.split("&") if pair)
    return {unquote(key).lower(): value for key, _, value in pairs}
