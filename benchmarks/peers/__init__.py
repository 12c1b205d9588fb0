"""How edgeframe compares with what people use in its place: same network, same frames, interleaved in one run."""
