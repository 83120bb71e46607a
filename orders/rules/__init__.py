"""Pure decisions about orders and money."""
