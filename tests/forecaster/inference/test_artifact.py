"""A saved fit comes back bit for bit; one that was changed, cut or forged is refused in one line, and never run."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import save as tensors

from forecaster.errors import ArtifactError
from forecaster.inference.artifact import ARRAYS, FACTS, LARGEST, Artifact, load, save
from tests.bad_places import fill, small_disk, without_rights

if TYPE_CHECKING:
    from collections.abc import Callable

NAN = np.array([np.nan, -0.0, np.inf, 5e-324, -1.5])
FIT = Artifact(
    arrays={
        "draws.weight": np.random.default_rng(0).standard_normal((5, 7, 2)),
        "draws.turned": np.arange(12.0).reshape(3, 4).T,
        "alone": np.array(0.1),
        "losses": np.empty(0),
        "strange": NAN,
    },
    facts={"model": "bayesian_linear", "seed": 2**32 - 1, "k_hat": None, "fall": 0.1 + 0.2, "symbol": "Ö^GSPC"},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(FIT, tmp_path / "fit")
    return tmp_path / "fit"


def resealed(folder: Path, arrays: bytes, **changed: Any) -> None:
    """What one writes who knows the form: other bytes, and hashes that hold."""
    content = json.loads((folder / FACTS).read_text())["content"]
    content = {**content, "arrays_sha256": hashlib.sha256(arrays).hexdigest(), **changed}
    digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()
    (folder / FACTS).write_text(json.dumps({"content": content, "sha256": digest}, indent=1) + "\n")
    (folder / ARRAYS).write_bytes(arrays)


def complaint(folder: Path) -> str:
    """The line with which a folder is refused."""
    with pytest.raises(ArtifactError) as told:
        load(folder)
    line = str(told.value)
    assert "\n" not in line
    assert line.startswith(str(folder))
    return line


def test_a_fit_comes_back_bit_for_bit(folder: Path) -> None:
    again = load(folder)
    assert list(again.facts.items()) == list(FIT.facts.items())
    assert again.arrays.keys() == FIT.arrays.keys()
    for name, value in FIT.arrays.items():
        assert again.arrays[name].shape == value.shape
        assert again.arrays[name].tobytes() == value.tobytes()


def test_the_same_fit_is_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    save(load(folder), tmp_path / "again")
    for name in (ARRAYS, FACTS):
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


@pytest.mark.parametrize("name", [ARRAYS, FACTS])
def test_every_changed_byte_is_seen(folder: Path, name: str) -> None:
    """Each place in turn, one bit of it or all of it, and the file as it was in between as the control."""
    whole, rng = (folder / name).read_bytes(), np.random.default_rng(0)
    for place in range(len(whole)):
        other = bytearray(whole)
        other[place] ^= int(rng.choice([1, 2, 4, 8, 16, 32, 64, 128, 255]))
        (folder / name).write_bytes(other)
        assert "cannot be trusted" in complaint(folder)
    (folder / name).write_bytes(whole)
    assert load(folder).facts == FIT.facts


@pytest.mark.parametrize("name", [ARRAYS, FACTS])
def test_every_cut_and_every_byte_too_many_is_seen(folder: Path, name: str) -> None:
    whole = (folder / name).read_bytes()
    for other in [*(whole[:length] for length in range(len(whole))), whole + b"\n", whole + b"\0", b" " + whole]:
        (folder / name).write_bytes(other)
        assert "cannot be trusted" in complaint(folder)


def test_the_halves_of_two_fits_do_not_make_one(folder: Path, tmp_path: Path) -> None:
    save(Artifact({"losses": np.ones(3)}, FIT.facts), tmp_path / "other")
    (tmp_path / "other" / ARRAYS).replace(folder / ARRAYS)
    assert "is not the file that facts.json belongs to" in complaint(folder)


class Canary:
    """Leaves a file behind where it is unpickled."""

    def __init__(self, file: Path) -> None:
        """Takes the file to leave."""
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        """What a pickle runs."""
        return Path.touch, (self.file,)


@pytest.mark.parametrize("name", [ARRAYS, FACTS])
def test_a_pickle_is_never_opened(folder: Path, tmp_path: Path, name: str) -> None:
    """Not even with a hash that holds; the control is that the pickle does run where it is opened."""
    sprung = pickle.dumps(Canary(tmp_path / "sprung"))
    if name == ARRAYS:
        resealed(folder, sprung)
    else:
        (folder / FACTS).write_bytes(sprung)
    complaint(folder)
    assert not (tmp_path / "sprung").exists()
    pickle.loads(sprung)  # noqa: S301  # our own, to show that it bites
    assert (tmp_path / "sprung").exists()


def header(entries: dict[str, Any], data: bytes = b"", length: int | None = None) -> bytes:
    """A safetensors file with any header, true or not."""
    text = json.dumps(entries).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(dtype: str = "F64", shape: tuple[int, ...] = (1,), offsets: tuple[int, ...] = (0, 8)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


FORGED = {
    "nothing": b"",
    "a header longer than the file": header({"a": entry()}, bytes(8), length=10**6),
    "a header longer than any memory": header({"a": entry()}, bytes(8), length=2**64 - 1),
    "a header that is no JSON": struct.pack("<Q", 8) + b"{{{{{{{{",
    "a header nested without end": struct.pack("<Q", 20_000) + b"[" * 20_000,
    "an array beyond the file": header({"a": entry(shape=(100,), offsets=(0, 800))}, bytes(8)),
    "an array before the file": header({"a": entry(offsets=(-8, 0))}, bytes(8)),
    "a shape that its bytes do not fill": header({"a": entry(shape=(10**18, 10**18))}, bytes(8)),
    "two arrays in one place": header({"a": entry(), "b": entry()}, bytes(8)),
    "a kind of number that is none": header({"a": entry(dtype="O")}, bytes(8)),
    "float32": tensors({"a": np.ones(2, np.float32)}),
    "integers": tensors({"a": np.ones(1, np.int64)}),
    "bfloat16": header({"a": entry(dtype="BF16", shape=(4,))}, bytes(8)),
    "float8": header({"a": entry(dtype="F8_E4M3", shape=(8,))}, bytes(8)),
}


@pytest.mark.parametrize("arrays", FORGED.values(), ids=FORGED)
def test_forged_arrays_with_a_hash_that_holds_are_refused(folder: Path, arrays: bytes) -> None:
    resealed(folder, arrays)
    assert ARRAYS in complaint(folder)


def test_the_forger_of_these_tests_can_write_what_is_accepted(folder: Path) -> None:
    """The control of the test above: sound arrays, sealed by the same hand."""
    resealed(folder, header({"a": entry()}, struct.pack("<d", 1.5)))
    assert load(folder).arrays["a"].tolist() == [1.5]


def test_forged_facts_are_refused(folder: Path) -> None:
    arrays = (folder / ARRAYS).read_bytes()
    for facts in (b"[]", b"null", b'{"content": 1}', b"[" * 100_000, b"\xff\xfe", b'{"content": {"facts": {}}}'):
        (folder / FACTS).write_bytes(facts)
        assert FACTS in complaint(folder)
    resealed(folder, arrays, facts=["no", "names"])
    assert FACTS in complaint(folder)
    resealed(folder, arrays, facts={}, form=2)
    assert "update the program" in complaint(folder)


def as_a_link(file: Path) -> None:
    outside = file.parent.parent / "outside"
    file.rename(outside)
    file.symlink_to(outside)


def as_a_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def as_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def too_large(file: Path) -> None:
    os.truncate(file, LARGEST + 1)


@pytest.mark.parametrize("spoil", [as_a_link, as_a_pipe, as_a_folder, too_large, Path.unlink])
@pytest.mark.parametrize("name", [ARRAYS, FACTS])
def test_only_a_plain_file_of_the_folder_itself_is_read(folder: Path, name: str, spoil: Callable[[Path], None]) -> None:
    spoil(folder / name)
    assert name in complaint(folder)


def test_a_name_that_is_taken_is_refused_and_kept(folder: Path, tmp_path: Path) -> None:
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for taken in (folder, tmp_path / "file", tmp_path / "link"):
        with pytest.raises(ArtifactError, match="already exists: choose another name"):
            save(FIT, taken)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert (tmp_path / "file").read_text() == "mine"


def test_a_place_that_cannot_be_written_is_one_line_and_left_clean(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="No such file or directory"):
        save(FIT, tmp_path / "none" / "fit")
    (tmp_path / "closed").mkdir(mode=0o555)
    with without_rights(tmp_path / "closed"), pytest.raises(ArtifactError, match="Permission denied"):
        save(FIT, tmp_path / "closed" / "fit")
    assert list((tmp_path / "closed").iterdir()) == []


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "64k") as disk:
        ballast = fill(disk)
        with pytest.raises(ArtifactError, match="No space left"):
            save(FIT, disk / "fit")
        assert list(disk.iterdir()) == [ballast]
