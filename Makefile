# Two commands do all the set-up: make demo, make test. make bench does, too; it takes
# an hour and a half.
PYTHON ?= python3
URLS ?= urls.txt
ROUNDS ?= 5
VENV := .venv
BIN := $(VENV)/bin
CORE := build/compiled
# What the tests start on loopback.
PACKAGES := nginx-light apache2-bin lighttpd caddy chromium tmux tor strace imagemagick libimage-exiftool-perl libjpeg-turbo-progs webp curl postgresql g++ python3-dev iproute2 util-linux

.PHONY: demo crawl test lint docs bench compiled clean

demo: $(VENV)/runtime
	$(BIN)/scrapy demo

crawl: $(CORE)
	$(BIN)/scrapy crawl images -a urls=$(URLS)

test: $(VENV)/dev lint
	$(BIN)/pytest -n 2 --dist loadfile

lint: $(VENV)/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/scrapy-lint

docs: $(VENV)/runtime
	$(BIN)/scrapy fields > docs/record.md
	$(BIN)/scrapy fields --schema > docs/record.schema.json
	$(BIN)/scrapy fields --settings > docs/settings.md

bench: .venv-speed/done .venv-bench/done $(CORE)
	.ci/packages nginx-light curl libimage-exiftool-perl postgresql
	.venv-speed/bin/python benchmarks/speed.py all --rounds $(ROUNDS)

compiled: $(CORE)

# Taken where it is; imgprint/content/__init__.py says when. Not there without a compiler.
$(CORE): $(wildcard .ci/compile.py imgprint/content/*.py imgprint/content/*/*.py) $(VENV)/runtime
	@.ci/core $(BIN)/python $@

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "imgprint needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "imgprint: no venv here; as root: apt-get install python3-venv"; exit 1; }

$(VENV)/runtime: requirements.txt | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r $<
	touch $@

$(VENV)/dev: requirements-dev.txt requirements.txt requirements-machines.txt requirements-pdq.txt | $(VENV)/packages
	$(BIN)/pip install --quiet --disable-pip-version-check -r $<
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-pdq.txt || \
	  echo "imgprint: pdqhash could not be built (apt-get install g++ python3-dev); its tests skip"
	touch $@ $(VENV)/runtime

# What users have: a development venv has packages that Scrapy imports if they are there.
.venv-speed/done: requirements.txt requirements-machines.txt requirements-dev.txt
	$(PYTHON) -m venv .venv-speed
	grep '^pytest==' requirements-dev.txt | .venv-speed/bin/pip install --quiet \
	  --disable-pip-version-check -r requirements.txt -r requirements-machines.txt -r /dev/stdin
	touch $@

.venv-bench/done: requirements-bench.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

$(VENV)/packages: Makefile | $(VENV)/bin/python
	.ci/packages $(PACKAGES) || echo "imgprint: not all could be installed; tests that need them skip"
	touch $@

clean:
	rm -rf $(VENV) .venv-bench .venv-speed build .pytest_cache .mypy_cache .ruff_cache .hypothesis
