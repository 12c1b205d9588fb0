"""The whole runtime in ten lines: python examples/classify_camera.py [CAMERA, VIDEO, PICTURE OR FOLDER]"""

import sys

from runtime import Classifier, open_source

classifier = Classifier.load()  # or your own: Classifier.load("flowers_int8.tflite")
with open_source(sys.argv[1] if len(sys.argv) > 1 else "0", classifier.card) as camera:
    for frame in camera:
        result = classifier.classify_frame(frame)
        print(result.label, f"{result.score:.0%}")
