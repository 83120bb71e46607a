"""What is for sale, from which lots, and how much of it is left."""
