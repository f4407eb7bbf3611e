"""The monitor: runs by which the scores of its alarms are set, and what it costs.

``python -m benchmarks.monitor -o docs/results/monitor.json`` does both, in a quarter of
an hour. The scores were set on draws of other seeds.
"""
