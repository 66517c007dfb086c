//! Tables and lists that belong together, read into one assignment of classes to files.

use super::columns::{Columns, ONE_HOT};
use super::find::Choice;
use super::lines::{Assignment, Origin};
use super::list::List;
use super::names::Names;
use super::table::Sheet;
use super::{Set, Tree, brief};

/// Of tables that belong together the one with the training images.
pub(super) fn main_of(family: &[Origin]) -> Result<&Origin, String> {
    let training = family.iter().find(|origin| origin.set == Some(Set::Train));
    training
        .or(family.first())
        .ok_or_else(|| "is not there".to_owned())
}

pub(super) type Assigned = (Assignment, Vec<String>);

/// How a text was encoded, where that is worth telling.
fn encoding_notice(file: &str, encoding: Option<&'static str>) -> Option<String> {
    Some(format!(
        "{file} is no UTF-8: it is read as {}; look at the names of the classes",
        encoding?
    ))
}

pub(super) fn assign_table(
    tree: &Tree,
    names: &Names<'_>,
    family: &[Origin],
    choice: &Choice,
) -> Result<Assigned, String> {
    let mut assignment = Assignment::new(tree);
    let mut notices = Vec::new();
    let main = main_of(family)?.file.clone();
    for origin in family {
        let sheet = Sheet::open(tree, names, origin.clone());
        let is_main = origin.file == main;
        let column = |sheet: &Sheet, name: &str| {
            sheet
                .column(name)
                .ok_or_else(|| format!("has no column “{}”", brief(name)))
        };
        let columns = sheet.and_then(|sheet| {
            let image = column(&sheet, &choice.image)?;
            let set = choice.set.as_ref().map(|set| column(&sheet, set));
            let set = set.transpose()?;
            let mut columns = Columns {
                image,
                class: image,
                one_hot: Vec::new(),
                set,
                stated: true,
            };
            if choice.class != ONE_HOT {
                columns.class = column(&sheet, &choice.class)?;
                return Ok((sheet, columns));
            }
            columns.one_hot = sheet.one_hot(image, set);
            match columns.one_hot.is_empty() {
                true => Err("has no columns of 0 and a single 1, one for each class".into()),
                false => Ok((sheet, columns)),
            }
        });
        match columns {
            Ok((sheet, columns)) => {
                notices.extend(encoding_notice(&origin.file, sheet.encoding));
                sheet.assign(names, &columns, &mut assignment)?;
            }
            Err(reason) if is_main => return Err(reason),
            // A table of test images without classes lies beside many a table of training images.
            Err(reason) => notices.push(format!("{} is not used: it {reason}", origin.file)),
        }
    }
    Ok((assignment, notices))
}

pub(super) fn assign_list(tree: &Tree, names: &Names<'_>, family: &[Origin]) -> Assigned {
    let mut assignment = Assignment::new(tree);
    let mut notices = Vec::new();
    for origin in family {
        match List::open(tree, origin.clone()) {
            Ok(list) => {
                notices.extend(encoding_notice(&origin.file, list.encoding));
                list.assign(tree, names, &mut assignment);
            }
            Err(reason) => notices.push(format!("{} is not used: it {reason}", origin.file)),
        }
    }
    (assignment, notices)
}
