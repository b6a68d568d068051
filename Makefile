# Dataduct's developer commands; `make` or `make help` lists them.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
# Twice the processors: many tests wait for a server.
WORKERS ?= $(shell expr 2 \* `getconf _NPROCESSORS_ONLN`)
DECODER = setup.py $(wildcard src/dataduct/connectors/decoding/native/*)

.PHONY: help demo test check format docs bench chaos clean
.DEFAULT_GOAL := help

help: ## List the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 16

$(VENV)/.installed: pyproject.toml scripts/setup $(DECODER)
	@scripts/setup $(VENV) $(PYTHON)

demo: $(VENV)/.installed ## Set up, then load an airline's database for two days
	@$(BIN)/python demo/demo.py

test: $(VENV)/.installed ## Set up with database servers, then run every test
	@scripts/install-servers $(VENV)
	@$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

check: $(VENV)/.installed ## Lint, types, and the floors' import contract
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.installed ## Format the code
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

docs: $(VENV)/.installed ## Write the generated documentation pages
	@$(BIN)/python docs/generate.py

bench: $(VENV)/.installed ## Run the benchmarks
	@$(BIN)/python -m benchmarks

chaos: $(VENV)/.installed ## Kill the demo pipeline at 100 random moments and compare production with the source
	@$(BIN)/python benchmarks/chaos.py

clean: ## Remove what the commands above made
	@rm -rf $(VENV) demo/work benchmarks/results .pytest_cache .mypy_cache .ruff_cache .hypothesis
