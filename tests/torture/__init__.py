"""Random writers, readers and faults against one Livelane, and the oracle's verdict at the end.

`python -m tests.torture 10m --seed 7`, or `just torture 10m`; a short run is part of the suite.
"""
