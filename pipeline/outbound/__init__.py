"""What is done over the network: callbacks delivered, URLs fetched, nobody called who must not be."""
