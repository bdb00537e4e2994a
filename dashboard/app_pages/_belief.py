"""Two parts of the lookup: how the belief about the flight moved, and the next legs of its aircraft at risk."""

from typing import Any

import polars as pl
import streamlit as st

from aeroflux_assets.contracts.ledger import LEDGER
from aeroflux_assets.contracts.propagation import AIRPORT_STATE
from aeroflux_assets.cutoffs import CUTOFFS
from aeroflux_assets.evaluation.phrases import points_text
from aeroflux_assets.lake import Lake, Partition
from dashboard.app_pages import _parts as parts
from dashboard.charts.predictions import belief_line
from dashboard.queries import words
from dashboard.queries.belief import NOTHING_MOVED, Step, belief, steps_frame
from dashboard.queries.lookup_query import LookupResult
from dashboard.queries.lookup_text import day_of, upstream_by_id
from dashboard.queries.next_legs import next_legs
from dashboard.queries.overview import years_frame
from dashboard.queries.predicted import cutoffs_of, predictions_of, preferred_set
from dashboard.queries.pruning import scan_between
from dashboard.queries.reasons import NOTHING, STATE_COLUMNS
from dashboard.queries.tail import PARTS, ledger_words

Row = dict[str, Any]


def belief_steps(lake: Lake, result: LookupResult, flight: Row) -> list[Step]:
    """The steps of the flight's belief at every cutoff that the lake has."""
    mine = pl.col("flight_id") == flight["flight_id"]
    year = flight["flight_date"].year
    at: list[Partition] = [{"year": year, "cutoff": cutoff.name} for cutoff in CUTOFFS]
    key = flight["flight_id"]
    state = scan_between(lake, AIRPORT_STATE, at, "flight_id", key, key, STATE_COLUMNS).collect()
    return belief(
        flight,
        result.predictions.filter(mine),
        result.known.filter(mine),
        state,
        result.weather.filter(mine),
        upstream_by_id(result),
    )


def draw_belief(lake: Lake, result: LookupResult, flight: Row, steps: list[Step]) -> None:
    """The timeline, and beside it what became known from one cutoff to the next."""
    if len(steps) < 2:
        return
    mine = result.predictions.filter(pl.col("flight_id") == flight["flight_id"])
    name = preferred_set(mine["feature_set"])
    year = years_frame(lake, (flight["flight_date"].year,))
    rate = year["share_late"][0] if not year.is_empty() else None
    rows = steps_frame(steps)
    left, right = st.container(key="pair_belief").columns([3, 2], gap="large")
    with left:
        parts.figure(
            belief_line(rows, mine.filter(pl.col("feature_set") != name), rate), rows, "belief",
            "How the belief moved", ("late", "cutoff"),
            f"Chance of arriving 15 minutes late or more by `{name}`; in brackets the points since the cutoff before.",
        )  # fmt: skip
    with right:
        parts.header("What became known", "belief-facts", None)
        st.caption("Facts that changed between the cutoffs, heaviest first: not the model's own weights.")
        for step in steps:
            st.markdown(_step(step))


def _step(step: Step) -> str:
    gained = "" if step.points is None else f" ({points_text(step.points / 100)})"
    nothing = NOTHING if step.points is None else NOTHING_MOVED
    texts = step.facts or (nothing,)
    lines = "\n".join(f"- {text.replace('->', ' → ')}" for text in texts)
    return f"**{step.cutoff}: {step.prob_late15:.0%}**{gained}\n{lines}"


def draw_next_legs(
    lake: Lake, result: LookupResult, flight: Row, steps: list[Step], cutoff: str | None
) -> None:
    """The later legs of the aircraft's day with their risk as it stood at one of the flight's cutoffs.

    cutoff: the sidebar's, which is taken; the reader picks one where it is None or the flight has none there.
    """
    day = day_of(result, flight)
    later = day.filter(pl.col("sched_dep_utc") > flight["sched_dep_utc"]) if not day.is_empty() else day
    if later.is_empty() or not steps:
        return
    years = [flight["flight_date"].year]
    predicted = predictions_of(lake, years, later["flight_id"].to_list())
    name = preferred_set(predicted["feature_set"])
    mine = predicted.filter(pl.col("feature_set") == name) if name else predicted
    parts.header("Next legs at risk", "next-legs", None, ("buffer",))
    by_name = {step.cutoff: step for step in reversed(steps)}
    # Nothing of a later cutoff shows through where one is chosen for the page.
    at = cutoff if cutoff in by_name else parts.choice("As it stood at", by_name, "legs_at")
    step = by_name[at]
    found = next_legs(flight, day, mine, step.at_utc, step.pred_arr_delay_min, cutoffs_of(lake, years))
    legs = {row["flight_id"]: row for row in day.iter_rows(named=True)}
    rows = found.with_columns(
        chance=pl.col("prob_late15") * 100,
        leg=pl.Series([words.name(legs[key]).replace("->", " → ") for key in found["flight_id"]]),
        departs=pl.Series(
            [legs[key]["sched_dep_local"] for key in found["flight_id"]], dtype=pl.Datetime("us")
        ),
        became=pl.Series([words.outcome(legs[key]) for key in found["flight_id"]]),
    )
    st.caption(
        f"At {step.cutoff} this flight was expected {words.signed(step.pred_arr_delay_min)} min. *Passed on* is what "
        "of that reaches a leg if every turnaround takes the shortest time; *chance* stands where one of the leg's own "
        "cutoffs had come. That the aircraft flew these legs is hindsight."
    )
    st.dataframe(
        rows.select("leg", "departs", "turnaround_min", "carried_min", "chance", "cutoff", "became"),
        width="stretch",
        hide_index=True,
        placeholder="–",
        column_config={
            "departs": st.column_config.DatetimeColumn("departs, local", format="HH:mm"),
            "turnaround_min": st.column_config.NumberColumn("turnaround", format="%d min"),
            "carried_min": st.column_config.NumberColumn("passed on", format="%.0f min"),
            "chance": st.column_config.NumberColumn("chance late", format="%.0f%%"),
            "cutoff": "by its",
            "became": "what became of it",
        },
    )


def ledger_line(lake: Lake, result: LookupResult, flight: Row) -> str | None:
    """Where the minutes of the flight's arrival delay came from; None where the ledger has no row of it."""
    here: list[Partition] = [{"year": flight["flight_date"].year}]
    key = flight["flight_id"]
    rows = scan_between(lake, LEDGER, here, "flight_id", key, key, (*PARTS, "flight_id", "arr_delay_min"))
    found = rows.collect().to_dicts()
    if not found:
        return None
    inbound = found[0]["inbound_flight_id"]
    legs = {row["flight_id"]: row for row in day_of(result, flight).iter_rows(named=True)}
    known = {**upstream_by_id(result), **legs}.get(inbound)
    return ledger_words(found[0], f"{known['carrier']}{known['flight_number']}" if known else None)
