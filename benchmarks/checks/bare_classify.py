"""The bare script that `runtime classify photo.jpg` is measured against: numpy, Pillow and LiteRT, nothing else.

    python bare_classify.py MODEL LABELS PHOTO

MODEL is a fully-integer `.tflite` without a card's help, LABELS a text file with one label a line. It decodes
the photo, takes the centre 0.875 of it, resizes, invokes and prints the five best classes.
"""

import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

model, labels_file, photo = sys.argv[1:]
with open(labels_file, encoding="utf-8") as file:
    labels = file.read().splitlines()

interpreter = Interpreter(model_path=model)
interpreter.allocate_tensors()
picture_input = interpreter.get_input_details()[0]
scores_output = interpreter.get_output_details()[0]
_, height, width, _ = picture_input["shape"]

image = Image.open(photo).convert("RGB")
side = min(image.size) * 0.875
left, top = (image.width - side) / 2, (image.height - side) / 2
image = image.resize((width, height), Image.Resampling.BILINEAR, box=(left, top, left + side, top + side))

interpreter.set_tensor(picture_input["index"], np.asarray(image, dtype=picture_input["dtype"])[np.newaxis])
interpreter.invoke()
scores = interpreter.get_tensor(scores_output["index"])[0]
scale, zero_point = scores_output["quantization"]
for index in np.argsort(-scores.astype(np.int32))[:5]:
    print(f"{(int(scores[index]) - zero_point) * scale:.3f} {labels[index]}")
