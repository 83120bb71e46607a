"""What holds for the whole house: imports, events, tasks, tables, routes and the source itself."""
