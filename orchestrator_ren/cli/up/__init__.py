"""`ren up`: the programs of one robot as processes of their own, ended in order."""
