"""RUNS: checks out, runs tools, hands subjects to rules."""
