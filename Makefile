# Everything runs in .venv, made from constraints.txt; nothing needs to be installed by hand.
# PYTHON: the Python to make it from. TORCH_INDEX: the address of a package index to take PyTorch from, and nothing else.
PYTHON ?= python3
TORCH_INDEX ?=
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt
SIZE := about 1.8 GB
ifeq ($(shell uname -s)$(TORCH_INDEX),Linux)
SIZE := 1.8 GB with a CPU build of PyTorch, 5.5 GB with its ordinary build for Linux, which brings the libraries of CUDA. \
  Where pip finds the ordinary one, `make demo TORCH_INDEX=URL` takes the CPU build: URL is the index of CPU builds that \
  the installation page of PyTorch names
endif

.PHONY: demo test check format bench study campaigns drawings notebooks clean

demo: .venv/runtime ## the main job on the embedded data; prints where the report is
	$(BIN)/forecaster demo

test: check ## format, lint, types, import contracts, then every test
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -m "not campaign" --durations=10

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

notebooks: .venv/dev ## runs the notebooks and writes their pages in docs/notebooks
	$(BIN)/python -m docs.notebooks

clean:
	rm -rf .venv build *.egg-info

.venv/runtime: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; old = sys.version_info < (3, 11); sys.exit(old and f"{sys.executable} is Python \
	{sys.version.split()[0]}, and 3.11 or newer is needed: name one, such as make demo PYTHON=python3.12")'
	@echo 'Installing into .venv what runs the program: $(SIZE).'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(if $(TORCH_INDEX),$(PIP) --no-deps --index-url '$(TORCH_INDEX)' torch)
	$(PIP) -e .
	@du -sh .venv | sed 's/\t.*/ in .venv./'
	@touch $@

.venv/dev: .venv/runtime
	@echo 'Installing into .venv what tests and checks need besides: about 0.6 GB.'
	$(PIP) -e '.[dev]'
	@touch $@
