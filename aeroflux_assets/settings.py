"""The one typed settings object, read from the environment. A wrong value is refused with what is allowed."""

import contextlib
import difflib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar, get_args

from aeroflux_assets.cutoffs import CUTOFFS
from aeroflux_assets.errors import SettingsError
from aeroflux_assets.store import Address, is_address, parse_address
from aeroflux_assets.years import parse_years

SourceKind = Literal["simulated", "official", "mirror"]
ProfileName = Literal["demo", "mirror", "full"]
# Where the quantised training rows lie, and what trains on them (model/feed.py).
TrainingMemory = Literal["auto", "memory", "disk"]
Device = Literal["cpu", "cuda"]
PROFILE_NAMES: tuple[ProfileName, ...] = get_args(ProfileName)
# How much of the evaluation is run where AEROFLUX_PROFILE does not say: as much as the source has rows for.
PROFILE_OF_SOURCE: Mapping[SourceKind, ProfileName] = {
    "simulated": "demo",
    "mirror": "mirror",
    "official": "full",
}
_OURS = "AEROFLUX_"
# Read by the tests and by benchmarks: where real upstream files are.
_READ_ELSEWHERE = ("AEROFLUX_MIRROR",)
# What Kubernetes gives every container beside a service whose name begins with aeroflux.
_OF_A_SERVICE = re.compile(
    r"_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$"
)


@dataclass(frozen=True)
class Settings:
    """What a run reads and writes.

    source: `simulated`, `official` or `mirror` (AEROFLUX_SOURCE = simulated | official | mirror:PATH).
    mirror: the folder of a mirror source, absolute; None otherwise.
    years: the selected years, ascending, gaps allowed (AEROFLUX_YEARS = 2015-2025 or 2006,2008).
    data: the folder of the lake and of all else that is kept, absolute (AEROFLUX_DATA; default `data/` where one
    stands).
    dask_scheduler: the Dask scheduler whose workers train the models, tcp://host:8786 (AEROFLUX_DASK_SCHEDULER); None
    to train in this process.
    address: where lake and models lie instead, where AEROFLUX_DATA is an address such as s3://bucket/prefix; `data` is
    then AEROFLUX_HOME and holds the rest: fetched files, Dagster's instance, reports. None for a lake in `data`.
    cutoffs: the cutoffs that `aeroflux run` makes (AEROFLUX_CUTOFFS = T-0,T-2h; default all five).
    sets: names of the feature sets to train, empty for all (AEROFLUX_SETS; features/sets.py checks them).
    trees: boosting rounds of each model (AEROFLUX_TREES; None: as the set's recipe has them).
    flights_per_day: size of the simulated airspace (AEROFLUX_SIM_FLIGHTS_PER_DAY).
    seed: of the simulated airspace (AEROFLUX_SIM_SEED).
    memory_gb: the budget that runs side by side share (AEROFLUX_MEMORY_GB; None: three quarters of the machine's).
    chosen_profile: how much the evaluation's experiments may cost (AEROFLUX_PROFILE; evaluation/profiles.py says what
    each is), None for the source's own: see `profile`.
    training_memory: where quantised training rows lie, `memory`, `disk`, or `auto` by their number
    (AEROFLUX_TRAINING_MEMORY). device: what the models are trained on, `cpu` or `cuda` (AEROFLUX_DEVICE).
    """

    source: SourceKind = "simulated"
    mirror: Path | None = None
    years: tuple[int, ...] = tuple(range(2015, 2026))
    data: Path = field(default_factory=lambda: Path("data").absolute())
    cutoffs: tuple[str, ...] = tuple(cutoff.name for cutoff in CUTOFFS)
    sets: tuple[str, ...] = ()
    trees: int | None = None
    flights_per_day: int = 60
    seed: int = 7
    memory_gb: int | None = None
    chosen_profile: ProfileName | None = None
    address: str | None = None
    dask_scheduler: str | None = None
    training_memory: TrainingMemory = "auto"
    device: Device = "cpu"

    @property
    def profile(self) -> ProfileName:
        """The profile of the experiments: the chosen one, else demo, mirror or full by the source."""
        return self.chosen_profile or PROFILE_OF_SOURCE[self.source]

    @property
    def lake(self) -> Address:
        """The root of the Parquet tables: a folder, or an address."""
        return f"{self.address}/lake" if self.address else self.data / "lake"

    @property
    def cache(self) -> Path:
        """Where fetched upstream files and their manifest lie."""
        return self.data / "cache" / self.source

    def environment(self) -> dict[str, str]:
        """The variables that select these settings in another process, whatever its folder."""
        return {
            "AEROFLUX_SOURCE": _source_text(self),
            "AEROFLUX_YEARS": ",".join(map(str, self.years)),
            "AEROFLUX_DATA": self.address or str(self.data),
            "AEROFLUX_HOME": str(self.data),
            "AEROFLUX_DASK_SCHEDULER": self.dask_scheduler or "",
            "AEROFLUX_CUTOFFS": ",".join(self.cutoffs),
            "AEROFLUX_SETS": ",".join(self.sets),
            "AEROFLUX_TREES": str(self.trees or ""),
            "AEROFLUX_SIM_FLIGHTS_PER_DAY": str(self.flights_per_day),
            "AEROFLUX_SIM_SEED": str(self.seed),
            "AEROFLUX_MEMORY_GB": str(self.memory_gb or ""),
            "AEROFLUX_PROFILE": self.chosen_profile or "",
            "AEROFLUX_TRAINING_MEMORY": self.training_memory,
            "AEROFLUX_DEVICE": self.device,
        }

    @property
    def simulated(self) -> bool:
        """Whether every row comes from the simulated airspace; pages must then say so."""
        return self.source == "simulated"


def _source_text(settings: Settings) -> str:
    return f"mirror:{settings.mirror}" if settings.source == "mirror" else settings.source


def _positive_int(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise SettingsError(f"{name}={text!r}: give a whole number above 0")
    return int(text)


def _refuse_unknown(env: Mapping[str, str]) -> None:
    """A misspelt setting would leave its default in force, and that may be eleven years of downloads.

    Its value is not shown: what it was meant for is not known, and it may be a secret.
    """
    known = [name.removeprefix(_OURS) for name in (*Settings().environment(), *_READ_ELSEWHERE)]
    for name, value in env.items():
        word = name.removeprefix(_OURS)
        if word == name or word in known or not value.strip() or _OF_A_SERVICE.search(name):
            continue
        near = difflib.get_close_matches(word, known, n=2)
        named = " or ".join(_OURS + each for each in near) if near else ", ".join(_OURS + k for k in known)
        what = f"did you mean {named}?" if near else f"there are {named}."
        raise SettingsError(f"{name}: there is no such setting; {what} To do: correct its name, or unset it")


def _places(env: Mapping[str, str]) -> tuple[Path, str | None]:
    """The local folder, and the address of the lake where AEROFLUX_DATA is one."""
    place = env.get("AEROFLUX_DATA", "").strip()
    address = parse_address(place, "AEROFLUX_DATA") if is_address(place) else None
    folder = env.get("AEROFLUX_HOME", "").strip() if address else place
    path = Path(folder or "data").expanduser().absolute()
    with contextlib.suppress(PermissionError):  # whoever writes there is told
        for each in (path, *path.parents):
            if each.exists() and not each.is_dir():
                raise SettingsError(f"{_folder_setting(address)}={folder!r}: {each} is a file, not a folder")
    return path, address


def _folder_setting(address: str | None) -> str:
    """The setting that names the local folder."""
    return "AEROFLUX_HOME" if address else "AEROFLUX_DATA"


@contextlib.contextmanager
def told_as_setting(settings: Settings) -> Iterator[None]:
    """A block that makes or fills `settings.data`: what the system says against it, as a SettingsError."""
    try:
        yield
    except OSError as error:
        raise SettingsError(
            f"{_folder_setting(settings.address)}={str(settings.data)!r}: nothing can be written there ({error}). To "
            "do: give a folder that exists or can be made, on a disk with room, or the right to write to it"
        ) from error


def make_data(settings: Settings) -> None:
    """Make the local folder where it is not there. Raises SettingsError where it cannot be made."""
    with told_as_setting(settings):
        settings.data.mkdir(parents=True, exist_ok=True)


def _scheduler(env: Mapping[str, str]) -> str | None:
    text = env.get("AEROFLUX_DASK_SCHEDULER", "").strip()
    if text and not text.startswith(("tcp://", "tls://")):
        raise SettingsError(f"AEROFLUX_DASK_SCHEDULER={text!r}: give a scheduler's address, tcp://HOST:8786")
    return text or None


_Word = TypeVar("_Word", bound=str)


def _word(env: Mapping[str, str], name: str, allowed: tuple[_Word, ...]) -> _Word | None:
    """One of the allowed words, None where unset."""
    text = env.get(name, "").strip()
    for word in allowed:
        if text == word:
            return word
    if text:
        raise SettingsError(f"{name}={text!r}: allowed are {', '.join(allowed)}")
    return None


def _training(env: Mapping[str, str]) -> tuple[TrainingMemory, Device]:
    memories: tuple[TrainingMemory, ...] = get_args(TrainingMemory)
    devices: tuple[Device, ...] = get_args(Device)
    memory = _word(env, "AEROFLUX_TRAINING_MEMORY", memories) or "auto"
    device = _word(env, "AEROFLUX_DEVICE", devices) or "cpu"
    if device == "cuda" and memory == "disk":
        raise SettingsError(
            "AEROFLUX_TRAINING_MEMORY='disk': with AEROFLUX_DEVICE=cuda allowed are auto, memory; the cache on disk "
            "is read by the CPU only"
        )
    return memory, device


def _names(env: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """A comma list of allowed names, in the order in which they are allowed; all of them where unset."""
    wanted = [part.strip() for part in env.get(name, "").split(",") if part.strip()]
    wrong = [part for part in wanted if part not in allowed]
    if wrong:
        raise SettingsError(f"{name}: {', '.join(wrong)} unknown; allowed are {', '.join(allowed)}")
    return tuple(part for part in allowed if part in wanted) if wanted else allowed


def load_settings(env: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `env` (default: the process's environment).

    Raises SettingsError naming the variable, its value and what is allowed; for a variable that begins with AEROFLUX_
    and is none of ours, the names that are like it.
    """
    env = os.environ if env is None else env
    _refuse_unknown(env)
    text = env.get("AEROFLUX_SOURCE", "").strip() or "simulated"
    mirror: Path | None = None
    kind: SourceKind
    if text == "simulated":
        kind = "simulated"
    elif text == "official":
        kind = "official"
    elif text.startswith("mirror:") and text != "mirror:":
        kind, mirror = "mirror", Path(text.removeprefix("mirror:")).expanduser().absolute()
        if not mirror.is_dir():
            raise SettingsError(f"AEROFLUX_SOURCE={text!r}: there is no folder {mirror}")
    else:
        raise SettingsError(
            f"AEROFLUX_SOURCE={text!r}: allowed are simulated, official, or mirror:PATH (a folder laid out "
            "by upstream host)"
        )
    memory, device = _training(env)
    years_text = env.get("AEROFLUX_YEARS", "").strip()
    default = Settings()
    data, address = _places(env)
    return Settings(
        source=kind,
        mirror=mirror,
        years=parse_years(years_text) if years_text else default.years,
        data=data,
        address=address,
        dask_scheduler=_scheduler(env),
        cutoffs=_names(env, "AEROFLUX_CUTOFFS", default.cutoffs),
        sets=tuple(part.strip() for part in env.get("AEROFLUX_SETS", "").split(",") if part.strip()),
        trees=_positive_int(env, "AEROFLUX_TREES", 0) or None,
        memory_gb=_positive_int(env, "AEROFLUX_MEMORY_GB", 0) or None,
        flights_per_day=_positive_int(env, "AEROFLUX_SIM_FLIGHTS_PER_DAY", default.flights_per_day),
        seed=_positive_int(env, "AEROFLUX_SIM_SEED", default.seed),
        chosen_profile=_word(env, "AEROFLUX_PROFILE", PROFILE_NAMES),
        training_memory=memory,
        device=device,
    )
