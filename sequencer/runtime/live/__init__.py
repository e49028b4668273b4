"""A live performance: a schedule on a stage in real time, with an operator at the desk and a line that tells where it is.

`standing` knows where the run is (pure), `screen` shows it, `running` puts stage, clock, desk, recorder and gear together.
"""
