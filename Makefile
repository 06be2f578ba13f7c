# Everything runs in .venv, made from constraints.txt; nothing needs to be installed by hand.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check format bench study campaigns drawings clean

demo: .venv/runtime ## the main job on the embedded data; prints where the report is
	$(BIN)/forecaster demo

test: check ## format, lint, types, import contracts, then every test
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not campaign" --durations=10

check: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/dev ## ratios against a reference in the same run
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.day

study: .venv/dev ## every forecaster on the development blocks and simulated markets; writes docs/quality.md
	$(BIN)/python -m benchmarks.study

campaigns: .venv/dev ## the long runs behind docs/evidence.md
	$(BIN)/python -m pytest -m campaign --durations=10

drawings: .venv/dev ## the models and guides in docs/models.md, drawn again; needs the program `dot` of graphviz
	$(BIN)/python -m docs.drawings

clean:
	rm -rf .venv build *.egg-info

.venv/runtime: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

.venv/dev: .venv/runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@
