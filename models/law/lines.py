"""Where something stands in a file of the law: the line, for whoever has to correct it."""

from pathlib import Path

import yaml


def line_of(file: Path, place: tuple[str | int, ...]) -> int:
    """Return the line on which a part of a YAML file begins, from 1.

    ``place``: keys and positions from the top of the file, as far as they lead somewhere.
    """
    node = yaml.compose(file.read_bytes(), Loader=yaml.CSafeLoader)
    line = 1
    for step in place:
        if isinstance(node, yaml.MappingNode):
            keys = {key.value: (key, value) for key, value in node.value}
            if step not in keys:
                break
            key, node = keys[str(step)]
            line = int(key.start_mark.line) + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line = int(node.start_mark.line) + 1
    return line
