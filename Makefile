# Two commands do all the set-up: make demo, make test.
PYTHON ?= python3
URLS ?= urls.txt
VENV := .venv
BIN := $(VENV)/bin
# What the tests start on loopback.
PACKAGES := nginx-light

.PHONY: demo crawl test lint clean

demo: $(VENV)/runtime
	$(BIN)/scrapy demo

crawl: $(VENV)/runtime
	$(BIN)/scrapy crawl images -a urls=$(URLS)

test: $(VENV)/dev $(VENV)/packages lint
	$(BIN)/pytest

lint: $(VENV)/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/scrapy-lint

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "imgprint needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "imgprint: no venv here; as root: apt-get install python3-venv"; exit 1; }

$(VENV)/runtime: requirements.txt | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r $<
	touch $@

$(VENV)/dev: requirements-dev.txt requirements.txt | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r $<
	touch $@ $(VENV)/runtime

# Only as root, and only what is not there: tests of the others skip and say so.
$(VENV)/packages: Makefile | $(VENV)/bin/python
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! dpkg -s $(PACKAGES) >/dev/null 2>&1; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(PACKAGES); fi
	touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
