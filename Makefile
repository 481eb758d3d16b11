# Thin on purpose: every target is a script that can be run, read and tested by itself.
# The scripts need bash (3.2 or newer) and say what else they miss.

.DEFAULT_GOAL := help
.PHONY: help run pages test check bench clean-data

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Build and start Helpline with a Redis of its own; Ctrl-C stops everything
	@scripts/run

pages: ## Build the web pages, where Node.js is there (make run does it too)
	@scripts/pages

test: ## Run every test, those in a real browser and of the deployment files included (starts its own Redis servers)
	@scripts/test

check: ## Formatting, lints, docs, dependencies, licences, scripts, web pages, deployment files
	@scripts/check

bench: ## Measure throughput, latency and CPU time for each message
	@scripts/bench

clean-data: ## Delete what `make run` keeps under data/
	@scripts/clean-data
