"""The models that scores can be written for, each described by a small YAML file in `specs`.

`spec` is what a file may contain, `catalog` finds one by its name, and `from_schema` makes the
mechanical half of a new one from a vendor's schema. Nothing else in the program asks which model it
is: it reads the spec.
"""
