"""The measures that pages let a reader choose from: a column of the figures, its words, and its format."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """A column that queries return, how a page names it, its d3 format, and the term that defines it."""

    column: str
    label: str
    tick: str
    term: str

    @property
    def is_share(self) -> bool:
        """Whether the values are shares of one."""
        return self.tick.endswith("%")


MEASURES: Mapping[str, Measure] = {
    measure.label: measure
    for measure in (
        Measure("share_late", "Share late", ".0%", "late"),
        Measure("mean_dep_delay_min", "Departure delay", ".0f", "mean_dep_delay"),
        Measure("mean_arr_delay_min", "Arrival delay", ".0f", "mean_arr_delay"),
        Measure("d0", "D0", ".0%", "d0"),
        Measure("share_cancelled", "Cancelled", ".1%", "cancelled"),
    )
}
