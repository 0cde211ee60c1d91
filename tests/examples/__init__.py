"""``make examples``: reviews of unlike changes, as people see them, under docs/examples."""
