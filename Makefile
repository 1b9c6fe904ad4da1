# Two commands do it all on a machine with python3, make and git:
#   make quickstart [MINUTES=8]     make test
# Each makes .venv from poetry.lock first, where it is missing or older than the lock.

PYTHON ?= python3
MINUTES ?= 8
POETRY := .tools/bin/poetry
READY := .venv/.ready

.PHONY: install quickstart test lint clean

install: $(READY)

quickstart: $(READY)
	.venv/bin/duck-and-cover quickstart --minutes $(MINUTES)

test: $(READY)
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/pytest

lint: $(READY)
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

# Poetry stands in an environment of its own; the mirror plugin lets it use the index that pip uses.
$(POETRY):
	$(PYTHON) -m venv .tools
	.tools/bin/python -m pip install --quiet "poetry>=2.1,<3" poetry-plugin-pypi-mirror

# pip's own setting, else pip's default: the address is asked for each time and written nowhere.
$(READY): poetry.lock pyproject.toml | $(POETRY)
	index="$$($(PYTHON) -m pip config get global.index-url 2>/dev/null || \
	  $(PYTHON) -c 'from pip._internal.models.index import PyPI; print(PyPI.simple_url)')"; \
	POETRY_PYPI_MIRROR_URL="$${PIP_INDEX_URL:-$$index}" POETRY_VIRTUALENVS_IN_PROJECT=true \
	  $(POETRY) sync --no-interaction
	touch $(READY)

clean:
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache
