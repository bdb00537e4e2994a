"""The flights of the next hours at a chosen moment, ranked by risk with the reason in words; what became of them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from aeroflux_assets.lake import Lake
from dashboard.app_pages import _parts as parts
from dashboard.app_pages._remember import remember
from dashboard.charts.rotation import in_zone
from dashboard.charts.worklist import risk_bars
from dashboard.filters import Filters
from dashboard.queries import words
from dashboard.queries.clocks import places
from dashboard.queries.gaps import unscored
from dashboard.queries.inventory import years_of
from dashboard.queries.lookup_miss import no_such_date
from dashboard.queries.worklist import Worklist, default_day, not_yet, reasons, summary, worklist

LISTED = (25, 50, 100, 200)
TOP = 20
# The reasons, two facts, may be wider than any column of a laptop: so many letters fit a line of theirs.
_WHY_PX, _WHY_LETTERS, _MOST_LINES = 260, 37, 4
_TABLES = (
    *("cleaned_flights", "predictions", "calibrated_predictions"),
    *("propagation", "airport_state", "weather_at_cutoff"),
)
_EARLIEST, _LATEST = date(1987, 1, 1), date(2035, 12, 31)


def _zone(lake: Lake, filters: Filters) -> str:
    """The clock of the moment: that of the station where one is chosen and local times are shown, else UTC."""
    if filters.utc or len(filters.airports) != 1:
        return "UTC"
    found = places(lake, list(filters.airports))
    return str(found["time_zone"][0]) if found.height else "UTC"


def _city(zone: str) -> str:
    """The city that a zone is named after: `New York`."""
    return zone.split("/")[-1].replace("_", " ")


def _clock_name(zone: str) -> str:
    """What a zone's clock is called: `Chicago time`."""
    return "UTC" if zone == "UTC" else f"{_city(zone)} time"


def _asked(lake: Lake, zone: str) -> tuple[datetime, float, int]:
    """The moment in UTC, how many hours to look ahead, and how many flights to list."""
    if "moment_day" not in st.session_state:
        st.session_state["moment_day"] = remember(lake, _TABLES, default_day) or date.today()
    st.session_state.setdefault("moment_time", time(17, 0) if zone == "UTC" else time(15, 0))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        day = st.date_input(
            "Day", key="moment_day", min_value=_EARLIEST, max_value=_LATEST, width=150, **parts.KEPT
        )
        at = st.time_input(f"Now, {_clock_name(zone)}", key="moment_time", step=900, width=150, **parts.KEPT)
        hours = st.slider("Hours ahead", 1, 12, 3, key="ahead", width=200, **parts.KEPT)
        most = st.selectbox("List at most", LISTED, index=1, key="listed", width=120, **parts.KEPT)
    naive = datetime.combine(day if isinstance(day, date) else date.today(), at or time(17, 0))
    moment = naive.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)
    return moment, float(hours), int(most)


def _found(lake: Lake, moment: datetime, hours: float, airports: Any, carriers: Any) -> Worklist:
    return worklist(lake, moment, hours, airports=airports, carriers=carriers)


def _rows(
    lake: Lake, moment: datetime, hours: float, airports: Any, carriers: Any, most: int
) -> pl.DataFrame:
    """The first flights of the worklist with their reasons and outcomes in words."""
    found = _found(lake, moment, hours, airports, carriers)
    flights = found.flights.head(most)
    why = reasons(lake, flights)
    rows = flights.to_dicts()
    texts = [
        text if row["cutoff"] else not_yet(row, found.cutoffs, moment)
        for row, text in zip(rows, why, strict=True)
    ]
    return flights.with_columns(
        flight=pl.col("carrier") + pl.col("flight_number").cast(pl.String),
        why=pl.Series([text.replace("->", " → ") for text in texts], dtype=pl.String),
        became=pl.Series([words.outcome(row) for row in rows], dtype=pl.String),
        ended=pl.Series([words.brief_outcome(row) for row in rows], dtype=pl.String),
    )


def _headline(found: Worklist) -> None:
    sums = summary(found.flights, TOP)
    lost = int(sums["top"] or 0) - int(sums["top_arrived"] or 0)
    gone = f"; {lost} of them cancelled or diverted" if lost else ""
    cells = [
        ("Flights due", f"{sums['flights']:,}", "scheduled to leave in these hours"),
        ("Predicted by then", f"{sums['predicted']:,}", "those of whose cutoffs at least one had come"),
        ("Expected late", f"{sums['expected_late']:.1f}", "sum of their chances"),
        (
            "Were late",
            f"{sums['late']:,} of {sums['arrived']:,}",
            "of the predicted ones that arrived; with hindsight",
        ),
        (
            f"Of the first {sums['top']}",
            f"{sums['top_late']} late",
            f"of {sums['top_arrived']} that arrived{gone}; with hindsight",
        ),
    ]
    parts.metrics(cells, "worklist", ("cutoff", "late", "recalibration"))


def _row_px(rows: pl.DataFrame) -> int:
    """The height of a row in which the longest reason is read whole; at most that of _MOST_LINES lines."""
    longest = max((len(text) for text in rows["why"]), default=0)
    return 16 + 19 * min(_MOST_LINES, max(1, -(-longest // _WHY_LETTERS)))


def _table(rows: pl.DataFrame, zone: str, *, outcome: bool) -> None:
    """The list; times on the clock of the moment."""
    departs = [in_zone(at, zone) for at in rows["sched_dep_utc"]]
    shown = rows.with_columns(
        departs=pl.Series(departs, dtype=pl.Datetime("us")),
        chance=pl.col("prob_late15") * 100,
        pred_arr_delay_min=parts.no_minus_zero("pred_arr_delay_min"),
    )
    order = ["chance", "flight", "origin", "dest", "departs", "why"]
    order += [*(["ended"] if outcome else []), "pred_arr_delay_min", "cutoff"]
    config: dict[str, Any] = {
        "chance": st.column_config.ProgressColumn(
            "late", min_value=0, max_value=100, format="%.0f%%", width=70
        ),
        "pred_arr_delay_min": st.column_config.NumberColumn("expected", format="%+.0f min", width=70),
        "flight": st.column_config.TextColumn(width=65),
        "origin": st.column_config.TextColumn("from", width=45),
        "dest": st.column_config.TextColumn("to", width=45),
        "departs": st.column_config.DatetimeColumn("departs", format="HH:mm", width=60),
        "why": st.column_config.TextColumn("why, as known at its cutoff", width=_WHY_PX),
        "cutoff": st.column_config.TextColumn("cutoff", width=60),
        "ended": st.column_config.TextColumn(
            "what became of it",
            width=145,
            help="Minutes from schedule at the gate it left and at the gate it came in to; early is negative.",
        ),
    }
    clock = "in UTC" if zone == "UTC" else f"on the clock of {_city(zone)}"
    parts.table(
        shown.select(order), "worklist-rows", "By risk", ("cutoff", "inbound"),
        f"Departures {clock}. *Why* are facts known at the flight's cutoff, heaviest first: not the model's own "
        "weights.", config, height=620, row_height=_row_px(rows),
    )  # fmt: skip


def _read(rows: pl.DataFrame, zone: str, *, outcome: bool) -> None:
    """The first flights as text, for screens too narrow for the table."""
    with st.expander("The first ten in words", expanded=True):
        lines = []
        for row in rows.head(10).iter_rows(named=True):
            chance = "–" if row["prob_late15"] is None else f"{row['prob_late15']:.0%}"
            was = "was " if row["is_cancelled"] else ""
            became = f" *It {was}{row['became']}.*" if outcome else ""
            when = in_zone(row["sched_dep_utc"], zone)
            lines.append(
                f"- **{chance}** {row['flight']} {row['origin']} → {row['dest']} {when:%H:%M}: {row['why']}.{became}"
            )
        st.markdown("\n".join(lines))


def _nothing_due(lake: Lake, moment: datetime, hours: float, zone: str, filters: Filters) -> str:
    """That no flight fits, on the clock that the reader typed; of a year without flights, which years there are."""
    first, last = in_zone(moment, zone), in_zone(moment + timedelta(hours=hours), zone)
    if not set(years_of(lake)) & {first.year, last.year}:
        text = no_such_date(lake, first.date())
        return f"{text[:1].upper()}{text[1:]}."
    place = f" from {', '.join(filters.airports)}" if filters.airports else ""
    who = f" of {', '.join(filters.carriers)}" if filters.carriers else ""
    end = f"{last:%H:%M}" if last.date() == first.date() else f"{last:%Y-%m-%d %H:%M}"
    span = f"{first:%Y-%m-%d %H:%M} and {end} {_clock_name(zone)}"
    return f"No flight{who} is scheduled{place} between {span} in the lake."


def page() -> None:
    """Draw the worklist."""
    lake: Lake = st.session_state["lake"]
    filters: Filters = st.session_state["filters"]
    st.title("Worklist")
    zone = _zone(lake, filters)
    moment, hours, most = _asked(lake, zone)
    asked = (moment, hours, filters.airports, filters.carriers)
    found = remember(lake, _TABLES, _found, *asked)
    if found.flights.is_empty():
        st.info(_nothing_due(lake, moment, hours, zone, filters), icon=":material/event_busy:")
        return
    if not found.cutoffs:
        parts.missing(
            f"{unscored(lake, moment.year)} The flights are listed by departure, without a risk.", None
        )
    elif found.feature_set:
        names = ", ".join(reversed(found.cutoffs))
        st.caption(
            f"Chances by `{found.feature_set}`, each at the latest of its cutoffs ({names}) that had come. "
            "Narrow to a station or carrier at the left."
        )
    _headline(found)
    rows = remember(lake, _TABLES, _rows, *asked, most)
    outcome = st.toggle("Show what became of them", value=True, key="became", **parts.KEPT)
    if found.feature_set:
        parts.figure(
            risk_bars(rows.head(TOP), outcome=outcome), rows.head(TOP), "worklist-risk", f"The first {TOP}",
            ("late",), "Length is the chance of being late as known then"
            + ("; the mark at the right is what happened." if outcome else "."),
        )  # fmt: skip
    _table(rows, zone, outcome=outcome)
    _read(rows, zone, outcome=outcome)


page()
