"""Give players, operators and auditors the `fairlot` command."""
