"""What a model file computes: its operators, their cost, and which accelerators can take them.

graph        the operators and tensors of a file, whatever its format
tflite       reads them from a `.tflite`, with no library
onnx         likewise from an `.onnx` that tells the shapes between them
cost         multiply-accumulates, parameters, peak memory
ending       whether the scores are a plain sum
delegates    what takes a `.tflite` whole, and what breaks it
"""

from runtime.operators.report import OperatorReport as OperatorReport
from runtime.operators.report import report_operators as report_operators
