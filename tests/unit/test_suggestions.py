"""Names that nobody knows: what is guessed, and that settings, schema files and the environment are looked through."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ingest.cli import app
from ingest.cli.exit_codes import Exit
from ingest.cli.home_notice import unused_home
from pipeline.schemas.loader import read_schema
from pipeline.settings import Settings
from pipeline.unknown_variables import BESIDE_SETTINGS, stray_variables
from stores.errors import InputError, NotFoundError
from stores.suggestions import check, nearest, unknown

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("lmit", ("limit", "cursor"), ("limit",)),
        ("Invoice.Amout", ("invoice.amount", "receipt.total"), ("invoice.amount",)),
        ("FAILED", ("failed", "done"), ("failed",)),
        ("xyzzy", ("limit", "cursor"), ()),
        ("x" * 100_000, ("limit",), ()),
    ],
)
def test_the_nearest_are_guessed(name: str, known: tuple[str, ...], found: tuple[str, ...]) -> None:
    assert nearest(name, known) == found


def test_a_refusal_says_what_there_is() -> None:
    near = unknown("schema", "invoise", ("invoice", "resume"), code="no_schema", error=NotFoundError)
    assert isinstance(near, NotFoundError) and near.code == "no_schema" and near.nearest == ("invoice",)
    assert near.message == "there is no schema 'invoise': did you mean 'invoice'?"
    assert unknown("state", "q", ("a", "b"), code="x").message == "there is no state 'q': known are a, b"
    assert "and 4 more" in unknown("field", "q", [f"field{n}" for n in range(20)], code="x").message
    assert len(unknown("field", "q" * 10_000, ("limit",), code="x").message) < 200
    assert check("state", "a", ("a",), code="x") == "a"


def test_a_mistyped_variable_is_told() -> None:
    (told,) = stray_variables(["INGOT_CHUNK_TOKEN", "INGOT_CHUNK_TOKENS", "ingot_home", "INGOT_KNOWLEDGE", "HOME"])
    assert told == "INGOT_CHUNK_TOKEN is set and means nothing: did you mean INGOT_CHUNK_TOKENS?"


def test_every_variable_that_the_code_reads_is_known() -> None:
    folders = [path for name in ("ingest", "pipeline", "stores", "scripts") for path in (ROOT / name).rglob("*")]
    files = [path for path in folders if path.is_file() and path.suffix in ("", ".py", ".sh")]
    texts = [path.read_text(errors="replace") for path in [*files, ROOT / "celery_app.py", ROOT / "start_worker.sh"]]
    read = {variable for text in texts for variable in re.findall(r"\bINGOT_[A-Z][A-Z_]*[A-Z]\b", text)}
    settings = {f"INGOT_{name.upper()}" for name in Settings.model_fields}
    assert read - settings - BESIDE_SETTINGS == set()


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty working folder, and nothing of the caller's environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("INGOT_HOME", "INGOT_KNOWLEDGE", "INGOT_DEBUG", "INGOT_BROKER_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_a_mistyped_key_of_the_settings_file_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "ingot.toml").write_text("chunk_token = 100\n")
    assert app.run(["kb", "list"]) == Exit.USAGE
    assert "ingot.toml: there is no setting 'chunk_token': did you mean 'chunk_tokens'" in capsys.readouterr().err


def test_a_mistyped_variable_is_one_line_of_every_command(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INGOT_CHUNK_TOKEN", "100")
    assert app.run(["kb", "list"]) == Exit.WELL
    said = capsys.readouterr()
    assert said.err.count("did you mean INGOT_CHUNK_TOKENS?") == 1 and "INGOT" not in said.out


def test_an_unused_home_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its absolute path and how it was chosen, by every command, on stderr."""
    for words, code in ((["kb", "list"], 0), (["docs", "list", "-k", "x"], 5), (["jobs", "list", "--json"], 0)):
        assert app.run(words) == code
        said = capsys.readouterr()
        assert f"the home is {folder}/ingot-data (by the working folder" in said.err, words
        assert str(folder) not in said.out
    app.run(["kb", "list", "--home", "other"])
    assert f"the home is {folder}/other (by --home)" in capsys.readouterr().err
    monkeypatch.setenv("INGOT_HOME", "third")
    app.run(["kb", "list"])
    assert f"the home is {folder}/third (by INGOT_HOME)" in capsys.readouterr().err
    app.run(["kb", "list", "--quiet"])
    assert capsys.readouterr().err == ""
    (folder / "third" / "kb").mkdir(parents=True)
    assert "holds no knowledge base" in unused_home(Settings(home=folder / "third"), None)
    (folder / "third" / "kb" / "kb.db").touch()
    assert unused_home(Settings(home=folder / "third"), None) == ""


def test_a_mistyped_key_of_a_schema_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    field = '[[fields]]\nname = "number"\nkind = "text"\n'
    path.write_text(f'name = "own"\n{field}label = ["No."]\n')
    with pytest.raises(InputError, match=r"there is no key 'label': did you mean 'labels'\?"):
        read_schema(path)
    path.write_text(f'name = "own"\ndescripton = "x"\n{field}labels = ["No."]\n')
    with pytest.raises(InputError, match=r"there is no key 'descripton': did you mean 'description'\?"):
        read_schema(path)
