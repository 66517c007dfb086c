//! Looks between two steps: feature maps of the pinned image, and predictions. None of them changes
//! the training, nor ends it when it fails.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::engine::Engine;
use super::error::{TrainError, panic_message};
use super::evaluate::Inference;
use super::probe;
use super::session::{Answer, Explained, Model as Whose, Picture};
use super::stored::{OpenedRun, open_picture};

/// One picture that the user asked about.
pub(super) struct Prediction {
    pub ticket: u64,
    pub model: Whose,
    pub picture: Picture,
    /// Whether the answer holds feature maps.
    pub maps: bool,
    pub device: String,
}

impl Engine {
    /// Publishes feature maps of the pinned image.
    pub fn show_maps(&mut self, inference: &Inference, step: u64) {
        let Some(pixels) = self.pinned.pixels(inference) else {
            return;
        };
        let (mut maps, _) = probe::look(inference, pixels, step);
        self.maps_version += 1;
        maps.version = self.maps_version;
        self.board.maps.put(maps);
        self.wake();
    }

    /// The feature maps after another image was pinned.
    pub fn look_at_pinned(&mut self) {
        if self.pinned.image.is_none() {
            self.board.maps.clear();
            self.board.preview.clear();
            *self.board.preview_note.lock() = None;
            self.wake();
        } else if let Some((inference, step)) = self.live.clone() {
            let look = AssertUnwindSafe(|| self.show_maps(&inference, step));
            if let Err(panic) = catch_unwind(look) {
                let reason = panic_message(panic.as_ref());
                self.note(&[format!("The feature maps could not be computed: {reason}")]);
                self.wake();
            }
        }
    }

    /// Answers the oldest question about a picture; `false` where there is none.
    pub fn predict_next(&mut self) -> bool {
        let Some(asked) = self.predictions.pop_front() else {
            return false;
        };
        let result = catch_unwind(AssertUnwindSafe(|| self.explain(&asked)))
            .unwrap_or_else(|panic| Err(TrainError::Panic(panic_message(panic.as_ref()))));
        self.answer(Answer::Prediction {
            ticket: asked.ticket,
            name: asked.picture.name(),
            result: result.map_err(|error| error.to_string()),
        });
        true
    }

    fn explain(&mut self, asked: &Prediction) -> Result<Explained, TrainError> {
        let (inference, step) = self.inference(&asked.model, &asked.device)?;
        let image = match &asked.picture {
            Picture::Image { image, .. } => image.clone(),
            Picture::Of { data, index } => {
                let read = data.read(*index);
                Arc::new(read.map_err(|error| TrainError::Request(error.to_string()))?)
            }
            Picture::File(path) => Arc::new(open_picture(path)?),
        };
        let pixels = probe::prepare(&image, &inference.network, &inference.preprocess);
        let (maps, predicted) = probe::look(&inference, pixels, step);
        Ok(Explained {
            classes: inference.classes,
            probabilities: maps.probabilities.clone(),
            predicted,
            maps: asked.maps.then_some(maps),
        })
    }

    /// The model that answers, and the step it stands at (0 for a run on disk).
    pub fn inference(
        &mut self,
        whose: &Whose,
        device: &str,
    ) -> Result<(Inference, u64), TrainError> {
        let path = match whose {
            Whose::Live => {
                return self.live.clone().ok_or_else(|| {
                    TrainError::Request(
                        "There is no trained model yet: press Train first".to_owned(),
                    )
                });
            }
            Whose::Run(path) => path,
        };
        let opened = match self.opened.take().filter(|run| run.is(path, device)) {
            Some(opened) => opened,
            None => OpenedRun::open(path, device)?,
        };
        let inference = opened.inference.clone();
        self.opened = Some(opened);
        Ok((inference, 0))
    }
}
