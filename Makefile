# Thin on purpose: every target is a script that can be run, read and tested by itself.
# The scripts need bash (3.2 or newer) and say what else they miss.

.DEFAULT_GOAL := help
.PHONY: help run test check bench clean-data

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Build and start Helpline with a Redis of its own; Ctrl-C stops everything
	@scripts/run

test: ## Run every test (starts its own Redis servers)
	@scripts/test

check: ## Formatting, lints, docs, dependencies, licences, scripts, deployment files
	@scripts/check

bench: ## Measure throughput, latency and CPU time for each message
	@scripts/bench

clean-data: ## Delete what `make run` keeps under data/
	@scripts/clean-data
