"""`aeroflux evaluate`: train on one range of months, test on another, on what the source has of them.

It makes what the lake lacks for these months, and keeps it: asking again trains at once.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from aeroflux_assets.cutoffs import Cutoff, cutoff_named
from aeroflux_assets.errors import SettingsError, SourceError
from aeroflux_assets.evaluation.making import make_years
from aeroflux_assets.evaluation.readings import log_reading
from aeroflux_assets.features.build import build_features
from aeroflux_assets.features.sets import feature_set
from aeroflux_assets.features.tables import feature_inputs, features_of
from aeroflux_assets.lake import Lake, Partition
from aeroflux_assets.memory import peak_mb
from aeroflux_assets.model.data import Block, block, labelled_rows, labels_of
from aeroflux_assets.model.evaluate import at_alerts, figures
from aeroflux_assets.model.feed import engine_of, refuse_missing_gpu
from aeroflux_assets.model.recipes import recipe_of
from aeroflux_assets.model.tables import without_swaps
from aeroflux_assets.model.train import Trained, train
from aeroflux_assets.propagation.chain import Links
from aeroflux_assets.propagation.tables import propagation_of
from aeroflux_assets.settings import Settings
from aeroflux_assets.years import Month, holdout_of, parse_days, parse_months

Say = Callable[[str], None]


@dataclass(frozen=True)
class Question:
    """What `aeroflux evaluate` is asked. days: first and last local date of flights to be measured once more, alone.
    alerts: how many flights are called late, of these days or of all.
    """

    train: tuple[Month, ...]
    test: tuple[Month, ...]
    feature_set: str
    cutoff: Cutoff
    links: Links
    swaps: bool
    trees: int | None
    days: tuple[date, date] | None = None
    alerts: int | None = None

    @classmethod
    def parse(
        cls,
        train: str,
        test: str,
        feature_set_: str,
        cutoff: str,
        links: str,
        swaps: bool,
        trees: int | None,
        days: str | None = None,
        alerts: int | None = None,
    ) -> "Question":
        """Read the command's words; SettingsError says which are allowed."""
        feature_set(feature_set_)
        if links not in ("vouched", "flown"):
            raise SettingsError(f"--links {links!r}: allowed are vouched and flown")
        question = cls(
            parse_months(train),
            parse_months(test),
            feature_set_,
            cutoff_named(cutoff),
            "flown" if links == "flown" else "vouched",
            swaps,
            trees,
            parse_days(days) if days else None,
            alerts,
        )
        both = sorted(set(question.train) & set(question.test))
        if both:
            raise SettingsError(f"{', '.join(map(str, both))} stands in both --train and --test")
        question.refuse_other_days()
        return question

    def refuse_other_days(self) -> None:
        """Raises SettingsError where none of the days lies in a test month: said before hours of work, not after."""
        if self.days is None:
            return
        (first, last), months = self.days, [(month.year, month.month) for month in self.test]
        if not any((first.year, first.month) <= month <= (last.year, last.month) for month in months):
            raise SettingsError(
                f"--days {first}:{last}: none of them lies in the --test months {', '.join(map(str, self.test))}"
            )


def answer(settings: Settings, question: Question, say: Say) -> dict[str, Any]:
    """The figures of `model/evaluate.py`, with what was trained on, seconds and peak memory."""
    began = time.perf_counter()
    refuse_missing_gpu(settings.device)  # now, not when the tables are made
    lake = Lake(settings.lake)
    years = sorted({month.year for month in (*question.train, *question.test)})
    make_years(replace(settings, years=tuple(years)), lake, [question.cutoff], say)
    train_months = _present(lake, question.train, question.cutoff, "--train", say)
    test_months = _present(lake, question.test, question.cutoff, "--test", say)
    names = feature_set(question.feature_set)
    if train_months[-1] > test_months[0]:
        say("note: some training months lie after test months")

    def rows(months: Iterable[Month]) -> Iterator[Block]:
        return (_block(lake, month, question, names) for month in months)

    trained = train(
        lambda: rows(train_months),
        names,
        recipe_of(question.feature_set, question.trees, settings.device),
        engine=engine_of(settings),
        rows=labelled_rows(lake, train_months),
        progress=say,
    )
    scored = pl.concat([_scored(month, trained) for month in rows(test_months)])
    if not question.swaps:
        scored = without_swaps(lake, years, scored)
    _log_readings(settings, question, test_months, scored.height)
    return {
        "train": [str(month) for month in train_months],
        "test": [str(month) for month in test_months],
        "set": question.feature_set,
        "cutoff": question.cutoff.name,
        "links": question.links,
        "swaps": question.swaps,
        "source": settings.source,
        "train_rows": trained.rows,
        **_measured(lake, question, scored),
        "seconds": round(time.perf_counter() - began, 1),
        "peak_mb": peak_mb(),
    }


def _figures(scored: pl.DataFrame) -> dict[str, Any]:
    return figures(
        *(scored[name].to_numpy() for name in ("late", "probability", "delay", "predicted"))
    ).as_dict()


def _measured(lake: Lake, question: Question, scored: pl.DataFrame) -> dict[str, Any]:
    """The figures of the scored flights; those of the asked days alone, and of the asked alerts, beside them."""
    found: dict[str, Any] = _figures(scored)
    if question.days is not None:
        first, last = question.days
        years: list[Partition] = [{"year": year} for year in sorted({month.year for month in question.test})]
        of_days = lake.scan("cleaned_flights", years).filter(pl.col("flight_date").is_between(first, last))
        scored = scored.join(of_days.select("flight_id").collect(), on="flight_id", how="semi")
        if scored.is_empty():
            raise SettingsError(f"--days {first}:{last}: no flight of the test months arrived on these days")
        found["days"] = f"{first}:{last}"
        found |= {f"days_{name}": value for name, value in _figures(scored).items()}
    if question.alerts is not None:
        found |= at_alerts(scored["late"].to_numpy(), scored["probability"].to_numpy(), question.alerts)
    return found


def _log_readings(settings: Settings, question: Question, test: list[Month], rows: int) -> None:
    """A line for each test year that is the holdout of the selected years, or of those that were asked about."""
    asked = tuple(sorted({month.year for month in (*question.train, *question.test)}))
    holdouts = {holdout_of(settings.years), holdout_of(asked)}
    recipe = recipe_of(question.feature_set, question.trees, settings.device).as_dict()
    for year in sorted({month.year for month in test} & holdouts):
        log_reading(
            settings.data,
            by="aeroflux evaluate",
            scored_year=year,
            cutoff=question.cutoff.name,
            sets=[question.feature_set],
            recipe=recipe | {"links": question.links, "train": [str(month) for month in question.train]},
            rows=rows,
        )


def _scored(month: Block, trained: Trained) -> pl.DataFrame:
    probability, delay = trained.predict(month.x)
    return pl.DataFrame(
        {
            "flight_id": month.flight_id,
            "late": month.late,
            "probability": probability,
            "delay": month.delay,
            "predicted": delay,
        }
    )


def _block(lake: Lake, month: Month, question: Question, names: tuple[str, ...]) -> Block:
    features = features_of(lake, month, question.cutoff)
    if question.links == "flown":
        inputs = feature_inputs(lake, month, question.cutoff)
        flown = propagation_of(lake, month, question.cutoff, "flown")
        features = build_features(replace(inputs, propagation=flown.lazy()))
    return block(labels_of(lake, month), features, names)


def _present(lake: Lake, months: tuple[Month, ...], cutoff: Cutoff, option: str, say: Say) -> list[Month]:
    """The asked months that there are. A range may reach over missing ones (said); none at all is an error."""
    have: set[Month] = set()
    for year in {month.year for month in months}:
        commit = lake.commit_of("features", {"year": year, "cutoff": cutoff.name})
        have |= {Month(year, number) for number in (commit.notes["months"] if commit else [])}
    present = [month for month in months if month in have]
    missing = [str(month) for month in months if month not in have]
    if not present:
        raise SourceError(
            f"{option}: the source has none of {', '.join(missing)}; it has "
            f"{', '.join(map(str, sorted(have))) or 'no month of these years'}"
        )
    if missing:
        say(f"{option}: not published, left out: {', '.join(missing)}")
    return present
