class LayerNorm2d(nn.LayerNorm):
    """Layer norm over the channels at each place of [n, channels, height, width]."""

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class LayerScale(nn.Module):
    """A learnt factor a channel, unit or feature."""

    def __init__(self, channels, initial):
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), initial))

    def forward(self, x):
        return x * (self.weight[:, None, None] if x.dim() == 4 else self.weight)


class Prelu(nn.PReLU):
    """A learnt slope a channel, unit or feature for what is negative."""

    def forward(self, x):
        return super().forward(x.transpose(1, 2)).transpose(1, 2) if x.dim() == 3 else super().forward(x)


class GaussianNoise(nn.Module):
    def __init__(self, deviation):
        super().__init__()
        self.deviation = deviation

    def forward(self, x):
        return x + self.deviation * torch.randn_like(x) if self.training else x


class StochasticDepth(nn.Module):
    """Sets the whole branch to 0 for random images while training (Huang et al. 2016)."""

    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def forward(self, x):
        if not self.training or self.rate == 0:
            return x
        keep = torch.rand([len(x)] + [1] * (x.dim() - 1), device=x.device) >= self.rate
        return x * keep / (1 - self.rate)


class SeparableConv2d(nn.Module):
    """A filter for each map on its own, then a 1×1 convolution that mixes them."""

    def __init__(self, channels, filters, kernel, bias=True, **window):
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, kernel, groups=channels, bias=False, **window)
        self.pointwise = nn.Conv2d(channels, filters, 1, bias=False)
        self.bias = nn.Parameter(torch.zeros(filters)) if bias else None

    def forward(self, x):
        x = self.pointwise(self.depthwise(x))
        return x if self.bias is None else x + self.bias[:, None, None]


class PatchEmbedding(nn.Conv2d):
    """Each patch, row by row, as a token: [n, patches, dimensions]."""

    def forward(self, x):
        return super().forward(x).flatten(2).transpose(1, 2)


class ClassToken(nn.Module):
    """A learnt token before the others."""

    def __init__(self, features):
        super().__init__()
        self.token = nn.Parameter(torch.randn(features) * 0.02)

    def forward(self, x):
        return torch.cat([self.token.expand(len(x), 1, -1), x], dim=1)


class PositionEmbedding(nn.Module):
    """Adds a learnt vector to each token, by where it stands."""

    def __init__(self, length, features):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(length, features) * 0.02)

    def forward(self, x):
        return x + self.weight


class SelfAttention(nn.MultiheadAttention):
    """Every token takes in what the others hold."""

    def forward(self, x):
        return super().forward(x, x, x, need_weights=False)[0]


class Recurrent(nn.Module):
    """An LSTM or GRU over [n, steps, features], from the end to the start if it is reversed."""

    def __init__(self, kind, features, units, both=False, backward=False, sequence=False):
        super().__init__()
        self.rnn = kind(features, units, batch_first=True, bidirectional=both)
        self.backward_only, self.sequence, self.units = backward, sequence, units

    def forward(self, x):
        out, _ = self.rnn(x.flip(1) if self.backward_only else x)
        if self.sequence:
            return out.flip(1) if self.backward_only else out
        # The last step of each direction.
        return torch.cat([out[:, -1, : self.units], out[:, 0, self.units :]], dim=1)


def rows_of(x):
    """Each row of [n, channels, height, width] as a step of channels × width features."""
    return x.permute(0, 2, 1, 3).flatten(2)


def columns_of(x):
    """Each column as a step of channels × height features."""
    return x.permute(0, 3, 1, 2).flatten(2)


def sinusoidal(x):
    """Adds waves of many lengths by where a token stands (Vaswani et al. 2017)."""
    length, features = x.shape[1:]
    place = torch.arange(length, device=x.device, dtype=torch.float32)[:, None]
    feature = torch.arange(features, device=x.device, dtype=torch.float32)
    angle = place / 10000 ** (2 * (feature // 2) / features)
    return x + torch.where(feature % 2 == 0, angle.sin(), angle.cos())


def average_pool(x, size, stride, pad):
    """The mean of each window; what is padded (left, right, top, bottom) does not count."""
    total = F.avg_pool2d(F.pad(x, pad), size, stride, divisor_override=1)
    ones = F.pad(torch.ones_like(x[:1, :1]), pad)
    return total / F.avg_pool2d(ones, size, stride, divisor_override=1)


def drawn(layer, initialiser):
    """A layer whose weights are drawn in another way than those of the others."""
    for part in layer.modules():
        part.initialiser = initialiser
    return layer


def decayed(layer, decay):
    """A layer whose weights are drawn to 0, on top of the optimiser's own weight decay."""
    for part in layer.modules():
        part.decay = decay
    return layer


def initialise(model, initialiser):
    """Draws the first weights; biases start at 0, except with PyTorch's own method."""
    draw = {
        "glorot_uniform": nn.init.xavier_uniform_,
        "glorot_normal": nn.init.xavier_normal_,
        "he_uniform": lambda weight: nn.init.kaiming_uniform_(weight, nonlinearity="relu"),
        "he_normal": lambda weight: nn.init.kaiming_normal_(weight, nonlinearity="relu"),
    }
    for layer in model.modules():
        method = getattr(layer, "initialiser", initialiser)
        kinds = (nn.Conv2d, nn.ConvTranspose2d)
        if (isinstance(layer, kinds) or type(layer) is nn.Linear) and method in draw:
            draw[method](layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
