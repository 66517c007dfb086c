//! The five reference systems and ResNet-18 at 64×64, as the benches and `tests/reference/speed.py` measure them.
#![allow(dead_code, reason = "each bench uses its own part")]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use image::{GrayImage, Luma, Rgb, RgbImage};
use mapsto::dataset::{
    Augment, Dataset, InputSize, PixelStore, Progress, Room, Source, Stored, Stream, generator,
};
use mapsto::network::{Context, Graph, Network, Template, check, template};
use mapsto::project::Recipe;
use mapsto::training::{Inference, Pending, Stepper, open};
use rand::Rng;
use rayon::prelude::*;

/// ResNet-18 as mapsto fits it to images of this size: with a 3×3 convolution of stride 1 in front. The one without
/// this name is torchvision's, on small images as it is.
const FITTED: &str = "resnet-18-fitted";

pub const SYSTEMS: [System; 7] = [
    System::new("digits-cnn", 28, 1, 128),
    System::new("colour-cnn", 32, 3, 32),
    System::new("photo-binary", 64, 3, 32),
    System::new("plain-mlp", 28, 1, 32),
    System::new("dropout-mlp", 28, 1, 32),
    System::new("resnet-18", 64, 3, 32),
    System::new(FITTED, 64, 3, 32),
];

/// A network on images of a size, in batches.
pub struct System {
    /// That of its template, and [`FITTED`].
    pub name: &'static str,
    /// Of the square pictures.
    pub side: usize,
    pub channels: usize,
    pub batch: usize,
}

/// The words of the command line; cargo adds `--bench`.
pub fn words() -> Vec<String> {
    let arguments = std::env::args().skip(1);
    arguments.filter(|word| !word.starts_with("--")).collect()
}

/// The system of that name.
pub fn system(name: &str) -> &'static System {
    let found = SYSTEMS.iter().find(|system| system.name == name);
    found.unwrap_or_else(|| panic!("{name} is none of the systems"))
}

/// The systems of these names; without any, all that differ in more than their first layer.
pub fn named(names: &[impl AsRef<str>]) -> Vec<&'static System> {
    if names.is_empty() {
        let six = SYSTEMS.iter().filter(|system| system.name != FITTED);
        return six.collect();
    }
    names.iter().map(|name| system(name.as_ref())).collect()
}

pub fn median(seconds: &[f64]) -> f64 {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

impl System {
    const fn new(name: &'static str, side: usize, channels: usize, batch: usize) -> Self {
        Self {
            name,
            side,
            channels,
            batch,
        }
    }

    pub fn classes(&self) -> usize {
        if self.name == "photo-binary" { 2 } else { 10 }
    }

    pub fn input(&self) -> InputSize {
        InputSize {
            height: self.side,
            width: self.side,
            channels: self.channels,
        }
    }

    fn template(&self) -> &'static Template {
        template(self.name.trim_end_matches("-fitted")).expect("a template")
    }

    /// On the device of `MAPSTO_BENCH_DEVICE`, else the CPU.
    pub fn recipe(&self) -> Recipe {
        Recipe {
            device: std::env::var("MAPSTO_BENCH_DEVICE").unwrap_or_else(|_| "cpu".to_owned()),
            batch: self.batch,
            ..Recipe::for_template(self.template())
        }
    }

    pub fn context(&self) -> Context {
        Context {
            classes: Some(self.classes()),
            loss: self.recipe().loss,
            batch: self.batch,
        }
    }

    pub fn graph(&self) -> Graph {
        let natural = self.name == "resnet-18";
        let drawn = if natural { 224 } else { self.side };
        let size = [drawn, drawn, self.channels];
        let fitted = self.template().fitted(size, Some(self.classes()));
        let graph = fitted.expect("a fitting template").graph;
        let side = format!("= {}\n", self.side);
        let text = graph.to_text().replace("= 224\n", &side);
        Graph::parse(&text).expect("the text of a graph")
    }

    pub fn network(&self) -> Network {
        let report = check(&self.graph(), &self.context());
        report.network.expect("a valid network")
    }

    /// Writes PNGs of grain in the size of the input, in a folder for each class.
    pub fn pictures(&self, folder: &Path, count: usize) {
        let classes = self.classes();
        for class in 0..classes {
            std::fs::create_dir_all(folder.join(class.to_string())).expect("a folder");
        }
        let side = self.side as u32;
        (0..count).into_par_iter().for_each(|number| {
            let class = (number % classes).to_string();
            let file = folder.join(class).join(format!("{number:05}.png"));
            let mut grain = generator(number as u64, Stream::Weights);
            let mut byte = || grain.next_u32() as u8;
            let saved = match self.channels {
                1 => GrayImage::from_fn(side, side, |_, _| Luma([byte()])).save(file),
                _ => RgbImage::from_fn(side, side, |_, _| Rgb([byte(), byte(), byte()])).save(file),
            };
            saved.expect("a picture");
        });
    }

    /// Pictures of a folder in memory, as a training with that augmentation has them.
    pub fn store(&self, folder: &Path, augment: &Augment) -> Arc<PixelStore> {
        let source = Source::Folder(folder.to_path_buf());
        let data = Dataset::open(&source, &Progress::default()).expect("a folder of classes");
        let indices: Vec<usize> = (0..data.len()).collect();
        let stored = Stored::augmented(self.input(), &self.recipe().preprocess, augment);
        let (room, progress) = (Room::memory(usize::MAX), Progress::default());
        let store = PixelStore::load(&Arc::new(data), &indices, &stored, &room, &progress);
        Arc::new(store.expect("images"))
    }
}

/// A system that trains and predicts; its thread has joined the arithmetic.
pub struct Running {
    stepper: Stepper,
    elements: usize,
    batch: usize,
    classes: usize,
}

impl Running {
    pub fn new(system: &System) -> Self {
        let recipe = system.recipe();
        let opened = open(&recipe.device).expect("a device");
        Self {
            stepper: Stepper::new(&system.network(), &recipe, &opened),
            elements: system.input().elements(),
            batch: system.batch,
            classes: system.classes(),
        }
    }

    fn pixels(&self, batch: usize) -> Vec<f32> {
        let pixel = |place: usize| (place * 7919 % 10_007) as f32 / 10_007.0;
        (0..batch * self.elements).map(pixel).collect()
    }

    /// Seconds of each step; the pixels are there, as a loader leaves them.
    pub fn steps(&mut self, count: usize) -> Vec<f64> {
        let labels: Vec<usize> = (0..self.batch).map(|image| image % self.classes).collect();
        let pixels = self.pixels(self.batch);
        let step = |_| {
            let pixels = pixels.clone();
            let start = Instant::now();
            let pending = self.stepper.step(pixels, &labels);
            Pending::read(vec![pending]);
            start.elapsed().as_secs_f64()
        };
        (0..count).map(step).collect()
    }

    /// The network as it is now, ready to answer.
    pub fn inference(&self) -> Inference {
        let classes: Vec<String> = (0..self.classes).map(|class| class.to_string()).collect();
        self.stepper.inference(&classes)
    }

    /// Seconds of each prediction of a batch, whose pixels are there.
    pub fn predictions(&self, batch: usize, count: usize) -> Vec<f64> {
        let inference = self.inference();
        let pixels = self.pixels(batch);
        let predict = |_| {
            let pixels = pixels.clone();
            let start = Instant::now();
            std::hint::black_box(inference.outputs(pixels, batch));
            start.elapsed().as_secs_f64()
        };
        (0..count).map(predict).collect()
    }
}
