# The two commands are `make book` and `make test`. Each sets everything up first, once.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up

.DEFAULT_GOAL := help
.PHONY: help book test notebooks format lock clean
.DELETE_ON_ERROR:

help:  ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || { \
	  echo "lstm97 needs Python 3.11, 3.12 or 3.13, and \"$(PYTHON)\" is not one of them ($$($(PYTHON) --version 2>&1))."; \
	  echo "Name another one, for example: make $(or $(MAKECMDGOALS),book) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "\"$(PYTHON)\" cannot make virtual environments: its venv module is missing."; \
	  echo "On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Setting up $(VENV) from requirements.lock: once, a minute or two."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

book: $(STAMP)  ## Run the notebooks and build the book into _build/html
	$(BIN)/jupyter-book build book/ -W -n --keep-going

test: $(STAMP)  ## Style, types, spelling, tests, and every notebook against its stored output
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell
	$(BIN)/pytest

notebooks: $(STAMP)  ## Run the notebooks in place and store their text output (NAME=5-4-adding for one)
	PYTHONPATH=book/_ext $(BIN)/python -m lstm97_book.refresh $(NAME)

format: $(STAMP)  ## Format the code and fix what ruff can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:  ## Renew requirements.lock and environment.yml from pyproject.toml (needs uv)
	uv pip compile pyproject.toml -c constraints.txt --all-extras --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --quiet -o requirements.lock
	{ sed '/- pip:$$/q' environment.yml; \
	  sed -n 's/^\([a-z0-9][^\\]*[^\\ ]\) *\\$$/      - "\1"/p' requirements.lock; \
	  echo '      - -e .'; } > environment.yml.new
	mv environment.yml.new environment.yml

clean:  ## Remove what the commands made, except the virtual environment and recorded trials
	rm -rf _build book/executed .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	find lstm97 tests book notebooks -name __pycache__ -prune -exec rm -rf {} +
