"""The whole runtime in three lines: python examples/classify_camera.py [CAMERA, VIDEO, PICTURE OR FOLDER]"""

import sys

import runtime

source = sys.argv[1] if len(sys.argv) > 1 else "camera"
for result in runtime.classify(source):  # or your own: classify(source, model="flowers_int8.tflite")
    print(result.label, f"{result.score:.0%}")
