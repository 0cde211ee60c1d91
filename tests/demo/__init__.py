"""``make demo``: the main job on real input, against a forge that runs beside it."""
