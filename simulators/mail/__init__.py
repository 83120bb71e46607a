"""The mail server: takes every letter and shows it, sends none on."""
