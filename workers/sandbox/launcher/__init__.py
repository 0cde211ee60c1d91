"""The process that starts programs under sandlock or Landlock: a program of its own.

It is run as a folder (``python -I -S launcher/``), so that it loads nothing of ours but the
modules beside it, and they name each other plainly.
"""
