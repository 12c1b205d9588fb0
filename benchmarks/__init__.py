"""Models x settings x data -> figures, tables and plots: `python -m benchmarks`.

    run              latency and accuracy of model files: results.json, results.md, pareto.png
    report           the table and the plot again, from a results.json
    overhead         what edgeframe costs above the bare parts that it is made of
    folder-accuracy  top-1 of the real command, `runtime classify FOLDER --json`

What is measured lands in a JSON file of raw seconds and bytes; tables and plots are made from that file.
"""
