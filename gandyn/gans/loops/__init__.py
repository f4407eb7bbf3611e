"""A user's own loop, looked at while it runs: alarms and traced steps."""
