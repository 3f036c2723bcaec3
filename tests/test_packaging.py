"""What is shipped: four packages with their data, a lock that pip can check, a Makefile that explains itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement

import simcore

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("simcore", "fx", "scenarios", "analysis")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


# --- the wheel ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(next(WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")))))


def test_the_wheel_has_the_four_packages_and_nothing_else_importable(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {*PACKAGES, f"luhai-{simcore.__version__}.dist-info"}


def test_every_file_of_the_packages_is_in_the_wheel(wheel: Path) -> None:
    """Tables, scenarios, fonts and licences are package data; one that stays behind breaks only an installed Luhai."""
    shipped = set(zipfile.ZipFile(wheel).namelist())
    for package in PACKAGES:
        assert f"{package}/py.typed" in shipped
        for path in (ROOT / package).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and not path.name.endswith("~"):
                assert path.relative_to(ROOT).as_posix() in shipped


def test_the_installed_command_works_away_from_the_source_tree(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    code = "import simcore.cli as c; print(c.ROOT, c.shadowed(), c.status(['bench']))"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, cwd=tmp_path, env=environment, check=True
    )
    assert done.stdout.strip() == f"{(tmp_path / 'site').resolve()} [] 2"
    assert "They come with the source tree" in done.stderr


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    folder = f"luhai-{simcore.__version__}.dist-info"
    metadata = archive.read(f"{folder}/METADATA").decode()
    assert "Requires-Python: >=3.11" in metadata
    assert "License-Expression: Apache-2.0" in metadata
    assert "luhai = simcore.cli:main" in archive.read(f"{folder}/entry_points.txt").decode()
    assert b"Apache License" in archive.read(f"{folder}/licenses/LICENSE")


def test_one_version_everywhere() -> None:
    citation = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    assert citation is not None
    assert PROJECT["version"] == simcore.__version__ == citation[1]


# --- the lock ----------------------------------------------------------------------------------------------------


def locked() -> list[tuple[Requirement, int]]:
    """Each requirement of the lock and the number of its hashes."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(Requirement(line.split(" --hash=")[0].strip()), line.count("--hash=sha256:")) for line in lines]


def test_every_package_in_the_lock_is_pinned_and_hashed() -> None:
    for requirement, hashes in locked():
        assert re.fullmatch(r"==[\w.]+", str(requirement.specifier)), requirement
        assert hashes > 0, requirement


def test_the_lock_names_no_place_to_download_from() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert not re.search(r"://|--index|--extra-index|--find-links|--trusted-host|^-[if]\b", text, re.MULTILINE)


@pytest.mark.parametrize("text", [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]])
def test_the_lock_satisfies_what_the_project_asks_for(text: str) -> None:
    wanted = Requirement(text)
    pins = [requirement for requirement, _ in locked() if requirement.name == wanted.name]
    assert pins, f"{wanted.name} is not in requirements.lock; call `make lock`"
    for pin in pins:
        assert wanted.specifier.contains(str(pin.specifier).removeprefix("=="))


def test_what_is_tested_is_what_is_locked() -> None:
    """The libraries that these tests run with are those of the lock."""
    differing = []
    for requirement, _ in locked():
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            installed = "missing"
        if not requirement.specifier.contains(installed):
            differing.append(f"{requirement.name}: {installed} is installed, {requirement.specifier} is locked")
    assert differing == []


# --- make --------------------------------------------------------------------------------------------------------


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *arguments], capture_output=True, text=True, cwd=folder, timeout=60)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with what make looks at, and no environment yet."""
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")


@needs_make
def test_make_lists_its_targets(clone: Path) -> None:
    shown = make(clone, "help")
    assert shown.returncode == 0
    for target in ("demo", "test", "test-slow", "lint", "bench"):
        assert re.search(rf"^  make {target} +\w", shown.stdout, re.MULTILINE), target


@needs_make
@pytest.mark.skipif(os.name != "posix", reason="the stand-in for an old Python is a shell script")
def test_make_says_clearly_that_python_is_too_old(clone: Path) -> None:
    old = clone / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && { echo Python 3.9.2; exit 0; }\nexit 1\n')
    old.chmod(0o755)
    shown = make(clone, f"PYTHON={old}", "test")
    assert shown.returncode != 0
    assert f"Luhai needs Python 3.11 or newer, but {old} is: Python 3.9.2." in shown.stderr
    assert not (clone / ".venv").exists()
