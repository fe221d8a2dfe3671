"""Holds instances against a JSON Schema.

Reads one JSON value a line from standard input, and answers each with a line: empty if the schema of the first
argument takes it, else why not.
"""

import json
import sys

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
for line in sys.stdin:
    error = best_match(validator.iter_errors(json.loads(line)))
    print("" if error is None else f"{error.json_path}: {error.message}".replace("\n", " "))
