"""What Clean and Prepare are made of: reading texts, profiles of columns, what they mean, which step takes them."""
