# Everything a fresh machine needs: Python 3.11+, make and the package registries.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3

.PHONY: help install lock demo check lint test test-fast bench clean

help:  ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

install: $(BIN)/.installed  ## Set up .venv from the lock file

$(BIN)/.installed: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.5'
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation \
		--config-setting editable_mode=compat --editable .
	touch $@

lock:  ## Resolve the dependencies anew into requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--group dev pyproject.toml requirements.in -o requirements.lock

demo: install  ## Simulate a week of a city, account it, compare every figure with the truth
	$(BIN)/everygram demo

check: install  ## Lint, types, import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy schemas factors streams sinks topologies simulator oracle everygram
	$(BIN)/lint-imports

test: install  ## All tests
	$(BIN)/python -m pytest -n 2 --dist loadgroup

test-fast: install  ## All tests but the slow ones
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m 'not slow'

bench: install  ## Measure the speeds that docs/benchmarks.md reports
	$(BIN)/python -m benchmarks

clean:  ## Remove the environment and what runs left
	rm -rf $(VENV) build *.egg-info var demo .bench
