"""Reads iam-reference.jsonl back, with names instead of numbers, so that two of them can be compared."""

import json
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ActionView:
    """An action: `types` says of each resource type whether it is required."""

    level: str
    flags: int
    types: dict
    conditions: tuple
    dependents: tuple


@dataclass
class Reference:
    """A whole file. Actions are called `service:Action`, resource types `service:type`."""

    header: dict = field(default_factory=dict)
    services: dict = field(default_factory=dict)
    actions: dict = field(default_factory=dict)
    patterns: dict = field(default_factory=dict)
    children: set = field(default_factory=set)
    rules: dict = field(default_factory=dict)

    def counts(self):
        """Returns how many there are of each thing that must not become fewer unseen."""
        return {
            "services": len(self.services),
            "actions": len(self.actions),
            "resource types": len(self.patterns),
            "parents with a child": len(self.children),
            "actions with dependent actions": sum(bool(action.dependents) for action in self.actions.values()),
            "actions with condition keys": sum(any(action.conditions) for action in self.actions.values()),
        }


def parse(text):
    """Returns what the text of a file says; of an empty text, nothing."""
    reference = Reference()
    lines = [json.loads(line) for line in text.splitlines()]
    if lines:
        reference.header = lines[0]
    for service in lines[1:]:
        add_service(reference, service)
    return reference


def add_service(reference, service):
    """Adds one line of the file."""
    prefix, keys = service["p"], service["k"]
    types = [entry[0].lower() for entry in service["r"]]
    reference.services[prefix] = service["n"]
    for name, pattern, condition_keys in service["r"]:
        reference.patterns[f"{prefix}:{name.lower()}"] = pattern
        reference.rules[f"{prefix}:{name.lower()}"] = sorted(keys[at] for at in condition_keys)
    for parent, child, kind in service["c"]:
        reference.children.add((f"{prefix}:{types[parent]}", f"{prefix}:{types[child]}", kind))
    reference.rules[prefix] = {
        "is a": sorted((types[one], types[other]) for one, other in service["i"]),
        "no colon": [types[at] for at in service.get("x", [])],
        "policy form": {types[int(at)]: form for at, form in service.get("f", {}).items()},
        "singletons": [types[at] for at in service.get("s", [])],
        "automatic parents": service.get("j"),
    }
    for name, level, flags, supports, own_keys, dependents in service["a"]:
        reference.actions[f"{prefix}:{name}"] = ActionView(
            level,
            flags,
            {types[support[0] >> 1]: bool(support[0] & 1) for support in supports},
            (
                tuple(sorted(keys[at] for at in own_keys)),
                *sorted(
                    (types[support[0] >> 1], *(keys[at] for at in support[1:])) for support in supports if support[1:]
                ),
            ),
            tuple(service["d"][at] for at in dependents),
        )
