"""The networks' builders, one file a family; train/models.py has the table of them.

A builder takes the picture (a Keras tensor: float32, batch x height x width x channels, RGB or gray, 0..255)
and a `Variant`, and gives its features (batch x features) or, with `variant.top`, the probabilities of the 1000
ImageNet classes. Its first layer is the normalisation. It calls layers, never a model as a layer: a graph
without nested models is what every converter reads.
"""
