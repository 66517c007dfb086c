//! The network that a training is of, with its recipe: a template, a project, or the network.toml of a run.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};

use super::args::{BadArgument, template_names};
use super::named::{Named, project_file};
use super::output::complain;
use crate::dataset::Source;
use crate::network::{Graph, Template, template};
use crate::project::{Project, ProjectError, Recipe, atomic, load, open_run};

/// Where nothing is said of the network.
const USUAL: &str = "digits-cnn";

/// A network and how it is trained.
pub struct Chosen {
    /// What runs are called after.
    pub title: String,
    pub graph: Graph,
    pub recipe: Recipe,
    /// What the network began as: its loss gives way where the number of classes needs another.
    pub template: Option<&'static Template>,
    /// The template itself was asked for: it fits the images.
    pub fits: bool,
    /// The file that holds the recipe.
    pub file: Option<PathBuf>,
}

impl Chosen {
    /// The network of that name or file; without one, that of the project which the data was named by.
    pub fn new(name: Option<&str>, data: &Named) -> anyhow::Result<Self> {
        match (name, &data.project) {
            (Some(name), _) => {
                let chosen = Self::named(name)?;
                let file = Path::new(name);
                if data.project.is_none()
                    && template(name).is_none()
                    && project_file(file).is_some()
                {
                    tell_unused(file, data)?;
                }
                Ok(chosen)
            }
            (None, Some((path, project))) => {
                let title = match &project.template {
                    Some(template) => template.clone(),
                    None => project.name.clone(),
                };
                Ok(Self::of_project(path, project.clone(), title))
            }
            (None, None) => Self::named(USUAL),
        }
    }

    fn named(name: &str) -> anyhow::Result<Self> {
        if let Some(template) = template(name) {
            return Ok(Self {
                title: template.name.to_owned(),
                graph: template.graph(None),
                recipe: Recipe::for_template(template),
                template: Some(template),
                fits: true,
                file: None,
            });
        }
        let path = PathBuf::from(name);
        if !path.exists() {
            return Err(BadArgument(format!(
                "there is no template and no file called {name}; the templates are {}",
                template_names()
            ))
            .into());
        }
        if project_file(&path).is_some() {
            return Ok(Self::of_project(&path, load(&path)?, stem(&path)));
        }
        let text = std::fs::read_to_string(&path)
            .map_err(|error| anyhow!(atomic::explain(&error)))
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let graph = Graph::parse(&text).map_err(|error| anyhow!("{}: {error}", path.display()))?;
        let (title, recipe, file) = match of_run(&path)? {
            Some((title, recipe)) => (title, recipe, Some(path.with_file_name("recipe.toml"))),
            None => (stem(&path), Recipe::default(), None),
        };
        Ok(Self {
            title,
            graph,
            recipe,
            template: None,
            fits: false,
            file,
        })
    }

    fn of_project(path: &Path, project: Project, title: String) -> Self {
        let folder = path.parent().unwrap_or(Path::new(""));
        Self {
            title,
            graph: project.graph,
            recipe: project.recipe.found_in(folder),
            template: project.template.as_deref().and_then(template),
            fits: false,
            file: Some(path.to_path_buf()),
        }
    }
}

/// A project may change the very images that are named beside it: then it is the project that is meant.
fn tell_unused(path: &Path, data: &Named) -> anyhow::Result<()> {
    let project = load(path)?;
    let same = match (&project.data, &data.source) {
        (Some(Source::Folder(its)), Source::Folder(named)) => {
            its.canonicalize().ok() == named.canonicalize().ok()
        }
        (its, named) => its.as_ref() == Some(named),
    };
    if same && !(project.layout.is_none() && project.changes.leave_images()) {
        complain(&format!(
            "what {0} says of these images (how they are read, what is left out or relabelled) does not count here; \
             it does with: mapsto train {0}",
            path.display()
        ));
    }
    Ok(())
}

fn stem(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy());
    stem.map_or_else(|| "network".to_owned(), std::borrow::Cow::into_owned)
}

/// The network of a run comes with its title and its recipe.
fn of_run(network: &Path) -> Result<Option<(String, Recipe)>, ProjectError> {
    let folder = network
        .parent()
        .filter(|folder| folder.join("run.toml").is_file());
    let Some(folder) = folder else {
        return Ok(None);
    };
    let run = open_run(folder)?;
    Ok(Some((
        run.info.title.clone(),
        run.recipe()?.clone().found_in(folder),
    )))
}
