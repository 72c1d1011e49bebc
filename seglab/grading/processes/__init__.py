"""The students' processes: started from a warm zygote, talked to over a wire of plain data."""
