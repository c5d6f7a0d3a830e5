"""What a ticket can ask for."""
