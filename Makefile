# Needs Python 3.11 or newer with venv, make and git. Another Python: make run PYTHON=python3.13
# The console reads CONSOLE_HOST, CONSOLE_PORT and the rest of docs/configuration.md from the environment.
PYTHON ?= python3
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help run demo test lint types assets screenshots problems bench messages lock

help: ## Show what can be made
	@sed -n 's/^\([a-z]*\): ## \(.*\)/\1\t\2/p' Makefile | while IFS="$$(printf '\t')" read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

run: ## Start the console on http://127.0.0.1:8000
	@$(PYTHON) -m tools.environment run
	@$(PYTHON) -m tools.assets
	@exec .venv/bin/console serve

demo: ## Start the console beside stand-ins for mail providers; nothing leaves this machine
	@$(PYTHON) -m tools.environment test
	@$(PYTHON) -m tools.assets
	@exec .venv/bin/console demo

test: ## Check code and run all tests; TIERS="lint plain" runs some (lint types plain server browser oauth postgresql)
	@$(PYTHON) -m tools.environment test
	@$(PYTHON) -m tools.assets
	@$(PYTHON) -m tools.tiers $(TIERS)

lint: ## Check style of code and templates
	@$(PYTHON) -m tools.environment test
	@$(PYTHON) -m tools.tiers lint

types: ## Check types
	@$(PYTHON) -m tools.environment test
	@$(PYTHON) -m tools.tiers types

assets: ## Fetch the front-end packages and draw the icon sprite
	@$(PYTHON) -m tools.assets

screenshots: ## Write pictures of every page to docs/screenshots
	@$(PYTHON) -m tools.environment test
	@$(PYTHON) -m tools.assets
	@.venv/bin/python -m tests.screenshots

problems: ## Write a page for every problem of the catalogue to docs/problems
	@$(PYTHON) -m tools.environment test
	@.venv/bin/python -m tools.problem_pages

bench: ## Measure against a floor in the same run; BENCH="discovery" runs some (discovery lists)
	@$(PYTHON) -m tools.environment test
	@$(PYTHON) -m tools.assets
	@.venv/bin/python -m benchmarks $(BENCH)

messages: ## Collect the texts to translate into console/translations/console.pot
	mkdir -p console/translations
	.venv/bin/pybabel -q extract -F babel.cfg -k N_ -k lazy -k say -k say_many:1,2 --omit-header -o console/translations/console.pot .

lock: ## Make the lock files anew; UPGRADE=1 takes the newest versions
	@$(PYTHON) -m tools.locks $(if $(UPGRADE),--upgrade)
