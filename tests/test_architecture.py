"""The house rules that a machine can check: sizes, names, places, who imports what, and README against the code."""

from __future__ import annotations

import ast
import re
import runpy
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.waiting import GENEROUS_S
from tests.walked_trees import every_import_of, functions_of, imports_at_the_top, imports_of

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("ingest", "pipeline", "stores")
MODULE_LINES, FUNCTION_LINES = 400, 60
CLOCKS = ("time.monotonic", "time.perf_counter", "time.time", "time.process_time", "time.thread_time")
# Where tests may sleep: the one poller; servers that are slow on purpose; a turn during which others come.
MAY_SLEEP = {"waiting.py", "receiver.py", "unit/test_callback_delivery.py"}
MODULES_OF_HELP = 500  # 340 are loaded
FORBIDDEN_STEMS = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager"}
HEAVY = {
    "alembic", "chromadb", "cv2", "dateparser", "langchain_text_splitters", "numpy", "onnxruntime", "openvino",
    "phonenumbers", "py3langid", "pymupdf", "pymupdf4llm", "rapidocr", "sentence_transformers", "tokenizers", "torch",
    "transformers",
}  # fmt: skip
# Third parties that only some places may import, at all or at the top of the module.
ONLY_IN = {
    "celery": ("celery_app.py", "pipeline/beat.py", "pipeline/tasks.py"),
    "kombu": (
        "celery_app.py",
        "pipeline/broker_queues.py",
        "pipeline/broker_probe.py",
        "pipeline/home_registry.py",
        "pipeline/tasks.py",
    ),
    "typer": ("ingest/",),
    "fastapi": ("ingest/api/", "ingest/web/"),
    "sqlalchemy": ("stores/",),
    "alembic": ("stores/",),
    "chromadb": ("stores/chroma/vectors.py", "stores/chroma/path.py"),
    "pymupdf": ("pipeline/engines/",),
    "pymupdf4llm": ("pipeline/engines/",),
    "rapidocr": ("pipeline/engines/",),
    "onnxruntime": ("pipeline/engines/",),
    "openvino": ("pipeline/engines/inference.py",),
    "cv2": ("pipeline/engines/",),
    "torch": ("pipeline/engines/",),
    "transformers": ("pipeline/engines/",),
    "sentence_transformers": ("pipeline/engines/",),
    "openai": ("pipeline/engines/model/",),
    "sqlglot": ("pipeline/engines/",),
    "mcp": ("ingest/mcp/",),
}
NOT_AT_THE_TOP = {"chromadb", "cv2", "mcp", "onnxruntime", "openai", "openvino", "pymupdf", "pymupdf4llm", "rapidocr", "sentence_transformers", "sqlglot", "torch", "transformers"}  # fmt: skip  # noqa: E501
# What pipeline may import of stores, and of engines outside wiring: contracts, records and pure functions.
STORE_WORDS = {
    "access_keys",
    "audit",
    "clean_text",
    "correction_marks",
    "corrections",
    "sum_remarks",
    "cursors",
    "models",
    "simplified",
    "errors",
    "ids",
    "filters",
    "generation_views",
    "hosts",
    "views",
    "search_views",
    "contracts",
    "effects",
    "image_cache",
    "placement",
    "print_style",
    "regular_files",
    "suggestions",
    "token_count",
    "source_names",
    "stemming",
    "words",
    "workspaces",
}
PURE_ENGINES = {
    "pipeline.engines.containers",
    "pipeline.engines.evidence",
    "pipeline.engines.media",
    "pipeline.engines.model.prompt_text",
    "pipeline.engines.sql_statements",
}
PURE_FUNCTIONS = {"stores.ulid", "stores.ulid.new_ulid", "stores.folder_id", "stores.folder_id.folder_id"}
PURE_FUNCTIONS |= {"stores.home_id", "stores.home_id.home_id", "stores.write_once", "stores.write_once.write_once"}


@cache
def sources() -> dict[str, ast.Module]:
    """Path from the root -> syntax tree, of every module of the product."""
    paths = [*ROOT.glob("*.py"), *(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))]
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text()) for path in sorted(paths)}


@cache
def sources_of_tests() -> dict[str, ast.Module]:
    """Path below the repository -> its syntax tree."""
    paths = sorted((ROOT / "tests").rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text()) for path in paths}


def scripts() -> list[Path]:
    return [path for path in sorted((ROOT / "scripts").iterdir()) if path.is_file()]


def is_python(path: Path) -> bool:
    return path.suffix == ".py" or path.read_text().startswith("#!/usr/bin/env python3")


@cache
def imported() -> dict[str, tuple[str, ...]]:
    """Path from the root -> what is imported when the code runs, of every module of the product."""
    return {name: tuple(imports_of(tree)) for name, tree in sources().items()}


def test_modules_are_short_and_well_named() -> None:
    everything = [*(ROOT / name for name in sources()), *(path for path in scripts() if is_python(path))]
    everything += [ROOT / name for name in sources_of_tests()]
    long = {path.name: count for path in everything if (count := len(path.read_text().splitlines())) >= MODULE_LINES}
    assert not long, f"too many lines: {long}"
    assert not [path for path in everything if path.stem in FORBIDDEN_STEMS]


def test_functions_are_short() -> None:
    long = [
        f"{name}:{node.lineno} {node.name}"
        for name, tree in (sources() | sources_of_tests()).items()
        for node in functions_of(tree)
        if (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES
    ]
    assert not long, f"over {FUNCTION_LINES} lines: {long}"


def test_every_module_says_what_it_is() -> None:
    assert not [name for name, tree in sources().items() if not ast.get_docstring(tree)]


@pytest.mark.parametrize("package", sorted(ONLY_IN))
def test_outside_tools_stay_in_their_place(package: str) -> None:
    places = ONLY_IN[package]
    outsiders = [
        name
        for name, everything in imported().items()
        if not name.startswith(places) and any(used.split(".")[0] == package for used in everything)
    ]
    assert not outsiders, f"{package} belongs into {', '.join(places)}"


def test_heavy_imports_wait_for_their_first_use() -> None:
    early = [
        f"{name} imports {used}"
        for name, tree in sources().items()
        for used in imports_at_the_top(tree)
        if used.split(".")[0] in NOT_AT_THE_TOP
    ]
    assert not early, early


def test_stores_import_nothing_of_ours() -> None:
    up = [
        f"{name} imports {used}"
        for name, everything in imported().items()
        if name.startswith("stores/")
        for used in everything
        if used.split(".")[0] in ("ingest", "pipeline", "celery_app")
    ]
    assert not up, up


def test_only_wiring_names_concrete_stores_and_engines() -> None:
    named = [
        f"{name} imports {used}"
        for name, everything in imported().items()
        if name.startswith("pipeline/") and name != "pipeline/wiring.py"
        for used in everything
        if names_something_concrete(name, used)
    ]
    assert not named, named


def test_contracts_and_pipeline_name_no_concrete_store_even_as_a_type() -> None:
    contracts = ("stores/contracts/", "stores/models.py", "stores/views.py", "stores/effects.py", "stores/placement.py")
    named = [
        f"{name} imports {used}"
        for name, tree in sources().items()
        if name.startswith(("pipeline/", *contracts)) and name != "pipeline/wiring.py"
        for used in every_import_of(tree)
        if used.startswith("stores.") and names_something_concrete(name, used)
    ]
    assert not named, named


def names_something_concrete(name: str, used: str) -> bool:
    parts = used.split(".")
    if parts[0] == "stores" and len(parts) > 1:
        return parts[1] not in STORE_WORDS and used not in PURE_FUNCTIONS
    pure = any(used == engine or used.startswith(f"{engine}.") for engine in PURE_ENGINES)
    return used.startswith("pipeline.engines.") and not pure and not name.startswith("pipeline/engines/")


def test_what_is_peculiar_to_a_dialect_stands_in_its_module() -> None:
    dialects = (
        "stores/sql/dialect.py",
        "stores/sql/sqlite.py",
        "stores/sql/sqlite_query.py",
        "stores/sql/postgresql.py",
    )
    frozen, chroma = "stores/sql/migration_steps.py", "stores/chroma/path.py"  # Chroma's file is not ours
    words = r"sqlalchemy\.dialects|^import sqlite3|PRAGMA|OR REPLACE|BEGIN IMMEDIATE|fts5|execute\(f?[\"']|[=(] \?[,) ]"
    peculiar = re.compile(words, re.MULTILINE)
    stores = [name for name in sources() if name.startswith("stores/") and name not in (*dialects, frozen, chroma)]
    assert not [name for name in stores if peculiar.search((ROOT / name).read_text())]


def test_no_print_no_swallowed_error_no_unfinished_work() -> None:
    offenders = [f"{name}:{line} {what}" for name, tree in sources().items() for line, what in sins_of(name, tree)]
    unfinished = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error")))
    offenders += [name for name in sources() if unfinished.search((ROOT / name).read_text())]
    assert not offenders, offenders


def sins_of(name: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            if not name.startswith("ingest/"):
                yield node.lineno, "print"
        elif isinstance(node, ast.ExceptHandler) and all(isinstance(line, ast.Pass) for line in node.body):
            caught = ast.unparse(node.type) if node.type else "everything"
            if caught in ("everything", "Exception", "BaseException"):
                yield node.lineno, f"{caught} is swallowed"


def test_nothing_names_a_machine() -> None:
    path = re.compile(r"(?<![\w.~*/])/(?:work|root|home|Users|opt|mnt)/\w")
    texts = [*(ROOT / name for name in sources()), *scripts(), *(ROOT / "tests").rglob("*.py")]
    texts += [ROOT / name for name in ("README.md", "CHANGELOG.md", "NOTICE", "pyproject.toml", "start_worker.sh")]
    texts += (ROOT / "docs").glob("*.md")
    offenders = [
        f"{text.name}: {hit.group()}" for text in texts if text.exists() for hit in path.finditer(text.read_text())
    ]
    assert not offenders, offenders


def test_the_top_level_is_as_the_house_says() -> None:
    rooms = {"README.md", "pyproject.toml", "celery_app.py", "start_worker.sh", *PACKAGES, "docs", "scripts", "tests"}
    beside = {"LICENSE", "NOTICE", "CHANGELOG.md", "compose.yaml"}
    there = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    made = {"ingot-data", "build", "dist", "__pycache__", "ingot.toml"} | {n for n in there if n.endswith(".egg-info")}
    assert not there - rooms - beside - made, "these have no place at the top level"
    assert not rooms - there, "these are missing"


def test_python_scripts_are_linted() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["extend-include"]
    bare = {f"scripts/{path.name}" for path in scripts() if is_python(path) and path.suffix != ".py"}
    assert bare == set(settings), "pyproject.toml, [tool.ruff] extend-include names the scripts without .py"


def test_readme_equals_the_code() -> None:
    """README lists the folders that exist, docs the commands and settings, CONTRIBUTING every file."""
    readme = runpy.run_path(str(ROOT / "scripts" / "make_readme"))
    assert readme["outdated"]() == [], "run scripts/make_readme"


def test_tests_wait_for_conditions_and_assert_no_wall_time() -> None:
    """What is meant by "quick" is asserted by order, by counts, or by a clock of one's own."""
    offenders = []
    for name, tree in sources_of_tests().items():
        sins = [*short_limits_of(tree), *clock_asserts_of(tree)]
        if name.removeprefix("tests/") not in MAY_SLEEP:
            sins += [
                (call.lineno, "time.sleep: wait for a condition") for call in calls_of(tree, "time.sleep", "sleep")
            ]
        offenders += [f"{name}:{line} {what}" for line, what in sins]
    assert not offenders, "see tests/waiting.py and tests/counting.py: " + "; ".join(offenders)


def calls_of(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) in names)


def short_limits_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """What ends a test that only waits long: give GENEROUS_S instead."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        waits = isinstance(node.func, ast.Attribute) and node.func.attr in ("wait", "join", "result", "communicate")
        given = node.args[:1] if waits else []
        given += [keyword.value for keyword in node.keywords if keyword.arg == "timeout"]
        for limit in given:
            if isinstance(limit, ast.Constant) and isinstance(limit.value, int | float) and limit.value < GENEROUS_S:
                yield node.lineno, f"a limit of {limit.value} s"


def clock_asserts_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Asserts, in one function each, that something took less than some time; that it took longer may be said."""
    for function in functions_of(tree):
        assigned = [
            (name.id, node.value)
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and any(calls_of(node.value, *CLOCKS))
            for target in node.targets
            for name in ast.walk(target)
            if isinstance(name, ast.Name)
        ]
        clocks = {name for name, _ in assigned}
        took = {name for name, value in assigned if isinstance(value, ast.BinOp)}
        for node in ast.walk(function):
            if isinstance(node, ast.Assert):
                yield from (
                    (node.lineno, "wall time") for compared in ast.walk(node.test) if limits(compared, clocks, took)
                )


def limits(node: ast.AST, clocks: set[str], took: set[str]) -> bool:
    """Is this a comparison that some time is below something?"""
    if not isinstance(node, ast.Compare):
        return False
    terms = [node.left, *node.comparators]
    for left, operator, right in zip(terms, node.ops, terms[1:], strict=False):
        less = left if isinstance(operator, ast.Lt | ast.LtE) else right
        names = {name.id for name in ast.walk(less) if isinstance(name, ast.Name)}
        timed = any(calls_of(less, *CLOCKS)) or names & took or (isinstance(less, ast.BinOp) and names & clocks)
        if timed and isinstance(operator, ast.Lt | ast.LtE | ast.Gt | ast.GtE):
            return True
    return False


@pytest.mark.parametrize(
    ("code", "sins"),
    [
        ("began = time.monotonic()\n work()\n assert time.monotonic() - began < 6", 1),
        ("assert 6 > time.process_time() - began", 1),
        ("began = time.monotonic()\n took = time.monotonic() - began\n assert 1 < took < 4", 1),
        ("began = time.monotonic()\n assert time.monotonic() - began > 1.2", 0),
        ("assert len(found) < 6", 0),
    ],
)
def test_asserts_on_wall_time_are_seen(code: str, sins: int) -> None:
    assert len(list(clock_asserts_of(ast.parse(f"def test():\n {code}")))) == sins


def test_help_is_light_and_quick() -> None:
    ask = (
        "import sys; sys.argv = ['ingot', '--help']\n"
        "from ingest.cli.app import main\ntry: main()\nexcept SystemExit: pass\n"
    )
    tell = "sys.stderr.write(f'LOADED {len(sys.modules)} ')\n"
    tell += f"sys.stderr.write('HEAVY ' + ' '.join(sorted({HEAVY!r} & set(sys.modules))))"
    run = subprocess.run([sys.executable, "-c", ask + tell], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0 and run.stdout, run.stderr
    assert run.stderr.split("HEAVY")[-1].split() == [], "ingot --help imports what it does not need"
    loaded = int(run.stderr.split("LOADED")[1].split()[0])
    assert loaded < MODULES_OF_HELP, f"ingot --help loads {loaded} modules: it is to be there in 0.3 s"
