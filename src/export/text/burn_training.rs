type Outcome<T> = Result<T, Box<dyn Error>>;

/// The tensors of a run's weights.safetensors.
struct Weights<'a> {
    file: SafeTensors<'a>,
    device: Device,
}

impl Weights<'_> {
    /// A tensor of a layer, by its name and shape, that is to be learnt.
    fn tensor<const D: usize>(&self, name: &str, part: &str, shape: [usize; D]) -> Outcome<Param<Tensor<D>>> {
        Ok(Param::from_tensor(self.values(name, part, shape)?))
    }

    /// Its numbers alone: what is made of a parameter by an operation cannot become one again.
    fn values<const D: usize>(&self, name: &str, part: &str, shape: [usize; D]) -> Outcome<Tensor<D>> {
        let name = format!("{name}.{part}");
        let view = self.file.tensor(&name)?;
        if view.shape() != shape {
            let found = view.shape();
            return Err(format!("{name} is {found:?} and not {shape:?}: the weights are of another network").into());
        }
        let bytes = view.data().chunks_exact(4);
        let values: Vec<f32> = bytes.map(|it| f32::from_le_bytes([it[0], it[1], it[2], it[3]])).collect();
        Ok(Tensor::from_data(TensorData::new(values, shape), &self.device))
    }
}

/// An image file as mapsto reads it: turned upright, transparency laid on white, stretched to the input's size
/// (bilinear, with anti-aliasing), from 0 to 1: channels × height × width numbers.
fn read_image(path: &Path) -> Outcome<Vec<f32>> {
    let mut decoder = ImageReader::open(path)?.with_guessed_format()?.into_decoder()?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    let mut bytes = Vec::new();
    for pixel in image.to_rgba16().pixels() {
        // Of 16 bits, the high byte.
        let [red, green, blue, alpha] = pixel.0.map(|part| u32::from(part >> 8));
        let on_white = |part: u32| (part * alpha + 255 * (255 - alpha) + 127) / 255;
        let [red, green, blue] = [red, green, blue].map(on_white);
        if CHANNELS == 1 {
            // ITU-R 601; the image crate's own grey is of another standard.
            bytes.push(((red * 19_595 + green * 38_470 + blue * 7_471 + 0x8000) >> 16) as u8);
        } else {
            bytes.extend([red, green, blue].map(|part| part as u8));
        }
    }
    let (width, height) = (image.width(), image.height());
    let image = if CHANNELS == 1 {
        GrayImage::from_raw(width, height, bytes).map(DynamicImage::from)
    } else {
        RgbImage::from_raw(width, height, bytes).map(DynamicImage::from)
    };
    let image = image.ok_or("an image is too large")?;
    let bytes = image.resize_exact(WIDTH as u32, HEIGHT as u32, FilterType::Triangle).into_bytes();
    let mut values = Vec::with_capacity(bytes.len());
    for channel in 0..CHANNELS {
        let of_channel = bytes.iter().skip(channel).step_by(CHANNELS);
        values.extend(of_channel.map(|byte| f32::from(*byte) / 255.0));
    }
    Ok(values)
}

/// Images with their labels.
type Images = Vec<(PathBuf, usize)>;

/// Every image below the folders of the classes.
fn find_images(folder: &Path) -> Outcome<Images> {
    let endings = ["bmp", "gif", "jpeg", "jpg", "png", "tif", "tiff", "webp"];
    let mut found = Vec::new();
    for (label, class) in CLASSES.iter().enumerate() {
        let mut open = vec![folder.join(class)];
        open.retain(|folder| folder.is_dir());
        while let Some(folder) = open.pop() {
            let mut entries: Vec<PathBuf> = Vec::new();
            for entry in fs::read_dir(&folder)? {
                entries.push(entry?.path());
            }
            entries.sort();
            for path in entries {
                let ending = path.extension().map(|it| it.to_string_lossy().to_lowercase());
                if path.is_dir() {
                    open.push(path);
                } else if ending.is_some_and(|it| endings.contains(&it.as_str())) {
                    found.push((path, label));
                }
            }
        }
    }
    if found.is_empty() {
        return Err(format!("{} has no images in folders named {}", folder.display(), CLASSES.join(", ")).into());
    }
    Ok(found)
}

/// What to evaluate: the folder test where there are such folders, else every image.
fn test_images(folder: &Path) -> Outcome<Images> {
    let test = folder.join("test");
    let parted = folder.join("train").is_dir() && test.is_dir();
    find_images(if parted { &test } else { folder })
}

/// A small generator of random numbers (SplitMix64).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    fn shuffle(&mut self, images: &mut Images) {
        for last in (1..images.len()).rev() {
            images.swap(last, (self.next() % (last as u64 + 1)) as usize);
        }
    }
}

/// Images for training, validation and test: those of the folders train, val and test, or shares of every class.
fn split(folder: &Path, draw: &mut Draw) -> Outcome<[Images; 3]> {
    let part = |name: &str| folder.join(name);
    if !part("train").is_dir() {
        return Ok(shares_of(find_images(folder)?, VALIDATION, TEST, draw));
    }
    let train = find_images(&part("train"))?;
    let test = if part("test").is_dir() { find_images(&part("test"))? } else { Vec::new() };
    if part("val").is_dir() {
        return Ok([train, find_images(&part("val"))?, test]);
    }
    let [train, validation, _] = shares_of(train, VALIDATION, 0.0, draw);
    Ok([train, validation, test])
}

/// Seeded and stratified.
fn shares_of(images: Images, validation: f64, test: f64, draw: &mut Draw) -> [Images; 3] {
    let mut sets = [Vec::new(), Vec::new(), Vec::new()];
    for label in 0..CLASSES.len() {
        let mut of_class: Images = images.iter().filter(|image| image.1 == label).cloned().collect();
        draw.shuffle(&mut of_class);
        let held = (of_class.len() as f64 * validation).round() as usize;
        let kept = held + (of_class.len() as f64 * test).round() as usize;
        for (place, image) in of_class.into_iter().enumerate() {
            let set = if place < held { 1 } else if place < kept { 2 } else { 0 };
            sets[set].push(image);
        }
    }
    sets
}

/// Pixels [n, channels, height, width] and targets [n, units] of a batch.
fn batch(images: &[(PathBuf, usize)], device: &Device) -> Outcome<(Tensor<4>, Tensor<2>)> {
    let mut pixels = Vec::new();
    let mut targets = vec![0.0_f32; images.len() * UNITS];
    for ((path, label), row) in images.iter().zip(targets.chunks_exact_mut(UNITS)) {
        pixels.extend(read_image(path)?);
        match row {
            [second] => *second = if *label == 1 { 1.0 } else { 0.0 },
            row => row[*label] = 1.0,
        }
    }
    let shape = [images.len(), CHANNELS, HEIGHT, WIDTH];
    let pixels = Tensor::from_data(TensorData::new(pixels, shape), device);
    let targets = Tensor::from_data(TensorData::new(targets, [images.len(), UNITS]), device);
    Ok((pixels, targets))
}

/// Mean loss and accuracy.
fn evaluate(model: &Model, images: &[(PathBuf, usize)], device: &Device) -> Outcome<(f32, f32)> {
    let (mut total, mut hits) = (0.0, 0.0);
    for part in images.chunks(BATCH) {
        let (pixels, targets) = batch(part, device)?;
        let outputs = model.forward(pixels);
        let chances = probabilities(outputs.clone());
        total += loss_of(outputs, targets).into_scalar::<f32>() * part.len() as f32;
        let chances: Vec<f32> = chances.into_data().iter::<f32>().collect();
        for (row, (_, label)) in chances.chunks_exact(CLASSES.len()).zip(part) {
            if row.iter().all(|other| *other <= row[*label]) {
                hits += 1.0;
            }
        }
    }
    let count = images.len().max(1) as f32;
    Ok((total / count, hits / count))
}

/// Trains on a folder of images and gives the model of the best epoch.
fn train(mut model: Model, folder: &Path, device: &Device) -> Outcome<Model> {
    let mut draw = Draw(SEED);
    let [mut training, validation, test] = split(folder, &mut draw)?;
    let mut optimiser = optimiser(&model);
    let plain = device.clone().inner();
    let mut best = (-1.0, model.clone());
    for epoch in 1..=EPOCHS {
        draw.shuffle(&mut training);
        for part in training.chunks(BATCH) {
            let (pixels, targets) = batch(part, device)?;
            let loss = loss_of(model.forward(pixels), targets);
            let gradients = GradientsParams::from_grads(loss.backward(), &model);
            model = optimiser.step(LEARNING_RATE, model, gradients);
        }
        let watched = if validation.is_empty() { &training } else { &validation };
        let (loss, accuracy) = evaluate(&model.valid(), watched, &plain)?;
        println!("epoch {epoch}: validation loss {loss:.4}, accuracy {:.1} %", accuracy * 100.0);
        if accuracy > best.0 {
            best = (accuracy, model.clone());
        }
        if TARGET_ACCURACY.is_some_and(|target| f64::from(accuracy) >= target) {
            break;
        }
    }
    if !test.is_empty() {
        let (loss, accuracy) = evaluate(&best.1.valid(), &test, &plain)?;
        println!("test: loss {loss:.4}, accuracy {:.1} %", accuracy * 100.0);
    }
    Ok(best.1)
}

fn main() -> Outcome<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [work, weights, files @ ..] = words.as_slice() else {
        return Err("say: train|evaluate|predict WEIGHTS|new FOLDER|IMAGE…".into());
    };
    let device = Device::default();
    device.seed(SEED);
    let training = device.clone().autodiff();
    let mut model = Model::new(&training);
    if weights.ends_with(".safetensors") {
        model.load(Path::new(weights), &training)?;
    } else if weights != "new" {
        model = model.load_file(weights);
    }
    for file in files {
        let file = Path::new(file);
        match work.as_str() {
            "train" => {
                model = train(model, file, &training)?;
                model.clone().save_file("trained")?;
            }
            "evaluate" => {
                let (loss, accuracy) = evaluate(&model.valid(), &test_images(file)?, &device)?;
                println!("loss {loss:.4}, accuracy {:.1} %", accuracy * 100.0);
            }
            _ => {
                let (pixels, _) = batch(&[(file.to_path_buf(), 0)], &device)?;
                let row = probabilities(model.valid().forward(pixels)).into_data();
                let row = CLASSES.iter().zip(row.iter::<f32>());
                let told: Vec<String> = row.map(|(name, share)| format!("{name} {share:.4}")).collect();
                println!("{} {}", file.display(), told.join("  "));
            }
        }
    }
    Ok(())
}
