"""What edgeframe holds itself to: its own costs, its method, its published figures, each against its bar."""
