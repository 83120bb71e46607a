"""Every fact has its row, every row its task, every task its worker."""

import ast
import dataclasses
import importlib
import inspect
from collections.abc import Callable, Mapping
from itertools import pairwise

import pytest

from marketplace.app import TASKS
from marketplace.beat import SCHEDULE
from marketplace.core.notices import NoticeQueued
from marketplace.core.photos import PhotosRemoved
from marketplace.core.tasks import QUEUES, TASK_QUEUES
from marketplace.embedded.stack import COMMANDS
from marketplace.reactions import REACTIONS, SEARCH
from tests.architecture.source import PACKAGES, PRODUCT, ROOT, list_python, parse


def _events() -> Mapping[str, frozenset[str]]:
    """Return the name of every event with the fields that it carries."""
    found = {one.name: _fields(one) for one in (NoticeQueued, PhotosRemoved)}
    for package in (*PACKAGES, "marketplace.accounts"):
        for path in list_python(package.split(".", maxsplit=1)[0]):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if ".".join(parts[:-1]) != package or parts[-1] != "events":
                continue
            module = importlib.import_module(".".join(parts))
            for kind in vars(module).values():
                if dataclasses.is_dataclass(kind) and hasattr(kind, "name") and kind.__module__ == module.__name__:
                    found[kind.name] = _fields(kind)
    for source in _webhook_sources():
        found[f"webhook.{source}"] = frozenset({"inbox_id"})
    return found


def _fields(kind: type) -> frozenset[str]:
    return frozenset(field.name for field in dataclasses.fields(kind))


def _webhook_sources() -> set[str]:
    return {
        keyword.value.value
        for path in list_python(*PACKAGES)
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "store_webhook"
        for keyword in node.keywords
        if keyword.arg == "source" and isinstance(keyword.value, ast.Constant)
    }


def _tasks() -> Mapping[str, tuple[str, Callable[..., object]]]:
    """Return every function under ``@task("name", queue="…")`` in the source: name -> (queue, function)."""
    found = {}
    for path in list_python(*PRODUCT):
        for node in parse(path).body:
            if not isinstance(node, ast.FunctionDef):
                continue
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "task":
                    queue = next(keyword.value.value for keyword in mark.keywords if keyword.arg == "queue")
                    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                    found[mark.args[0].value] = (queue, getattr(importlib.import_module(module), node.name))
    return found


EVENTS = _events()
TASK_FUNCTIONS = _tasks()
REACTION_PAIRS = [(event, task, queue) for event, row in REACTIONS.items() for task, queue in row]


def test_every_event_is_a_frozen_dataclass_named_after_its_package():
    for package in PACKAGES:
        path = ROOT / package / "events.py"
        if not path.exists():
            continue
        module = importlib.import_module(f"{package}.events")
        for kind in vars(module).values():
            if inspect.isclass(kind) and kind.__module__ == module.__name__:
                assert dataclasses.is_dataclass(kind), kind
                assert kind.__dataclass_params__.frozen, kind
                # A class without a name is what several events have in common.
                assert getattr(kind, "name", f"{package}.").startswith(f"{package}."), kind


def test_every_event_has_a_row_and_every_row_an_event():
    assert set(REACTIONS) == set(EVENTS)


def test_every_task_in_the_source_is_registered_by_starting_the_application(app):
    assert {name: queue for name, (queue, _) in TASK_FUNCTIONS.items()} == TASK_QUEUES


def test_celery_knows_every_task_by_its_name(app):
    from marketplace.worker import make_celery

    celery = make_celery(app)
    celery.finalize()
    known = {name for name in celery.tasks if not name.startswith("celery.")}
    assert known == set(TASK_FUNCTIONS)
    assert {name: route["queue"] for name, route in celery.conf.task_routes.items()} == TASK_QUEUES


@pytest.mark.parametrize(("event", "task", "queue"), REACTION_PAIRS)
def test_a_reaction_names_a_task_on_its_own_queue(app, event, task, queue):
    assert TASK_QUEUES[task] == queue


@pytest.mark.parametrize(("event", "task", "queue"), REACTION_PAIRS)
def test_a_reaction_can_be_called_with_what_its_event_carries(event, task, queue):
    function = TASK_FUNCTIONS[task][1]
    carried = dict.fromkeys(EVENTS[event] | {"delivery_id"})
    inspect.signature(function).bind(**carried)
    assert "delivery_id" in inspect.signature(function).parameters, "a reaction is done once"


@pytest.mark.parametrize("name", SCHEDULE)
def test_periodic_work_is_a_task_that_needs_no_arguments(app, name):
    task = SCHEDULE[name]["task"]
    assert TASK_QUEUES[task] == SCHEDULE[name]["options"]["queue"]
    inspect.signature(TASK_FUNCTIONS[task][1]).bind()


def test_every_task_is_somebodys_work():
    """A task that nothing triggers is dead."""
    wanted = {task for _, task, _ in REACTION_PAIRS} | {entry["task"] for entry in SCHEDULE.values()}
    assert set(TASK_FUNCTIONS) == wanted


@pytest.mark.parametrize("name", TASK_FUNCTIONS)
def test_a_task_takes_keywords_only(name):
    kinds = {parameter.kind for parameter in inspect.signature(TASK_FUNCTIONS[name][1]).parameters.values()}
    assert kinds <= {inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD}


def test_tasks_live_where_the_application_looks_for_them():
    for _, function in TASK_FUNCTIONS.values():
        assert any(function.__module__ == room or function.__module__.startswith(f"{room}.") for room in TASKS)


def test_every_queue_has_a_process_that_works_it_off_and_the_index_has_one_writer():
    workers = [
        value.split(",") for command in COMMANDS.values() for option, value in pairwise(command) if option == "--queues"
    ]
    consumed = [queue for queues in workers for queue in queues]
    assert sorted(consumed) == sorted(QUEUES)
    assert set(TASK_QUEUES.values()) <= set(consumed)
    assert workers.count([SEARCH]) == 1
