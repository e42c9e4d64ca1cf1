"""Doors: how people who keep their own code reach the backends."""
