"""Run every command that README and docs show, and put in what it prints, so that they stay true.

    python tools/run_documents.py            rewrite the outputs
    python tools/run_documents.py --check    say where a document shows something else, exit 1 if anywhere

A document's blocks are run in order in one empty folder: `console` blocks line by line ("$ command", then its output),
`python` blocks as a script whose output stands in the `text` block after it, `r` blocks likewise where Rscript and the
packages they load are installed, and any block after a comment `<!-- file: NAME -->` is written to that file. Of `make
demo`, the recipe's own commands are run.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = ("README.md", "docs/tutorial.md", "docs/guide.md", "docs/economist.md", "docs/use_elsewhere.md")
HOME = "/home/you/luhai"
FENCE = re.compile(r"^```(\w*)$")
FILE = re.compile(r"^<!-- file: ([\w./-]+) -->$")
SECONDS = re.compile(r"\(run [\d.,]+ s, audit [\d.,]+ s\)")
PROGRESS = re.compile(r"^ *\d+ %  .* in flight\n", re.MULTILINE)
LIBRARY = re.compile(r"^library\((\w+)\)$", re.MULTILINE)
BIN = ".venv/bin/"


def run(command: list[str], folder: str) -> str:
    """What a command prints: standard output, and standard error if it fails; the folder's name made neutral."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "COLUMNS": "110", "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=280)
    # A reader that leaves, `| head`, counts as a failure here; how much progress was said by then is the machine's.
    text = done.stdout + (PROGRESS.sub("", done.stderr) if done.returncode else "")
    return SECONDS.sub("(run 0.2 s, audit 0.0 s)", text.replace(os.path.realpath(folder), HOME).replace(folder, HOME))


def shell(command: str, folder: str) -> str:
    """What a shell command prints."""
    return run(["bash", "-o", "pipefail", "-c", command], folder)


def demo(folder: str) -> str:
    """What `make demo` prints once everything is installed: each command of its recipe, and its output."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.search(r"^demo:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert found is not None, "the Makefile has no recipe for demo"
    lines = ""
    for line in found.group(1).splitlines():
        command = line.strip().replace("$(BIN)/", BIN)
        lines += f"{command}\n" + shell(command.removeprefix(BIN), folder)
    return lines


def console(lines: list[str], folder: str) -> list[str]:
    """A console block with fresh outputs."""
    fresh: list[str] = []
    for line in lines:
        if line.startswith("$ "):
            command = line[2:]
            output = demo(folder) if command == "make demo" else shell(command, folder)
            fresh += [line, *output.rstrip("\n").splitlines()]
    return fresh


def r_script(text: str, folder: str) -> str | None:
    """What an R script prints; None where R or a package that it loads isn't installed."""
    if (program := shutil.which("Rscript")) is None:
        return None
    ask = "quit(status = !requireNamespace(commandArgs(TRUE), quietly = TRUE))"
    for package in LIBRARY.findall(text):
        if subprocess.run([program, "-e", ask, package], capture_output=True, timeout=60).returncode:
            return None
    return run([program, "-e", text], folder)


def refreshed(text: str) -> str:
    """A document with fresh outputs."""
    with tempfile.TemporaryDirectory(prefix="luhai-docs-") as folder:
        return "\n".join(_blocks(text.split("\n"), folder))


def _blocks(lines: list[str], folder: str) -> Iterator[str]:
    position, name, printed = 0, "", None
    while position < len(lines):
        line = lines[position]
        position += 1
        fence = FENCE.match(line)
        yield line
        if fence is None:
            found = FILE.match(line)
            name = found.group(1) if found else name if not line else ""
            continue
        end = next(index for index in range(position, len(lines)) if lines[index] == "```")
        body = lines[position:end]
        if name:
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(body) + "\n", encoding="utf-8")
        elif fence.group(1) == "console":
            body = console(body, folder)
        elif fence.group(1) == "python":
            printed = run([sys.executable, "-c", "\n".join(body)], folder)
        elif fence.group(1) == "r":
            printed = r_script("\n".join(body), folder)
        elif fence.group(1) == "text" and printed is not None:
            body, printed = printed.rstrip("\n").splitlines(), None
        yield from body
        yield "```"
        position, name = end + 1, ""


def differences(name: str) -> list[str]:
    """Lines by which a document differs from what its commands print."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return list(difflib.unified_diff(text.splitlines(), refreshed(text).splitlines(), name, "what is printed", n=1))


def main() -> int:
    """Rewrite or check the documents."""
    check, wrong = "--check" in sys.argv[1:], False
    for name in [name for name in sys.argv[1:] if name != "--check"] or DOCUMENTS:
        if check:
            found = differences(name)
            wrong = wrong or bool(found)
            print("\n".join(found) if found else f"{name}: true")
            continue
        path = ROOT / name
        path.write_text(refreshed(path.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
        print(name)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
