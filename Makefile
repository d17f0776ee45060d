PYTHON ?= python3
UV := $(shell command -v uv)
SAM := SAM_CLI_TELEMETRY=0 SAM_CLI_ENABLE_LANGUAGE_EXTENSIONS=1 .venv-sam/bin/sam
PYTEST := .venv/bin/pytest -n 2

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup docs demo test test-long test-mcp test-pretix lint format lock validate bench build deploy network clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 14

setup: .venv/.stamp ## Prepare .venv (every other target does this itself)

demo: setup ## Start the sandbox and ask all its platforms one question
	.venv/bin/spekta demo

test: lint ## Lint, type check, then the test suite
	$(PYTEST)

test-long: setup ## The test suite with its long tests
	$(PYTEST) -m "not pretix and not sam"

test-mcp: setup ## The MCP server against the protocol's conformance suite and inspector (needs npm)
	tests/conformance/run.sh

test-pretix: setup ## The pretix connector against a pretix of its own
	tests/pretix/run.sh

lint: setup ## Lint, format check, type check
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy

format: setup ## Format the code and mend what the linter can
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

# dev.txt is written first and constrains the others: what is tested is what ships.
COMPILE = .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	--custom-compile-command "make lock" $(LOCK_FLAGS)

lock: .venv-lock/.stamp ## Write requirements/*.txt anew (LOCK_FLAGS=--upgrade for the newest versions)
	$(COMPILE) pyproject.toml --extra run --extra aws --extra layer --group dev -o requirements/dev.txt
	$(COMPILE) pyproject.toml --extra run -c requirements/dev.txt -o requirements/run.txt
	$(COMPILE) pyproject.toml --extra layer -c requirements/dev.txt -o requirements/layer.txt
	$(COMPILE) --group lock -o requirements/lock.txt
	$(COMPILE) --group sam -o requirements/sam.txt
	$(COMPILE) tests/pretix/requirements.in -o tests/pretix/requirements.txt

validate: setup .venv-sam/.stamp ## Validate, lint and translate the SAM templates
	$(SAM) validate --lint --language-extensions --region eu-central-1
	$(SAM) validate --lint --template infra/network.yaml --region eu-central-1
	.venv/bin/pytest tests/infra -m sam

docs: setup ## Print the matrix, the connector reference, the OpenAPI document and the schemas from the code
	.venv/bin/python -m connectors.matrix README.md
	.venv/bin/python -m docs
	.venv/bin/python -m spekta.sync.schemas infra/schemas

bench: setup ## Run the benchmarks
	.venv/bin/python -m benchmarks

build: .venv-sam/.stamp ## Build what the Lambda functions run (needs python3.13)
	$(SAM) build --language-extensions

deploy: build ## Deploy to the AWS account of your credentials (PARAMETERS='Name=value ...')
	$(SAM) deploy --language-extensions $(if $(PARAMETERS),--parameter-overrides '$(PARAMETERS)')

network: .venv-sam/.stamp ## Deploy a network with one fixed outgoing address
	$(SAM) deploy --template infra/network.yaml --stack-name spekta-network

clean: ## Remove everything that the other targets made
	rm -rf .venv .venv-lock .venv-mcp .venv-pretix .venv-sam .aws-sam .hypothesis .mypy_cache .pytest_cache .ruff_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.stamp: requirements/dev.txt pyproject.toml
	$(sync)
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv-%/.stamp: requirements/%.txt
	$(sync)
	@touch $@

# --no-deps because the files are complete, and pip's resolver stumbles over hashed requirements with extras.
ifdef UV
INSTALL = uv pip install --quiet --python $(@D)
define sync
$(check-python)
uv venv --quiet --allow-existing --python $(PYTHON) $(@D)
uv pip sync --quiet --require-hashes --python $(@D) $<
endef
else
INSTALL = $(@D)/bin/python -m pip --disable-pip-version-check install --quiet
define sync
$(check-python)
$(PYTHON) -m venv $(@D)
$(INSTALL) --no-deps --require-hashes --requirement $<
endef
endif

check-python = @$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Spekta needs Python 3.11 or later: make PYTHON=python3.13")'
