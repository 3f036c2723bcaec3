"""Run the notebooks of docs/notebooks and put in what their cells print and draw, so that they stay true.

    python tools/run_notebooks.py            rewrite the outputs
    python tools/run_notebooks.py --check    say where a notebook shows something else, exit 1 if anywhere

The code cells of a notebook run one after the other in one process and an empty folder. A cell's output is what it
prints, then its last expression: a figure as PNG, all else as text. No Jupyter is needed for it.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "notebooks"


def shown(value: Any) -> dict[str, Any]:
    """What a notebook keeps of a value."""
    from matplotlib.figure import Figure

    if not isinstance(value, Figure):
        return {"text/plain": repr(value).splitlines(keepends=True)}
    from analysis.plots.style import METADATA, settings

    whole = io.BytesIO()
    with settings():
        value.savefig(whole, format="png", metadata=METADATA["png"], dpi=110)
    return {"image/png": base64.b64encode(whole.getvalue()).decode(), "text/plain": ["a figure"]}


def run_cell(source: str, names: dict[str, Any]) -> list[dict[str, Any]]:
    """Run one cell among the names of those before it; its outputs."""
    tree, printed, value = ast.parse(source), io.StringIO(), None
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "<cell>", "exec"), names)  # noqa: S102  (a notebook of this repository)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)  # noqa: S307
    outputs: list[dict[str, Any]] = []
    if printed.getvalue():
        outputs.append(
            {"name": "stdout", "output_type": "stream", "text": printed.getvalue().splitlines(keepends=True)}
        )
    if value is not None:
        outputs.append({"data": shown(value), "metadata": {}, "output_type": "display_data"})
    return outputs


def run_notebook(path: Path) -> dict[str, Any]:
    """The notebook with fresh outputs, run here and now; the working folder is the caller's."""
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    names: dict[str, Any] = {"__name__": "__main__"}
    count = 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            count += 1
            cell["execution_count"], cell["outputs"] = count, run_cell("".join(cell["source"]), names)
    return notebook


def fresh(path: Path) -> dict[str, Any]:
    """The same in a process of its own and an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
        command = [sys.executable, str(Path(__file__).resolve()), "--one", str(path)]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=280)
    if done.returncode:
        raise RuntimeError(f"{path.name} fails:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def texts(notebook: dict[str, Any]) -> list[str]:
    """What its cells print and which of them draw; pictures may differ in a pixel between machines."""
    found = []
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            found.append("".join(output.get("text", data.get("text/plain", []))) + " (PNG)" * ("image/png" in data))
    return found


def main(arguments: list[str]) -> int:
    """What the command does; its exit code."""
    if arguments[:1] == ["--one"]:
        print(json.dumps(run_notebook(Path(arguments[1]))))
        return 0
    wrong = 0
    for path in sorted(FOLDER.glob("*.ipynb")):
        notebook = fresh(path)
        if "--check" not in arguments:
            path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            print(path.relative_to(ROOT))
        elif texts(notebook) != texts(json.loads(path.read_text(encoding="utf-8"))):
            print(f"{path.relative_to(ROOT)} shows something else than it prints: python tools/run_notebooks.py")
            wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
