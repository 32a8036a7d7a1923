# make run    serve the demo on http://127.0.0.1:7860
# make test   run every test
# make lint   formatting, lint and types
# make audit  known vulnerabilities of what is installed
# make docs   the documents as a site, in build/docs
# make benchmark  every figure of time and memory in one table; ONLY=face,calls for some parts
# make proofs load, faults, fuzzing, soak and a Space's budget: an hour and a half

PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin

# Left out, the app's other sources decide. A HOST that is no address is the shell's or conda's own.
ADDRESS := $(if $(PORT),--port $(PORT))
ifneq ($(findstring .,$(HOST))$(findstring :,$(HOST))$(filter localhost,$(HOST)),)
ADDRESS += --host $(HOST)
endif

.PHONY: run test lint format audit docs benchmark proofs screenshots clean

run: $(VENV)/run.stamp
	@$(BIN)/python app.py $(ADDRESS) $(ARGS)

# Several runs, as the app has a process for each plugin: TensorFlow and a CUDA build of PyTorch
# crash when one process imports both. Folders that import the same framework, or none, are one run,
# the longest first, so that who waits for an app leaves the cores to others. Three processes, with
# one thread each for what computes; two where Chromium draws as well.
FOLDERS := $(sort $(dir $(wildcard tests/*/test_*.py examples/*/tests/test_*.py)))
TOGETHER := tests/authors/+tests/hosting/+tests/host/ tests/style/+tests/face/
TESTS ?= $(TOGETHER) $(filter-out $(subst +, ,$(TOGETHER)),$(FOLDERS))

test: $(VENV)/dev.stamp
	@failed=; for tests in $(TESTS); do \
	  case $$tests in tests/browser/) jobs=2;; *) jobs=3;; esac; \
	  OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 $(BIN)/python -m pytest -n $$jobs --dist loadfile \
	    --no-loadscope-reorder $$(echo $$tests | tr + ' ') $(ARGS) || failed="$$failed $$tests"; done; \
	  if [ -n "$$failed" ]; then echo "failed:$$failed"; exit 1; fi

lint: $(VENV)/dev.stamp
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@MYPYPATH=examples/sketch/src:examples/text-to-image $(BIN)/mypy -p triptych_sketch -p triptych_text_to_image

format: $(VENV)/dev.stamp
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

audit: $(VENV)/dev.stamp
	@$(BIN)/python scripts/audit.py

docs: $(VENV)/dev.stamp
	@$(BIN)/mkdocs build --strict --quiet

# What is compared with lies in a folder of its own: nothing of the app may come to need it.
build/peers/.stamp: benchmarks/requirements.txt | $(BIN)/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target build/peers -r $<
	@touch $@

benchmark: $(VENV)/dev.stamp build/peers/.stamp
	@$(BIN)/python benchmarks/run.py $(if $(ONLY),--only $(ONLY)) $(ARGS)

proofs: $(VENV)/dev.stamp
	@for proof in space load faults fuzz soak; do $(BIN)/python benchmarks/proofs/$$proof.py || exit 1; done

screenshots: $(VENV)/dev.stamp
	@$(BIN)/python scripts/screenshots.py

clean:
	rm -rf $(VENV) build .pytest_cache .hypothesis .ruff_cache .mypy_cache

# A stamp is newer than its requirements once they are installed, so nothing is installed twice.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 10) <= v <= (3, 13) else \
	  "Triptych needs Python 3.10 to 3.13 and this is %d.%d; name another: make PYTHON=python3.12" % v)'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# Python compiles what is imported when it first is; most of what comes along never is.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -e .
unexport PYTHONDONTWRITEBYTECODE

$(VENV)/run.stamp: requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing the requirements into $(VENV); the first time takes some minutes."
	@$(INSTALL) -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing the requirements into $(VENV); the first time takes some minutes."
	@$(INSTALL) -r requirements-dev.txt
	@touch $@ $(VENV)/run.stamp
