"""Result tables: their columns, how they are written, proved and read again."""
