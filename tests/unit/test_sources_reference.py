"""Reference files: verified, and the registry kept without its owners."""

import zipfile
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from sources_samples import BUSY, HTML, Upstreams, kept_files, zipped
from werkzeug import Request, Response

from aeroflux_assets.errors import NotPublishedError, SettingsError, SourceError
from aeroflux_assets.settings import Settings
from aeroflux_assets.sources import reference
from aeroflux_assets.sources.upstream import (
    AIRPORTS_HOST,
    BTS_HOST,
    FAA_HOST,
    HOSTS,
    NOAA_HOST,
    Upstream,
    upstream_for,
)

AIRPORTS = (
    b'"id","ident","type","name","latitude_deg","longitude_deg","elevation_ft","iso_country","iso_region",'
    b'"municipality","icao_code","iata_code","keywords"\n'
    b'1,"XAAA","x","A",1,2,3,"US","US-GA","B","XAAA","AAA",\n'
)
ISD = (
    b'"USAF","WBAN","STATION NAME","CTRY","STATE","ICAO","LAT","LON","ELEV(M)","BEGIN","END"\n'
    b'"720000","99001","SAMPLE","US","GA","KSMP","+33.630","-084.442","+0308.2","19730101","20250824"\n'
)
GHCNH = (
    b"GHCN_ID,LATITUDE,LONGITUDE,ELEVATION,STATE,NAME,GSN,(US)HCN_(US)CRN,WMO_ID,ICAO,ISO_CODE\n"
    b"USW00099001,33.63,-84.442,308.2,GA,SAMPLE FIELD,,,72000,KSMP,US\n"
)
MASTER = (
    "\ufeffN-NUMBER,SERIAL NUMBER,MFR MDL CODE,ENG MFR MDL,YEAR MFR,NAME,STREET,CITY, KIT MODEL,\r\n"
    "100XX,777  ,0000001,     ,1999,JANE OWNER          ,1 SECRET ST    ,NOWHERE   ,          ,\r\n"
).encode()
ACFTREF = "\ufeffCODE,MFR,MODEL,NO-ENG,NO-SEATS,\r\n0000001,SAMPLE CO ,S-1   ,02,180,\r\n".encode()
REGISTRY = zipped({"MASTER.txt": MASTER, "ACFTREF.txt": ACFTREF, "OWNERS.txt": b"JANE OWNER"})


@pytest.fixture
def live(httpserver: HTTPServer, tmp_path: Path) -> Upstreams:
    return Upstreams(httpserver, tmp_path / "cache")


LISTS = [
    (reference.fetch_airports, AIRPORTS_HOST, reference.AIRPORTS_PATH, AIRPORTS),
    (reference.fetch_isd_history, NOAA_HOST, reference.ISD_HISTORY_PATH, ISD),
    (reference.fetch_ghcnh_stations, NOAA_HOST, reference.GHCNH_STATIONS_PATH, GHCNH),
]


@pytest.mark.parametrize(("fetch", "host", "path", "good"), LISTS)
def test_a_list_is_verified_before_it_is_kept(live, fetch, host, path, good) -> None:  # type: ignore[no-untyped-def]
    live.serve(host, path, HTML, BUSY, b"", good[:-9], good)
    assert fetch(live.upstream).rows == 1
    assert live.pauses == [2.0, 4.0, 8.0, 16.0]
    assert kept_files(live.upstream.cache) == [f"{host}/{path}"]


def test_a_list_with_another_header_is_refused(live: Upstreams) -> None:
    live.serve(AIRPORTS_HOST, reference.AIRPORTS_PATH, b"ident,name\nX,Y\n")
    with pytest.raises(
        SourceError, match=r"airports.csv: columns missing from its header: type, latitude_deg"
    ):
        reference.fetch_airports(live.upstream)
    assert kept_files(live.upstream.cache) == []


def test_the_registry_is_asked_for_like_a_browser_and_kept_without_owners(live: Upstreams) -> None:
    def picky(request: Request) -> Response:
        browser = request.headers["User-Agent"].startswith("Mozilla/5.0")
        return Response(REGISTRY) if browser else Response("no", status=403)

    live.serve(FAA_HOST, reference.REGISTRY_PATH, BUSY, picky)
    got = reference.fetch_registry(live.upstream)
    assert got.rows == 1
    with zipfile.ZipFile(got.path) as archive:
        assert archive.namelist() == ["MASTER.txt", "ACFTREF.txt"]
        text = "".join(archive.read(name).decode("utf-8-sig") for name in archive.namelist())
    assert text.splitlines() == [
        "N NUMBER,MFR MDL CODE,YEAR MFR,",
        "100XX,0000001,1999,",
        "CODE,MFR,MODEL,NO ENG,NO SEATS,",
        "0000001,SAMPLE CO ,S-1   ,02,180,",
    ]
    assert kept_files(live.upstream.cache) == [f"{FAA_HOST}/{reference.REGISTRY_PATH}"]
    # What was kept is itself a registry that passes.
    assert reference.verify_registry(got.path) == 1


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (zipped({"MASTER.txt": MASTER}), "lacks ACFTREF.txt"),
        (
            zipped({"MASTER.txt": b"A,B,\r\n", "ACFTREF.txt": ACFTREF}),
            "MASTER.txt: columns missing.*N NUMBER",
        ),
        (Response("Forbidden", status=403), "HTTP 403.*refuses this client"),
        (REGISTRY[:200], "given up after 6 tries.*not a whole zip"),
        (HTML, "given up after 6 tries.*a web page instead of the FAA registry archive"),
    ],
)
def test_a_bad_registry_is_refused(live: Upstreams, answer: object, text: str) -> None:
    live.serve(FAA_HOST, reference.REGISTRY_PATH, answer)
    with pytest.raises(SourceError, match=text):
        reference.fetch_registry(live.upstream)
    assert kept_files(live.upstream.cache) == []


def test_what_is_not_there_is_called_not_published(live: Upstreams, tmp_path: Path) -> None:
    live.serve(AIRPORTS_HOST, reference.AIRPORTS_PATH, Response("", status=404))
    with pytest.raises(NotPublishedError):
        reference.fetch_airports(live.upstream)
    with pytest.raises(NotPublishedError, match="not in this folder source"):
        reference.fetch_airports(Upstream({AIRPORTS_HOST: str(tmp_path)}, tmp_path / "c"))


def test_a_source_is_a_base_address_a_host(tmp_path: Path) -> None:
    official = upstream_for(Settings(source="official", data=tmp_path))
    assert official.bases == {host: f"https://{host}" for host in HOSTS}
    assert official.folder(BTS_HOST) is None
    mirror = upstream_for(Settings(source="mirror", mirror=tmp_path / "m", data=tmp_path))
    assert mirror.folder(BTS_HOST) == tmp_path / "m" / BTS_HOST
    simulated = upstream_for(Settings(source="simulated", data=tmp_path))
    assert simulated.folder(NOAA_HOST) == tmp_path / "simulated" / NOAA_HOST
    assert len({official.cache, mirror.cache, simulated.cache}) == 3
    with pytest.raises(SettingsError, match="AEROFLUX_SOURCE=mirror:PATH"):
        upstream_for(Settings(source="mirror", data=tmp_path))
    with pytest.raises(SettingsError, match="no base address for upstream host"):
        official.base("example.org")
