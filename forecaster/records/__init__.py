"""What a home keeps."""
