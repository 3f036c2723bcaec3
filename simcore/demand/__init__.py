"""Who pays whom, when and how much: flows of payments and replay of recorded ones."""
