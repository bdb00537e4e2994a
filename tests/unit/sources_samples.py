"""Small upstream files in the real forms with invented values, and a server on loopback that misbehaves."""

import io
import threading
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from aeroflux_assets.sources.upstream import HOSTS, Retry, Upstream

BTS_HEADER = [
    "Year",
    "Quarter",
    "Month",
    "DayofMonth",
    "DayOfWeek",
    "FlightDate",
    "Reporting_Airline",
    "DOT_ID_Reporting_Airline",
    "IATA_CODE_Reporting_Airline",
    "Tail_Number",
    "Flight_Number_Reporting_Airline",
    "Origin",
    "Dest",
    "CRSDepTime",
    "DepTime",
    "CRSArrTime",
    "ArrTime",
    "ArrDelay",
    "Cancelled",
    "Diverted",
]
OLD_BTS_NAMES = {
    "Reporting_Airline": "UniqueCarrier",
    "DOT_ID_Reporting_Airline": "AirlineID",
    "IATA_CODE_Reporting_Airline": "Carrier",
    "Tail_Number": "TailNum",
    "Flight_Number_Reporting_Airline": "FlightNum",
}
ISD_HEADER = (
    '"STATION","DATE","SOURCE","NAME","REPORT_TYPE","CALL_SIGN","WND","CIG","VIS","TMP","DEW","SLP","AA1"'
)


def bts_csv(year: int, month: int, rows: int = 3, *, old: bool = False, drop: str = "") -> bytes:
    names = [OLD_BTS_NAMES.get(name, name) if old else name for name in BTS_HEADER if name != drop]
    lines = [",".join(f'"{name}"' for name in names) + ","]
    for day in range(1, rows + 1):
        values = dict.fromkeys(BTS_HEADER, '""') | {
            "Year": str(year),
            "Month": str(month),
            "FlightDate": f"{year}-{month:02d}-{day:02d}",
            "Reporting_Airline": '"XX"',
            "Tail_Number": '"N100XX"',
            "Flight_Number_Reporting_Airline": '"7"',
            "Origin": '"AAA"',
            "Dest": '"BBB"',
            "CRSDepTime": '"0930"',
            "ArrDelay": "4.00",
        }
        lines.append(",".join(values[name] for name in BTS_HEADER if name != drop) + ",")
    return ("\n".join(lines) + "\n").encode()


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def bts_zip(year: int, month: int, rows: int = 3, **how: Any) -> bytes:
    name = f"On_Time_Reporting_Carrier_On_Time_Performance_(1987_present)_{year}_{month}.csv"
    return zipped({name: bts_csv(year, month, rows, **how), "readme.html": b"<html></html>"})


def isd_row(
    station: str = "72000099001",
    date: str = "2024-06-01T00:52:00",
    report: str = "FM-15",
    wnd: str = "270,1,N,0041,1",
    cig: str = "22000,5,9,N",
    vis: str = "016093,1,9,9",
    tmp: str = "+0217,1",
    dew: str = "-0012,1",
    slp: str = "10132,1",
    aa1: str = "01,0003,9,1",
) -> str:
    name = "SAMPLE FIELD, GA US"
    fields = [station, date, "7", name, f"{report} ", "KSMP ", wnd, cig, vis, tmp, dew, slp, aa1]
    return ",".join(f'"{field}"' for field in fields)


def isd_csv(*rows: str, header: str = ISD_HEADER) -> bytes:
    return ("\n".join([header, *(rows or (isd_row(),))]) + "\n").encode()


# The real header's 6 + 38 * 6 = 234 names: it is longer than 6 kB.
GHCNH_VARIABLES = [
    *("temperature", "dew_point_temperature", "station_level_pressure", "sea_level_pressure"),
    *("wind_direction", "wind_speed", "wind_gust", "precipitation", "relative_humidity"),
    "wet_bulb_temperature",
    *(f"pres_wx_{kind}{number}" for kind in ("MW", "AU", "AW") for number in (1, 2, 3)),
    *("snow_depth", "visibility", "altimeter", "pressure_3hr_change"),
    *(f"sky_cover_{number}" for number in (1, 2, 3)),
    *(f"sky_cover_baseht_{number}" for number in (1, 2, 3)),
    *(f"precipitation_{hours}_hour" for hours in range(3, 25, 3)),
    "remarks",
]
GHCNH_NAMES = [
    *("STATION", "Station_name", "DATE", "LATITUDE", "LONGITUDE", "ELEVATION"),
    *(
        f"{variable}{suffix}"
        for variable in GHCNH_VARIABLES
        for suffix in (
            "",
            "_Measurement_Code",
            "_Quality_Code",
            "_Report_Type",
            "_Source_Code",
            "_Source_Station_ID",
        )
    ),
]
assert len(GHCNH_NAMES) == 234


def ghcnh_values(
    station: str = "USW00099001", date: str = "2025-09-01T00:52:00", **values: str
) -> dict[str, str]:
    base = {
        "STATION": station,
        "Station_name": 'SAMPLE "OLD" FIELD',
        "DATE": date,
        "temperature": "21.7",
        "temperature_Quality_Code": "1",
        "temperature_Report_Type": "FM-15",
        "dew_point_temperature": "-1.2",
        "wind_direction": "270",
        "wind_speed": "4.1",
        "visibility": "16.093",
        "sea_level_pressure": "1013.2",
        "precipitation": "0.3",
    }
    return base | values


def ghcnh_psv(*rows: dict[str, str]) -> bytes:
    lines = ["|".join(GHCNH_NAMES)]
    lines += ["|".join(row.get(name, "") for name in GHCNH_NAMES) for row in rows or (ghcnh_values(),)]
    return ("\n".join(lines) + "\n").encode()


class Answers:
    """A handler that plays a list of answers in turn, the last one for ever, and counts the requests."""

    def __init__(self, *answers: Response | bytes | Callable[[Request], Response]) -> None:
        self.answers = list(answers)
        self.seen: list[Request] = []
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Response:
        with self._lock:
            answer = self.answers[min(len(self.seen), len(self.answers) - 1)]
            self.seen.append(request)
        if isinstance(answer, bytes):
            return Response(answer, content_type="application/octet-stream")
        if isinstance(answer, Response):
            return Response(answer.get_data(), status=answer.status, headers=answer.headers)
        return answer(request)


HTML = Response("<html><body>Service is busy</body></html>", content_type="text/html")
BUSY = Response("busy", status=503)


def broken_off(data: bytes) -> Callable[[Request], Response]:
    """Says how long the file is and hangs up half-way."""

    def answer(request: Request) -> Response:
        def body() -> Iterator[bytes]:
            yield data[: len(data) // 2]

        return Response(body(), headers={"Content-Length": str(len(data))})

    return answer


class Upstreams:
    """An Upstream on the loopback server that notes its pauses instead of sleeping them."""

    def __init__(self, server: HTTPServer, cache: Path, retry: Retry | None = None) -> None:
        self.pauses: list[float] = []
        self.server = server
        self.upstream = Upstream(
            bases={host: server.url_for(f"/{host}") for host in HOSTS},
            cache=cache,
            retry=retry or Retry(connect_s=2.0, read_s=5.0),
            access_retry=Retry(tries=3, connect_s=2.0, read_s=5.0),
            parallel=2,
            sleep=self.pauses.append,
            now=lambda: datetime(2026, 11, 20, 12, 0, tzinfo=UTC),
        )

    def serve(self, host: str, path: str, *answers: Any) -> Answers:
        handler = Answers(*answers)
        self.server.expect_request(f"/{host}/{path}").respond_with_handler(handler)
        return handler


def kept_files(cache: Path) -> list[str]:
    """Everything in a cache but its manifest: must be empty after a fault."""
    return sorted(
        str(p.relative_to(cache)) for p in cache.rglob("*") if p.is_file() and p.name != "manifest.jsonl"
    )
