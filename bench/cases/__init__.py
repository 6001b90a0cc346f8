"""The cases, one file each: a module has TITLE and run(context), which returns its lines of the table."""
