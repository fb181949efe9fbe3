# The two commands are `make book` and `make test`. Each sets everything up first, once.

PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help set-up book test notebooks format lock clean
.DELETE_ON_ERROR:

help:  ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

set-up:
	@command -v "$(PYTHON)" >/dev/null || { \
	  echo "There is no \"$(PYTHON)\". Name a Python from 3.11 to 3.13, for example: make book PYTHON=python3.12"; exit 1; }
	@"$(PYTHON)" .ci/set_up.py

book: set-up  ## Run the notebooks and build the book into _build/html
	$(BIN)/jupyter-book build book/ -W -n --keep-going

test: set-up  ## Style, types, spelling, layers, tests, and every notebook against its stored output
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest -n auto --dist loadgroup

notebooks: set-up  ## Run the notebooks in place and store their text output (NAME=5-4-adding for one)
	$(BIN)/python -m lstm97_book.sphinx.refresh $(NAME)

format: set-up  ## Format the code and fix what ruff can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:  ## Renew requirements.lock and environment.yml from pyproject.toml (needs uv)
	uv pip compile pyproject.toml -c constraints.txt --all-extras --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --quiet -o requirements.lock
	{ sed '/- pip:$$/q' environment.yml; \
	  sed -n 's/^\([a-z0-9][^\\]*[^\\ ]\) *\\$$/      - "\1"/p' requirements.lock; \
	  echo '      - -e .'; echo '      - -e ./book'; } > environment.yml.new
	mv environment.yml.new environment.yml

clean:  ## Remove what the commands made, except the virtual environment and recorded trials
	rm -rf _build build dist book/executed .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info book/*.egg-info
	find lstm97 tests book notebooks -name __pycache__ -prune -exec rm -rf {} +
