"""The keeper of the log: gives entries their places, writes the tree, signs, asks witnesses, publishes."""

from marketplace.keeper.keeper import Keeper, run_keeper

__all__ = ["Keeper", "run_keeper"]
