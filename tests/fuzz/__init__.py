"""Random nonsense for every door: functions, expressions, files, the command line."""
