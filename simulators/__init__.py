"""The outside world on this machine: carriers, card payments, a bank and a mail server that speak the real protocols."""
