"""The motion of a game in continuous time, and the flows that rules follow."""
