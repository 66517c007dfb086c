//! Batches in parts: what the whole ones hold, never all of it at once.

use std::sync::Arc;

use mapsto::dataset::{
    Augment, Batch, Draw, Form, Loader, Pixels, Preprocess, Room, Stored, parts,
};

use crate::made::{Desk, SIZE, unit};

const IMAGES: usize = 21;
const BATCH: usize = 8;

fn moves(mixup: f32) -> Augment {
    Augment {
        flip_horizontal: true,
        rotate: 15.0,
        mixup,
        ..Augment::default()
    }
}

fn batches(desk: &Desk, augment: &Augment, form: Form, most: usize) -> Vec<Batch> {
    let stored = Stored::augmented(SIZE, &Preprocess::default(), augment);
    let store = Arc::new(desk.store_as(&Room::memory(1 << 20), &stored));
    // Some come twice.
    let order = (0..IMAGES).chain(0..3).collect();
    let draw = Draw {
        seed: 5,
        epoch: 2,
        augment: augment.clone(),
        normaliser: unit(),
        form,
    };
    Loader::in_parts(store, order, BATCH, most, Arc::new(draw))
        .map(Result::unwrap)
        .collect()
}

fn images(pixels: &Pixels) -> usize {
    match pixels {
        Pixels::Numbers(numbers) => numbers.len() / SIZE.elements(),
        Pixels::Bytes(planes) => planes.bytes.len() / planes.size.elements(),
        Pixels::Places(places) => places.positions.len(),
    }
}

#[test]
fn parts_hold_what_the_whole_batch_holds_and_behind_it_the_partners() {
    let desk = Desk::with(IMAGES);
    for augment in [moves(0.0), moves(0.4)] {
        for form in [Form::Numbers, Form::Device, Form::Places] {
            let whole = batches(&desk, &augment, form, BATCH);
            assert_eq!(whole.len(), 3);
            assert!(whole.iter().all(Batch::is_whole));
            for most in [0, 1, 3, 7, 8, 100] {
                let mut cut = batches(&desk, &augment, form, most).into_iter();
                for whole in &whole {
                    let count = whole.labels.len();
                    for places in parts(count, most.min(BATCH)) {
                        let part = cut.next().unwrap();
                        assert_eq!(part.places, places);
                        assert_eq!(part.is_whole(), most >= BATCH);
                        assert_eq!(part.labels, whole.labels);
                        assert_eq!(part.positions, whole.positions);
                        assert_eq!(part.mix, whole.mix);
                        assert_eq!(part.mix.is_some(), augment.mixup > 0.0);
                        let mut held: Vec<usize> = places.clone().collect();
                        if let Some(mix) = part.mix.as_ref().filter(|_| !part.is_whole()) {
                            held.extend(&mix.partner[places]);
                        }
                        assert_eq!(images(&part.pixels), held.len());
                        assert_eq!(part.pixels, whole.pixels.picked(count, held));
                    }
                }
                assert_eq!(cut.next(), None);
            }
        }
    }
}
