# `make demo` and `make test` are all that a fresh machine with Python 3.11 and make needs.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
UV     := 0.13.8
READY  := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test run dagster dashboard check fast-test lock docs clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(READY): requirements.lock pyproject.toml
	@echo "installing into $(VENV) (about a minute)"
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info[:2] == (3, 11) else "AeroFlux needs Python 3.11, not " + sys.version.split()[0] + "; set PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY) ## simulate 2015 to 2025, run the whole pipeline, serve dashboard and Dagster UI
	@$(DEMO_ENV) $(BIN)/aeroflux run
	@$(DEMO_ENV) $(BIN)/aeroflux serve

# The demo is the simulated airspace at a size that two cores finish in minutes.
DEMO_ENV = AEROFLUX_SOURCE=simulated AEROFLUX_YEARS=2015-2025 AEROFLUX_SIM_FLIGHTS_PER_DAY=$(DEMO_FLIGHTS) \
	AEROFLUX_CUTOFFS=$(DEMO_CUTOFFS) AEROFLUX_SETS=$(DEMO_SETS) AEROFLUX_TREES=$(DEMO_TREES)
DEMO_FLIGHTS ?= 24
DEMO_TREES   ?= 80
DEMO_CUTOFFS ?= T-0,T-2h
DEMO_SETS    ?= xgb_schedule,xgb_full_aircraft,aeroflux_full

run: $(READY) ## materialize what AEROFLUX_SOURCE, AEROFLUX_YEARS, AEROFLUX_CUTOFFS select
	@$(BIN)/aeroflux run

dashboard: $(READY) ## serve the dashboard
	@$(BIN)/aeroflux serve --only dashboard

dagster: $(READY) ## serve the Dagster UI with its daemon
	@$(BIN)/aeroflux serve --only dagster

check: $(READY) ## style, types, import walls, generated docs
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m aeroflux_assets.dictionary --check docs/data-dictionary.md

test: check ## everything: checks, unit, property, orchestration, dashboard and pipeline tests
	@$(BIN)/pytest

fast-test: $(READY) ## unit and property tests only
	@$(BIN)/pytest tests/unit tests/property tests/contracts

docs: $(READY) ## write docs/data-dictionary.md from the contracts
	@$(BIN)/python -m aeroflux_assets.dictionary docs/data-dictionary.md

lock: $(READY) ## pin requirements/*.in again, with hashes and no address
	@$(BIN)/uv pip compile --quiet --generate-hashes --no-header --no-emit-index-url --python-platform linux \
		--python-version 3.11 requirements/dev.in -o requirements.lock

clean: ## remove the environment and everything below data/
	@find data -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +
	@rm -rf $(VENV) build
