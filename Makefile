# `make` alone lists the targets.  Everything lives in .venv; see scripts/setup.sh.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup setup-training run test lint types demo-clip clean

ARGS ?=
PYTEST_ARGS ?=

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/\1|\2/' | \
	    while IFS='|' read -r name what; do printf '  make %-15s %s\n' "$$name" "$$what"; done

setup: ## install what the program needs into .venv
	@bash scripts/setup.sh run

setup-training: ## the same, and what the training module needs
	@bash scripts/setup.sh training

run: ## set up and start the program (ARGS="..." are its arguments)
	@bash scripts/setup.sh run
	@.venv/bin/ser-live $(ARGS)

test: ## set up and run all tests (PYTEST_ARGS="..." go to pytest)
	@bash scripts/setup.sh test
	@bash scripts/test.sh $(PYTEST_ARGS)

lint: ## ruff
	@bash scripts/setup.sh tools
	@.venv/bin/ruff check .

types: ## mypy on the core
	@bash scripts/setup.sh tools
	@.venv/bin/mypy

demo-clip: ## speak assets/demo.wav anew (espeak-ng)
	@bash scripts/setup.sh test
	@.venv/bin/python scripts/make_demo_clip.py

clean: ## remove build products and tool caches (not .venv, cache/ or runs/)
	@rm -rf build dist .pytest_cache .mypy_cache .ruff_cache
	@find . -path ./.venv -prune -o -path ./.git -prune -o \
	    \( -name __pycache__ -o -name '*.egg-info' \) -type d -exec rm -rf {} +
