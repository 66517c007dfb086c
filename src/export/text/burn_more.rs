/// Adds waves of many lengths by where a token stands (Vaswani et al. 2017).
fn sinusoidal(x: Tensor<3>) -> Tensor<3> {
    let [_, length, features] = x.dims();
    let mut waves = Vec::with_capacity(length * features);
    for place in 0..length {
        for feature in 0..features {
            let even = (feature - feature % 2) as f64;
            let angle = place as f64 / 10_000_f64.powf(even / features as f64);
            let wave = if feature % 2 == 0 { angle.sin() } else { angle.cos() };
            waves.push(wave as f32);
        }
    }
    let waves = Tensor::<3>::from_data(TensorData::new(waves, [1, length, features]), &x.device());
    x + waves
}


/// Repeats each value so many times down and across.
fn upsample_nearest(x: Tensor<4>, [down, across]: [usize; 2]) -> Tensor<4> {
    let [images, channels, height, width] = x.dims();
    x.reshape([images, channels, height, 1, width, 1])
        .expand([images, channels, height, down, width, across])
        .reshape([images, channels, height * down, width * across])
}


/// Blends between neighbours, with the corners of pixels aligned.
fn upsample_bilinear(x: Tensor<4>, [down, across]: [usize; 2]) -> Tensor<4> {
    let [_, _, height, width] = x.dims();
    let rows = shares(height, down, &x.device()).unsqueeze();
    let columns = shares(width, across, &x.device()).transpose().unsqueeze();
    rows.matmul(x).matmul(columns)
}


/// How much of each value goes into each of `factor` times as many, a row each.
fn shares(size: usize, factor: usize, device: &Device) -> Tensor<2> {
    let mut shares = vec![0.0_f32; size * factor * size];
    for (place, row) in shares.chunks_exact_mut(size).enumerate() {
        let at = ((place as f32 + 0.5) / factor as f32 - 0.5).max(0.0);
        let first = (at as usize).min(size - 1);
        let part = at - first as f32;
        row[first] += 1.0 - part;
        row[(first + 1).min(size - 1)] += part;
    }
    Tensor::from_data(TensorData::new(shares, [size * factor, size]), device)
}


/// Each row of [n, channels, height, width] as a step of channels × width features.
fn rows_of(x: Tensor<4>) -> Tensor<3> {
    x.permute([0, 2, 1, 3]).flatten(2, 3)
}


/// Each column as a step of channels × height features.
fn columns_of(x: Tensor<4>) -> Tensor<3> {
    x.permute([0, 3, 1, 2]).flatten(2, 3)
}


/// Over [n, steps, features]: an LSTM (4 gates: input, forget, cell, output) or a GRU (3: reset, update, new), with
/// PyTorch's two biases.
#[derive(Module, Debug)]
struct Recurrent {
    cells: Vec<Cell>,
    reversed: Vec<bool>,
    sequence: bool,
}

/// One direction of it.
#[derive(Module, Debug)]
struct Cell {
    input: Linear,
    hidden: Linear,
    units: usize,
}

impl Recurrent {
    fn new(gates: usize, features: usize, units: usize, reversed: &[bool], sequence: bool, device: &Device) -> Self {
        let bound = 1.0 / (units as f64).sqrt();
        let start = Initializer::Uniform { min: -bound, max: bound };
        let linear = |inputs| {
            LinearConfig::new(inputs, gates * units)
                .with_initializer(start.clone())
                .init(device)
        };
        let cell = |_: &bool| Cell {
            input: linear(features),
            hidden: linear(units),
            units,
        };
        Self {
            cells: reversed.iter().map(cell).collect(),
            reversed: reversed.to_vec(),
            sequence,
        }
    }

    /// What is known after each step, [n, steps, units], both directions one after the other.
    fn each(&self, x: Tensor<3>) -> Tensor<3> {
        Tensor::cat(self.directions(x, true), 2)
    }

    /// What is known at the end of each direction, [n, units].
    fn last(&self, x: Tensor<3>) -> Tensor<2> {
        let known = self.directions(x, false).into_iter().map(|steps| {
            let [_, length, _] = steps.dims();
            steps.narrow(1, length - 1, 1).flatten::<2>(1, 2)
        });
        Tensor::cat(known.collect(), 1)
    }

    fn directions(&self, x: Tensor<3>, in_order: bool) -> Vec<Tensor<3>> {
        let both = self.cells.iter().zip(&self.reversed);
        both.map(|(cell, reversed)| {
            let mut known = cell.read(x.clone(), *reversed);
            if *reversed && in_order {
                known.reverse();
            }
            Tensor::stack(known, 1)
        })
        .collect()
    }
}

impl Cell {
    fn read(&self, x: Tensor<3>, reversed: bool) -> Vec<Tensor<2>> {
        let [images, steps, _] = x.dims();
        let mut hidden = Tensor::<2>::zeros([images, self.units], &x.device());
        let mut memory = hidden.clone();
        let mut known = Vec::with_capacity(steps);
        for step in 0..steps {
            let at = if reversed { steps - 1 - step } else { step };
            let input = self.input.forward(x.clone().narrow(1, at, 1).flatten::<2>(1, 2));
            let state = self.hidden.forward(hidden.clone());
            let gate = |of: &Tensor<2>, at: usize| of.clone().narrow(1, at * self.units, self.units);
            let both = |at| gate(&input, at) + gate(&state, at);
            if input.dims()[1] == 4 * self.units {
                memory = activation::sigmoid(both(1)) * memory
                    + activation::sigmoid(both(0)) * activation::tanh(both(2));
                hidden = activation::sigmoid(both(3)) * activation::tanh(memory.clone());
            } else {
                let reset = activation::sigmoid(both(0));
                let update = activation::sigmoid(both(1));
                let new = activation::tanh(gate(&input, 2) + reset * gate(&state, 2));
                hidden = new.clone() + update * (hidden - new);
            }
            known.push(hidden.clone());
        }
        known
    }
}

impl Take for Recurrent {
    fn take(&mut self, name: &str, weights: &Weights<'_>) -> Outcome<()> {
        for (cell, end) in self.cells.iter_mut().zip(["", "_reverse"]) {
            for (part, linear) in [("ih", &mut cell.input), ("hh", &mut cell.hidden)] {
                let [inputs, rows] = linear.weight.dims();
                let weight = weights.values(name, &format!("weight_{part}{end}"), [rows, inputs])?;
                linear.weight = Param::from_tensor(weight.transpose());
                linear.bias = Some(weights.tensor(name, &format!("bias_{part}{end}"), [rows])?);
            }
        }
        Ok(())
    }
}
