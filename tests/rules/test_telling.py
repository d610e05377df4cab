import re

import pytest

from console.rules.explain import explain
from console.rules.problems import CATALOGUE
from console.rules.telling import filled, letter, plainly, published, told

entries = pytest.mark.parametrize("entry", CATALOGUE.values(), ids=lambda entry: entry.code)

spoken = pytest.mark.parametrize(
    "entry", [entry for entry in CATALOGUE.values() if entry.text_for_user], ids=lambda entry: entry.code
)


def say(text: str, **values: object) -> str:
    return text % values if values else text


@spoken
def test_a_text_that_names_no_mailbox_is_still_a_sentence(entry):
    said = plainly(entry.text_for_user, say)

    assert not re.search(r"[\x00-\x1f%\[\]]|  | [.,]|\b(the|your) (the|your)\b|server the server", said)
    assert said[0].isupper()


@spoken
def test_a_text_to_copy_shows_where_something_is_filled_in(entry):
    assert letter(entry.text_for_user, say).count("[") == len(re.findall(r"%\(\w+\)s", entry.text_for_user))


@entries
def test_what_is_told_without_an_inbox_has_no_gaps(entry):
    assert all("%(" not in filled(text, say) for text in (entry.title, entry.what, *entry.staff_steps))


def test_json_has_the_promised_keys_and_plain_types():
    found = published(explain("[Errno 111] Connection refused"), say)

    assert {"code", "title", "who", "permanent", "steps"} <= set(found)
    assert (found["code"], found["who"], found["permanent"]) == ("connection-refused", "user", False)
    assert all(isinstance(step, str) for step in found["steps"])


def test_lines_name_code_and_steps_and_end_with_what_was_said():
    lines = list(told(explain("[Errno 111] Connection refused"), say))

    assert lines[0] == "code:       connection-refused"
    assert lines[-1].endswith("Connection refused")
