def load_weights(model, path):
    """Takes the weights of a mapsto run, weights.safetensors, which are laid out as PyTorch has them."""
    found = load_file(path)
    for name in LAYERS:
        start = name + "."
        own = {key[len(start) :]: tensor for key, tensor in found.items() if key.startswith(start)}
        layer = model.get_layer(name.replace(".", "_"))
        try:
            TAKE[type(layer).__name__](layer, own)
        except (KeyError, ValueError) as error:
            raise SystemExit(f"{path} does not fit {name} ({error}): it is of another network") from error


class Images(keras.utils.PyDataset):
    """Batches of pixels [n, height, width, channels] and targets [n, units]."""

    def __init__(self, images, shuffle=False):
        super().__init__()
        self.images, self.shuffle = list(images), random.Random(SEED) if shuffle else None
        self.on_epoch_end()

    def __len__(self):
        return -(-len(self.images) // BATCH)

    def __getitem__(self, index):
        batch = self.images[index * BATCH : (index + 1) * BATCH]
        labels = np.array([label for _, label in batch])
        return np.stack([read_image(file) for file, _ in batch]), targets(labels)

    def on_epoch_end(self):
        if self.shuffle:
            self.shuffle.shuffle(self.images)


class Target(keras.callbacks.Callback):
    """Ends the training once validation accuracy is reached."""

    def on_epoch_end(self, epoch, logs=None):
        if TARGET_ACCURACY is not None and logs["val_accuracy"] >= TARGET_ACCURACY:
            self.model.stop_training = True


def train(model, folder, path):
    """Trains on a folder of images and keeps the weights of the best epoch."""
    training, validation, test = split(folder)
    best = keras.callbacks.ModelCheckpoint(
        path, monitor="val_accuracy", mode="max", save_best_only=True, save_weights_only=True
    )
    watched = Images(validation or training)
    model.fit(Images(training, shuffle=True), epochs=EPOCHS, validation_data=watched, callbacks=[best, Target()])
    model.load_weights(path)
    if test:
        print("test:", model.evaluate(Images(test), return_dict=True))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("work", choices=["train", "evaluate", "predict"])
    parser.add_argument("files", nargs="+", help="a folder with one folder a class, or images to predict")
    parser.add_argument("--weights", help="the weights to begin with: a mapsto run's, or what train wrote")
    parser.add_argument("--out", default="trained.weights.h5", help="where train writes the best weights")
    arguments = parser.parse_args()
    keras.utils.set_random_seed(SEED % 2**32)
    model = build_model()
    model.compile(optimizer=optimiser(), loss=loss_of, metrics=[accuracy])
    if arguments.weights and arguments.weights.endswith(".safetensors"):
        load_weights(model, arguments.weights)
    elif arguments.weights:
        model.load_weights(arguments.weights)
    if arguments.work == "train":
        train(model, arguments.files[0], arguments.out)
    elif arguments.work == "evaluate":
        print(model.evaluate(Images(test_images(arguments.files[0])), return_dict=True))
    else:
        for file in arguments.files:
            outputs = model(read_image(file)[None], training=False)
            row = probabilities(keras.ops.convert_to_numpy(outputs))[0].tolist()
            print(file, "  ".join(f"{name} {share:.4f}" for name, share in zip(CLASSES, row)))


if __name__ == "__main__":
    main()
