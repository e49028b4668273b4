# ruff: noqa: T201  this script prints its result
# mypy: ignore-errors
# The runtime is installed in a separate environment, which the type checker does not see.
"""Print what the validator of Reactor's runtime reads from a schema.

Arguments: a schema, a list of [command, data] pairs.
"""

import json
import sys
from pathlib import Path

from reactor_runtime.schema_validator import SchemaValidator

schema = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
validator = SchemaValidator(schema)
for name, data in json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")):
    print(json.dumps({"command": name, "data": data, "error": validator.validate(name, data)[1]}))
for path in schema["paths"]:
    name = path.removeprefix("/events/")
    print(json.dumps({"command": name, "uploads": sorted(validator.get_upload_fields(name))}))
