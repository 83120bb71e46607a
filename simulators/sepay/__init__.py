"""The bank: transfers into our account, told by SePay."""
