"""The settings that the environment gives, and how a wrong one is refused."""

import re
from pathlib import Path

import pytest

from aeroflux_assets.errors import SettingsError
from aeroflux_assets.settings import load_settings


def test_an_empty_environment_is_the_simulated_airspace_over_the_papers_years() -> None:
    settings = load_settings({})
    assert (settings.source, settings.simulated, settings.mirror) == ("simulated", True, None)
    assert settings.years == tuple(range(2015, 2026))
    assert settings.cutoffs == ("T-0", "T-45min", "T-2h", "T-6h", "T-24h")
    assert settings.sets == ()
    assert settings.data == Path("data").absolute()
    assert settings.lake == settings.data / "lake"


def test_blank_values_count_as_unset() -> None:
    blank = dict.fromkeys(
        [f"AEROFLUX_{n}" for n in ("SOURCE", "YEARS", "DATA", "CUTOFFS", "SETS", "SIM_SEED", "PROFILE")], "  "
    )
    assert load_settings(blank) == load_settings({})


def test_every_variable_is_read(tmp_path: Path) -> None:
    settings = load_settings(
        {
            "AEROFLUX_SOURCE": f"mirror:{tmp_path}",
            "AEROFLUX_YEARS": "2006,2008",
            "AEROFLUX_DATA": str(tmp_path / "d"),
            "AEROFLUX_CUTOFFS": "T-2h, T-0",
            "AEROFLUX_SETS": "xgb_full, aeroflux_full",
            "AEROFLUX_SIM_FLIGHTS_PER_DAY": "12",
            "AEROFLUX_SIM_SEED": "3",
            "AEROFLUX_PROFILE": "full",
            "AEROFLUX_DASK_SCHEDULER": "tcp://10.0.0.7:8786",
            "AEROFLUX_TRAINING_MEMORY": "memory",
            "AEROFLUX_DEVICE": "cuda",
        }
    )
    assert (settings.source, settings.mirror, settings.simulated) == ("mirror", tmp_path, False)
    assert settings.years == (2006, 2008)
    assert settings.cache == tmp_path / "d" / "cache" / "mirror"
    # Cutoffs come in the order of the list, not of the variable.
    assert settings.cutoffs == ("T-0", "T-2h")
    assert settings.sets == ("xgb_full", "aeroflux_full")
    assert (settings.flights_per_day, settings.seed) == (12, 3)
    assert settings.profile == "full"
    assert settings.dask_scheduler == "tcp://10.0.0.7:8786"
    assert (settings.training_memory, settings.device) == ("memory", "cuda")
    assert load_settings(settings.environment()) == settings


def test_a_relative_data_folder_becomes_absolute() -> None:
    assert load_settings({"AEROFLUX_DATA": "elsewhere"}).data == Path("elsewhere").absolute()


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("AEROFLUX_SOURCE", "real", ["simulated", "official", "mirror:PATH"]),
        ("AEROFLUX_SOURCE", "mirror:", ["simulated", "official", "mirror:PATH"]),
        ("AEROFLUX_SOURCE", "mirror:/no/such/folder", ["no folder"]),
        ("AEROFLUX_YEARS", "20x5", ["2015-2025"]),
        ("AEROFLUX_CUTOFFS", "T-1h", ["T-0", "T-24h"]),
        ("AEROFLUX_SIM_FLIGHTS_PER_DAY", "0", ["whole number above 0"]),
        ("AEROFLUX_SIM_FLIGHTS_PER_DAY", "many", ["whole number above 0"]),
        ("AEROFLUX_DASK_SCHEDULER", "10.0.0.7:8786", ["tcp://HOST:8786"]),
        ("AEROFLUX_PROFILE", "tiny", ["demo", "mirror", "full"]),
        ("AEROFLUX_TRAINING_MEMORY", "ram", ["auto", "memory", "disk"]),
        ("AEROFLUX_DEVICE", "gpu", ["cpu", "cuda"]),
        ("AEROFLUX_SIM_SEED", "-1", ["whole number above 0"]),
        ("AEROFLUX_SIM_SEED", "1.5", ["whole number above 0"]),
    ],
)
def test_a_wrong_value_is_refused_with_its_variable_its_value_and_what_is_allowed(
    name: str, value: str, allowed: list[str]
) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({name: value})
    for part in (name, value, *allowed):
        assert part in str(refused.value)


def test_a_cache_on_disk_is_not_for_a_gpu() -> None:
    with pytest.raises(
        SettingsError, match=r"AEROFLUX_TRAINING_MEMORY.*AEROFLUX_DEVICE=cuda allowed are auto, memory"
    ):
        load_settings({"AEROFLUX_TRAINING_MEMORY": "disk", "AEROFLUX_DEVICE": "cuda"})


def test_one_wrong_cutoff_among_good_ones_is_named_alone() -> None:
    with pytest.raises(SettingsError, match=r"AEROFLUX_CUTOFFS: T-1h unknown"):
        load_settings({"AEROFLUX_CUTOFFS": "T-0,T-1h"})


# ---- names ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("AEROFLUX_YEAR", "AEROFLUX_YEARS"),
        ("AEROFLUX_FLIGHTS_PER_DAY", "AEROFLUX_SIM_FLIGHTS_PER_DAY"),
        ("AEROFLUX_CUTOFF", "AEROFLUX_CUTOFFS"),
        ("AEROFLUX_TRAINING_MEMROY", "AEROFLUX_TRAINING_MEMORY"),
    ],
)
def test_a_misspelt_setting_is_refused_with_the_one_that_was_meant(name: str, meant: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{name}: there is no such setting; did you mean .*{meant}\b"):
        load_settings({name: "2024"})


def test_a_setting_like_no_other_is_refused_with_all_there_are_and_its_value_is_not_shown() -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({"AEROFLUX_XQJ": "hunter2"})
    for name in (*load_settings({}).environment(), "AEROFLUX_MIRROR"):
        assert name in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_what_is_no_setting_of_ours_passes() -> None:
    others = {
        "AEROFLUX_YEAR": " ",
        "AEROFLUX_MIRROR": "/somewhere",
        "AEROFLUX_UI_SERVICE_HOST": "10.0.0.1",
        "AEROFLUX_UI_SERVICE_PORT_HTTP": "80",
        "AEROFLUX_UI_PORT": "tcp://10.0.0.1:80",
        "AEROFLUX_UI_PORT_80_TCP_ADDR": "10.0.0.1",
        "HOME": "/root",
    }
    assert load_settings(others) == load_settings({})


def test_every_name_that_the_project_uses_is_known() -> None:
    root = Path(__file__).resolve().parents[2]
    patterns = (
        "*.md",
        "docs/*.md",
        "Makefile",
        "deploy/**/*",
        "benchmarks/*.py",
        "aeroflux_assets/**/*.py",
        "dashboard/**/*.py",
    )
    files = [file for pattern in patterns for file in root.glob(pattern) if file.is_file()]
    used = {
        name for file in files for name in re.findall(r"\bAEROFLUX_[A-Z_]*[A-Z]", file.read_text("utf-8"))
    }
    assert used == {*load_settings({}).environment(), "AEROFLUX_MIRROR"}


# ---- folders ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("below", ["", "deeper", "deeper/still"])
def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path, below: str) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(SettingsError, match=rf"^AEROFLUX_DATA='.*{file} is a file"):
        load_settings({"AEROFLUX_DATA": str(file / below)})
    with pytest.raises(SettingsError, match=r"^AEROFLUX_HOME="):
        load_settings({"AEROFLUX_DATA": "s3://bucket/p", "AEROFLUX_HOME": str(file / below)})
