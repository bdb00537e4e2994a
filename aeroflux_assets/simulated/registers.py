"""The small files of the world: airports, stations and aircraft."""

import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from aeroflux_assets.simulated.airports import load_airports
from aeroflux_assets.simulated.files import atomic
from aeroflux_assets.simulated.fleet import MODELS, fleet, n_numbers
from aeroflux_assets.simulated.noaa import NOAA, Station, stations

STREAM_OWNERS = 71
AIRPORT_FIELDS = (
    "id", "ident", "type", "name", "latitude_deg", "longitude_deg", "elevation_ft", "continent",
    "iso_country", "iso_region", "municipality", "scheduled_service", "icao_code", "iata_code",
    "gps_code", "local_code",
    "home_link", "wikipedia_link", "keywords",
)  # fmt: skip
STATION_FIELDS = (
    "USAF", "WBAN", "STATION NAME", "CTRY", "STATE", "ICAO", "LAT", "LON", "ELEV(M)", "BEGIN", "END",
)  # fmt: skip
MASTER_FIELDS = (
    "N-NUMBER", "SERIAL NUMBER", "MFR MDL CODE", "ENG MFR MDL", "YEAR MFR", "TYPE REGISTRANT", "NAME",
    "STREET", "STREET2", "CITY", "STATE", "ZIP CODE", "REGION", "COUNTY", "COUNTRY", "LAST ACTION DATE",
    "CERT ISSUE DATE", "CERTIFICATION", "TYPE AIRCRAFT", "TYPE ENGINE", "STATUS CODE", "MODE S CODE",
    "FRACT OWNER", "AIR WORTH DATE", "OTHER NAMES(1)", "OTHER NAMES(2)", "OTHER NAMES(3)", "OTHER NAMES(4)",
    "OTHER NAMES(5)", "EXPIRATION DATE", "UNIQUE ID", "KIT MFR", " KIT MODEL", "MODE S CODE HEX",
)  # fmt: skip
ACFTREF_FIELDS = (
    "CODE", "MFR", "MODEL", "TYPE-ACFT", "TYPE-ENG", "AC-CAT", "BUILD-CERT-IND", "NO-ENG", "NO-SEATS",
    "AC-WEIGHT", "SPEED", "TC-DATA-SHEET", "TC-DATA-HOLDER",
)  # fmt: skip
DEREG_FIELDS = (
    "N-NUMBER", "SERIAL-NUMBER", "MFR-MDL-CODE", "STATUS-CODE", "NAME", "STREET-MAIL", "STREET2-MAIL",
    "CITY-MAIL", "STATE-ABBREV-MAIL", "ZIP-CODE-MAIL", "ENG-MFR-MDL", "YEAR-MFR", "CERTIFICATION", "REGION",
    "COUNTY-MAIL", "COUNTRY-MAIL", "AIR-WORTH-DATE", "CANCEL-DATE", "MODE-S-CODE", "INDICATOR-GROUP",
    "EXP-COUNTRY", "LAST-ACT-DATE", "CERT-ISSUE-DATE", "STREET-PHYSICAL", "STREET2-PHYSICAL", "CITY-PHYSICAL",
    "STATE-ABBREV-PHYSICAL", "ZIP-CODE-PHYSICAL", "COUNTY-PHYSICAL", "COUNTRY-PHYSICAL", "OTHER-NAMES(1)",
    "OTHER-NAMES(2)", "OTHER-NAMES(3)", "OTHER-NAMES(4)", "OTHER-NAMES(5)", "KIT MFR", " KIT MODEL",
    "MODE S CODE HEX",
)  # fmt: skip
REGISTRY_WIDTH = {"N-NUMBER": 5, "SERIAL NUMBER": 30, "NAME": 50, "STREET": 33, "CITY": 18}
LAST_FLEET_YEAR = 2026  # the register is today's: aircraft of later years are not in it
OWNER = "SIMULATED OWNER"


def _quote(values: Iterable[str]) -> str:
    return ",".join(f'"{value}"' for value in values)


def write_airports(root: Path) -> None:
    """OurAirports' airports.csv: every airport of the table, a heliport and one closed namesake."""
    table = load_airports().table
    lines = [
        _quote(AIRPORT_FIELDS),
        *(_airport_line(i, row) for i, row in enumerate(table.iter_rows(named=True))),
    ]
    lines.append(
        '990001,"SIM1","heliport","Simulated Heliport",40.07,-74.93,11,"NA","US","US-PA","Nowhere","no",,,'
        '"SIM1","SIM1",,,'
    )
    lines.append(
        '990002,"SIM2","closed","Simulated Closed Field",39.77,-104.88,5333,"NA","US","US-CO","Denver","no",'
        ',,,"SIM2",,,"DEN"'
    )
    _text(root / "davidmegginson.github.io" / "ourairports-data" / "airports.csv", lines)


def _airport_line(number: int, row: dict[str, object]) -> str:
    state = "GU" if row["state"] == "TT" else row["state"]
    country = state if state in ("GU", "PR") else "US"
    region = f"{country}-U-A" if country != "US" else f"US-{state}"
    kind = "large_airport" if float(str(row["size"])) > 10 else "medium_airport"
    feet = round(float(str(row["elev_m"])) / 0.3048)
    continent = "OC" if country == "GU" else "NA"
    return (
        f'{number + 3000},"{row["icao"]}","{kind}","{row["name"]} Airport",{row["lat"]},{row["lon"]},{feet},'
        f'"{continent}","{country}","{region}","{row["city"]}","yes","{row["icao"]}","{row["code"]}",'
        f'"{row["icao"]}","{row["code"]}",,,'
    )


def write_stations(root: Path) -> None:
    """isd-history.csv and the GHCNh station list, of all airports of the table."""
    known = stations(np.arange(len(load_airports().code)))
    lines = [_quote(STATION_FIELDS)]
    lines += [_station_line(s, s.usaf, s.wban, "19730101", "20250826") for s in known]
    lines.append(
        '"417980","99999","SIMULATED BUOY","","","","+20.000","-040.000","+0000.0","20100101","20250826"'
    )
    # As in the real file: the same ICAO once more under 999999, with an old END.
    lines += [_station_line(s, "999999", s.wban, "19480101", "19721231") for s in known]
    _text(root / NOAA / "pub" / "data" / "noaa" / "isd-history.csv", lines)
    lines = ["GHCN_ID,LATITUDE,LONGITUDE,ELEVATION,STATE,NAME,GSN,(US)HCN_(US)CRN,WMO_ID,ICAO,ISO_CODE"]
    lines += [
        f"{s.ghcn},{s.lat:.4f},{s.lon:.4f},{s.elev:.1f},{s.state},{s.name[:30]},,,{s.usaf[:5]},{s.icao},US"
        for s in known
    ]
    folder = root / NOAA / "oa" / "global-historical-climatology-network" / "hourly" / "doc"
    _text(folder / "ghcnh-station-list.csv", lines)


def _station_line(station: Station, usaf: str, wban: str, begin: str, end: str) -> str:
    place = (f"{station.lat:+07.3f}", f"{station.lon:+08.3f}", f"{station.elev:+07.1f}")
    return _quote([usaf, wban, station.name, "US", station.state, station.icao, *place, begin, end])


def _text(path: Path, lines: list[str]) -> None:
    with atomic(path) as scratch:
        scratch.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _record(fields: tuple[str, ...], values: dict[str, str]) -> str:
    return "".join(f"{values.get(name, ''):<{REGISTRY_WIDTH.get(name, 0)}}," for name in fields)


def _master_record(tail: str, built: int, model: int, rng: np.random.Generator) -> dict[str, str]:
    serial = str(rng.integers(10_000, 99_999))
    return {
        "N-NUMBER": tail[1:], "SERIAL NUMBER": serial, "MFR MDL CODE": MODELS[model].code,
        "ENG MFR MDL": "52049", "YEAR MFR": str(built) if rng.random() > 0.01 else "    ",
        "TYPE REGISTRANT": "3", "NAME": OWNER, "STREET": "1 SIMULATED STREET", "CITY": "NOWHERE",
        "STATE": "ZZ",
        "ZIP CODE": "000000000", "REGION": "0", "COUNTY": "000", "COUNTRY": "US",
        "LAST ACTION DATE": "20240101",
        "CERT ISSUE DATE": f"{built}0601", "CERTIFICATION": "1T", "TYPE AIRCRAFT": "5", "TYPE ENGINE": "5 ",
        "STATUS CODE": "V", "AIR WORTH DATE": f"{built}0601", "EXPIRATION DATE": "20300101",
        "UNIQUE ID": f"0{serial}", "MODE S CODE HEX": "A00000",
    }  # fmt: skip


def write_registry(root: Path, seed: int, flights_per_day: int) -> None:
    """ReleasableAircraft.zip: the aircraft that fly today, those deregistered, and the models.

    A few N-numbers of deregistered aircraft have been given to a newer one, as happens. Owners are invented.
    """
    known = fleet(seed, flights_per_day)
    rng = np.random.default_rng([seed, STREAM_OWNERS])
    year = 1970 + known.changed // 365.25
    master, gone = [",".join(MASTER_FIELDS) + ","], [",".join(DEREG_FIELDS) + ","]
    for second in (0, 1):
        tails = n_numbers(known.carrier, known.rank, np.full(len(known.rank), second))
        for place, tail in enumerate(tails):
            built, model = int(known.built[second, place]), int(known.model[second, place])
            if second and year[place] > LAST_FLEET_YEAR:
                continue
            if not second and year[place] <= LAST_FLEET_YEAR:
                values = {
                    "N-NUMBER": tail[1:], "SERIAL-NUMBER": str(rng.integers(10_000, 99_999)),
                    "MFR-MDL-CODE": MODELS[model].code, "STATUS-CODE": "9", "NAME": OWNER,
                    "STREET-MAIL": "1 SIMULATED STREET", "CITY-MAIL": "NOWHERE", "STATE-ABBREV-MAIL": "ZZ",
                    "YEAR-MFR": str(built), "CANCEL-DATE": f"{int(year[place])}1231",
                }  # fmt: skip
                gone.append(_record(DEREG_FIELDS, values))
                if rng.random() > 0.15 or year[place] >= LAST_FLEET_YEAR:
                    continue
                built = int(year[place]) + 1
            master.append(_record(MASTER_FIELDS, _master_record(tail, built, model, rng)))
    models = [",".join(ACFTREF_FIELDS) + ","]
    for m in MODELS:
        name, maker = f"{m.name:<20}", f"{m.maker:<30}"
        models.append(
            f"{m.code},{maker},{name},5,5 ,1,0,{m.engines:02d},{m.seats:03d},CLASS 3,0000,{'':<15},{'':<50},"
        )
    with (
        atomic(root / "registry.faa.gov" / "database" / "ReleasableAircraft.zip") as path,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle,
    ):
        for name, lines in (("MASTER.txt", master), ("ACFTREF.txt", models), ("DEREG.txt", gone)):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            bundle.writestr(info, ("\ufeff" + "\r\n".join(lines) + "\r\n").encode())
