# `make help` lists the targets. Everything but `help` sets up .venv first, and again only when the requirements change.
.DEFAULT_GOAL := help
.PHONY: help setup run test check format bench screenshots

VENV := .venv
PYTHON := $(VENV)/bin/python
REQUIREMENTS := requirements.txt requirements-tracing.txt requirements-dev.txt constraints.txt client/pyproject.toml
STAMP := $(VENV)/.requirements
ARGS ?=

help:
	@echo "make run          start everything (PORT, HOLDPOINT_HOME, WORKERS, HOLDPOINT_DEMO=0, DATABASE_URL, REDIS_URL)"
	@echo "make test         run the tests (ARGS='-k pause' to choose)"
	@echo "make check        format, lint, types, templates, migrations, then the tests"
	@echo "make format       let ruff put files in order"
	@echo "make bench        measure, print a table and write bench/results.json"
	@echo "make screenshots  take pictures of every page, light and dark, and the README's"

setup: $(STAMP)

# Runs a script rather than a list of recipes so that it can explain what is missing on the machine.
$(STAMP): $(REQUIREMENTS)
	@sh scripts/setup-venv.sh $(VENV)
	@touch $@

# exec: Ctrl-C and TERM reach the supervisor itself.
run: setup
	@HOLDPOINT_DEMO=$${HOLDPOINT_DEMO:-1} exec $(PYTHON) manage.py up

test: setup
	@$(PYTHON) -m scripts.suite $(ARGS)

check: setup
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(PYTHON) -m djlint templates --lint --quiet
	$(PYTHON) manage.py check --fail-level WARNING
	$(PYTHON) manage.py makemigrations --check --dry-run
	$(PYTHON) -m scripts.suite $(ARGS)

format: setup
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

bench: setup
	@$(PYTHON) -m bench $(ARGS)

screenshots: setup
	@$(PYTHON) -m scripts.screenshots $(ARGS)
