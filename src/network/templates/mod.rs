//! The networks to start from, each fitted to the images and classes at hand.
//!
//! A template draws itself for an input size: where the images are smaller than those that its architecture was
//! made for, it gives up some of the halvings at its beginning, and says so. Parameter counts at the natural size
//! are those of torchvision's networks, which the tests hold layer by layer.

mod classic;
mod dense;
mod draft;
mod mobile;
mod modern;
mod reference;
mod residual;
mod training;

use std::sync::LazyLock;

use thiserror::Error;

use super::entry::Kind;
use super::graph::Graph;
use super::layer::Layer;
use super::loss::Loss;
use super::output::fit_classes;
use super::shape::Shape;
use draft::Draft;
pub use training::Training;

/// What templates stand together in a menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Small networks that train in minutes: the reference systems, at their own input size.
    Reference,
    /// Before skip connections.
    Classic,
    /// With skip connections.
    Residual,
    /// For small devices.
    Mobile,
    /// Every layer sees all before it.
    Dense,
    /// ConvNeXt, attention, recurrence.
    Modern,
}

impl Family {
    /// In the order of a menu.
    pub const ALL: [Self; 6] = [
        Self::Reference,
        Self::Classic,
        Self::Residual,
        Self::Mobile,
        Self::Dense,
        Self::Modern,
    ];

    /// The heading in a menu.
    pub fn title(self) -> &'static str {
        match self {
            Self::Reference => "Small and quick",
            Self::Classic => "Classic",
            Self::Residual => "Residual",
            Self::Mobile => "Mobile",
            Self::Dense => "Densely connected",
            Self::Modern => "Attention and recurrence",
        }
    }
}

/// A network to start from.
#[derive(Clone, Copy, Debug)]
pub struct Template {
    /// For files and the terminal: "digits-cnn".
    pub name: &'static str,
    /// For people: "Digits CNN".
    pub title: &'static str,
    /// One line on what it is good for.
    pub summary: &'static str,
    /// Which templates it stands with.
    pub family: Family,
    /// The loss that it is meant for; see [`Template::fitted_loss`].
    pub loss: Loss,
    /// How it is known to train well.
    pub training: Training,
    /// [height, width]: the smallest images that it can be adapted to.
    pub smallest: [usize; 2],
    /// [height, width, channels] that its architecture is made for.
    input: [usize; 3],
    /// How many classes it has by itself.
    classes: usize,
    draw: fn(&mut Draft),
}

/// A template as it is for some images and classes.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The network.
    pub graph: Graph,
    /// The loss to train it with.
    pub loss: Loss,
    /// What is other than in the template itself, in words that follow one another in a list: "the first pooling
    /// is left out".
    pub changes: Vec<String>,
}

/// Images that are too small for a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "{title} takes images of {}×{} pixels or more, not {}×{}: make the input larger, or choose another template",
    smallest[0], smallest[1], given[0], given[1]
)]
pub struct TooSmall {
    /// The template's title.
    pub title: &'static str,
    /// [height, width] that it can be adapted to.
    pub smallest: [usize; 2],
    /// [height, width] that were asked for.
    pub given: [usize; 2],
}

static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    [
        reference::TEMPLATES.as_slice(),
        &classic::TEMPLATES,
        &residual::TEMPLATES,
        &mobile::TEMPLATES,
        &dense::TEMPLATES,
        &modern::TEMPLATES,
    ]
    .concat()
});

/// All templates, the one for the bundled digits first, those of a family together.
pub fn templates() -> &'static [Template] {
    &TEMPLATES
}

/// The template of this name.
pub fn template(name: &str) -> Option<&'static Template> {
    templates().iter().find(|template| template.name == name)
}

impl Template {
    /// [height, width, channels] of the images that it is made for.
    pub fn natural_input(&self) -> [usize; 3] {
        self.input
    }

    /// The input to fit it to for images of this size: their own, as far as the template can be adapted, and not
    /// larger than the natural one. A reference system keeps its own.
    pub fn input_for(&self, [height, width, channels]: [usize; 3]) -> [usize; 3] {
        if self.family == Family::Reference {
            return self.input;
        }
        let [tall, wide, _] = self.input;
        let [least_tall, least_wide] = self.smallest;
        [
            height.clamp(least_tall, tall),
            width.clamp(least_wide, wide),
            channels,
        ]
    }

    /// The network for the images of a data set, which are usually of this height, width and channels; at the
    /// natural size where there are none yet.
    pub fn for_images(&self, images: Option<[usize; 3]>, classes: Option<usize>) -> Fitted {
        let input = images.map_or(self.input, |images| self.input_for(images));
        self.changed(input, classes)
    }

    /// The template's network at its natural size. With a number of classes, its last layer is fitted to them:
    /// one unit a class, and a single sigmoid unit for two classes stays one, but becomes softmax for more.
    pub fn graph(&self, classes: Option<usize>) -> Graph {
        self.drawn(self.input, classes).0
    }

    /// As [`Template::graph`], adapted to images of another size as far as it can be. What does not fit all the
    /// same is told by `check`.
    pub fn with_input(
        &self,
        height: usize,
        width: usize,
        channels: usize,
        classes: Option<usize>,
    ) -> Graph {
        self.drawn([height, width, channels], classes).0
    }

    /// The network for images of this height, width and channels and so many classes (its own number where they
    /// are not known), with what was changed for them.
    ///
    /// # Errors
    /// The images are smaller than the template can be adapted to.
    pub fn fitted(&self, input: [usize; 3], classes: Option<usize>) -> Result<Fitted, TooSmall> {
        let [height, width, _] = input;
        let [least_tall, least_wide] = self.smallest;
        if height < least_tall || width < least_wide {
            return Err(TooSmall {
                title: self.title,
                smallest: self.smallest,
                given: [height, width],
            });
        }
        Ok(self.changed(input, classes))
    }

    /// The network for this input, and all that is other than in the template itself.
    fn changed(&self, input: [usize; 3], classes: Option<usize>) -> Fitted {
        let mut changes = Vec::new();
        if input != self.input {
            let shape = |[height, width, channels]: [usize; 3]| Shape::Maps {
                height,
                width,
                channels,
            };
            let [now, natural] = [input, self.input].map(shape);
            changes.push(format!("the input is {now} in place of {natural}"));
        }
        let (graph, adapted) = self.drawn(input, classes);
        changes.extend(adapted);
        let loss = self.fitted_loss(classes);
        if let Some(classes) = classes.filter(|classes| *classes != self.classes) {
            changes.push(format!("the last layer has {classes} units, one a class"));
        }
        if loss != self.loss {
            let [now, natural] = [loss, self.loss].map(|loss| loss.title().to_lowercase());
            changes.push(format!("the loss is {now} in place of {natural}"));
        }
        Fitted {
            graph,
            loss,
            changes,
        }
    }

    /// The loss for so many classes: binary cross-entropy on one unit is for two of them.
    pub fn fitted_loss(&self, classes: Option<usize>) -> Loss {
        match (self.loss, classes) {
            (Loss::BinaryCrossEntropy, Some(classes)) if classes != 2 => Loss::CrossEntropy,
            (loss, _) => loss,
        }
    }

    /// The network, and what was adapted.
    fn drawn(&self, input: [usize; 3], classes: Option<usize>) -> (Graph, Vec<String>) {
        let [height, width, channels] = input;
        let layer = Layer::new(Kind::Input)
            .with("height", height)
            .with("width", width)
            .with("channels", channels);
        let mut draft = Draft::new(layer, [height, width], classes.unwrap_or(self.classes));
        (self.draw)(&mut draft);
        let (mut graph, changes) = draft.done();
        // The others draw their last layer for the classes.
        let fit = classes
            .filter(|_| self.family == Family::Reference)
            .and_then(|classes| fit_classes(&graph, self.fitted_loss(Some(classes)), classes));
        for edit in fit.iter().flat_map(|remedy| &remedy.edits) {
            // What a remedy says of this very graph can always be done; and if not, `check` tells what is left.
            if graph.apply(edit).is_err() {
                break;
            }
        }
        (graph, changes)
    }
}
