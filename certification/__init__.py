"""Turn a pre-registered plan and its evidence into a report that an auditor can run again."""
