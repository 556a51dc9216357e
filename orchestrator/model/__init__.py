"""The nouns of ferry: frozen values, standard library only."""
