"""Services that give papers: live addresses asked politely, and the shapes of their answers."""
