class LayerScale(layers.Layer):
    """A learnt factor a channel, unit or feature."""

    def __init__(self, initial, **rest):
        super().__init__(**rest)
        self.initial = initial

    def build(self, shape):
        start = keras.initializers.Constant(self.initial)
        self.weight = self.add_weight(shape=(shape[-1],), initializer=start, name="weight")

    def call(self, x):
        return x * self.weight


class ClassToken(layers.Layer):
    """A learnt token before the others."""

    def build(self, shape):
        start = keras.initializers.RandomNormal(stddev=0.02)
        self.token = self.add_weight(shape=(shape[-1],), initializer=start, name="token")

    def call(self, x):
        token = ops.broadcast_to(self.token, (ops.shape(x)[0], 1, x.shape[-1]))
        return ops.concatenate([token, x], axis=1)

    def compute_output_shape(self, shape):
        return (shape[0], shape[1] + 1, shape[2])


class PositionEmbedding(layers.Layer):
    """Adds a learnt vector to each token, by where it stands."""

    def build(self, shape):
        start = keras.initializers.RandomNormal(stddev=0.02)
        self.weight = self.add_weight(shape=shape[1:], initializer=start, name="weight")

    def call(self, x):
        return x + self.weight


def sinusoidal(x):
    """Adds waves of many lengths by where a token stands (Vaswani et al. 2017)."""
    length, features = x.shape[1:]
    place, feature = np.arange(length)[:, None], np.arange(features)
    angle = place / 10000 ** (2 * (feature // 2) / features)
    return x + np.where(feature % 2 == 0, np.sin(angle), np.cos(angle)).astype("float32")[None]


def average_pool(x, size, stride, pad):
    """The mean of each window; what is padded ((top, bottom), (left, right)) does not count."""
    total = ops.average_pool(ops.pad(x, ((0, 0), *pad, (0, 0))), size, stride, "valid")
    counts = []
    for axis, (before, after) in enumerate(pad):
        length = x.shape[1 + axis]
        starts = range(-before, length + after - size[axis] + 1, stride[axis])
        counts.append([min(start + size[axis], length) - max(start, 0) for start in starts])
    share = np.outer(*counts).astype("float32") / (size[0] * size[1])
    return total / share[None, :, :, None]


def max_pool(x, size, stride, pad):
    """The largest value of each window of maps padded by ((top, bottom), (left, right))."""
    x = ops.pad(x, ((0, 0), *pad, (0, 0)), constant_values=-float("inf"))
    return ops.max_pool(x, size, stride, "valid")


def adaptive_average_pool(x, rows, columns):
    """The mean of each cell of a grid."""
    for axis, count in ((1, rows), (2, columns)):
        length = x.shape[axis]
        parts = []
        for cell in range(count):
            cells = slice(cell * length // count, -(-(cell + 1) * length // count))
            part = x[:, cells] if axis == 1 else x[:, :, cells]
            parts.append(ops.mean(part, axis=axis, keepdims=True))
        x = ops.concatenate(parts, axis=axis) if count > 1 else parts[0]
    return x


def with_bias(kernels, own):
    return [*kernels, own["bias"]] if "bias" in own else kernels


def take_conv(layer, own):
    layer.set_weights(with_bias([own["weight"].transpose(2, 3, 1, 0)], own))


def take_depthwise(layer, own):
    made, _, height, width = own["weight"].shape
    channels = made // layer.depth_multiplier
    kernel = own["weight"].reshape(channels, layer.depth_multiplier, height, width)
    layer.set_weights(with_bias([kernel.transpose(2, 3, 0, 1)], own))


def take_separable(layer, own):
    kernels = [own["depthwise.weight"].transpose(2, 3, 0, 1), own["pointwise.weight"].transpose(2, 3, 1, 0)]
    layer.set_weights(with_bias(kernels, own))


def take_dense(layer, own):
    weight = own["weight"]  # [units, inputs]
    if layer.name in FLATTENED:  # from channels, height, width to height, width, channels
        weight = weight.reshape(len(weight), *FLATTENED[layer.name]).transpose(0, 2, 3, 1)
        weight = weight.reshape(len(weight), -1)
    layer.set_weights(with_bias([weight.T], own))


def take_batch_norm(layer, own):
    layer.set_weights([own[key] for key in ("weight", "bias", "running_mean", "running_var")])


def take_norm(layer, own):
    layer.set_weights([own["weight"], own["bias"]])


def take_one(layer, own):
    [tensor] = own.values()
    layer.set_weights([tensor.reshape(layer.weights[0].shape)])


def take_attention(layer, own):
    features = own["in_proj_weight"].shape[1]
    heads, size = layer.num_heads, layer.key_dim
    weights = []
    for part in range(3):  # query, key, value
        rows = slice(part * features, (part + 1) * features)
        weights.append(own["in_proj_weight"][rows].T.reshape(features, heads, size))
        if "in_proj_bias" in own:
            weights.append(own["in_proj_bias"][rows].reshape(heads, size))
    weights.append(own["out_proj.weight"].T.reshape(heads, size, features))
    if "out_proj.bias" in own:
        weights.append(own["out_proj.bias"])
    layer.set_weights(weights)


def take_lstm(layer, own):
    """Keras has one bias where PyTorch adds two."""
    weights = []
    for end in ("", "_reverse"):
        if "weight_ih" + end in own:
            weights += [own["weight_ih" + end].T, own["weight_hh" + end].T]
            weights.append(own["bias_ih" + end] + own["bias_hh" + end])
    layer.set_weights(weights)


def take_gru(layer, own):
    """PyTorch's gates are reset, update, new; those of Keras update, reset, new."""

    def turned(tensor):
        reset, update, new = np.split(tensor, 3)
        return np.concatenate([update, reset, new])

    weights = []
    for end in ("", "_reverse"):
        if "weight_ih" + end in own:
            weights += [turned(own["weight_ih" + end]).T, turned(own["weight_hh" + end]).T]
            weights.append(np.stack([turned(own["bias_ih" + end]), turned(own["bias_hh" + end])]))
    layer.set_weights(weights)
