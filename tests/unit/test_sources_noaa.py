"""NOAA's two routes and two datasets against a server that misbehaves."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from sources_samples import (
    BUSY,
    HTML,
    Answers,
    Upstreams,
    broken_off,
    ghcnh_psv,
    ghcnh_values,
    isd_csv,
    isd_row,
    kept_files,
)
from werkzeug import Request, Response

from aeroflux_assets.errors import SettingsError, SourceError
from aeroflux_assets.sources import noaa, noaa_access, noaa_forms
from aeroflux_assets.sources.noaa_access import ACCESS_PATH
from aeroflux_assets.sources.noaa_forms import Span, spans
from aeroflux_assets.sources.upstream import NOAA_HOST, Upstream

STATION = "72000099001"
GHCNH = "USW00099001"
GOOD = isd_csv()
CUT = isd_csv(isd_row(), isd_row(date="2024-06-01T01:52:00"))[:-30]


@pytest.fixture
def live(httpserver: HTTPServer, tmp_path: Path) -> Upstreams:
    return Upstreams(httpserver, tmp_path / "cache")


class TestDates:
    def test_every_day_is_in_one_dataset_exactly(self) -> None:
        for start in (date(2024, 12, 30), date(2025, 8, 20), date(2025, 8, 27), date(2025, 8, 28)):
            for length in range(1, 15):
                end = start + timedelta(days=length - 1)
                days = [
                    span.start + timedelta(days=i)
                    for span in spans(start, end)
                    for i in range((span.end - span.start).days + 1)
                ]
                assert days == [start + timedelta(days=i) for i in range(length)]

    def test_the_change_lies_after_the_27th_of_august_2025(self) -> None:
        assert spans(date(2025, 8, 1), date(2025, 8, 31)) == (
            Span("global-hourly", date(2025, 8, 1), date(2025, 8, 27)),
            Span("ghcnh", date(2025, 8, 28), date(2025, 8, 31)),
        )
        assert noaa_forms.datasets(2024) == ("global-hourly",)
        assert noaa_forms.datasets(2025) == ("global-hourly", "ghcnh")
        assert noaa_forms.datasets(2026) == ("ghcnh",)

    def test_a_station_is_known_to_ghcnh_by_its_wban_or_by_the_lists(self) -> None:
        assert noaa_forms.ghcnh_id("72219013874") == "USW00013874"
        assert noaa_forms.ghcnh_id("71123099999") is None
        assert noaa_forms.ghcnh_id("71123099999", {"71123099999": "CAN03012208"}) == "CAN03012208"


def in_2023(answer: Any) -> Any:
    return answer.replace(b"2024-", b"2023-") if isinstance(answer, bytes) else answer


class TestBulk:
    def test_a_station_year_is_kept(self, live: Upstreams) -> None:
        live.serve(NOAA_HOST, noaa.bulk_path(STATION, 2024), GOOD)
        (got,) = noaa.fetch_station_year(live.upstream, STATION, 2024)
        assert got.path.read_bytes() == GOOD
        assert got.rows == 1

    def test_missing_stations_are_reported_not_raised(self, live: Upstreams) -> None:
        live.serve(NOAA_HOST, noaa.bulk_path(STATION, 2024), GOOD)
        gone = live.serve(NOAA_HOST, noaa.bulk_path("72000199002", 2024), Response("", status=404))
        report = noaa.fetch_station_years(live.upstream, ["72000199002", STATION], 2024)
        assert list(report.files) == [STATION]
        assert report.missing == ("72000199002",)
        assert report.partial == ()
        assert len(gone.seen) == 1

    @pytest.mark.parametrize(
        "fault",
        [HTML, BUSY, b"", CUT, broken_off(GOOD), isd_csv()[: len(isd_csv().split(b"\n")[0]) + 1]],
        ids=["html", "503", "empty", "cut in a line", "broken off", "header only"],
    )
    def test_a_fault_is_mended_or_named(self, live: Upstreams, fault: Any) -> None:
        live.serve(NOAA_HOST, noaa.bulk_path(STATION, 2024), fault, GOOD)
        (got,) = noaa.fetch_station_year(live.upstream, STATION, 2024)
        assert got.path.read_bytes() == GOOD
        live.serve(NOAA_HOST, noaa.bulk_path(STATION, 2023), in_2023(fault))
        with pytest.raises(SourceError, match=f"2023/{STATION}.csv: given up after 6 tries"):
            noaa.fetch_station_year(live.upstream, STATION, 2023)
        assert len(kept_files(live.upstream.cache)) == 1

    @pytest.mark.parametrize(
        "answer",
        [
            isd_csv(isd_row(station="72000199002")),
            isd_csv(isd_row(date="2023-06-01T00:52:00")),
            b"a,b\n1,2\n",
        ],
        ids=["another station", "another year", "another table"],
    )
    def test_the_wrong_file_under_the_right_name_is_refused(self, live: Upstreams, answer: bytes) -> None:
        seen = live.serve(NOAA_HOST, noaa.bulk_path(STATION, 2024), answer).seen
        with pytest.raises(SourceError, match=f"the weather of station {STATION} in 2024"):
            noaa.fetch_station_year(live.upstream, STATION, 2024)
        assert len(seen) == 1
        assert kept_files(live.upstream.cache) == []

    def test_2025_takes_both_datasets_and_2026_only_the_new_one(self, live: Upstreams) -> None:
        old = live.serve(
            NOAA_HOST, noaa.bulk_path(STATION, 2025), isd_csv(isd_row(date="2025-06-01T00:52:00"))
        )
        live.serve(NOAA_HOST, noaa.ghcnh_path(GHCNH, 2025), ghcnh_psv())
        live.serve(
            NOAA_HOST, noaa.ghcnh_path(GHCNH, 2026), ghcnh_psv(ghcnh_values(date="2026-01-01T00:00:00"))
        )
        live.serve(NOAA_HOST, noaa.bulk_path("71123099999", 2025), Response("", status=404))
        report = noaa.fetch_station_years(live.upstream, [STATION, "71123099999"], 2025)
        assert [path.suffix for path in report.paths] == [".csv", ".psv"]
        assert report.missing == ("71123099999",)
        assert report.ids == {GHCNH: STATION}
        assert [p.suffix for p in noaa.fetch_station_years(live.upstream, [STATION], 2026).paths] == [".psv"]
        assert len(old.seen) == 1

    def test_stations_that_share_a_ghcnh_file_do_not_double_it(self, live: Upstreams) -> None:
        """An airport before and after it got its USAF number has one WBAN, and one GHCNh file."""
        before = f"999999{STATION[6:]}"
        seen = live.serve(
            NOAA_HOST, noaa.ghcnh_path(GHCNH, 2026), ghcnh_psv(ghcnh_values(date="2026-01-01T00:00:00"))
        ).seen
        report = noaa.fetch_station_years(live.upstream, [before, STATION], 2026)
        assert list(report.files) == [STATION]
        assert report.missing == (before,)
        assert report.ids == {GHCNH: STATION}
        assert len(seen) == 1

    def test_a_station_that_lacks_one_dataset_is_called_partial(self, live: Upstreams) -> None:
        live.serve(NOAA_HOST, noaa.bulk_path(STATION, 2025), isd_csv(isd_row(date="2025-06-01T00:52:00")))
        live.serve(NOAA_HOST, noaa.ghcnh_path(GHCNH, 2025), Response("", status=404))
        report = noaa.fetch_station_years(live.upstream, [STATION], 2025)
        assert (report.missing, report.partial) == ((), (STATION,))

    def test_a_refresh_that_is_answered_404_keeps_the_station_and_says_so(self, live: Upstreams) -> None:
        live.serve(NOAA_HOST, noaa.bulk_path(STATION, 2024), GOOD, Response("", status=404))
        first = noaa.fetch_station_years(live.upstream, [STATION], 2024)
        said: list[str] = []
        report = noaa.fetch_station_years(live.upstream, [STATION], 2024, refresh=True, progress=said.append)
        assert (report.files, report.missing, report.kept) == (first.files, (), (STATION,))
        assert [line for line in said if "is kept" in line and "HTTP 404" in line]

    def test_a_refresh_that_fails_is_an_error_and_leaves_the_file(self, live: Upstreams) -> None:
        live.serve(NOAA_HOST, noaa.bulk_path(STATION, 2024), GOOD, HTML)
        first = noaa.fetch_station_years(live.upstream, [STATION], 2024)
        with pytest.raises(SourceError, match="given up after 6 tries"):
            noaa.fetch_station_years(live.upstream, [STATION], 2024, refresh=True)
        assert noaa.fetch_station_years(live.upstream, [STATION], 2024).files == first.files

    def test_an_unknown_route_is_refused(self, live: Upstreams) -> None:
        with pytest.raises(SettingsError, match="allowed are bulk and access"):
            noaa.fetch_station_years(live.upstream, [STATION], 2024, route="pigeon")  # type: ignore[arg-type]


JANUARY, FEBRUARY = date(2026, 1, 31), date(2026, 2, 28)
AT_FIRST = ghcnh_psv(ghcnh_values(date="2026-01-31T23:00:00"))
LATER = ghcnh_psv(ghcnh_values(date="2026-01-31T23:00:00"), ghcnh_values(date="2026-02-28T23:00:00"))


def on(live: Upstreams, day: date, hour: int = 12) -> Upstream:
    return replace(live.upstream, now=lambda: datetime(day.year, day.month, day.day, hour, tzinfo=UTC))


class TestRunningYear:
    """A station's file of a running year ends when it was fetched; flights come to it month by month."""

    def test_a_new_month_fetches_the_file_again_once(self, live: Upstreams) -> None:
        seen = live.serve(NOAA_HOST, noaa.ghcnh_path(GHCNH, 2026), AT_FIRST, LATER).seen
        asked = [(date(2026, 2, 28), JANUARY), (date(2026, 3, 20), JANUARY)]
        for day, until in asked:
            report = noaa.fetch_station_years(on(live, day), [STATION], 2026, until=until)
        assert len(seen) == 1
        for day in (date(2026, 4, 1), date(2026, 4, 2), date(2027, 4, 2)):
            report = noaa.fetch_station_years(on(live, day), [STATION], 2026, until=FEBRUARY)
            assert report.files[STATION][0].rows == 2
        assert len(seen) == 2
        assert report.kept == ()

    def test_no_file_is_fetched_twice_within_a_day(self, live: Upstreams) -> None:
        seen = live.serve(NOAA_HOST, noaa.ghcnh_path(GHCNH, 2026), AT_FIRST).seen
        for day, hour in ((1, 12), (2, 11), (2, 12)):
            noaa.fetch_station_years(on(live, date(2026, 3, day), hour), [STATION], 2026)
        assert len(seen) == 2

    def test_a_dataset_that_ended_within_the_year_is_complete_before_it(self, live: Upstreams) -> None:
        old = live.serve(
            NOAA_HOST, noaa.bulk_path(STATION, 2025), isd_csv(isd_row(date="2025-06-01T00:52:00"))
        ).seen
        new = live.serve(NOAA_HOST, noaa.ghcnh_path(GHCNH, 2025), ghcnh_psv()).seen
        for month in (11, 12):
            noaa.fetch_station_years(on(live, date(2025, month, 1)), [STATION], 2025)
        assert (len(old), len(new)) == (1, 2)

    @pytest.mark.parametrize("answer", [HTML, Response("", status=404)], ids=["fault", "not published"])
    def test_a_copy_that_cannot_be_fetched_again_is_kept_and_told(
        self, live: Upstreams, answer: Response
    ) -> None:
        live.serve(NOAA_HOST, noaa.ghcnh_path(GHCNH, 2026), AT_FIRST, *[answer] * 6, LATER)
        first = noaa.fetch_station_years(on(live, date(2026, 2, 28)), [STATION], 2026, until=JANUARY)
        said: list[str] = []
        april = on(live, date(2026, 4, 1))
        report = noaa.fetch_station_years(april, [STATION], 2026, until=FEBRUARY, progress=said.append)
        assert report.files == first.files
        assert (report.kept, report.missing) == ((STATION,), ())
        assert report.paths[0].read_bytes() == AT_FIRST
        assert [line for line in said if "the copy fetched at 2026-02-28" in line]
        assert "weather of 2026: stations as fetched before, whose last days may be missing: 1" in said

    def test_a_host_that_is_down_is_not_asked_for_every_copy(self, live: Upstreams) -> None:
        stations = [f"720000990{number:02d}" for number in range(12)]
        answers = {}
        for station in stations:
            name = f"USW000{station[6:]}"
            good = ghcnh_psv(ghcnh_values(station=name, date="2026-01-31T23:00:00"))
            answers[station] = live.serve(NOAA_HOST, noaa.ghcnh_path(name, 2026), good, BUSY)
        noaa.fetch_station_years(on(live, date(2026, 2, 28)), stations, 2026, until=JANUARY)
        report = noaa.fetch_station_years(on(live, date(2026, 4, 1)), stations, 2026, until=FEBRUARY)
        assert list(report.files) == stations
        assert report.kept == tuple(stations)
        tried = [station for station in stations if len(answers[station].seen) > 1]
        assert 3 <= len(tried) < 3 + live.upstream.parallel

    def test_a_folder_s_file_that_has_grown_is_read_anew(self, tmp_path: Path) -> None:
        upstream = Upstream({NOAA_HOST: str(tmp_path / "mirror")}, tmp_path / "cache")
        file = tmp_path / "mirror" / noaa.ghcnh_path(GHCNH, 2026)
        file.parent.mkdir(parents=True)
        for rows, text in ((1, AT_FIRST), (2, LATER)):
            file.write_bytes(text)
            report = noaa.fetch_station_years(upstream, [STATION], 2026, until=FEBRUARY)
            assert report.files[STATION][0].rows == rows


Answer = Callable[[list[str], date, date], Response]


def rows_of(stations: list[str], start: date, end: date) -> list[dict[str, str]]:
    days = [start + timedelta(days=i) for i in range((end - start).days + 1)]
    return [
        {"STATION": station, "DATE": f"{day}T00:52:00", "TMP": "+0101,1", "WND": "270,1,N,0041,1"}
        for station in stations
        for day in days
    ]


def as_json(rows: list[dict[str, str]]) -> Response:
    return Response(json.dumps(rows), content_type="application/json")


class Service:
    """The access service: answers whole, unless `fault` says otherwise about a request."""

    def __init__(self, live: Upstreams, fault: Answer | None = None) -> None:
        self.fault = fault
        self.asked: list[tuple[int, int]] = []
        self.queries: list[dict[str, str]] = []
        self.answers: Answers = live.serve(NOAA_HOST, ACCESS_PATH, self.answer)

    def answer(self, request: Request) -> Response:
        stations = request.args["stations"].split(",")
        start, end = (date.fromisoformat(request.args[key][:10]) for key in ("startDate", "endDate"))
        self.asked.append(((end - start).days + 1, len(stations)))
        self.queries.append(dict(request.args))
        bad = self.fault(stations, start, end) if self.fault else None
        return bad or as_json(rows_of(stations, start, end))


def only_smaller_than(days: int, stations: int, answer: Response) -> Any:
    def fault(names: list[str], start: date, end: date) -> Response | None:
        small = (end - start).days + 1 <= days and len(names) <= stations
        return None if small else Response(answer.get_data(), status=answer.status)

    return fault


SEPTEMBER = Span("global-hourly", date(2024, 9, 1), date(2024, 9, 30))
FIVE = tuple(f"7200009900{i}" for i in range(5))
UNCLOSED = Response(json.dumps(rows_of(list(FIVE), SEPTEMBER.start, SEPTEMBER.end))[:-1])


class TestAccess:
    def test_a_year_is_asked_for_by_months_of_five_stations(self, live: Upstreams) -> None:
        service = Service(live)
        stations = [f"720000990{i:02d}" for i in range(7)]
        report = noaa.fetch_station_years(live.upstream, stations, 2024, route="access")
        assert len(service.asked) == 24
        assert sorted(set(service.asked)) == [(n, k) for n in (29, 30, 31) for k in (2, 5)]
        assert len(report.paths) == 7 * 12
        assert sum(file.rows or 0 for files in report.files.values() for file in files) == 7 * 366
        query = service.queries[0]
        assert (query["dataset"], query["format"]) == ("global-hourly", "json")
        assert set(query["dataTypes"].split(",")) >= {"TMP", "WND", "CIG", "VIS", "DATE"}
        assert (query["startDate"], query["endDate"]) == ("2024-01-01T00:00:00", "2024-01-31T23:59:59")

    def test_a_rerun_asks_only_for_what_is_missing(self, live: Upstreams) -> None:
        service = Service(live)
        noaa.fetch_station_years(live.upstream, FIVE[:2], 2024, route="access")
        before = len(service.asked)
        report = noaa.fetch_station_years(live.upstream, FIVE[:3], 2024, route="access")
        assert [stations for _, stations in service.asked[before:]] == [1] * 12
        assert len(report.files) == 3
        noaa.fetch_station_years(live.upstream, FIVE[:3], 2024, route="access", refresh=True)
        assert len(service.asked) == before + 24

    def test_the_dataset_changes_within_august_2025(self, live: Upstreams) -> None:
        service = Service(live)
        report = noaa.fetch_station_years(live.upstream, [STATION], 2025, route="access")
        asked = {
            (q["dataset"], q["stations"], q["startDate"][:10], q["endDate"][:10]) for q in service.queries
        }
        new = "global-historical-climatology-network-hourly"
        assert len(asked) == 13
        assert ("global-hourly", STATION, "2025-08-01", "2025-08-27") in asked
        assert (new, GHCNH, "2025-08-28", "2025-08-31") in asked
        ghcnh = next(q for q in service.queries if q["dataset"] == new)
        assert {"DATE", "temperature", "temperature_Quality_Code"} <= set(ghcnh["dataTypes"].split(","))
        assert sum(file.rows or 0 for file in report.files[STATION]) == 365

    def test_days_that_are_not_over_are_not_asked_for(self, live: Upstreams) -> None:
        service = Service(live)
        upstream = replace(live.upstream, now=lambda: datetime(2024, 3, 10, tzinfo=UTC))
        noaa.fetch_station_years(upstream, [STATION], 2024, route="access")
        assert len(service.queries) == 3
        assert max(q["endDate"] for q in service.queries) == "2024-03-09T23:59:59"

    @pytest.mark.parametrize(
        ("days", "stations", "answer"),
        [
            (15, 5, HTML),
            (15, 5, BUSY),
            (15, 5, Response(b"")),
            (15, 5, UNCLOSED),
            (7, 5, UNCLOSED),
            (3, 5, HTML),
            (1, 5, Response(b"")),
            (1, 1, UNCLOSED),
        ],
        ids=["html", "503", "empty", "unclosed", "to 7 days", "to 3 days", "to 1 day", "to one station"],
    )
    def test_smaller_requests_follow_a_failed_one(
        self, live: Upstreams, days: int, stations: int, answer: Response
    ) -> None:
        service = Service(live, only_smaller_than(days, stations, answer))
        rows = noaa_access.ask(live.upstream, noaa_access.Request(SEPTEMBER, FIVE))
        key = ("STATION", "DATE")
        assert sorted(tuple(row[k] for k in key) for row in rows) == sorted(
            tuple(row[k] for k in key) for row in rows_of(list(FIVE), SEPTEMBER.start, SEPTEMBER.end)
        )
        sizes = [size for size in (30, 15, 7, 3, 1) if size >= days]
        assert [size for i, size in enumerate(n for n, _ in service.asked) if i < 3 * len(sizes) - 2][
            ::3
        ] == sizes
        assert live.pauses[:2] == [2.0, 4.0]

    def test_one_passing_fault_does_not_shrink_the_request(self, live: Upstreams) -> None:
        service = Service(live)
        service.answers.answers.insert(0, UNCLOSED)
        assert len(noaa_access.ask(live.upstream, noaa_access.Request(SEPTEMBER, FIVE))) == 150
        assert service.asked == [(30, 5)]
        assert live.pauses == [2.0]

    def test_a_service_that_is_down_ends_in_one_error_after_bounded_requests(self, live: Upstreams) -> None:
        answers = live.serve(NOAA_HOST, ACCESS_PATH, BUSY)
        with pytest.raises(
            SourceError, match=r"2024-09-01 to 2024-09-01, 72000099000.*after 3 tries.*HTTP 503"
        ):
            noaa_access.ask(live.upstream, noaa_access.Request(SEPTEMBER, FIVE))
        assert len(answers.seen) == 3 * 6
        assert kept_files(live.upstream.cache) == []

    def test_what_a_killed_request_left_is_removed(self, live: Upstreams) -> None:
        Service(live)
        live.upstream.cache.mkdir(parents=True)
        parts = [live.upstream.cache / f".access.{name}.part" for name in ("old", "young")]
        for part, age_s in zip(parts, (1.1, 0.9), strict=True):
            part.write_bytes(b"[")
            os.utime(part, (time.time() - age_s * live.upstream.access_retry.total_s,) * 2)
        noaa_access.ask(live.upstream, noaa_access.Request(SEPTEMBER, FIVE))
        assert [part.exists() for part in parts] == [False, True]

    def test_a_refused_request_brings_its_explanation_at_once(self, live: Upstreams) -> None:
        said = {
            "errorMessage": "Validation failed",
            "errors": [{"field": "dataTypes", "message": "unknown TMPP"}],
        }
        answers = live.serve(NOAA_HOST, ACCESS_PATH, Response(json.dumps(said), status=400))
        with pytest.raises(SourceError, match=r"HTTP 400.*unknown TMPP"):
            noaa_access.ask(live.upstream, noaa_access.Request(SEPTEMBER, FIVE))
        assert len(answers.seen) == 1

    def test_an_object_instead_of_rows_is_refused(self, live: Upstreams) -> None:
        live.serve(NOAA_HOST, ACCESS_PATH, b'{"errorMessage": "no"}')
        with pytest.raises(SourceError, match=r"not an array of rows.*errorMessage"):
            noaa_access.ask(live.upstream, noaa_access.Request(SEPTEMBER, FIVE))

    def test_an_empty_array_means_no_data_and_is_not_kept(self, live: Upstreams) -> None:
        live.serve(NOAA_HOST, ACCESS_PATH, b"[]")
        report = noaa.fetch_station_years(live.upstream, [STATION], 2024, route="access")
        assert (report.files, report.missing) == ({}, (STATION,))
        assert live.pauses == []
        assert kept_files(live.upstream.cache) == []

    def test_a_refresh_without_rows_keeps_those_of_before(self, live: Upstreams) -> None:
        service = Service(live)
        first = noaa.fetch_station_years(live.upstream, [STATION], 2024, route="access")
        service.fault = lambda *asked: as_json([])
        said: list[str] = []
        report = noaa.fetch_station_years(
            live.upstream, [STATION], 2024, route="access", refresh=True, progress=said.append
        )
        assert report.files == first.files
        assert len([line for line in said if "no rows now" in line]) == 12

    def test_rows_that_do_not_name_their_station_are_asked_for_one_by_one(self, live: Upstreams) -> None:
        def nameless(stations: list[str], start: date, end: date) -> Response:
            return as_json(
                [{k: v for k, v in row.items() if k != "STATION"} for row in rows_of(stations, start, end)]
            )

        service = Service(live, nameless)
        rows = noaa_access.ask(live.upstream, noaa_access.Request(SEPTEMBER, FIVE))
        assert {row["STATION"] for row in rows} == set(FIVE)
        assert len(rows) == 150
        assert [stations for _, stations in service.asked] == [5, 1, 1, 1, 1, 1]

    def test_rows_of_another_month_are_refused(self, live: Upstreams) -> None:
        Service(live, lambda s, a, b: as_json(rows_of(s, date(2024, 8, 1), date(2024, 8, 31))))
        with pytest.raises(
            SourceError, match=r"none of these stations and days; its first is of .* at 2024-08-01"
        ):
            noaa_access.ask(live.upstream, noaa_access.Request(SEPTEMBER, FIVE))

    def test_a_folder_answers_no_queries(self, tmp_path: Path) -> None:
        upstream = Upstream({NOAA_HOST: str(tmp_path)}, tmp_path / "cache")
        with pytest.raises(SettingsError, match="use route bulk"):
            noaa.fetch_station_years(upstream, [STATION], 2024, route="access")


@pytest.mark.mirror
def test_the_mirrors_real_stations(mirror: Path, tmp_path: Path) -> None:
    upstream = Upstream({NOAA_HOST: str(mirror / NOAA_HOST)}, tmp_path)
    stations = [path.stem for path in (mirror / NOAA_HOST / "data/global-hourly/access/2024").glob("*.csv")]
    report = noaa.fetch_station_years(upstream, [*stations, "00000099999"], 2024)
    assert len(report.files) == 664
    assert report.missing == ("00000099999",)
    assert sum(file.rows or 0 for files in report.files.values() for file in files) == 216_053
    # The real year file of Atlanta ends in June, and the mirror has no GHCNh.
    assert noaa.fetch_station_years(upstream, ["72219013874"], 2025).partial == ("72219013874",)
