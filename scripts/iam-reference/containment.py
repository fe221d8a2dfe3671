"""Which resource types lie inside which: a grant on the parent may bring the child, never the other way round."""

import re

TEXTUAL = 0
CURATED = 1

PLACEHOLDER = re.compile(r"\$\{([^}]+)\}")
# These stand in every ARN and identify nothing.
COMMON_PLACEHOLDERS = {"Partition", "Region", "Account"}


def children(patterns, curated, excluded):
    """Returns the pairs of parent and child as `(parent, child, kind)`.

    `patterns` holds the ARN patterns of each type of one service, `curated` the children that overlay.json adds,
    `excluded` those that it takes away, by parent.
    """
    beginnings = {
        name: tuple(shape(pattern) + separator for pattern in own if can_hold(pattern) for separator in "/:")
        for name, own in patterns.items()
    }
    shapes = {name: [shape(pattern) for pattern in own] for name, own in patterns.items()}
    found = [
        (parent, child, TEXTUAL)
        for parent in patterns
        for child in patterns
        if parent != child
        and child not in excluded.get(parent, [])
        and any(whole.startswith(beginnings[parent]) for whole in shapes[child])
    ]
    textual = {(parent, child) for parent, child, _ in found}
    for parent, names in curated.items():
        for child in names:
            if parent in patterns and child in patterns and (parent, child) not in textual:
                found.append((parent, child, CURATED))
    return found


def can_hold(pattern):
    """Says whether something can lie inside what a pattern names.

    Not in a collection ('*'), since what follows it is not inside one of its members; and not in what has no name.
    """
    return "*" not in pattern and bool(set(PLACEHOLDER.findall(pattern)) - COMMON_PLACEHOLDERS)


def shape(pattern):
    """Returns the pattern with every placeholder alike, since a child may call the parent's name differently."""
    return PLACEHOLDER.sub("\0", pattern).replace("*", "\0")
