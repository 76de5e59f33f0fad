"""Schedules of other tools, through mpxj."""
