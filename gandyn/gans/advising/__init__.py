"""Advice on a user's training: its rehearsal, and what describes its point."""
