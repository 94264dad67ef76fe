"""What is known of actors: dossiers, attribution, and exchange with partners."""
