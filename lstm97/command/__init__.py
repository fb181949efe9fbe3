"""What the ``lstm97`` command does; `lstm97.cli` runs it."""
