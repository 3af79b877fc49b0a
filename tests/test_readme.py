"""What the README says is true."""

import json

import httpx

from tests.readme import README, examples, map_in, masked, shortened, tree


def test_every_command_of_the_readme_prints_what_stands_under_it(walk):
    for example in examples():
        if example.is_tarazy:
            assert masked(walk.outputs[example.command]) == masked(example.output), example.command


def test_the_request_of_the_readme_gets_the_answer_that_stands_under_it(server_url):
    requests = [e for e in examples() if e.is_request]
    assert requests
    for example in requests:
        answer = httpx.post(f"{server_url}/score", json=example.body, timeout=60)
        assert answer.status_code == 200
        shown = json.loads(example.output)
        given = shortened(answer.json())
        assert list(given) == list(shown)
        assert given["category"] == shown["category"]
        assert given["reasons"] == shown["reasons"]


def test_the_map_of_the_readme_is_the_tree_with_one_line_for_each_file():
    assert map_in(README.read_text("utf-8")) == tree()
    assert all(
        len(line.split(maxsplit=1)) == 2 or line.endswith("/") for line in tree().splitlines()
    )
