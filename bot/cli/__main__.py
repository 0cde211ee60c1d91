"""``python -m bot.cli``: how the supervisor starts the parts."""

from bot.cli import main

main()
