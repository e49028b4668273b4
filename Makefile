# Two commands do all the set-up: `make rehearse` and `make test`. Everything lives in .venv; nothing else is touched.
# Another Python has an environment of its own: `make test PYTHON=python3.13` makes .venv-3.13. VENV names another folder.

PYTHON ?= python3
ifeq ($(origin VENV),undefined)
VENV := .venv
ifeq ($(origin PYTHON),command line)
VERSION := $(shell $(PYTHON) -c "import sys; print('%d.%d' % sys.version_info[:2])")
VENV := $(if $(VERSION),.venv-$(VERSION),$(error $(PYTHON) does not run))
endif
endif
SCORE ?= scores/night-tram.score
N ?= 200

ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
READY := $(VENV)/ready

.DEFAULT_GOAL := help
.PHONY: help rehearse test simulate mutants lint format bench lock wheel clean

help: ## say what can be made
	@echo "make rehearse [SCORE=$(SCORE)]   play a score on the embedded stage: video, timeline, journal"
	@echo "make test [PYTHON=python3.13]     run the tests; another Python gets an environment of its own"
	@echo "make simulate [N=$(N)]            play N random shows in virtual time; what must hold, must hold in each"
	@echo "make mutants [N=100]              change one thing in the code N times; a test must fail each time"
	@echo "make lint                         types, style and the walls between the rooms"
	@echo "make format                       lay the code out"
	@echo "make bench                        measure, as ratios side by side; writes docs/measurements.md"
	@echo "make wheel                        build the wheel"
	@echo "make lock                         refresh requirements.lock from pyproject.toml"
	@echo "make clean                        remove $(VENV) and what was built"

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -c "import pathlib; pathlib.Path('$(READY)').touch()"

rehearse: $(READY) ## play a score on the embedded stage
	$(BIN)/sequencer rehearse $(SCORE)

test: $(READY) ## run the tests
	$(BIN)/python -m pytest -n 2 $(ARGS)

simulate: $(READY) ## play N random shows in virtual time
	cd tests && $(abspath $(BIN))/python -m simulation $(N) $(ARGS)

mutants: $(READY) ## change one thing in the code N times, and list the changes that no test detects
	cd tests && ../$(BIN)/python -m mutation $(if $(filter file,$(origin N)),100,$(N)) $(ARGS)

lint: $(READY) ## types, style and the walls between the rooms
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY) ## measure everything, and write docs/measurements.md
	$(BIN)/python -m bench --write

wheel: $(READY)
	$(BIN)/python -m build --wheel --no-isolation

lock: $(READY)
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements.lock

clean:
	$(PYTHON) -c "import shutil; [shutil.rmtree(name, ignore_errors=True) for name in ('$(VENV)', 'build', 'dist', '.mypy_cache', '.ruff_cache', '.pytest_cache', '.hypothesis')]"
