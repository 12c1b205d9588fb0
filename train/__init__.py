"""Training: from pictures, or from published weights, to one `.keras` file with its model card.

    python -m train DATA --model NAME --out model.keras     learn from pictures
    python -m train pretrained NAME --out model.keras       a published network as it is
    python -m train list                                    the networks

The table of networks is train/models.py; ARCHITECTURE.md follows a training through the others. `KERAS_BACKEND=jax`
trains as well: a Keras backend is named only where one is quicker or differs, in devices, feed (feed_tensorflow),
fitting, precision and quiet.
"""
