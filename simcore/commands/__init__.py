"""One module for each subcommand of ``luhai``; each imports what it needs when it is called."""
