# Everything a clone needs: `make demo`, `make test`. Only python3 (3.11 or newer) and make must be there.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Two workers suit the smallest machines this runs on; JOBS=8 for bigger ones.
JOBS ?= 2
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow lint bench warm lock clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The lock names every package with its hash; nothing else is downloaded. Luhai itself is installed in place.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Luhai needs Python 3.11 or newer, but $(PYTHON) is: $$($(PYTHON) --version 2>&1)." >&2; \
	  echo "Name a newer one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { \
	  echo "Could not make $(VENV). On Debian and Ubuntu the package python3-venv is missing." >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Compiles once, before anything that would compile the same kernels twice at the same time.
warm: $(STAMP)
	@$(BIN)/luhai doctor --warm

demo: $(STAMP) ## run the Chongqing-Singapore week and draw its pictures into runs/demo
	$(BIN)/luhai run chongqing-singapore --out runs/demo --replace --seed 65
	$(BIN)/luhai plot runs/demo

test: warm ## the tests, without those marked slow
	$(BIN)/python -m pytest -n $(JOBS) -m "not slow"

test-slow: warm ## the tests marked slow
	HYPOTHESIS_PROFILE=slow $(BIN)/python -m pytest -n $(JOBS) -m slow

lint: $(STAMP) ## ruff, mypy and the scenario files' TOML
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/tombi lint --offline scenarios/catalogue

bench: warm ## measure throughput and print it
	$(BIN)/luhai bench throughput

lock: ## resolve pyproject.toml anew into requirements.lock (needs uv)
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --extra dev --generate-hashes \
	  --no-annotate --no-header pyproject.toml -o requirements.lock

clean: ## remove the environment, caches and runs/demo
	rm -rf $(VENV) runs/demo build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
