//! Small pictures of the data set: decoded on threads of their own, the newest wish first, and kept
//! as textures up to a bound.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use egui::{ColorImage, Context, TextureHandle, TextureOptions};
use image::RgbaImage;
use parking_lot::{Condvar, Mutex};

use crate::dataset::{Dataset, thumbnail};

/// Sides of small and large pictures, in pixels.
const SMALL: u32 = 96;
const LARGE: u32 = 512;
/// Textures kept; the least recently shown ones go first.
const KEPT: usize = 2_000;
/// Wishes that wait at most: what scrolled past long ago is forgotten.
const WAITING: usize = 400;
/// Textures made in one frame.
const A_FRAME: usize = 24;
/// Large pictures kept; each takes up to a megabyte.
const KEPT_LARGE: usize = 32;
const THREADS: usize = 2;
/// Pictures up to this side show their pixels, larger ones are smoothed.
const CRISP: usize = 64;

/// Which picture, and whether the large one.
type Key = (usize, bool);

#[derive(Default)]
struct Queue {
    /// Stack of wishes.
    keys: Vec<Key>,
    closed: bool,
}

struct Shared {
    queue: Mutex<Queue>,
    wish: Condvar,
}

/// A texture, or the knowledge that there is none.
struct Slot {
    texture: Option<TextureHandle>,
    used: u64,
}

#[derive(Default)]
struct Cache {
    slots: HashMap<Key, Slot>,
    asked: HashSet<Key>,
    /// Asked for in this frame, in order.
    wishes: Vec<Key>,
    frame: u64,
}

impl Cache {
    /// Lets go of the large pictures that have not been shown for longest.
    fn forget_large(&mut self, frame: u64) {
        let large = || self.slots.iter().filter(|(key, _)| key.1);
        let mut ages: Vec<u64> = large().map(|(_, slot)| slot.used).collect();
        if ages.len() <= KEPT_LARGE {
            return;
        }
        ages.sort_unstable_by(|a, b| b.cmp(a));
        let youngest_forgotten = ages.get(KEPT_LARGE).copied().unwrap_or(0);
        self.slots
            .retain(|key, slot| !key.1 || slot.used > youngest_forgotten || slot.used == frame);
    }
}

/// The pictures of one data set. Dropping it ends its threads.
pub struct Thumbnails {
    shared: Arc<Shared>,
    cache: RefCell<Cache>,
    made: Receiver<(Key, Option<ColorImage>)>,
}

impl Thumbnails {
    /// Pictures of nothing, until there is a data set.
    pub fn empty() -> Self {
        let (_, made) = channel();
        Self {
            shared: Arc::new(Shared {
                queue: Mutex::default(),
                wish: Condvar::new(),
            }),
            cache: RefCell::default(),
            made,
        }
    }

    /// Starts the threads for a data set.
    pub fn new(data: &Arc<Dataset>, ctx: &Context) -> Self {
        let (sender, made) = channel();
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            wish: Condvar::new(),
        });
        for _ in 0..THREADS {
            let (data, shared, sender, ctx) =
                (data.clone(), shared.clone(), sender.clone(), ctx.clone());
            let worker = std::thread::Builder::new().name("thumbnails".to_owned());
            if let Err(error) = worker.spawn(move || work(&data, &shared, &sender, &ctx)) {
                log::warn!("no thread for thumbnails: {error}");
            }
        }
        Self {
            shared,
            cache: RefCell::default(),
            made,
        }
    }

    /// The small picture of an image, once it is there; asking for it starts the decoding.
    pub fn get(&self, index: usize) -> Option<TextureHandle> {
        self.find((index, false))
    }

    /// The large picture; the small one until it is there.
    pub fn large(&self, index: usize) -> Option<TextureHandle> {
        self.find((index, true)).or_else(|| self.get(index))
    }

    fn find(&self, key: Key) -> Option<TextureHandle> {
        let mut cache = self.cache.borrow_mut();
        let frame = cache.frame;
        if let Some(slot) = cache.slots.get_mut(&key) {
            slot.used = frame;
            return slot.texture.clone();
        }
        if cache.asked.insert(key) {
            cache.wishes.push(key);
        }
        None
    }

    /// At the end of a frame: hands its wishes to the threads, the first of them on top of the
    /// stack.
    pub fn hand_over(&self) {
        let mut cache = self.cache.borrow_mut();
        let cache = &mut *cache;
        if cache.wishes.is_empty() {
            return;
        }
        let mut queue = self.shared.queue.lock();
        queue.keys.extend(cache.wishes.drain(..).rev());
        let forgotten = queue.keys.len().saturating_sub(WAITING);
        for key in queue.keys.drain(..forgotten) {
            cache.asked.remove(&key);
        }
        self.shared.wish.notify_all();
    }

    /// At the beginning of a frame: takes what the threads have made, and lets go of what has not been shown for
    /// long.
    pub fn update(&self, ctx: &Context) {
        let mut cache = self.cache.borrow_mut();
        cache.frame += 1;
        let frame = cache.frame;
        let mut uploaded = 0;
        for (key, image) in self.made.try_iter().take(A_FRAME) {
            uploaded += 1;
            let texture = image.map(|image| upload(ctx, image));
            cache.asked.remove(&key);
            let slot = Slot {
                texture,
                used: frame,
            };
            cache.slots.insert(key, slot);
        }
        if uploaded == A_FRAME {
            // There may be more.
            ctx.request_repaint();
        }
        cache.forget_large(frame);
        if cache.slots.len() > KEPT {
            let mut ages: Vec<u64> = cache.slots.values().map(|slot| slot.used).collect();
            ages.sort_unstable();
            let oldest = ages[ages.len() - KEPT];
            cache
                .slots
                .retain(|_, slot| slot.used > oldest || slot.used == frame);
        }
    }
}

impl Drop for Thumbnails {
    fn drop(&mut self) {
        self.shared.queue.lock().closed = true;
        self.shared.wish.notify_all();
    }
}

/// A picture as a texture; small ones keep their pixels sharp.
pub fn upload(ctx: &Context, image: ColorImage) -> TextureHandle {
    let [width, height] = image.size;
    let options = if width.max(height) <= CRISP {
        TextureOptions::NEAREST
    } else {
        TextureOptions::LINEAR
    };
    ctx.load_texture("picture", image, options)
}

/// A decoded picture as egui takes it.
pub fn color_image(image: &RgbaImage) -> ColorImage {
    let size = [image.width() as usize, image.height() as usize];
    ColorImage::from_rgba_unmultiplied(size, image.as_raw())
}

fn work(data: &Dataset, shared: &Shared, made: &Sender<(Key, Option<ColorImage>)>, ctx: &Context) {
    loop {
        let key = {
            let mut queue = shared.queue.lock();
            loop {
                if queue.closed {
                    return;
                }
                if let Some(key) = queue.keys.pop() {
                    break key;
                }
                shared.wish.wait(&mut queue);
            }
        };
        let side = if key.1 { LARGE } else { SMALL };
        // A decoder that panics costs one picture, not the thread.
        let image = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let image = data.read(key.0).ok()?;
            Some(color_image(&thumbnail(&image, side)))
        }));
        let image = image.ok().flatten();
        if made.send((key, image)).is_err() {
            return;
        }
        ctx.request_repaint();
    }
}
