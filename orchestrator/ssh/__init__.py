"""The only door to paramiko: commands on one host."""
