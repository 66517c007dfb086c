/// Biases that start at 0, as the weights' initialiser is not for them.
trait ZeroBias {
    fn zero_bias(self) -> Self;
}


impl ZeroBias for Conv2d {
    fn zero_bias(mut self) -> Self {
        self.bias = self.bias.map(|bias| Param::from_tensor(bias.val().zeros_like()));
        self
    }
}


impl ZeroBias for ConvTranspose2d {
    fn zero_bias(mut self) -> Self {
        self.bias = self.bias.map(|bias| Param::from_tensor(bias.val().zeros_like()));
        self
    }
}


impl ZeroBias for Linear {
    fn zero_bias(mut self) -> Self {
        self.bias = self.bias.map(|bias| Param::from_tensor(bias.val().zeros_like()));
        self
    }
}
