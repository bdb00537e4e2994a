"""The partitions of the graph and how they map onto one another.

Partitions cover the span of the selected years without gaps (a mapping "year -> next year" over a gapped list is
refused at load); which of them are run is a selection.
"""

import dagster as dg

from aeroflux_assets.cutoffs import CUTOFFS, Cutoff, cutoff_named
from aeroflux_assets.lake import Partition
from aeroflux_assets.settings import load_settings
from aeroflux_assets.years import scored_years, span

SETTINGS = load_settings()
_SPAN = span(SETTINGS.years)
_SCORED = scored_years(SETTINGS.years) or SETTINGS.years[-1:]

YEARS = dg.StaticPartitionsDefinition([str(year) for year in _SPAN])
CUTOFF_NAMES = dg.StaticPartitionsDefinition([cutoff.name for cutoff in CUTOFFS])
SCORED_YEARS = dg.StaticPartitionsDefinition([str(year) for year in _SCORED])
YEAR_CUTOFF = dg.MultiPartitionsDefinition({"year": YEARS, "cutoff": CUTOFF_NAMES})
SCORED_CUTOFF = dg.MultiPartitionsDefinition({"scored_year": SCORED_YEARS, "cutoff": CUTOFF_NAMES})

# Rotations run over New Year: a year's flights are needed by it and by the next.
YEAR_AND_NEXT = dg.StaticPartitionMapping(
    {str(year): [str(later) for later in (year, year + 1) if later in _SPAN] for year in _SPAN}
)
YEAR_OF = dg.MultiToSingleDimensionPartitionMapping(partition_dimension_name="year")
_SAME_CUTOFF = dg.DimensionPartitionMapping(
    dimension_name="cutoff", partition_mapping=dg.IdentityPartitionMapping()
)


def _years_of_scored(pairs: dict[str, list[str]]) -> dg.MultiPartitionMapping:
    """From year x cutoff to scored_year x cutoff: which scored years need a year, at the same cutoff."""
    years = dg.DimensionPartitionMapping(
        dimension_name="scored_year", partition_mapping=dg.StaticPartitionMapping(pairs)
    )
    return dg.MultiPartitionMapping({"year": years, "cutoff": _SAME_CUTOFF})


# A scored year's model reads the features of every earlier year, and its predictions those of the year itself.
FEATURES_OF_SCORED = _years_of_scored(
    {
        str(year): [str(scored) for scored in _SCORED if scored >= year]
        for year in _SPAN
        if year <= max(_SCORED)
    }
)
# What is measured of its predictions reads what was known in the year alone.
FEATURES_OF_ITS_YEAR = _years_of_scored({str(year): [str(year)] for year in _SCORED})
# Recalibration learns from the predictions of earlier scored years too.
SCORED_AND_EARLIER = dg.MultiPartitionMapping(
    {
        "scored_year": dg.DimensionPartitionMapping(
            dimension_name="scored_year",
            partition_mapping=dg.StaticPartitionMapping(
                {str(year): [str(scored) for scored in _SCORED if scored >= year] for year in _SCORED}
            ),
        ),
        "cutoff": _SAME_CUTOFF,
    }
)


def scored_cutoff_of(context: dg.AssetExecutionContext) -> tuple[int, Cutoff, Partition]:
    """The scored year and the cutoff that a run is about, and the two as a partition of the lake."""
    keys = context.partition_key.keys_by_dimension
    year, cutoff = int(keys["scored_year"]), cutoff_named(keys["cutoff"])
    return year, cutoff, {"scored_year": year, "cutoff": cutoff.name}
