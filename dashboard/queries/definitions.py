"""What every number on a page means, in a sentence or two: one text a term, as docs/figures.md has them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Definition:
    """The term as a reader sees it, and what it means."""

    term: str
    text: str


_TEXTS: Mapping[str, tuple[str, str]] = {
    # Traffic and punctuality: docs/figures.md#punctuality
    "flights": ("Flights", "Scheduled flights, cancelled and diverted ones included."),
    "late": (
        "Late",
        "Arrived at the gate 15 minutes late or more (BTS ArrDel15), as a share of the flights that arrived at "
        "their destination.",
    ),
    "d0": ("D0", "Share of departed flights that left the gate at or before the scheduled minute."),
    "a0": ("A0", "Share of arrived flights that reached the gate at or before the scheduled minute."),
    "a14": (
        "A14",
        "Share of arrived flights that reached the gate less than 15 minutes late: one less the share late.",
    ),
    "on_time": (
        "On time (DOT)",
        "Flights that arrived less than 15 minutes late, as a share of all scheduled flights: here a cancelled "
        "or diverted flight counts as not on time, as in the DOT's Air Travel Consumer Report.",
    ),
    "completion": (
        "Completion factor",
        "Share of scheduled flights that were not cancelled. A diverted flight counts as operated.",
    ),
    "cancelled": ("Cancelled", "Share of scheduled flights that were cancelled, for whatever reason."),
    "diverted": (
        "Diverted",
        "Share of scheduled flights that did not arrive at their destination though they left.",
    ),
    "mean_dep_delay": (
        "Mean departure delay",
        "Mean of actual less scheduled gate departure, minutes; early departures count as negative.",
    ),
    "mean_arr_delay": (
        "Mean arrival delay",
        "Mean of actual less scheduled gate arrival, minutes; early arrivals count as negative.",
    ),
    "taxi_out": ("Taxi out", "Minutes from the gate to take-off, mean of the flights that report it."),
    "block": (
        "Block time",
        "Gate to gate, minutes, of the flights that arrived. *Spare block* is scheduled less actual: the padding "
        "that a schedule carries.",
    ),
    "causes": (
        "Minutes by cause",
        "BTS splits the arrival delay of each flight that was late by 15 minutes or more into five causes; the "
        "minutes add up to that delay. Flights that were less late have none.",
    ),
    "controllable": (
        "Controllable",
        "Minutes put down to the carrier or to a late inbound aircraft. Weather, the air system (NAS) and "
        "security are counted as not controllable by the airline.",
    ),
    # Propagation
    "turnaround": (
        "Turnaround",
        "Scheduled departure less the scheduled arrival of the last leg that the aircraft flew, minutes; only "
        "where that leg ended where this one begins.",
    ),
    "pass_through": (
        "Pass-through",
        "Of the minutes by which inbound legs arrived late, the share found again in the departure delay of the "
        "next leg, never counting more than the inbound's own: sum of min(inbound delay, departure delay) over "
        "the sum of inbound delays, over legs whose inbound was late by a minute or more.",
    ),
    "wave": (
        "Wave",
        "The number of the leg in its aircraft's local day, cancelled legs counted: the first wave are the "
        "aircraft's first legs of the day, which inherit no delay of that day.",
    ),
    # Weather
    "weather_at": (
        "Weather",
        "The last observation at the origin before the scheduled departure, at most two hours old. It is seen with "
        "hindsight, for exploration; no feature reads this table.",
    ),
    "flight_category": (
        "Flight category",
        "By ceiling and visibility, as the FAA has it: LIFR below 500 ft or 1 mile, IFR below 1,000 ft or 3 "
        "miles, MVFR up to 3,000 ft or 5 miles, VFR above.",
    ),
    # The network
    "degree": ("Degree", "How many airports one flies to without a stop."),
    "betweenness": (
        "Betweenness",
        "Share of the shortest ways (fewest flights) between other pairs of airports that lead through this one; "
        "directed, routes of at least 12 flights a year.",
    ),
    "pagerank": (
        "PageRank",
        "The share of time that a traveller who takes flights at random, weighted by their number, spends at the "
        "airport; damping 0.85. All airports add up to 1.",
    ),
    # Airports, routes, airlines
    "bank": (
        "Bank",
        "A half hour with at least 1.3 times the scheduled movements of one kind that an average half hour of the "
        "two hours around it has, with more than an average half hour of the day, and with eight or more. Half "
        "hours that overlap or touch are one bank; quiet quarters at its edges are not counted.",
    ),
    "robust_z": (
        "Robust z",
        "How far a day's share lies from its own past: the share less the median of the 56 days before, divided by "
        "the spread of those days (interquartile range / 1.349, which is the standard deviation of a normal). The "
        "spread counts as no less than what chance alone gives so many flights, and no less than 4 points (late) "
        "or 2 points (cancelled). Flagged from 3.5 on.",
    ),
    # Models
    "cutoff": (
        "Cutoff",
        "How long before the scheduled departure a flight is predicted. Nothing that became known later enters.",
    ),
    "auc": ("AUC", "The chance that a late flight is ranked above one that is not; ties count half."),
    "pr_auc": ("PR-AUC", "Average precision: precision at each threshold, weighted by the gain in recall."),
    "brier": ("Brier score", "Mean of (predicted probability - outcome) squared; smaller is better."),
    "ece": (
        "Calibration error",
        "Flights sorted by probability into 20 bins of equal count; mean of |share late - mean probability|.",
    ),
    "mae": ("MAE", "Mean of |predicted - actual| arrival delay, minutes."),
    "rmse": ("RMSE", "Root of the mean squared error of the arrival delay, minutes."),
    "recalibration": (
        "Recalibration",
        "Probabilities corrected by how earlier ones turned out: predictions of earlier scored years, and outcomes of "
        "the same year that were known by each flight's cutoff, of all carriers and of the flight's own.",
    ),
    "interval": (
        "80% interval",
        "Arrival delays from the 10% to the 90% bound: eight in ten flights should arrive within. Made of how far "
        "earlier predictions of alike flights were off, known by the cutoff, and moved by what the flight's carrier "
        "and origin missed.",
    ),
    "points": (
        "Points",
        "SHAP values of the model, in log-odds, shared out over the distance from the base to the model's own "
        "probability in their own proportions: they add up to it. The base is what the model says knowing nothing. "
        "The step *recalibration* is the recalibrated probability, which is the flight's, less the model's own.",
    ),
    "shap": (
        "SHAP share",
        "Mean absolute contribution to the log-odds over a sample of flights, as a share of all. Contributions of a "
        "family are added up per flight first.",
    ),
    "gain": ("Gain share", "Share of the total gain of all splits of the trees."),
    "permutation": (
        "Permutation",
        "Fall of the AUC when the values are shuffled among flights; a family's are shuffled together, since features "
        "that say the same hide one another.",
    ),
    "hindsight": (
        "Hindsight",
        "A value that was not known at the cutoff, or a choice that only the outcome allows. What it buys is the "
        "figure with it less the figure without, on the same flights.",
    ),
    "costs": (
        "Value",
        "Late flights alerted x cost of a missed delay x the part that acting saves, less alerts in vain x cost of a "
        "false alarm. Alerts for flights later cancelled or diverted are in vain. The defaults are explained in "
        "docs/figures.md#costs: $100.80 a minute for the delay; false alarm and saved part are assumptions.",
    ),
    "carry_forward": (
        "Carry-forward",
        "The rule of thumb to beat: alert when what is known of the inbound makes a departure 15 minutes late or more "
        "the earliest feasible.",
    ),
    "expected_minutes": (
        "Predicted minutes",
        "The arrival delay that the regression expects, early negative: a mean, so that it is spread less than what "
        "happens. Of flights that arrived, in bins of five minutes; the first and the last hold all beyond.",
    ),
    "base_rate": ("Base rate", "Share of the scored flights that were late: the figure to beat."),
    # The lake
    "inbound": (
        "Inbound",
        "The leg that brings the aircraft, where its schedule or a landing vouched for it at the cutoff.",
    ),
    "continuous": ("Aircraft was there", "The tail's last leg ended where this one began."),
    "swap_shaped": (
        "Swap-shaped",
        "The tail's last leg ended elsewhere, or its scheduled turnaround was under 15 minutes.",
    ),
    "inherited": (
        "Inherited",
        "Minutes that the inbound leg arrived late beyond the buffer of the planned turnaround, and no more than the "
        "flight left late. A floor: the shortest turnaround counts as 15 minutes.",
    ),
    "absorbed": (
        "Absorbed",
        "On the ground: minutes of the inbound's lateness that the flight did not leave with. En route: minutes late "
        "at departure that were made up by the arrival.",
    ),
    "new_minutes": (
        "New",
        "At the gate: minutes that the flight left late beyond what it inherited. En route: minutes late that came "
        "between the two gates.",
    ),
    "buffer": ("Buffer", "Scheduled turnaround less 15 minutes, at least 0."),
    "stale": (
        "Stale",
        "Made from an input that has been made again since, is gone, or is stale itself. The next run makes it again.",
    ),
    "quarantine": ("Set aside", "Raw rows that broke a rule of cleaning; kept in `quarantined_flights`."),
}

DEFINITIONS: Mapping[str, Definition] = {key: Definition(*texts) for key, texts in _TEXTS.items()}


def defined(keys: Iterable[str]) -> str:
    """The definitions of `keys` as markdown, one a paragraph; KeyError names a term that has none."""
    return "\n\n".join(f"**{DEFINITIONS[key].term}.** {DEFINITIONS[key].text}" for key in keys)
