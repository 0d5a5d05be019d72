# `make study` and `make test` need Python and make; the rest comes by itself.
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2
# TensorFlow's own messages: 3 leaves four lines of eleven.
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: study test test-clients test-oldest soak bench lint docs dist clean

study: .venv/study
	$(BIN)/python examples/plot_mastercard_study.py

# A program that one worker has compiled serves the other, and the next run on this CPU.
CPU := $(shell grep -m 1 flags /proc/cpuinfo 2>/dev/null | cksum | cut -d ' ' -f 1)
test: export TF_XLA_FLAGS ?= --tf_xla_persistent_cache_directory='$(CURDIR)/.venv/xla/$(CPU)'
QUICK := -n $(WORKERS) --dist worksteal -m "not soak and not docs and not clients"
# In three parts, since a process keeps what it has compiled.
test: .venv/dev
	failed=0; \
	for part in "tests/test_[a-c]*.py" "tests/test_[d-r]*.py" "tests/test_[s-z]*.py sk_rnn"; do \
		$(BIN)/python -m pytest $(QUICK) $$part || failed=1; \
	done; exit $$failed

test-clients: .venv-clients/installed
	.venv-clients/bin/python -m pytest -m clients tests/test_clients.py

# With the lower bounds of pyproject.toml; Python 3.11 or 3.12. ONLY="-k GRU" for a part.
test-oldest: .venv-oldest/installed
	.venv-oldest/bin/python -m pytest $(QUICK) --ignore tests/test_typing.py $(ONLY)

soak: .venv/dev
	$(BIN)/python -m pytest -m soak

bench: .venv/bench
	$(BIN)/python benchmarks/fit.py
	$(BIN)/python benchmarks/search.py
	$(BIN)/python benchmarks/backtest.py
	$(BIN)/python benchmarks/predict.py
	$(BIN)/python benchmarks/scale.py
	$(BIN)/python benchmarks/accuracy.py
	$(BIN)/python benchmarks/defaults.py
	$(BIN)/python benchmarks/interval_coverage.py
	$(BIN)/python benchmarks/panel.py

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: .venv/dev
	$(BIN)/python -m pytest -n $(WORKERS) -q -m docs
	$(BIN)/sphinx-build -W --keep-going -q $(if $(STUDIES),-t studies) -b html docs docs/_build/html

# What would be uploaded: built, checked, and tried in a bare environment.
dist: .venv/dev
	rm -rf dist .venv-dist
	$(BIN)/python -m build --quiet
	$(BIN)/python -m twine check --strict dist/*
	$(PYTHON) -m venv .venv-dist
	.venv-dist/bin/python -m pip install --quiet dist/*.whl
	cd dist && ../.venv-dist/bin/python ../tests/smoke.py

clean:
	rm -rf .venv .venv-clients .venv-oldest .venv-dist dist study_output docs/_build docs/api/generated docs/auto_examples

# One environment; a stamp per extra, renewed when pyproject.toml changes.
.venv/study .venv/dev .venv/bench: .venv/%: pyproject.toml | .venv/created
	$(BIN)/python -m pip install --quiet --editable ".[$*]"
	rm -rf .venv/xla  # of another TensorFlow, it may be
	touch $@

# Forecasting packages that use ours; they ask for an older pandas.
.venv-clients/installed: pyproject.toml
	$(PYTHON) -m venv .venv-clients
	.venv-clients/bin/python -m pip install --quiet --upgrade pip
	.venv-clients/bin/python -m pip install --quiet --editable ".[clients]"
	touch $@

.venv-oldest/installed: pyproject.toml .ci/oldest.py
	$(PYTHON) -m venv .venv-oldest
	.venv-oldest/bin/python -m pip install --quiet --upgrade pip
	$(PYTHON) .ci/oldest.py > .venv-oldest/constraints.txt
	.venv-oldest/bin/python -m pip install --quiet \
		--constraint .venv-oldest/constraints.txt --editable ".[test]"
	touch $@

.venv/created:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	touch $@
