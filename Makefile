# Two commands: `make run` shows what aurita does, `make test` checks it. Both make the environment they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: docs newcomer run test shapes lint types check clean

# Byte code is made when a module is first imported, not of everything that is installed: without it each process that
# starts compiles scikit-learn and pandas again.
export PYTHONDONTWRITEBYTECODE :=
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt -e
BUILT := $(BIN)/python -c 'import sys; from aurita.native import kernels; sys.exit(kernels() is None)'

$(VENV)/started: pyproject.toml setup.py constraints.txt $(wildcard src/aurita/native/c/*)
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "aurita needs Python 3.11 or newer; name one: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) '.[demo]'
	@$(BUILT) || { echo 'No C compiler was found: installing JAX, which computes the same and is slower.'; $(INSTALL) '.[demo,jax]'; }
	$(BIN)/aurita info --engine
	touch $@

$(VENV)/ready: $(VENV)/started
	$(INSTALL) '.[data,pictures,studies,evolution,dask,peers,sktime,aeon,nixtla,onnx,hub,worlds,docs,dev]'
	touch $@

run: $(VENV)/started
	$(BIN)/aurita demo --force

# Files in their order, so that the quick examples of the modules come last and both processes end together.
TWO := -n 2 --dist loadfile --no-loadscope-reorder

# What JAX compiles is optimised where results to the last digits are held.
OPTIMISED := tests/engine tests/test_golden.py

test: $(VENV)/ready
	$(BIN)/python -m pytest $(TWO) $(addprefix --ignore=,$(OPTIMISED))
	AURITA_OPTIMISED=1 $(BIN)/python -m pytest $(TWO) $(OPTIMISED)

# Calls held against the shapes that their annotations have.
shapes: $(VENV)/ready
	AURITA_CHECK_SHAPES=1 $(BIN)/python -m pytest $(TWO) tests/units/test_weight_shapes.py tests/units/test_unit.py \
		tests/units/test_memory.py tests/units/test_echo.py tests/readout/test_summaries.py \
		tests/learning/test_settings.py tests/learning/test_rules.py

# Every page of the gallery runs; a warning or an example that fails fails the build.
docs: $(VENV)/ready
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build

# The README from top to bottom in an empty environment, each command with a mistake as well; minutes.
newcomer:
	$(PYTHON) tests/newcomer/walk.py

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/ready
	$(BIN)/mypy

check: lint types test

clean:
	rm -rf $(VENV)
