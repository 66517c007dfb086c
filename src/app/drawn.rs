//! What this machine makes of the network as it is drawn: the maps of the pinned image in it, the memory and the
//! time that a training would take. The view of it is [`Drawn`](super::view::Drawn).

use std::sync::Arc;
use std::time::Duration;

use super::state::State;
use super::view::Drawn;
use crate::dataset::Normalise;
use crate::network::Sound;
use crate::project::{MAX_BATCH, Speed};
use crate::training::{DeviceInfo, FeatureMaps, Need, Preview, TrainingImages, available, spare};

/// What belongs to the drawn network and is worked out once a change, not once a frame.
#[derive(Default)]
pub struct OfDrawn {
    /// The network of the training in progress or the last one, and its multiply-adds an image.
    trained: Option<(Sound, u64)>,
    /// The drawn network is the trained one.
    is_trained: bool,
    /// The preview that the engine was last asked for.
    asked: Option<Preview>,
    maps: Option<Arc<FeatureMaps>>,
    note: Option<String>,
    need: Option<Need>,
    /// Bytes that the device has left, where that is known.
    memory: Option<u64>,
    /// Images to train on.
    images: Option<usize>,
    epoch: Option<Duration>,
    /// The chosen device, in short.
    device: Option<String>,
    /// Epochs of the training whose speed has been noted.
    epochs_seen: usize,
}

impl OfDrawn {
    pub fn view(&self, batch: usize) -> Drawn<'_> {
        let need = self.need.as_ref();
        // A batch is never larger than the set.
        let batch = self.images.map_or(batch, |images| batch.min(images.max(1)));
        let known = need.zip(self.memory);
        let pass = known.map(|(need, free)| need.pass(batch, free));
        let pass = pass.filter(|pass| *pass < batch);
        // What is refused would take its images one by one.
        let at_once = pass.map_or(batch, |pass| pass.max(1));
        Drawn {
            maps: self.maps.as_ref(),
            note: self.note.as_deref(),
            bytes: need.map_or(0, |need| need.in_passes(batch, at_once)),
            pass,
            memory: self.memory,
            largest_batch: known.map(|(need, free)| {
                let most = self.images.unwrap_or(MAX_BATCH).clamp(1, MAX_BATCH);
                need.largest_batch(spare(free)).min(most as u64)
            }),
            device: self.device.as_deref(),
            epoch: self.epoch,
        }
    }

    /// Another project: its network has not been trained here.
    pub fn forget_training(&mut self) {
        self.trained = None;
        self.is_trained = false;
    }
}

impl State {
    /// After any change of the network, the recipe, the images or the device.
    pub fn look_at_drawn(&mut self) {
        let recipe = &self.project.recipe;
        let device = self.chosen_device();
        let is_cpu = device.is_some_and(|device| device.id == "cpu");
        let memory = if is_cpu { available() } else { None };
        let macs = self
            .report
            .network
            .as_ref()
            .map(|network| network.multiply_adds());
        let speed = device
            .zip(macs)
            .and_then(|(device, macs)| self.settings.speeds.of(&device.name, macs));
        let images = self.data.ready().map(|(_, splits)| splits.train.len());
        let epoch = macs
            .zip(speed)
            .zip(images)
            .and_then(|((macs, speed), images)| epoch_time(macs, speed, images));
        let short = device.and_then(|device| device.name.split(" · ").next());
        let short = short.map(str::to_owned);
        let need = Need::of(&self.report, &recipe.optimizer);
        let sound = self.report.sound.as_ref();
        let drawn = &mut self.drawn;
        drawn.is_trained = drawn
            .trained
            .as_ref()
            .is_some_and(|(trained, _)| sound == Some(trained));
        drawn.need = self.report.network.is_some().then_some(need);
        drawn.memory = memory;
        drawn.device = short;
        drawn.images = images;
        drawn.epoch = epoch;
    }

    /// It is known what there is to compute on.
    pub fn devices_found(&mut self, devices: Vec<DeviceInfo>) {
        self.devices = devices;
        self.look_at_drawn();
    }

    /// The device that a training would take, once the devices are known.
    pub fn chosen_device(&self) -> Option<&DeviceInfo> {
        let choice = self.project.recipe.device.as_str();
        let known = |id: &str| self.devices.iter().find(|device| device.id == id);
        match choice {
            "auto" => {
                let gpu = |device: &&DeviceInfo| device.id != "cpu" && !device.software;
                self.devices.iter().find(gpu).or_else(|| known("cpu"))
            }
            id => known(id),
        }
    }

    /// A training of the drawn network begins.
    pub fn training_begins(&mut self) {
        let sound = self.report.sound.clone();
        self.drawn.trained = sound.map(|sound| (sound, self.report.multiply_adds));
        self.drawn.is_trained = true;
        self.drawn.epochs_seen = 0;
    }

    /// Once a frame: the maps of the model in training or trained where it is the drawn one, else a preview,
    /// asked for where it is another one than before.
    pub fn follow_drawn(&mut self) {
        let live = self.drawn.is_trained && self.maps.is_some();
        let sound = self.report.sound.as_ref().filter(|_| !live);
        let seed = self.project.recipe.seed;
        let asked = self.drawn.asked.as_ref();
        let start = self.project.recipe.start_in(&self.project.folder());
        let preprocess = &self.project.recipe.preprocess;
        let measured = preprocess.normalise == Normalise::Statistics;
        let images = self.training_images().filter(|_| measured);
        let same = asked.map(|it| (&it.network, it.seed, &it.start, &it.preprocess, &it.images))
            == sound.map(|network| (network, seed, &start, preprocess, &images));
        if !same {
            let wanted = sound.cloned().map(|network| Preview {
                network,
                seed,
                start,
                preprocess: preprocess.clone(),
                images,
            });
            self.drawn.asked.clone_from(&wanted);
            self.session.preview(wanted);
        }
        if live {
            self.drawn.maps.clone_from(&self.maps);
            self.drawn.note = None;
        } else {
            self.drawn.maps = self.session.preview_maps();
            self.drawn.note = self.session.preview_note();
        }
        self.note_speed();
    }

    /// The images that a training would see, once they are there.
    pub fn training_images(&self) -> Option<TrainingImages> {
        let (data, splits) = self.data.ready()?;
        Some(TrainingImages {
            data: data.clone(),
            splits: splits.clone(),
        })
    }

    /// How fast the device trains is remembered from every finished epoch.
    fn note_speed(&mut self) {
        let Some((_, macs)) = &self.drawn.trained else {
            return;
        };
        let history = self.session.history();
        let count = history.epochs.len();
        let last = history.epochs.last().copied();
        drop(history);
        let seen = std::mem::replace(&mut self.drawn.epochs_seen, count);
        let Some(last) = last.filter(|_| count > seen && !self.status.device.is_empty()) else {
            return;
        };
        // The first step on a GPU compiles: the figures of the steps do not count it.
        let rate = match last.epoch {
            1 if self.status.images_per_second > 0.0 => self.status.images_per_second,
            _ => last.images_per_second,
        };
        let speed = rate * 3.0 * *macs as f64;
        if !speed.is_finite() || speed < 1.0 {
            return;
        }
        let news = self.settings.speeds.note(Speed {
            device: self.status.device.clone(),
            network: *macs,
            speed: speed as u64,
        });
        if news {
            self.jobs.save_settings(self.settings.clone());
        }
        self.look_at_drawn();
    }
}

/// Images, three times (forward, and backward for inputs and for weights), at the measured speed.
fn epoch_time(multiply_adds: u64, speed: u64, images: usize) -> Option<Duration> {
    let work = multiply_adds as f64 * 3.0 * images as f64;
    let seconds = (multiply_adds > 0 && speed > 0).then(|| work / speed as f64)?;
    Duration::try_from_secs_f64(seconds).ok()
}
