"""JUDGES: pure code that looks at parsed files and says what a careful reviewer would."""
