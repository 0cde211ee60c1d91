"""A Review in other tools' words. Pure."""
