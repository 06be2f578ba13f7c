"""Reading what people call a CSV file: lines, columns by name, dates and numbers as people write them."""
