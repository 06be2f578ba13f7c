"""The family of faults: drawn as it is, and small."""

import inspect
import re

from ingest import errors


def test_the_drawing_names_every_fault_under_its_parent() -> None:
    family = {
        name: kind for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, Exception)
    }
    drawn: dict[str, str] = {}
    parents = ["IngestError"]
    for branch, name in re.findall(r"^((?:│   )*[├└]── )(\w+)", errors.__doc__ or "", re.MULTILINE):
        depth = len(branch) // 4
        parents[depth:] = [name]
        drawn[name] = parents[depth - 1]
    assert drawn == {name: kind.__bases__[0].__name__ for name, kind in family.items() if name != "IngestError"}
