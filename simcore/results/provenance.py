"""The run document: reading it, proving that every file is the one it describes, and what made the run.

Arrow files carry no checksum, so a flipped bit would be read in silence; ``manifest.json`` holds bytes, rows and
SHA-256 of every table, and a seal over itself. Needs the standard library; pyarrow is imported when rows are counted.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any, Final

from simcore.errors import Fault, ScenarioError
from simcore.results.schema import MANIFEST, SCHEMA_VERSION, tables_of

FORMAT: Final = "luhai-run"
SEAL: Final = "seal"
LIBRARIES: Final = ("luhai", "numpy", "numba", "llvmlite", "pyarrow", "simpy", "tzdata")


def canonical(value: Any) -> bytes:
    """The one way to write a JSON value: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(value: Any) -> str:
    """SHA-256, in hexadecimal, of a JSON value in its canonical form; the digest of a resolved scenario."""
    return hashlib.sha256(canonical(value)).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def versions() -> dict[str, str]:
    """Versions of Python and of every library that takes part in a run; "missing" where one isn't installed."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found


def machine() -> dict[str, str | int]:
    """What the run was made on. Belongs in the run document only: no table may depend on it."""
    return {
        "system": platform.system(),
        "release": platform.release(),
        "processor": platform.machine(),
        "cpus": os.cpu_count() or 1,
        "byte_order": sys.byteorder,
    }


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Seal a run document and write it, flushed to the disk, as ``manifest.json`` of a folder."""
    content = {key: value for key, value in manifest.items() if key != SEAL}
    content = {"format": FORMAT, "schema_version": SCHEMA_VERSION} | content
    content[SEAL] = digest(content)
    with (folder / MANIFEST).open("w", encoding="utf-8", newline="\n") as file:
        json.dump(content, file, indent=2, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())


def is_run(path: Path) -> bool:
    """Whether a path is a directory that Luhai published, of whatever schema version."""
    try:
        found = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and found.get("format") == FORMAT


def seal_fault(path: Path, manifest: dict[str, Any]) -> Fault | None:
    """What is wrong when ``manifest.json`` isn't what was written, or None."""
    expected = digest({key: value for key, value in manifest.items() if key != SEAL})
    if manifest.get(SEAL) == expected:
        return None
    return Fault(
        code="LH086", where=str(path / MANIFEST), got="contents that don't match their own seal",
        expected="the run document as it was written", try_="the file was edited or damaged; run the scenario again",
    )  # fmt: skip


def read_manifest(path: Path | str, *, sealed: bool = True) -> dict[str, Any]:
    """The run document of a run directory.

    Raises
    ------
    ScenarioError   LH080 not a run directory, LH081 written with another schema version, LH086 edited (unless
                    ``sealed`` is False)
    """
    path = Path(path)
    where = path / MANIFEST
    try:
        manifest = json.loads(where.read_text(encoding="utf-8"))
    except OSError as error:
        got = "no such directory" if not path.is_dir() else f"no {MANIFEST} in it ({error.strerror})"
        raise ScenarioError.one("LH080", str(path), got=got, expected="a run directory", try_="luhai run") from None
    except ValueError as error:
        got = f"{MANIFEST} isn't JSON: {error}"
        raise ScenarioError.one("LH080", str(where), got=got, expected="the run document of a run") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        got = f"a {MANIFEST} of something else"
        raise ScenarioError.one("LH080", str(where), got=got, expected=f'"format": "{FORMAT}"')
    if manifest.get("schema_version") != SCHEMA_VERSION:
        raise ScenarioError.one(
            "LH081", str(where), got=f"schema version {manifest.get('schema_version')!r}",
            expected=f"schema version {SCHEMA_VERSION}", try_="open it with the version of Luhai it names",
        )  # fmt: skip
    if sealed and (fault := seal_fault(path, manifest)):
        raise ScenarioError([fault])
    return manifest


def count_rows(path: Path) -> int:
    """Rows of an Arrow IPC file, unpacking one column only; raises pyarrow's ArrowInvalid or OSError."""
    import pyarrow as pa

    with pa.OSFile(str(path)) as source:
        # An empty list of fields would mean all of them.
        reader = pa.ipc.open_file(source, options=pa.ipc.IpcReadOptions(included_fields=[0]))
        return sum(reader.get_batch(index).num_rows for index in range(reader.num_record_batches))


def _table_faults(folder: Path, entry: dict[str, Any]) -> list[Fault]:
    path = folder / str(entry["file"])

    def fault(code: str, got: str, expected: str) -> list[Fault]:
        text = "the file was cut short, edited or damaged; run the scenario again"
        return [Fault(code=code, where=str(path), got=got, expected=expected, try_=text)]

    try:
        size = path.stat().st_size
        if size != entry["bytes"]:
            what = "a file cut short" if size < entry["bytes"] else "a file that grew"
            return fault("LH083", f"{what}: {size} bytes", f"{entry['bytes']} bytes")
        found = file_digest(path)
    except OSError as error:
        return fault("LH082", f"a file that can't be read ({error.strerror})", f"{entry['bytes']} bytes")
    if found != entry["sha256"]:
        return fault("LH084", f"SHA-256 {found}", f"SHA-256 {entry['sha256']}, as {MANIFEST} has it")
    try:
        rows = count_rows(path)
    except (OSError, ValueError) as error:  # pyarrow's ArrowInvalid is a ValueError
        return fault("LH085", f"no Arrow file: {error}", "an Arrow IPC file")
    return fault("LH085", f"{rows} rows", f"{entry['rows']} rows") if rows != entry["rows"] else []


def verify(path: Path | str, *, sealed: bool = True) -> dict[str, Any]:
    """The run document, after every file was found to be the one it describes: bytes, SHA-256, rows.

    Raises
    ------
    ScenarioError   as :func:`read_manifest`; LH082 a file is missing, LH083 its length differs, LH084 its contents,
                    LH085 its rows. Every faulty file is named.
    """
    path = Path(path)
    manifest = read_manifest(path, sealed=sealed)
    entries, names = manifest.get("tables", {}), tables_of(manifest.get("scenario"))
    faults = [
        Fault(code="LH082", where=str(path / MANIFEST), got="nothing about it", expected=f"the table {name}")
        for name in names
        if name not in entries
    ]
    for name in names:
        if name in entries:
            faults += _table_faults(path, entries[name])
    if faults:
        raise ScenarioError(faults)
    return manifest
