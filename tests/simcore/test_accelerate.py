"""The kernel decorator: never old machine code, a cache wherever one can be had, plain Python on request."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numba
import pytest

from simcore import accelerate

ROOT = accelerate.ROOT
HELPER = "from simcore.accelerate import kernel\n\n\n@kernel\ndef fee(amount):\n    return amount // {divisor}\n"
CALLER = (
    "from simcore.accelerate import kernel\nfrom simcore.kernels.helper import fee\n\n\n"
    "@kernel\ndef charge(amount):\n    return amount - fee(amount)\n"
)
CALL = (
    "from simcore.kernels.caller import charge\nresult = charge(1000)\n"
    "stats = getattr(charge, 'stats', None)\n"
    "print(result, sum(stats.cache_hits.values()) if stats else 0)"
)


@pytest.fixture
def small_tree(tmp_path: Path) -> Path:
    """A copy of the decorator with two kernels of which one, in its own file, calls the other."""
    tree = tmp_path / "tree"
    kernels = tree / "simcore" / "kernels"
    kernels.mkdir(parents=True)
    (tree / "simcore" / "__init__.py").write_text("")
    (kernels / "__init__.py").write_text("")
    shutil.copy(accelerate.__file__, tree / "simcore" / "accelerate.py")
    (kernels / "helper.py").write_text(HELPER.format(divisor=100))
    (kernels / "caller.py").write_text(CALLER)
    return tree


def run(tree: Path, code: str = CALL, **environment: str) -> str:
    """What a fresh process prints that has ``tree`` on its path."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("NUMBA_", "LUHAI_"))}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=tree,
        env={**inherited, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# --- the promise: no old machine code ----------------------------------------------------------------------------


def test_a_changed_helper_in_another_file_never_gives_the_old_result(small_tree: Path, tmp_path: Path) -> None:
    cache = {"LUHAI_CACHE_DIR": str(tmp_path / "cache")}
    assert run(small_tree, **cache) == "990 0"
    assert run(small_tree, **cache) == "990 1", "the second process did not use the first one's machine code"
    helper = small_tree / "simcore" / "kernels" / "helper.py"
    before = helper.stat()
    helper.write_text(HELPER.format(divisor=500))
    # Same length and same time stamp: only the content tells the two apart.
    os.utime(helper, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert helper.stat().st_size == before.st_size
    assert run(small_tree, **cache) == "998 0"
    helper.write_text(HELPER.format(divisor=100))
    assert run(small_tree, **cache) == "990 1", "the first set of machine code is still good for the first source"


def test_numba_alone_would_have_given_the_old_result(small_tree: Path, tmp_path: Path) -> None:
    """Why the digest is there. When this test fails, numba has learnt to notice and the digest may go."""
    fixed = {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    for name, text in (("helper", HELPER.format(divisor=100)), ("caller", CALLER)):
        plain = text.replace("from simcore.accelerate import kernel", "import numba").replace(
            "@kernel", "@numba.njit(cache=True)"
        )
        (small_tree / "simcore" / "kernels" / f"{name}.py").write_text(plain)
    assert run(small_tree, **fixed) == "990 0"
    helper = small_tree / "simcore" / "kernels" / "helper.py"
    helper.write_text(helper.read_text().replace("// 100", "// 500"))
    assert run(small_tree, **fixed) == "990 1"


@pytest.mark.parametrize("path", ["simcore/kernels/new.py", "simcore/lsm/deep/new.py", "fx/convert_kernel.py"])
def test_a_new_file_among_the_kernels_changes_the_digest(path: str, small_tree: Path) -> None:
    before = accelerate.source_digest(small_tree)
    (small_tree / path).parent.mkdir(parents=True, exist_ok=True)
    (small_tree / path).write_text("")
    assert accelerate.source_digest(small_tree) != before


def test_a_renamed_file_changes_the_digest_and_a_file_elsewhere_does_not(small_tree: Path) -> None:
    before = accelerate.source_digest(small_tree)
    (small_tree / "simcore" / "model.py").write_text("x = 1")
    assert accelerate.source_digest(small_tree) == before
    (small_tree / "simcore/kernels/helper.py").rename(small_tree / "simcore/kernels/helpers.py")
    assert accelerate.source_digest(small_tree) != before


@pytest.mark.parametrize(
    ("setting", "other"), [("BOUNDSCHECK", 1), ("OPT", 1), ("DEBUGINFO_DEFAULT", 1), ("CPU_NAME", "generic")]
)
def test_settings_that_change_the_machine_code_change_the_digest(
    setting: str, other: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hasattr(numba.config, setting)
    before = accelerate.source_digest()
    monkeypatch.setattr(numba.config, setting, other)
    assert accelerate.source_digest() != before


@pytest.mark.parametrize("library", [numba, accelerate.llvmlite, accelerate.numpy], ids=lambda module: module.__name__)
def test_another_version_of_a_library_changes_the_digest(library: object, monkeypatch: pytest.MonkeyPatch) -> None:
    before = accelerate.source_digest()
    monkeypatch.setattr(library, "__version__", "0.0.0")
    assert accelerate.source_digest() != before


def test_every_kernel_in_the_product_is_in_a_file_that_the_digest_covers() -> None:
    keyed = set(accelerate.keyed_files())
    assert Path(accelerate.__file__).resolve() in keyed
    for package in ("simcore", "fx", "scenarios", "analysis"):
        for path in (ROOT / package).rglob("*.py"):
            names = {
                node.id for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Name)
            }
            assert path in keyed or "kernel" not in names, f"{path} has a kernel that would never be cached"


def test_kernels_outside_those_files_are_not_cached() -> None:
    @accelerate.kernel
    def twice(x):
        return 2 * x

    assert twice(21) == 42
    assert twice.stats.cache_path is None


# --- where the cache is ------------------------------------------------------------------------------------------


def test_the_cache_follows_the_systems_custom(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert accelerate.user_cache_folder() == tmp_path / ".cache"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    assert accelerate.user_cache_folder() == tmp_path / ".cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert accelerate.user_cache_folder() == tmp_path / "xdg"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert accelerate.user_cache_folder() == tmp_path / "Library" / "Caches"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert accelerate.user_cache_folder() == tmp_path / "local"


@pytest.fixture
def blocked(tmp_path: Path) -> Path:
    """A path below a regular file: nobody, not even root, can make a folder there."""
    (tmp_path / "file").write_text("")
    return tmp_path / "file" / "folder"


def test_a_cache_that_cannot_be_written_gives_way_to_the_next(
    blocked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUHAI_CACHE_DIR", str(tmp_path / "chosen"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    digest = accelerate.source_digest()

    cache = accelerate.find_cache()
    assert (cache.kind, cache.folder, cache.reason) == ("chosen", tmp_path / "chosen" / digest, "")

    monkeypatch.setenv("LUHAI_CACHE_DIR", str(blocked))
    cache = accelerate.find_cache()
    assert (cache.kind, cache.folder) == ("user", tmp_path / "user" / "luhai" / digest)
    assert str(blocked) in cache.reason

    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    cache = accelerate.find_cache()
    assert cache.kind == "temporary"
    assert cache.folder is not None
    assert cache.folder.is_relative_to(tmp_path / "temporary")

    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(blocked))
    cache = accelerate.find_cache()
    assert (cache.kind, cache.folder) == ("none", None)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="file owners are a POSIX idea")
def test_a_temporary_folder_that_others_can_write_is_not_trusted(
    blocked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Machine code is loaded from the cache, so whoever can write there can run code as us."""
    monkeypatch.delenv("LUHAI_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    planted = tmp_path / f"luhai-{os.getuid()}"
    planted.mkdir()
    planted.chmod(0o777)
    cache = accelerate.find_cache()
    assert cache.folder is None
    assert "others can write there" in cache.reason


def test_a_user_without_a_home_still_gets_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("LUHAI_CACHE_DIR", raising=False)
    monkeypatch.setattr(accelerate, "user_cache_folder", no_home)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    assert accelerate.find_cache().kind == "temporary"


def test_kernels_work_when_nothing_at_all_can_be_written(small_tree: Path, blocked: Path) -> None:
    nowhere = str(blocked)
    code = (
        f"import tempfile; tempfile.tempdir = {nowhere!r}\n{CALL}\n"
        "from simcore.accelerate import CACHE\nprint(CACHE.kind)"
    )
    printed = run(small_tree, code, HOME=nowhere, XDG_CACHE_HOME=nowhere, LOCALAPPDATA=nowhere, LUHAI_CACHE_DIR=nowhere)
    assert printed.split() == ["990", "0", "none"]


def test_nothing_is_written_beside_the_sources(small_tree: Path, tmp_path: Path) -> None:
    """A read-only installation is never written to."""
    before = sorted(small_tree.rglob("*"))
    run(small_tree, LUHAI_CACHE_DIR=str(tmp_path / "cache"))
    assert sorted(small_tree.rglob("*")) == before
    assert list((tmp_path / "cache").rglob("*.nbc")), "nothing was cached"


INTERLEAVE = """
import pathlib, sys, time
import numba.core.caching as caching
from simcore.kernels.caller import charge

kind, folder = sys.argv[1], pathlib.Path(sys.argv[2])
save_index, save_data = caching.IndexDataCacheFile._save_index, caching.IndexDataCacheFile._save_data


def told(name):
    (folder / name).touch()


def wait_for(name):
    until = time.monotonic() + 60
    while not (folder / name).exists():
        assert time.monotonic() < until, name
        time.sleep(0.005)


def index(self, overloads):
    if ".charge-" not in self._index_name:
        return save_index(self, overloads)
    told(kind + " has read the index")
    wait_for("int has read the index" if kind == "float" else "float has written the index")
    save_index(self, overloads)
    told(kind + " has written the index")


def data(self, name, data):
    if ".charge-" not in self._index_name:
        return save_data(self, name, data)
    if kind == "float":
        wait_for("int has written its code")
    save_data(self, name, data)
    told(kind + " has written its code")


caching.IndexDataCacheFile._save_index, caching.IndexDataCacheFile._save_data = index, data
charge(1000 if kind == "int" else 1000.0)
"""


def test_two_processes_that_compile_at_once_never_mix_up_their_machine_code(small_tree: Path, tmp_path: Path) -> None:
    """The index ends up as the one wrote it, the code as the other: numba would have called both files number 1."""
    environment = {**os.environ, "LUHAI_CACHE_DIR": str(tmp_path / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    workers = [
        subprocess.Popen([sys.executable, "-c", INTERLEAVE, kind, str(tmp_path)], cwd=small_tree, env=environment)
        for kind in ("int", "float")
    ]
    assert [worker.wait(timeout=120) for worker in workers] == [0, 0]
    both = "from simcore.kernels.caller import charge\nprint(charge(1000), charge(1050.0))"
    assert run(small_tree, both, LUHAI_CACHE_DIR=str(tmp_path / "cache")) == "990 1040.0"


def test_a_kernel_may_be_called_from_python_and_from_another_kernel(small_tree: Path, tmp_path: Path) -> None:
    """It is compiled once for each, and one is never taken from the cache for the other."""
    both = (
        "from simcore.kernels.caller import charge\nfrom simcore.kernels.helper import fee\n"
        "print(charge(1000), {}, sum(charge.stats.cache_hits.values()), sum(fee.stats.cache_hits.values()))"
    )
    cache = str(tmp_path / "cache")
    assert run(small_tree, both.format("len(fee.signatures)"), LUHAI_CACHE_DIR=cache) == "990 0 0 0"
    assert run(small_tree, both.format("fee(1000)"), LUHAI_CACHE_DIR=cache) == "990 10 1 0"
    assert run(small_tree, both.format("fee(1000)"), LUHAI_CACHE_DIR=cache) == "990 10 1 1"


# --- how kernels are compiled ------------------------------------------------------------------------------------


def test_importing_a_kernel_compiles_nothing_and_options_reach_numba() -> None:
    @accelerate.kernel(error_model="numpy", forceinline=True)
    def ratio(a, b):
        return a / b

    assert ratio.signatures == []
    assert ratio.targetoptions["nogil"] is True
    assert ratio.targetoptions["forceinline"] is True
    assert ratio(1.0, 0.0) == float("inf")


def test_the_plain_function_is_left_when_compiling_is_off(small_tree: Path) -> None:
    code = "from simcore.kernels.caller import charge\nprint(type(charge).__name__, charge(1000))"
    assert run(small_tree, code, NUMBA_DISABLE_JIT="1") == "function 990"


def test_index_checks_come_on_with_numbas_own_switch(small_tree: Path, tmp_path: Path) -> None:
    """Machine code without checks, cached before, must not be used when checks are asked for."""
    kernels = small_tree / "simcore" / "kernels"
    (kernels / "caller.py").write_text(
        "from simcore.accelerate import kernel\n\n\n@kernel\ndef last(values, index):\n    return values[index]\n"
    )
    code = (
        "import numpy\nfrom simcore.kernels.caller import last\nvalues = numpy.arange(4)[:3]\n"
        "try:\n    print(last(values, 3))\nexcept IndexError:\n    print('IndexError')"
    )
    cache = str(tmp_path / "cache")
    assert run(small_tree, code, LUHAI_CACHE_DIR=cache) == "3"
    assert run(small_tree, code, LUHAI_CACHE_DIR=cache, NUMBA_BOUNDSCHECK="1") == "IndexError"
    assert run(small_tree, code, LUHAI_CACHE_DIR=cache) == "3"
