"""Hooks are registered under SnapStart and nowhere else."""

import sys
from pathlib import Path

import pytest

from payouts import snapshot

registry = pytest.importorskip("snapshot_restore_py")


@pytest.fixture(autouse=True)
def _left_as_it_was() -> None:
    registry.get_before_snapshot().clear()
    registry.get_after_restore().clear()


@pytest.mark.parametrize("kind", [None, "on-demand", "provisioned-concurrency", ""])
def test_nothing_is_registered_without_snapstart(kind: str | None) -> None:
    snapshot.register({} if kind is None else {"AWS_LAMBDA_INITIALIZATION_TYPE": kind}, [list])
    assert registry.get_before_snapshot() == registry.get_after_restore() == []


def test_what_is_held_is_dropped_before_the_snapshot_and_after_each_restore() -> None:
    dropped: list[str] = []
    held = [lambda: dropped.append("secret"), lambda: dropped.append("token")]
    snapshot.register({"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}, held)
    for function, arguments, options in registry.get_before_snapshot():
        function(*arguments, **options)
    assert sorted(dropped) == ["secret", "token"]
    for _ in range(2):
        dropped.clear()
        for function, arguments, options in registry.get_after_restore():
            function(*arguments, **options)
        assert sorted(dropped) == ["secret", "token"]


def test_what_is_imported_late_is_in_the_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "imported_late.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    snapshot.register({"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}, [], late=["imported_late"])
    assert "imported_late" not in sys.modules
    for function, arguments, options in registry.get_before_snapshot():
        function(*arguments, **options)
    assert sys.modules.pop("imported_late").__file__ == str(tmp_path / "imported_late.py")
