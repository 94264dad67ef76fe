"""What is known of actors comes in here, and what partners may know of campaigns goes out."""
