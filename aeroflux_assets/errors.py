"""The project's errors: one small hierarchy, each text saying what was wrong, where, and what to do."""


class AerofluxError(Exception):
    """Base of every error that AeroFlux raises on purpose."""


class SettingsError(AerofluxError):
    """A setting has a value that is not allowed; the text says which ones are."""


class SourceError(AerofluxError):
    """An upstream file could not be had, or what came is not what was asked for."""


class NotPublishedError(SourceError):
    """Upstream answered that this file does not exist (404): not an outage, so never retried."""


class StoreError(AerofluxError):
    """The place where the lake lies does not answer, or refuses; the text says which, and what to check."""


class DamagedError(StoreError):
    """A file of the lake is not what was written there (a power cut, a full disk); the text names it."""


class MissingTableError(AerofluxError):
    """A table, or some partitions of it, is not in the lake; the text names the command that makes it."""


class ContractError(AerofluxError):
    """Rows or columns break a table's contract."""


class LookupMissError(AerofluxError):
    """No such flight; the text says what exists nearby."""
