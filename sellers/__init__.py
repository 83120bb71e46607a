"""Communes, households, their sites and certificates: who grows what, and where."""
