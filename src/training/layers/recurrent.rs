//! LSTM and GRU with PyTorch's gates, layouts and two biases. Hochreiter and Schmidhuber 1997, "Long short-term
//! memory"; Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder".

use burn::module::{Module, Param};
use burn::tensor::activation::{sigmoid, tanh};
use burn::tensor::module::linear;
use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::learning::{Learning, Visitor};
use super::{Activations, initialise};
use crate::network::{CheckedLayer, Initialiser, Kind, Shape};

/// Which memory, with the order of its gates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// Input, forget, cell, output.
    Lstm,
    /// Reset, update, new.
    Gru,
}

/// The weights of one direction.
#[derive(Module, Debug)]
struct Cell {
    /// `[gates × units, features]`
    weight_ih: Param<Tensor<2>>,
    /// `[gates × units, units]`
    weight_hh: Param<Tensor<2>>,
    /// `[gates × units]`
    bias_ih: Param<Tensor<1>>,
    /// `[gates × units]`
    bias_hh: Param<Tensor<1>>,
}

#[derive(Module, Debug)]
pub struct Recurrent {
    /// Forward, backward, or both in this order.
    cells: Vec<Cell>,
    /// Which of the cells read from the last step on.
    #[module(skip)]
    reversed: Vec<bool>,
    #[module(skip)]
    memory: Memory,
    /// Gives what it knows after each step, not only at the end.
    #[module(skip)]
    each_step: bool,
    #[module(skip)]
    columns: bool,
}

impl Recurrent {
    /// All weights are drawn uniform within ±1 / √units, as PyTorch does.
    pub fn new(layer: &CheckedLayer, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        let settings = layer.layer();
        let memory = match settings.kind() {
            Kind::Gru => Memory::Gru,
            _ => Memory::Lstm,
        };
        let columns = settings.choice("over") == "columns";
        let features = match layer.input() {
            Shape::Maps {
                height, channels, ..
            } if columns => height * channels,
            Shape::Maps {
                width, channels, ..
            } => width * channels,
            other => other.features(),
        };
        let reversed = match settings.choice("direction") {
            "both" => vec![false, true],
            "backward" => vec![true],
            _ => vec![false],
        };
        let units = settings.int("units");
        let cells = reversed
            .iter()
            .map(|_| Cell::new(memory, features, units, rng, device));
        Self {
            cells: cells.collect(),
            reversed,
            memory,
            each_step: settings.choice("output") == "sequence",
            columns,
        }
    }

    /// `[batch, length, features]`, or the rows or columns of maps, to `[batch, length, units]` or
    /// `[batch, units]`; the units of both directions one after the other.
    pub fn forward(&self, input: Activations) -> Activations {
        let steps = match input {
            Activations::Sequence(sequence) => sequence,
            Activations::Maps(maps) => self.read(maps),
            // `check` lets no vector reach it.
            vector @ Activations::Vector(_) => return vector,
        };
        let cells = self.cells.iter().zip(&self.reversed);
        let known = cells.map(|(cell, reversed)| {
            let mut known = cell.read(self.memory, steps.clone(), *reversed);
            if self.each_step && *reversed {
                known.reverse();
            }
            known
        });
        if self.each_step {
            let sequences = known.map(|known| Tensor::stack(known, 1)).collect();
            return Activations::Sequence(Tensor::cat(sequences, 2));
        }
        let last = known.filter_map(|mut known| known.pop()).collect();
        Activations::Vector(Tensor::cat(last, 1))
    }

    /// `[batch, channel, height, width]` to `[batch, height, channel × width]`, or for columns
    /// `[batch, width, channel × height]`.
    fn read(&self, maps: Tensor<4>) -> Tensor<3> {
        let axes = if self.columns {
            [0, 3, 1, 2]
        } else {
            [0, 2, 1, 3]
        };
        maps.permute(axes).flatten(2, 3)
    }
}

impl Cell {
    fn new(
        memory: Memory,
        features: usize,
        units: usize,
        rng: &mut ChaCha8Rng,
        device: &Device,
    ) -> Self {
        let rows = units
            * match memory {
                Memory::Lstm => 4,
                Memory::Gru => 3,
            };
        let mut drawn =
            |count: usize| initialise::weights(Initialiser::Pytorch, rng, count, units, units);
        let weight_ih = TensorData::new(drawn(rows * features), [rows, features]);
        let weight_hh = TensorData::new(drawn(rows * units), [rows, units]);
        let bias_ih = TensorData::new(drawn(rows), [rows]);
        let bias_hh = TensorData::new(drawn(rows), [rows]);
        Self {
            weight_ih: Param::from_data(weight_ih, device),
            weight_hh: Param::from_data(weight_hh, device),
            bias_ih: Param::from_data(bias_ih, device),
            bias_hh: Param::from_data(bias_hh, device),
        }
    }

    /// What it knows after each step, `[batch, units]`, in the order of reading.
    fn read(&self, memory: Memory, sequence: Tensor<3>, reversed: bool) -> Vec<Tensor<2>> {
        let [batch, length, _] = sequence.dims();
        let units = self.weight_hh.val().dims()[1];
        let device = sequence.device();
        let weight = self.weight_ih.val().transpose();
        let mut steps = Vec::with_capacity(length);
        split(
            linear(sequence, weight, Some(self.bias_ih.val())),
            &mut steps,
        );
        if reversed {
            steps.reverse();
        }
        let weight = self.weight_hh.val().transpose();
        let mut state = Tensor::<2>::zeros([batch, units], &device);
        let mut cell = state.clone();
        let mut known = Vec::with_capacity(length);
        for step in steps {
            let held = linear(state.clone(), weight.clone(), Some(self.bias_hh.val()));
            match memory {
                Memory::Lstm => (state, cell) = lstm(&(step + held), cell),
                Memory::Gru => state = gru(&step, &held, state),
            }
            known.push(state.clone());
        }
        known
    }
}

/// One step of an LSTM: its state and its cell, for all gates `[batch, 4 × units]` and the cell before.
fn lstm(gates: &Tensor<2>, cell: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let units = cell.dims()[1];
    let gate = |at: usize| gates.clone().narrow(1, at * units, units);
    let cell = sigmoid(gate(1)) * cell + sigmoid(gate(0)) * tanh(gate(2));
    (sigmoid(gate(3)) * tanh(cell.clone()), cell)
}

/// One step of a GRU, for what its gates make of the step and of the state, `[batch, 3 × units]` each. The reset
/// gate works after the product with the weights, as in PyTorch and in cuDNN.
fn gru(step: &Tensor<2>, held: &Tensor<2>, state: Tensor<2>) -> Tensor<2> {
    let units = state.dims()[1];
    let gate = |from: &Tensor<2>, at: usize| from.clone().narrow(1, at * units, units);
    let reset = sigmoid(gate(step, 0) + gate(held, 0));
    let update = sigmoid(gate(step, 1) + gate(held, 1));
    let new = tanh(gate(step, 2) + reset * gate(held, 2));
    // (1 − update) × new + update × state
    new.clone() + update * (state - new)
}

/// `[batch, length, features]` into its steps, `[batch, features]` each. In halves of halves: the gradient of a
/// part is as large as what it was cut from, so that cutting every step from the whole would cost length² memory
/// traffic on the way back.
fn split(sequence: Tensor<3>, steps: &mut Vec<Tensor<2>>) {
    let [batch, length, features] = sequence.dims();
    if length <= 1 {
        steps.push(sequence.reshape([batch, features]));
        return;
    }
    let half = length / 2;
    split(sequence.clone().narrow(1, 0, half), steps);
    split(sequence.narrow(1, half, length - half), steps);
}

/// PyTorch's names, without the number of the layer within a stack; "_reverse" where there are two.
impl Learning for Recurrent {
    fn show<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), V::Fault> {
        for (cell, end) in self.cells.iter_mut().zip(["", "_reverse"]) {
            visitor.learnt(&format!("weight_ih{end}"), &mut cell.weight_ih)?;
            visitor.learnt(&format!("weight_hh{end}"), &mut cell.weight_hh)?;
            visitor.learnt(&format!("bias_ih{end}"), &mut cell.bias_ih)?;
            visitor.learnt(&format!("bias_hh{end}"), &mut cell.bias_hh)?;
        }
        Ok(())
    }
}
