# Every target sets up what it needs in .venv and changes nothing else; `make` alone lists the targets.
# Another Python gets an environment of its own: `make test PYTHON=python3.13` creates .venv-3.13. VENV names another folder.

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
.PHONY: help rehearse test simulate mutants lint format bench docs docs-serve lock wheel sdist vsix clean

help: ## list these targets
	@$(PYTHON) -c "import re; [print('make %-12s %s' % found) for found in re.findall(r'(?m)^([\w-]+):.*?## (.+)', open('Makefile', encoding='utf-8').read())]"

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -c "import pathlib; pathlib.Path('$(READY)').touch()"

rehearse: $(READY) ## play a score on the simulator: video, timeline, journal (SCORE=scores/first.score)
	$(BIN)/sequencer rehearse $(SCORE)

test: $(READY) ## run the tests (ARGS="-k timeline"; PYTHON=python3.13 uses an environment of its own)
	$(BIN)/python -m pytest -n 2 $(ARGS)

simulate: $(READY) ## play random shows in virtual time and check the invariants of each (N=200)
	$(BIN)/python -m tests.simulation $(N) $(ARGS)

mutants: $(READY) ## make small mistakes in the code and list those that no test detects (N=100)
	$(BIN)/python -m tests.mutation $(if $(filter file,$(origin N)),100,$(N)) $(ARGS)

lint: $(READY) ## check formatting, style, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.page_types

format: $(READY) ## format the code and fix what can be fixed automatically
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY) ## measure everything and write docs/measurements.md
	$(BIN)/python -m bench --write

# not --quiet, which would hide the warnings from --strict
docs: export NO_MKDOCS_2_WARNING := 1
docs: $(READY) ## build the documentation site in site/ and check its links
	$(BIN)/python -m mkdocs build --strict
	$(BIN)/python -m website.check site

docs-serve: $(READY) ## serve the documentation site while you write
	$(BIN)/python -m mkdocs serve --strict

wheel: $(READY) ## build the wheel
	$(BIN)/python -m build --wheel --no-isolation

sdist: $(READY) ## build the source distribution
	$(BIN)/python -m build --sdist --no-isolation

vsix: ## package the extension for VS Code, into build/
	$(PYTHON) -m editors.vsix

lock: $(READY) ## refresh requirements.lock from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements.lock

clean: ## remove the environment and everything that was built
	$(PYTHON) -c "import shutil; [shutil.rmtree(name, ignore_errors=True) for name in ('$(VENV)', 'build', 'dist', 'site', '.mypy_cache', '.ruff_cache', '.pytest_cache', '.hypothesis')]"
