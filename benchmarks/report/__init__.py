"""Reports from results: one function for each form.

rows             a measurement with what else is known of it; the frontier
columns          what is told of each, and how it is shown
limits           what a recommendation has to hold, and the recommendation in words
cautions         what makes figures worse or less sure than they need be
matrix           several devices beside each other
markdown, table_file, page, plots: the forms; write puts all of them beside a results.json
"""
