"""A folder that is a registry: its files are read without being run, and keep the contract that they are loaded by."""

from __future__ import annotations

import inspect
import subprocess
import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any, get_args

import pytest

from forecaster import models
from ingest import attention, registry, sources
from ingest.errors import AssetConflictError, RegistryFileError, UnknownSourceError, UnknownSymbolError
from ingest.sources import sample
from tests.ingest import toys

if TYPE_CHECKING:
    from pathlib import Path

CONTRACTS: list[tuple[ModuleType, str, type]] = [
    *((sources, name, sources.Provider) for name in sources.summaries()),
    (sources, "csv_file", sources.Reader),
    *((attention, name, attention.Adapter) for name in attention.names() if name != "csv_file"),
    (attention, "csv_file", attention.FileAdapter),
]


def faults(module: Any, contract: type) -> list[str]:
    """What a file lacks of its contract, or takes otherwise than it says."""
    found = [f"{name} is not there" for name in inspect.get_annotations(contract) if not hasattr(module, name)]
    for name, wanted in inspect.getmembers(contract, inspect.isfunction):
        if name.startswith("_"):
            continue
        own = getattr(module, name, None)
        taken = [(p.name, p.default) for p in list(inspect.signature(wanted).parameters.values())[1:]]
        given = [(p.name, p.default) for p in inspect.signature(own).parameters.values()] if own else None
        found += [] if given == taken else [f"{name} takes {given}, not {taken}"]
    return found


@pytest.mark.parametrize(("folder", "name", "contract"), CONTRACTS, ids=[f"{c[0].__name__}.{c[1]}" for c in CONTRACTS])
def test_every_file_keeps_its_contract(folder: ModuleType, name: str, contract: type) -> None:
    module = folder.load(name)  # type: ignore[attr-defined]
    assert faults(module, contract) == []
    assert module.__doc__.splitlines()[0].endswith(".")


def test_a_file_that_breaks_its_contract_is_seen() -> None:
    broken = SimpleNamespace(FETCHED=True, ASSETS=(), describe=sample.describe, fetch=lambda asset, now: None)
    told = faults(broken, sources.Provider)
    assert told[0] == "WINDOW is not there"
    assert told[1].startswith("fetch takes [('asset', ")
    assert len(told) == 2


def test_the_files_say_which_of_two_contracts_is_theirs() -> None:
    assert get_args(sources.Source) == (sources.Provider, sources.Reader)
    assert set(sources.names()) == {*sources.summaries(), "csv_file"}
    for name in sources.names():
        assert registry.declared("ingest.sources", name).constants["FETCHED"] == sources.load(name).FETCHED
    assert sources.provider("sample") is sample
    with pytest.raises(
        UnknownSourceError, match="source 'csv_file' reads files and cannot be queried: known: sample, "
    ):
        sources.provider("csv_file")


def test_a_list_of_sources_imports_no_library() -> None:
    """In an interpreter of its own: even pandas is not there afterwards."""
    code = (
        "import sys; from ingest import attention, sources; assert sources.summaries() and attention.names(); "
        "print(sorted({'pandas', 'numpy', 'yfinance', 'curl_cffi', 'arch', 'httpx', 'sqlalchemy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_source_with_assets_of_its_own_describes_those_and_no_other() -> None:
    (first, _) = sample.ASSETS
    assert sources.offered(sample.ASSETS, "^GSPC") is first
    assert sources.offered(sample.ASSETS, "^GSPC", "XNYS") is first
    with pytest.raises(UnknownSymbolError, match=r"^source sample has no 'GSPC': nearest: \^GSPC$"):
        sources.offered(sample.ASSETS, "GSPC")
    with pytest.raises(AssetConflictError, match=r"has \^GSPC with calendar XNYS, not 24/7: leave --calendar out"):
        sources.offered(sample.ASSETS, "^GSPC", "24/7")


def test_one_file_is_a_source(tmp_path: Path) -> None:
    with toys.beside(sources, toys.SOURCE, tmp_path / "more"):
        assert sources.summaries()["toy"] == "Closes that are a day's number, for tests."
        assert "toy" in sources.names()
        provider = sources.provider("toy")
        assert provider.describe("SYM").source == "toy"
        assert faults(provider, sources.Provider) == []
    assert "toy" not in sources.names()
    with pytest.raises(UnknownSourceError):
        sources.load("toy")


def test_one_file_is_a_count_of_attention(tmp_path: Path) -> None:
    with toys.beside(attention, toys.ADAPTER, tmp_path / "more"):
        assert "toy" in attention.names()
        assert attention.load("toy").KIND == "nods a day"
    assert "toy" not in attention.names()


@pytest.mark.parametrize("package", [models, sources, attention], ids=lambda package: package.__name__)
def test_the_files_of_a_folder_of_ones_own_are_entries(
    package: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package, "__path__", list(package.__path__))
    taken = package.names()[0]
    (tmp_path / "twice").mkdir()
    (tmp_path / "twice" / f"{taken}.py").write_text("")
    (tmp_path / "own_toy.py").write_text('"""A toy."""\n\nSUMMARY = "a toy"\n')
    with pytest.raises(RegistryFileError, match=r"nowhere is not a folder: name the one that holds your files"):
        package.add_folder(tmp_path / "nowhere")
    with pytest.raises(RegistryFileError, match=f"{taken}.py has the name of an entry of {package.__name__}: rename"):
        package.add_folder(tmp_path / "twice")
    assert "own_toy" not in package.names()
    package.add_folder(tmp_path)
    package.add_folder(str(tmp_path))
    assert package.__path__.count(str(tmp_path)) == 1
    assert "own_toy" in package.names()


def test_a_file_that_cannot_be_used_is_listed_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One bad file hides no other; whoever asks for it hears which file it is."""
    monkeypatch.setattr(sources, "__path__", [*sources.__path__, str(tmp_path)])
    (tmp_path / "spoilt_toy.py").write_text("def (:")
    (tmp_path / "raising_toy.py").write_text(
        '"""A toy that raises."""\n\nFETCHED: bool = True\nraise RuntimeError("boom")\n'
    )
    listed = sources.summaries()
    assert {"sample", "simulated", "yahoo", "spoilt_toy", "raising_toy"} == set(listed)
    assert f"{tmp_path / 'spoilt_toy.py'} cannot be used (SyntaxError: invalid syntax" in listed["spoilt_toy"]
    assert listed["raising_toy"] == "A toy that raises."
    for name, said in (("spoilt_toy", "SyntaxError: invalid syntax"), ("raising_toy", "RuntimeError: boom")):
        with pytest.raises(RegistryFileError) as refused:
            sources.load(name)
        assert f"{tmp_path / name}.py cannot be used ({said}" in str(refused.value)
        assert "fix it, or remove it from its folder" in str(refused.value)
