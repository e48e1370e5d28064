# The verbs of this project. Each works on a bare Debian 12 machine with Swift and git:
# scripts/bootstrap installs what is missing and says so.

PREFIX ?= /usr/local

.DEFAULT_GOAL := help
.PHONY: help demo test build lint bless bench instructions soak sanitize install clean

help: ## List these verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: build ## Build, then run two small model servers and the router, and stream an answer
	.build/routerc demo --once

test: ## Every check: lint, unit, golden and tidy tests, release binary, end to end
	@scripts/bootstrap --tests
	@scripts/test

build: ## Build the release binary, stripped: .build/routerc
	@scripts/bootstrap
	@scripts/build

lint: ## Formatter and the tidy test only
	@scripts/bootstrap
	@scripts/test lint tidy

bench: build ## Measure routerc beside HAProxy, two minutes; bench/compare --help for more
	@bench/compare --quick

bless: ## Write the golden files anew and show what changed
	@scripts/bootstrap
	@scripts/bless

instructions: ## Count the instructions of a request's parts; needs valgrind
	@scripts/bootstrap
	@scripts/instructions

soak: build ## Ten minutes of random faults, with a verdict: scripts/soak --help
	@scripts/soak

sanitize: ## The tests under the address and the thread sanitizer, in builds of their own
	@scripts/bootstrap --tests
	@scripts/sanitize

install: build ## Install binary, completions and documents below PREFIX (/usr/local)
	@scripts/install "$(PREFIX)"

clean: ## Remove what the build made; fetched dependencies stay
	swift package clean
	rm -rf .build/routerc .venv .pytest_cache Tests/EndToEnd/__pycache__
