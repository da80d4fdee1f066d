# Every target sets up .venv first where it is missing; `make help` lists them.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help build weekly dashboard pack rebalance ask test prove-increments prove-statistics lint notebooks pictures browser lab docs definitions spark-build spark-test parity bench bench-rebalance clean lock

PY := .venv/bin/python
SPARK_PY := .venv-spark/bin/python
# Nothing that runs here reports home.
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false
# A question reaches the command as it was typed: neither make nor the shell reads its quotes and dollar signs.
override QUESTION := $(value QUESTION)
override Q := $(value Q)
export QUESTION Q
# Jupyter refuses root, and most containers have no other user and no browser. Ordinary users keep its defaults.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root --no-browser)
# `make test` is about the project: it takes the bundled book, and leaves what you have built alone.
OWN_BOOK := env -u RAW_DATA -u AS_OF_DATE BUILD_DIR=build/test REMEMBER_BUILD=0

help:  ## list the targets
	@echo "Book of Business: what a book of business asks for, and what its owner can sustain."
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "Environment: RAW_DATA=DIR (your tables), AS_OF_DATE=YYYY-MM-DD, BUILD_DIR=DIR (default build), FULL=1 (rebuild everything)"

.venv/.installed: requirements/base.txt requirements/uv.txt scripts/set_up.sh
	@sh scripts/set_up.sh

build: .venv/.installed  ## build, validate and publish the marts (RAW_DATA=DIR for your own tables)
	@$(PY) -m book_of_business build

weekly: .venv/.installed  ## print the scorecard of the last complete week, from the published marts
	@$(PY) -m book_of_business weekly

dashboard: .venv/.installed  ## write the leader's page again from the published marts
	@$(PY) -m book_of_business dashboard

pack: .venv/.installed  ## write the monthly pack and the baseline beside the page
	@$(PY) -m book_of_business pack

rebalance: .venv/.installed  ## propose the least disruptive moves (OPTIONS="--max-moves 5 --depart C01 2026-08-01")
	@$(PY) -m book_of_business rebalance $(OPTIONS)

test: .venv/.installed lint  ## everything that must hold
	$(OWN_BOOK) $(PY) tests/parsed_once.py build
	$(PY) -m book_of_business.project_check --working-file build/test/working.duckdb
	$(OWN_BOOK) DBT_TARGET_PATH=build/test/dbt $(PY) tests/parsed_once.py dbt --quiet test --select test_type:unit test_name:unique_grain
	$(OWN_BOOK) OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder -q
	$(OWN_BOOK) $(PY) -m book_of_business notebooks
	@echo "everything holds"

prove-increments: .venv/.installed  ## increments against full builds, for an hour (SEED=1, STEPS=8, BOOKS=4)
	env -u RAW_DATA -u AS_OF_DATE INCREMENTS=long $(PY) -m pytest -q tests/increments
	env -u RAW_DATA -u AS_OF_DATE $(PY) -m tests.increments.sequences

prove-statistics: .venv/.installed  ## every statistical claim on planted truth, 200 worlds each or more; writes docs/evidence/statistics.md
	@$(PY) -m book_of_business.evidence

lint: .venv/.installed  ## style of SQL and Python, and the project's own rules
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/sqlfluff lint --processes 2 --disable-progress-bar
	$(PY) -m book_of_business.project_check

ask: .venv/.installed  ## answer a question (Q="in plain words" or QUESTION=name; without one, all are listed)
	@if [ -n "$$Q" ]; then $(PY) -m book_of_business ask --text "$$Q"; else $(PY) -m book_of_business ask -- "$$QUESTION"; fi

notebooks: .venv/.installed  ## run the notebooks on the published marts and write them as HTML
	@$(PY) -m book_of_business notebooks

pictures: .venv/.installed  ## build the bundled book and draw the pictures of README and docs from it
	@$(OWN_BOOK) $(PY) -m book_of_business build --fast
	@$(OWN_BOOK) $(PY) -m book_of_business pictures

lab: .venv/.installed  ## open JupyterLab on the notebooks (LAB_OPTIONS="--ip=0.0.0.0" to reach it from outside a container)
	@.venv/bin/jupyter lab --notebook-dir notebooks $(AS_ROOT) $(LAB_OPTIONS)

docs: .venv/.installed  ## write dbt's documentation as one static page
	@$(PY) -m book_of_business docs

definitions: .venv/.installed  ## write docs/metrics.md and docs/raw-contract.md from the YAML, SQL and reference tables
	@$(PY) -m book_of_business definitions

.venv-spark/.installed: .venv/.installed requirements/spark.txt scripts/set_up_spark.sh
	@sh scripts/set_up_spark.sh

spark-build: .venv-spark/.installed  ## build the marts on a local Apache Spark, and export them as files
	@$(SPARK_PY) -m book_of_business.spark build

spark-test: .venv-spark/.installed  ## the same, with every data test and unit test
	@$(SPARK_PY) -m book_of_business.spark test

parity: .venv-spark/.installed  ## build on DuckDB and on Spark, and compare every mart (BOOKS="demo random parquet DIR ..."; MARTS="NAME ...")
	@env -u RAW_DATA -u AS_OF_DATE $(SPARK_PY) -m book_of_business.spark parity $(BOOKS)

bench: .venv/.installed  ## measure what builds cost (SIZE=1m; default 10k and 100k); writes docs/evidence/benchmark.*
	@$(PY) -m book_of_business.bench $(SIZE)

bench-rebalance: .venv/.installed  ## measure the rebalancing on random books; writes docs/evidence/rebalancing.md
	@$(PY) -m book_of_business.bench_rebalance

clean:  ## delete what builds made; .venv and .venv-spark stay
	rm -rf build/* build/.[!g]* target logs .pytest_cache .ruff_cache .hypothesis

.venv/.browser: .venv/.installed requirements/browser.txt scripts/set_up_browser.sh
	@sh scripts/set_up_browser.sh

browser: .venv/.browser  ## add what the tests and pictures of the page need: Chromium and what drives it

lock: .venv/.installed  ## lock the requirements again, with hashes and no address
	.venv/bin/uv pip compile --quiet --generate-hashes --no-header --python-version 3.11 \
		--no-emit-package rfc3987-syntax --no-emit-package lark \
		requirements/base.in --output-file requirements/base.txt
	.venv/bin/uv pip compile --quiet --generate-hashes --no-header --python-version 3.11 \
		requirements/spark.in --output-file requirements/spark.txt
	.venv/bin/uv pip compile --quiet --generate-hashes --no-header --python-version 3.11 \
		--constraint requirements/base.txt requirements/browser.in --output-file requirements/browser.txt
