# make install makes .venv, with all that the checkout needs; the others begin with it
# make demo    sees a classifier work on frames, and a model trained, converted, checked and measured
# make test    passes the tests
# make fuzz    shows damaged pictures and models to all that reads them, for FUZZ_SECONDS
# make check   format, lint, types and tests: before each commit
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
FUZZ_SECONDS := 180
EXTRAS := tflite,onnx,mqtt,serve,train,tensorboard,jax,convert,benchmarks,loadgen,dev

.DEFAULT_GOAL := help
.PHONY: help install demo test fuzz check format lock default-model

help:
	@grep '^# make' Makefile | cut -c3-

install: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -c "import sys; v = sys.version_info[:2]; sys.exit(None if (3, 10) <= v <= (3, 13) else f'Python {v[0]}.{v[1]} is not supported; use 3.10 to 3.13: make PYTHON=python3.12')"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on -q -c constraints.txt -e '.[$(EXTRAS)]'
	@touch $@

demo: install
	$(BIN)/python examples/demo.py

test: install
	$(BIN)/python -m pytest

fuzz: install
	$(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS)

check: install
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/python -m pytest

format: install
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

# One file for all supported Pythons, with markers. No one version of backports-strenum (of ai-edge-litert) suits them.
lock:
	$(BIN)/uv pip compile --universal --python-version 3.10 --no-annotate --no-header --quiet --upgrade \
		--no-emit-package backports-strenum \
		$(foreach extra,$(subst $(comma), ,$(EXTRAS)),--extra $(extra)) pyproject.toml -o constraints.txt
	sed -i '1i # What `make` installs, for Python 3.10 to 3.13: made by `make lock` from pyproject.toml.' constraints.txt
comma := ,

# Rebuilds runtime/models: PICTURES is a folder of ImageNet-like photos to calibrate and check with.
default-model: install
	$(BIN)/python examples/default_model.py $(PICTURES)
