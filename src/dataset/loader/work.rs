//! The threads of a pass. One of them deals out the batches in order; where there is work to share, the others make
//! them, several at a time, image by image.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::available_parallelism;

use rayon::prelude::*;

use super::parts::Cut;
use super::{Batch, Draw, Form, Loader, Pixels, Places, Planes};
use crate::dataset::store::Work;
use crate::dataset::{Augment, DatasetError, Drawn, InputSize, PixelStore};

/// A batch that is being made.
pub(super) type Promise = Receiver<Result<Batch, DatasetError>>;

/// Batches that are ready or in the making at most: enough to hide a slow file, little enough to end quickly.
const MOST_AHEAD: usize = 4;

/// The map of an image whose pixels stay where they are.
const UNMOVED: [f64; 6] = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];

/// Threads that read ready images from the disk.
const READERS: usize = 4;

/// Batches, or parts of them, that are ready or in the making at most; 1 or more.
pub(super) fn ahead(store: &PixelStore, cut: Cut, draw: &Draw) -> usize {
    let value = match draw.form {
        Form::Numbers => size_of::<f32>(),
        Form::Device | Form::Kept => 1,
        Form::Places => return MOST_AHEAD,
    };
    let mixes = draw.augment.mixup + draw.augment.cutmix > 0.0;
    let images = match cut.most < cut.batch && mixes {
        true => cut.most.saturating_mul(2),
        false => cut.most,
    };
    let image = slot(store, draw.form).elements().saturating_mul(value);
    let bytes = images.saturating_mul(image).max(1);
    (Loader::AHEAD_BYTES / bytes).clamp(1, MOST_AHEAD)
}

/// Threads that a pass takes.
pub(super) fn threads(store: &PixelStore, draw: &Draw) -> usize {
    let changes = Augment {
        mixup: 0.0,
        cutmix: 0.0,
        ..draw.augment.clone()
    };
    let cores = available_parallelism().map_or(1, usize::from);
    match store.work() {
        // No picture is touched.
        _ if draw.form == Form::Places => 1,
        Work::Computing => cores,
        _ if !changes.is_off() => cores,
        Work::Reading => cores.min(READERS),
        Work::Copying => 1,
    }
}

/// The size that images have in a batch.
pub(super) fn slot(store: &PixelStore, form: Form) -> InputSize {
    let (kept, size) = (store.stored_size(), store.size());
    match form {
        Form::Numbers => size,
        Form::Kept | Form::Places => kept,
        // It has to hold what is made on the loader's threads, too.
        Form::Device if kept.height >= size.height && kept.width >= size.width => kept,
        Form::Device => size,
    }
}

/// One pass over a store.
pub(super) struct Pass<'a> {
    store: &'a PixelStore,
    order: &'a [usize],
    cut: Cut,
    draw: &'a Draw,
    stop: &'a AtomicBool,
    /// The size that images have in a batch.
    slot: InputSize,
    /// For places in the order whose image was shown before in this pass: how often.
    again: BTreeMap<usize, usize>,
}

impl<'a> Pass<'a> {
    pub fn new(
        store: &'a PixelStore,
        order: &'a [usize],
        cut: Cut,
        draw: &'a Draw,
        stop: &'a AtomicBool,
    ) -> Self {
        Self {
            store,
            order,
            cut,
            draw,
            stop,
            slot: slot(store, draw.form),
            again: again(order, store.len()),
        }
    }

    /// Sends all batches, in order, until nobody listens or one fails.
    pub fn run(&self, threads: usize, sender: &SyncSender<Promise>) {
        let pool = (threads > 1).then(|| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .thread_name(|number| format!("loader {number}"))
                .build()
        });
        match pool {
            Some(Ok(pool)) => pool.in_place_scope(|scope| {
                for number in 0..self.cut.count() {
                    let (keep, promise) = sync_channel(1);
                    // It is begun before there is room for it to wait. Nobody waits for one behind one that failed.
                    scope.spawn(move |_| keep.send(self.make(number, true)).unwrap_or_default());
                    if sender.send(promise).is_err() {
                        return;
                    }
                }
            }),
            // Too few threads for a pool are no reason to stop.
            _ => self.run_alone(sender),
        }
    }

    fn run_alone(&self, sender: &SyncSender<Promise>) {
        for number in 0..self.cut.count() {
            let made = self.make(number, false);
            let last = made.is_err();
            let (keep, promise) = sync_channel(1);
            keep.send(made).unwrap_or_default();
            if sender.send(promise).is_err() || last {
                return;
            }
        }
    }

    /// A part, by its number among those of all batches.
    fn make(&self, number: usize, shared: bool) -> Result<Batch, DatasetError> {
        let part = self.cut.part(number);
        let positions = self.order.get(part.batch.clone()).unwrap_or_default();
        let Draw { seed, epoch, .. } = *self.draw;
        let (number, count) = (part.number, positions.len());
        let mix = self.draw.augment.mix(seed, epoch, number, count);
        let mut images: Vec<usize> = part.places.clone().collect();
        if let Some(mix) = mix.as_ref().filter(|_| images.len() < count) {
            let partners = mix.partner.get(part.places.clone());
            images.extend(partners.unwrap_or_default());
        }
        for place in &mut images {
            *place += part.batch.start;
        }
        Ok(Batch {
            pixels: self.pixels(&images, shared)?,
            places: part.places,
            labels: positions
                .iter()
                .map(|&position| self.store.label(position))
                .collect(),
            positions: positions.to_vec(),
            mix,
        })
    }

    /// Of the images at some places of the order.
    fn pixels(&self, places: &[usize], shared: bool) -> Result<Pixels, DatasetError> {
        let elements = self.slot.elements();
        Ok(match self.draw.form {
            Form::Numbers => {
                let fill = |place, buffers: &mut _, out: &mut _| self.numbers(place, buffers, out);
                Pixels::Numbers(filled(places, elements, shared, fill)?.0)
            }
            Form::Device | Form::Kept => {
                let fill = |place, buffers: &mut _, out: &mut _| self.bytes(place, buffers, out);
                let (bytes, maps) = filled(places, elements, shared, fill)?;
                let (size, maps) = (self.slot, self.needed(maps));
                Pixels::Bytes(Planes { bytes, size, maps })
            }
            Form::Places => {
                let maps: Result<_, DatasetError> =
                    places.iter().map(|&place| self.map(place)).collect();
                let position = |place: &usize| self.order.get(*place).copied();
                Pixels::Places(Places {
                    positions: places.iter().filter_map(position).collect(),
                    maps: self.needed(maps?),
                })
            }
        })
    }

    /// No maps where all pixels stay where they are.
    fn needed(&self, maps: Vec<[f64; 6]>) -> Vec<[f64; 6]> {
        let whole = self.slot == self.store.size() && maps.iter().all(|map| *map == UNMOVED);
        if whole || self.draw.form == Form::Kept {
            Vec::new()
        } else {
            maps
        }
    }

    /// The map that makes all that was drawn of the image at a place of the order.
    fn map(&self, place: usize) -> Result<[f64; 6], DatasetError> {
        let (position, drawn) = self.drawn(place)?;
        if position >= self.store.len() {
            return Err(DatasetError::NoSuchImage(position));
        }
        let map = drawn.gathered(self.slot, self.store.size());
        map.ok_or_else(|| DatasetError::Loader("a change that no device makes".into()))
    }

    /// Which image comes at a place of the order, and what was drawn for it.
    fn drawn(&self, place: usize) -> Result<(usize, Drawn), DatasetError> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(DatasetError::Cancelled);
        }
        let position = self.order.get(place).copied().unwrap_or(usize::MAX);
        // An image that is shown several times an epoch is changed in another way each time.
        let times = self.again.get(&place).copied().unwrap_or(0);
        let index = self.store.index(position);
        let number = index.saturating_add(times.saturating_mul(self.store.data().len()));
        let Draw { seed, epoch, .. } = *self.draw;
        Ok((position, self.draw.augment.plan(seed, epoch, number)))
    }

    /// The numbers of the image at a place of the order.
    fn numbers(
        &self,
        place: usize,
        buffers: &mut Buffers,
        numbers: &mut [f32],
    ) -> Result<(), DatasetError> {
        let (position, drawn) = self.drawn(place)?;
        let size = self.store.size();
        buffers.bytes.resize(size.elements(), 0);
        self.store
            .change_into(position, &drawn, &mut buffers.bytes, &mut buffers.stored)?;
        let area = size.height.saturating_mul(size.width);
        self.draw.normaliser.fill(&buffers.bytes, area, numbers);
        Ok(())
    }

    /// The bytes of the image at a place of the order, and the map that is left to make of them what was drawn.
    fn bytes(
        &self,
        place: usize,
        buffers: &mut Buffers,
        bytes: &mut [u8],
    ) -> Result<[f64; 6], DatasetError> {
        let (position, drawn) = self.drawn(place)?;
        let (kept, size) = (self.store.stored_size(), self.store.size());
        if self.draw.form == Form::Kept {
            self.store.copy_kept(position, bytes)?;
            return Ok(UNMOVED);
        }
        let gathered = drawn.gathered(kept, size).filter(|_| self.slot == kept);
        if let Some(map) = gathered {
            self.store.copy_kept(position, bytes)?;
            return Ok(map);
        }
        let stored = &mut buffers.stored;
        if self.slot == size {
            self.store.change_into(position, &drawn, bytes, stored)?;
        } else {
            buffers.bytes.resize(size.elements(), 0);
            self.store
                .change_into(position, &drawn, &mut buffers.bytes, stored)?;
            lay(&buffers.bytes, size, bytes, self.slot);
        }
        Ok(UNMOVED)
    }
}

/// Fills a batch of `elements` values an image, on this thread or on all of the pool that it belongs to, and collects
/// what filling each of them gave.
fn filled<T: Clone + Default + Send, R: Send>(
    images: &[usize],
    elements: usize,
    shared: bool,
    fill: impl Fn(usize, &mut Buffers, &mut [T]) -> Result<R, DatasetError> + Sync,
) -> Result<(Vec<T>, Vec<R>), DatasetError> {
    let mut values = vec![T::default(); images.len().saturating_mul(elements)];
    if elements == 0 {
        return Ok((values, Vec::new()));
    }
    let made: Result<Vec<R>, DatasetError> = if shared {
        values
            .par_chunks_exact_mut(elements)
            .zip(images)
            .map_init(Buffers::default, |buffers, (values, &place)| {
                fill(place, buffers, values)
            })
            .collect()
    } else {
        let mut buffers = Buffers::default();
        values
            .chunks_exact_mut(elements)
            .zip(images)
            .map(|(values, &place)| fill(place, &mut buffers, values))
            .collect()
    };
    Ok((values, made?))
}

/// Lays a picture into the corner at the top left of a larger one.
fn lay(picture: &[u8], size: InputSize, larger: &mut [u8], of: InputSize) {
    let area = |size: InputSize| (size.height * size.width).max(1);
    let planes = picture.chunks_exact(area(size));
    for (plane, larger) in planes.zip(larger.chunks_exact_mut(area(of))) {
        let rows = plane.chunks_exact(size.width.max(1));
        for (row, larger) in rows.zip(larger.chunks_exact_mut(of.width.max(1))) {
            if let Some(begin) = larger.get_mut(..row.len()) {
                begin.copy_from_slice(row);
            }
        }
    }
}

/// What a thread keeps between two images.
#[derive(Default)]
struct Buffers {
    bytes: Vec<u8>,
    stored: Vec<u8>,
}

/// For each place in the order whose position came before: how often.
fn again(order: &[usize], positions: usize) -> BTreeMap<usize, usize> {
    let mut again = BTreeMap::new();
    let mut seen = vec![0usize; positions];
    for (place, &position) in order.iter().enumerate() {
        if let Some(times) = seen.get_mut(position) {
            if *times > 0 {
                again.insert(place, *times);
            }
            *times += 1;
        }
    }
    again
}
