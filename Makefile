# Verbs of this tree; plain `make` lists them. Everything needs Python 3.11 or newer and what `make deps` names.
VENV   ?= .venv
PYTHON ?= python3
PY     := $(VENV)/bin/python
FAST   := not slow and not conformance and not browser and not whole
WHOLE  := whole and not slow and not conformance and not browser
BESIDE := -n 2 --dist loadfile --no-loadscope-reorder
SLOW   := slow and not conformance and not browser
.DEFAULT_GOAL := help
# without compiled files each of some hundred processes of a run reads all its sources anew
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help run test check static fast whole slow browser deps conformance bench bench-xks bundle lock docs clean env assets issuer

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: assets ## a demo trustee on this machine, with its tour; stays up until Ctrl-C
	@$(PYTHON) tools/env.py $(VENV) run demo
	@exec $(VENV)/bin/custodes demo $(DEMO)

test: deps check whole slow browser ## everything a change must pass: deps, check, then whole houses, slow and browser tests

check: static fast ## the fast part: style, types, floors, fast tests

static: env
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check --quiet .
	@$(PY) -m mypy
	@$(PY) tools/floors.py
	@$(PY) tools/dead.py

fast: env assets
	@$(PY) -m pytest -m "$(FAST)" $(BESIDE)

whole: env assets issuer
	@$(PY) -m pytest -m "$(WHOLE)" $(BESIDE)

slow: env assets
	@$(PY) -m pytest -m "$(SLOW)" $(BESIDE)

browser: env assets issuer
	@$(PY) -m pytest -m "browser and not conformance" -n 2 --dist loadgroup

deps: ## what the tests need from Debian: installs it as root, names it otherwise
	@$(PYTHON) tools/deps.py

conformance: env assets ## foreign judges, 50 crashes, a thousand lives, long runs
	@$(PY) -m pytest -m conformance
	@CUSTODES_CRASHES=50 $(PY) -m pytest tests/attack/test_crash.py
	@CUSTODES_SEEDS=1000..2000 $(PY) -m pytest -n 2 tests/world

bundle: env assets ## one signed tar for machines without a network: KEY=file key, OUT=file
	@$(PY) tools/bundle.py $(or $(OUT),custodes.tar) --key $(KEY) $(if $(PASSPHRASE_FILE),--passphrase-file $(PASSPHRASE_FILE))

bench: env ## the figures of benchmarks/, with their commands
	@$(PY) -m benchmarks

bench-xks: env ## 1,800 XKS calls/s for ten minutes, as JSON: OFFERED_PER_S, OPEN_S, RESULT
	@$(PY) -m benchmarks xks_open

docs: env ## write the generated pages of docs/reference anew
	@$(PY) tools/docs.py

lock: ## pin and hash requirements/*.txt and package-lock.json anew (needs uv)
	@$(PYTHON) tools/lock.py $(LOCK)

env: ## build or refresh the environment from the hashed requirements
	@$(PYTHON) tools/env.py $(VENV) run demo test lint

assets: ## the console's style, fonts and script from npm
	@$(PYTHON) tools/env.py $(VENV) run
	@$(PY) tools/assets.py || { [ $$? -eq 3 ] && $(PYTHON) tools/env.py $(VENV) assets && $(PY) tools/assets.py; }

issuer: env # the OpenID provider that judges signing in, from npm, for tests alone
	@$(PY) tools/issuer.py || { [ $$? -eq 3 ] && $(PYTHON) tools/env.py $(VENV) assets && $(PY) tools/issuer.py; }

clean: ## remove the environment, caches and copied assets; data of `make run` stays
	rm -rf $(VENV) node_modules src/custodes/web/console/static/vendor
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .cache
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
