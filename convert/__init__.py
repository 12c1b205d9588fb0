"""From a trained `.keras` to a `.tflite` or `.onnx` that answers as it does, with its card inside.

python -m convert flowers.keras --to tflite --recipe int8 --calibrate flowers/

source       the `.keras` file, checked before anything heavy is imported
pictures     which pictures calibrate and which ones check
network      the loaded Keras network: what the result is compared with
recipes      one row a recipe                 formats    one row a format
tflite       writes TFLite                    onnx, onnx_int8, onnx_input, onnx_graph    write ONNX
agreement    how often two files answer alike
golden       the tiny pictures of the self-test
conversion   all of it in order
"""
