# `make run` opens the window, `make test` runs the tests; each does the whole set-up first, once.
#
#   PYTHON=…   the interpreter to build .venv from (3.11 or 3.12)
#   TORCH=…    another build of torch, as pip arguments: make setup TORCH="torch==2.13.0 --index-url …"
#   ARGS=…     passed on: make run ARGS="scan.nii.gz", make test ARGS="-k slider"

SHELL := /bin/sh
python := .venv/bin/python
ready := .venv/.ready

.PHONY: setup system run test lint bench clean
.DELETE_ON_ERROR:

setup: $(ready)

system:
	@PYTHON="$(PYTHON)" scripts/system-packages

$(ready): pyproject.toml constraints.txt scripts/python-packages $(if $(TORCH),FORCE) | system
	@PYTHON="$(PYTHON)" TORCH="$(TORCH)" scripts/python-packages
	@touch $@

.PHONY: FORCE
FORCE:

run: setup
	@$(python) main.py $(ARGS)

test: setup
	@$(python) -m pytest $(ARGS)

lint: setup
	@$(python) -m ruff check .
	@$(python) -m mypy
	@.venv/bin/lint-imports --no-logo

bench: setup
	@$(python) main.py bench $(ARGS)
	@$(python) scripts/first_paint.py
	@$(python) scripts/view_bench.py

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache *.egg-info
