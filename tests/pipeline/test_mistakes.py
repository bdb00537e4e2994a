"""What people get wrong, and the one clear error that they get."""

import os
from pathlib import Path

import pytest
from pipeline_commands import aeroflux

from aeroflux_assets.contracts.raw_flights import RAW_FLIGHTS
from aeroflux_assets.lake import Lake

pytestmark = pytest.mark.pipeline


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("AEROFLUX_SOURCE", "ftp", "simulated, official, or mirror:PATH"),
        ("AEROFLUX_SOURCE", "mirror:nowhere", "no folder"),
        ("AEROFLUX_YEARS", "2015-20255", "2015-2025 or 2006,2008"),
        ("AEROFLUX_CUTOFFS", "T-1h", "T-45min"),
        ("AEROFLUX_SETS", "xgb_best", "aeroflux_full"),
        ("AEROFLUX_SIM_FLIGHTS_PER_DAY", "-4", "above 0"),
    ],
)
def test_a_wrong_setting_is_refused_with_what_is_allowed(
    tmp_path: Path, variable: str, value: str, says: str
) -> None:
    env = {"PATH": os.environ["PATH"], "AEROFLUX_DATA": str(tmp_path / "data"), variable: value}

    done = aeroflux("run", env=env, cwd=tmp_path)

    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data" / "lake").exists()


def test_months_that_the_source_lacks_are_named(tmp_path: Path) -> None:
    (tmp_path / "mirror").mkdir()
    env = {
        "PATH": os.environ["PATH"],
        "AEROFLUX_DATA": str(tmp_path / "data"),
        "AEROFLUX_SOURCE": f"mirror:{tmp_path / 'mirror'}",
    }

    done = aeroflux("evaluate", "--train", "2008-01", "--test", "2008-02", env=env)

    assert done.returncode == 1
    assert "airports.csv" in done.stderr
    assert "Traceback" not in done.stderr


def test_train_and_test_may_not_overlap(tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "AEROFLUX_DATA": str(tmp_path)}

    done = aeroflux("evaluate", "--train", "2008-01:2008-03", "--test", "2008-03", env=env)

    assert done.returncode == 1
    assert "2008-03 stands in both" in done.stderr


def test_real_flights_are_not_laid_beside_invented_ones(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "data" / "lake")
    with lake.writer(RAW_FLIGHTS, {"year": 2023}, notes={"source": "official", "months": [1]}) as writer:
        writer.add(RAW_FLIGHTS.schema.to_frame())
    before = lake.commit_of("raw_flights", {"year": 2023})
    env = {"PATH": os.environ["PATH"], "AEROFLUX_DATA": str(tmp_path / "data"), "AEROFLUX_YEARS": "2023"}

    for command in (("run",), ("evaluate", "--train", "2023-01", "--test", "2023-02")):
        done = aeroflux(*command, env=env)

        assert done.returncode == 1
        assert "holds 2023 of source official" in done.stderr
        assert "AEROFLUX_DATA" in done.stderr
        assert "Traceback" not in done.stderr
    assert lake.commit_of("raw_flights", {"year": 2023}) == before
    assert not lake.has("raw_airports")
