"""The outside world on this machine: a carrier, a card gateway, a bank and a mail server, by their real protocols."""
