"""What a refresh changes: printed for whoever commits it, and judged before anything is written."""

import re
from collections import defaultdict

from classification import BY_PATH, DENIED, LEAVES_BEHIND, SENSITIVE, WITH_PASS_ROLE

FLAG_NAMES = {
    DENIED: "denied",
    SENSITIVE: "sensitive",
    WITH_PASS_ROLE: "with-PassRole",
    LEAVES_BEHIND: "leaves-behind",
    BY_PATH: "by-path",
}
# A healthy month changes far less; a source that lost a page or a column changes more.
LARGEST_SHRINKAGE = 0.02
SECOND_PAGE_NAME = re.compile(r" V\d+$")


class Difference:
    """Two references and what lies between them. `overlay` is today's, with its own names; so is `classification`."""

    def __init__(self, before, after, overlay, classification):
        self.before = before
        self.after = after
        self.overlay = overlay
        self.classification = classification
        self.common = sorted(before.actions.keys() & after.actions.keys())

    def pairs(self):
        """Returns every action of both references with its two states."""
        return [(name, self.before.actions[name], self.after.actions[name]) for name in self.common]

    def lost_types(self):
        """Returns the actions that no longer take a resource type, with the types."""
        lost = {name: sorted(old.types.keys() - new.types.keys()) for name, old, new in self.pairs()}
        return {name: types for name, types in lost.items() if types}

    def no_longer_denied(self):
        """Returns the actions that were denied and are not any more."""
        return [name for name, old, new in self.pairs() if old.flags & DENIED and not new.flags & DENIED]

    def undenied_unseen(self):
        """Returns those of them that nobody has decided about in overlay.json."""
        decided = self.classification.not_denied_by_decision()
        return [name for name in self.no_longer_denied() if name.lower() not in decided]

    def unsorted(self):
        """Returns the actions, new or not, that are named like policies or permissions and that nobody has sorted."""
        actions = self.after.actions.items()
        return sorted(
            name for name, action in actions if self.classification.is_unsorted(*name.split(":", 1), action.level)
        )

    def shrunk(self):
        """Returns a sentence for each count that fell by more than the largest shrinkage."""
        counts = self.after.counts()
        return [
            f"{what}: {old} before, {counts[what]} now"
            for what, old in self.before.counts().items()
            if counts[what] < old * (1 - LARGEST_SHRINKAGE)
        ]

    def refusals(self, accept_shrinking, accept_losses):
        """Returns why the new reference must not be written, each with what to do; empty when it may be."""
        found = []
        if self.shrunk() and not accept_shrinking:
            found.append(
                f"the data shrank by more than {LARGEST_SHRINKAGE:.0%} ({'; '.join(self.shrunk())}). Most likely the "
                "package has lost something: look at it, take another VERSION, or say --accept-shrinking"
            )
        if self.lost_types() and not accept_losses:
            found.append(
                f"{len(self.lost_types())} actions lost a resource type (they are listed above). Compare some with "
                "AWS's Service Authorization Reference; if AWS changed them, say --accept-losses"
            )
        if self.undenied_unseen():
            found.append(
                f'no longer denied: {", ".join(self.undenied_unseen())}. Name each in overlay.json: under "denied" to '
                'keep it refused, or under "not_denied" if anybody may ask for it from now on'
            )
        if self.unsorted():
            found.append(
                f"speaks of policies or permissions and is not sorted: {', '.join(self.unsorted())}. Look up what each "
                'does, and name it in overlay.json, "named_policies": under "denied", or under "not_denied" with the '
                "reason why it opens nothing to anybody"
            )
        return found

    def sections(self):
        """Returns what changed as pairs of a heading and its lines, without the empty ones."""
        sections = [
            ("Services added", sorted(self.after.services.keys() - self.before.services.keys())),
            ("Services removed", sorted(self.before.services.keys() - self.after.services.keys())),
            ("Services renamed", changed(self.before.services, self.after.services)),
            ("Actions added by service (level, flags)", by_service(self.described(self.after, self.before))),
            ("Actions removed by service (level, flags)", by_service(self.described(self.before, self.after))),
            (
                "Levels changed",
                [f"{n}: {old.level} -> {new.level}" for n, old, new in self.pairs() if old.level != new.level],
            ),
            (
                "Flags changed",
                [f"{n}: {flags(old)} -> {flags(new)}" for n, old, new in self.pairs() if old.flags != new.flags],
            ),
            ("Resource types of actions changed", [line for pair in self.pairs() for line in type_changes(*pair)]),
            ("Resource types added", sorted(self.after.patterns.keys() - self.before.patterns.keys())),
            ("Resource types removed", sorted(self.before.patterns.keys() - self.after.patterns.keys())),
            ("ARN patterns changed", changed(self.before.patterns, self.after.patterns)),
            ("Children added (a grant on the parent may bring them)", child_lines(self.after, self.before)),
            ("Children removed", child_lines(self.before, self.after)),
            (
                "Condition keys or dependent actions changed, by service",
                by_service(dict.fromkeys(self.otherwise_changed(), "")),
            ),
            ("Rules or condition keys of types changed", changed_names(self.before.rules, self.after.rules)),
            *((f"READ THIS: {heading}", lines) for heading, lines in self.to_be_read()),
        ]
        return [(heading, lines) for heading, lines in sections if lines]

    def to_be_read(self):
        """Returns what only a person can judge."""
        gone = self.before.actions.keys() - self.after.actions.keys()
        return [
            ("actions that lost a resource type", [f"{n}: {', '.join(t)}" for n, t in self.lost_types().items()]),
            ("no longer denied", self.no_longer_denied()),
            ('named like policies or permissions, and not sorted (overlay.json, "named_policies")', self.unsorted()),
            (
                "denied before and gone; if AWS renamed them, deny the new names in overlay.json",
                sorted(name for name in gone if self.before.actions[name].flags & DENIED),
            ),
            (
                'require several types at once since now; are they alternatives (overlay.json, "alternatives")?',
                self.newly_several(),
            ),
            (
                'perhaps documented on two pages since now (overlay.json, "second_page")',
                sorted(second_page_signs(self.after, self.overlay) - second_page_signs(self.before, self.overlay)),
            ),
            ("overlay.json names what the data do not have", self.unknown_names()),
        ]

    def described(self, one, other):
        """Returns the actions of `one` that `other` lacks, each with level and flags."""
        names = one.actions.keys() - other.actions.keys()
        return {name: f" ({one.actions[name].level}{flag_suffix(one.actions[name])})" for name in names}

    def newly_several(self):
        """Returns the actions, not denied, that require several types and did not before."""

        def required(action):
            return sorted(name for name, needed in action.types.items() if needed) if action else []

        found = {
            name: (required(self.before.actions.get(name)), required(new)) for name, new in self.after.actions.items()
        }
        return sorted(
            f"{name}: {', '.join(new)}"
            for name, (old, new) in found.items()
            if len(new) > 1 and new != old and not self.after.actions[name].flags & DENIED
        )

    def otherwise_changed(self):
        """Returns the actions whose condition keys or dependent actions differ."""
        return [
            n for n, old, new in self.pairs() if (old.conditions, old.dependents) != (new.conditions, new.dependents)
        ]

    def unknown_names(self):
        """Returns the actions, types and services of overlay.json that stand for nothing (any more)."""
        known = {name.lower() for name in (*self.after.actions, *self.after.patterns, *self.after.services)}
        return sorted(name for name in names_of(self.overlay) if name.lower() not in known)


def names_of(overlay):
    """Returns the names in every part of overlay.json, in the form of a reference."""
    found = set()
    for part in overlay.values():
        if isinstance(part, str):
            continue
        for key in ("actions", "except_actions", "types", "denied"):
            found.update(part.get(key, []))
        for names in part.get("not_denied", {}).values():
            found.update(names)
        services = part.get("services", [])
        found.update(services)
        if isinstance(services, dict):
            for service, rules in services.items():
                found.update(f"{service}:{name}" for name in strings_in(rules))
    return found


def strings_in(value):
    """Returns every string of nested lists and objects, keys included."""
    if isinstance(value, str):
        return [value]
    parts = [*value.keys(), *value.values()] if isinstance(value, dict) else value
    return [name for part in parts for name in strings_in(part)]


def second_page_signs(reference, overlay):
    """Returns what hints at a prefix with two pages: a name with "V2", or a type with the patterns of both pages."""
    listed = overlay["second_page"]["services"]
    signs = {f"{prefix} ({name})" for prefix, name in reference.services.items() if SECOND_PAGE_NAME.search(name)}
    signs |= {
        f"{name} (several ARN patterns)" for name, pattern in reference.patterns.items() if isinstance(pattern, list)
    }
    return {sign for sign in signs if re.split(r"[ :]", sign)[0] not in listed}


def type_changes(name, old, new):
    """Returns a line on the resource types of an action, or none where they are the same."""
    parts = [f"lost {kind}" for kind in sorted(old.types.keys() - new.types.keys())]
    parts += [f"gained {kind}{' (required)' * new.types[kind]}" for kind in sorted(new.types.keys() - old.types.keys())]
    for kind in sorted(old.types.keys() & new.types.keys()):
        if old.types[kind] != new.types[kind]:
            parts.append(f"{kind} now {'required' if new.types[kind] else 'optional'}")
    return [f"{name}: {', '.join(parts)}"] if parts else []


def child_lines(one, other):
    """Returns the parents and children of `one` that `other` lacks."""
    return [f"{parent} > {child.split(':', 1)[1]}" for parent, child, _ in sorted(one.children - other.children)]


def by_service(names):
    """Returns one line per service for actions and what is to be said of each."""
    lines = defaultdict(list)
    for name, remark in sorted(names.items()):
        service, action = name.split(":", 1)
        lines[service].append(action + remark)
    return [f"{service}: {', '.join(actions)}" for service, actions in lines.items()]


def changed(before, after):
    """Returns a line for each name whose value differs."""
    return [f"{name}: {before[name]} -> {after[name]}" for name in changed_names(before, after)]


def changed_names(before, after):
    """Returns the names in both whose value differs."""
    return sorted(name for name in before.keys() & after.keys() if before[name] != after[name])


def flags(action):
    """Returns the flags of an action in words."""
    return ", ".join(word for bit, word in FLAG_NAMES.items() if action.flags & bit) or "none"


def flag_suffix(action):
    """Returns the flags of an action as the end of a remark, empty where it has none."""
    return f", {flags(action)}" if action.flags else ""
