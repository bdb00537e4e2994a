"""The files of deploy/: what they name exists, nothing listens beyond localhost, no secret stands in them."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from compose_spec import PyCompose

from aeroflux_assets.cli import ROOT
from aeroflux_assets.settings import Settings

DEPLOY = ROOT / "deploy"
COMPOSE = DEPLOY / "compose.yaml"
KUBERNETES = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
TRIED = {"dagster.postgres.yaml"}
# The oldest and the newest Kubernetes that is held to have every field that the files set.
RELEASES = ("1.29", "1.37")
SETTINGS = {
    *Settings().environment(),
    "DAGSTER_POSTGRES_URL",
    *(
        f"AWS_{name}"
        for name in ("ENDPOINT_URL", "ALLOW_HTTP", "REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY")
    ),
    *(f"POSTGRES_{name}" for name in ("USER", "PASSWORD", "DB")),
}
# The first words of a command that is ours, and how many of them name what has its own --help.
OURS = {"aeroflux": 2, "dagster-webserver": 1, "dagster-daemon": 2, "dagster": 3, "streamlit": 2, "dask": 2}


def documents(path: Path) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(path.read_text()) if each]


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = documents(COMPOSE)[0]["services"]
    return found


def pods() -> Iterator[dict[str, Any]]:
    for path in KUBERNETES:
        for each in documents(path):
            if each["kind"] in ("Deployment", "StatefulSet", "Job"):
                yield each["spec"]["template"]["spec"]


def containers() -> Iterator[dict[str, Any]]:
    return (container for pod in pods() for container in pod["containers"])


def commands() -> set[tuple[str, ...]]:
    """Every call of a program of ours, shells opened, in all files."""
    ours = [each["command"] for each in services().values() if str(each.get("image")).startswith("aeroflux")]
    ours += [each["command"] for each in containers() if each["image"].startswith("aeroflux")]
    found = set()
    for words in ours:
        text = " ".join(words).replace("$$", "$")
        inner = re.findall(r"\$\(([^)]*)\)", text)
        for call in [re.sub(r"\$\([^)]*\)", "", text), *inner]:
            split = call.replace(";", " ").split()
            starts = [
                i
                for i, word in enumerate(split)
                if word in OURS and (i == 0 or split[i - 1] in ("exec", "&&"))
            ]
            found |= {tuple(split[i:]) for i in starts}
    return found


def test_every_file_that_nobody_ran_says_so_in_its_first_line() -> None:
    files = [path for path in DEPLOY.rglob("*") if path.is_file() and path.name not in TRIED]
    assert len(files) >= 9
    assert [path.name for path in files if not path.read_text().startswith("# Not run by anyone yet.")] == []


@pytest.mark.parametrize("release", RELEASES)
def test_kubernetes_knows_every_field(release: str) -> None:
    every = [each for path in KUBERNETES for each in documents(path)]
    assert len(every) >= 17
    for each in every:
        kubernetes_validate.validate(each, release, strict=True)
    for wrong in ({"restartpolicy": "Never"}, {"volumes": [{"name": 3}]}):
        spoiled = documents(DEPLOY / "kubernetes/backfill.yaml")[0]
        spoiled["spec"]["template"]["spec"].update(wrong)
        with pytest.raises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(spoiled, release, strict=True)


def test_compose_knows_every_field() -> None:
    # The parser knows no YAML merge keys: they are resolved before.
    read = PyCompose.from_yaml(yaml.safe_dump(documents(COMPOSE)[0]))
    assert set(read.service_names()) == set(services())
    for wrong in (
        {"comand": ["x"]},
        {"restart": "sometimes"},
        {"depends_on": {"postgres": {"condition": "up"}}},
    ):
        spoiled = documents(COMPOSE)[0]
        spoiled["services"]["code"].update(wrong)
        with pytest.raises(ValueError, match=next(iter(wrong))):
            PyCompose.from_yaml(yaml.safe_dump(spoiled))


def test_every_command_exists_with_its_options() -> None:
    found = commands()
    assert {call[0] for call in found} == set(OURS)

    def said(call: tuple[str, ...]) -> str:
        program = Path(sys.executable).parent / call[0]
        assert program.is_file(), program
        words = [str(program), *call[1 : OURS[call[0]]], "--help"]
        env = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            words, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"{words}: {done.stderr[-500:]}"
        return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)

    asked = sorted({call[: OURS[call[0]]] for call in found})
    with ThreadPoolExecutor(2) as pool:
        told = dict(zip(asked, pool.map(said, asked), strict=True))
    for call in found:
        for option in (word.split("=")[0] for word in call if re.match(r"--?[a-z]", word)):
            assert re.search(rf"(^|[\s,/]){option}\b", told[call[: OURS[call[0]]]]), f"{option} of {call}"


def test_the_files_and_modules_that_commands_name_exist() -> None:
    words = {word for call in commands() for word in call}
    assert (ROOT / "dashboard/streamlit_app.py").is_file()
    assert "dashboard/streamlit_app.py" in words
    assert "aeroflux_assets.definitions" in words
    for _, service in services().items():
        if "build" in service:
            assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    copied = re.findall(r"^COPY (\S+) ", (DEPLOY / "Dockerfile").read_text(), flags=re.M)
    assert [name for name in copied if not (ROOT / name).exists()] == []
    uv = re.search(r"uv==(\S+)", (DEPLOY / "Dockerfile").read_text())
    assert uv is not None
    assert f"UV     := {uv[1]}" in (ROOT / "Makefile").read_text()


def test_every_setting_exists() -> None:
    named = {name for service in services().values() for name in service.get("environment", {})}
    for container in containers():
        named |= {each["name"] for each in container.get("env", [])}
    for path in KUBERNETES:
        for each in documents(path):
            named |= set(each.get("data", {}))
    assert named - SETTINGS == set()
    assert {"AEROFLUX_DATA", "AEROFLUX_HOME", "DAGSTER_POSTGRES_URL", "AWS_ACCESS_KEY_ID"} <= named


def test_nothing_listens_beyond_localhost() -> None:
    ports = [port for service in services().values() for port in service.get("ports", [])]
    assert len(ports) == 2
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []
    kinds = {
        each["spec"]["type"] for path in KUBERNETES for each in documents(path) if each["kind"] == "Service"
    }
    assert kinds == {"ClusterIP"}
    assert not any(key in container for container in containers() for key in ("hostPort",))
    assert not any(pod.get("hostNetwork") for pod in pods())


@pytest.mark.parametrize("secret", ["POSTGRES_PASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_secrets_come_from_the_environment_and_have_no_default(secret: str) -> None:
    values = [
        service["environment"][secret]
        for service in services().values()
        if secret in service.get("environment", {})
    ]
    assert set(values) == {f"${{{secret}:?}}"}
    for container in containers():
        for each in container.get("env", []):
            if each["name"] == secret:
                assert set(each["valueFrom"]) == {"secretKeyRef"}
    assert not any(secret in each.get("data", {}) for path in KUBERNETES for each in documents(path))


def test_what_pods_and_services_refer_to_exists() -> None:
    made = {(each["kind"], each["metadata"]["name"]) for path in KUBERNETES for each in documents(path)}
    for pod in pods():
        for volume in pod.get("volumes", []):
            assert ("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]) in made
        for container in pod["containers"]:
            for each in container.get("envFrom", []):
                assert ("ConfigMap", each["configMapRef"]["name"]) in made
    names = set(services())
    for service in services().values():
        assert set(service.get("depends_on", [])) <= names
    for host in ("code", "postgres", "dask"):
        assert host in names
        assert ("Service", host) in made
