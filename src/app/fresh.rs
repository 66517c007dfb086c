//! The project of a new user.

use crate::dataset::{Changes, Source};
use crate::network::{self, Graph, template};
use crate::project::{Project, Recipe};

/// The template of a new project.
const FIRST_TEMPLATE: &str = "digits-cnn";

/// The project that a new user finds: the bundled digits and a network that fits them.
pub fn fresh_project() -> Project {
    let chosen = template(FIRST_TEMPLATE);
    let recipe = chosen.map_or_else(Recipe::default, Recipe::for_template);
    let graph = chosen.map_or_else(
        || Graph::new(network::Layer::new(network::Kind::Input)),
        |chosen| chosen.graph(Some(10)),
    );
    Project {
        name: "untitled".to_owned(),
        data: Some(Source::Digits),
        graph,
        recipe,
        template: chosen.map(|chosen| chosen.name.to_owned()),
        pinned: None,
        layout: None,
        changes: Changes::default(),
    }
}
