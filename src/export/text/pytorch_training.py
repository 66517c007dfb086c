def learning(module):
    """The layers that the weights file holds, in its order."""
    for child in module.children():
        if isinstance(child, BLOCKS):
            yield from learning(child)
        elif child.state_dict():
            yield child


def named_tensors(model):
    """Every tensor of the model with its name in the weights file."""
    for name, layer in zip(LAYERS, learning(model), strict=True):
        for key, tensor in layer.state_dict().items():
            if key != "num_batches_tracked":
                yield f"{name}.{key.removeprefix('rnn.').replace('_l0', '')}", tensor


def load_weights(model, path):
    """Takes the weights of a mapsto run, weights.safetensors."""
    found = load_file(path)
    with torch.no_grad():
        for name, tensor in named_tensors(model):
            if name not in found or found[name].shape != tensor.shape:
                raise SystemExit(f"{path} has no {name} of shape {list(tensor.shape)}: it is of another network")
            tensor.copy_(found[name])


def save_weights(model, path):
    save_file({name: tensor.cpu().contiguous() for name, tensor in named_tensors(model)}, path)


class Images(Dataset):
    def __init__(self, images):
        self.images = images

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        file, label = self.images[index]
        return torch.from_numpy(read_image(file)).permute(2, 0, 1), label


@torch.no_grad()
def evaluate(model, images, device):
    """Mean loss and accuracy."""
    model.eval()
    total, hits = 0.0, 0
    for pixels, labels in DataLoader(Images(images), BATCH):
        outputs, labels = model(pixels.to(device)), labels.to(device)
        total += loss_of(outputs, labels).item() * len(labels)
        hits += (probabilities(outputs).argmax(dim=1) == labels).sum().item()
    return total / len(images), hits / len(images)


def train(model, folder, path, device):
    """Trains on a folder of images and keeps the weights of the best epoch."""
    training, validation, test = split(folder)
    batches = DataLoader(Images(training), BATCH, shuffle=True)
    steps = optimiser(model)
    best = -1.0
    for epoch in range(1, EPOCHS + 1):
        model.train()
        for pixels, labels in batches:
            steps.zero_grad()
            loss_of(model(pixels.to(device)), labels.to(device)).backward()
            steps.step()
        loss, accuracy = evaluate(model, validation or training, device)
        print(f"epoch {epoch}: validation loss {loss:.4f}, accuracy {accuracy:.1%}")
        if accuracy > best:
            best = accuracy
            save_weights(model, path)
        if TARGET_ACCURACY is not None and accuracy >= TARGET_ACCURACY:
            break
    load_weights(model, path)
    if test:
        loss, accuracy = evaluate(model, test, device)
        print(f"test: loss {loss:.4f}, accuracy {accuracy:.1%}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("work", choices=["train", "evaluate", "predict"])
    parser.add_argument("files", nargs="+", help="a folder with one folder a class, or images to predict")
    parser.add_argument("--weights", help="the weights to begin with, such as those of a mapsto run")
    parser.add_argument("--out", default="trained.safetensors", help="where train writes the best weights")
    arguments = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(SEED)
    model = Model()
    if arguments.weights:
        load_weights(model, arguments.weights)
    model.to(device)
    if arguments.work == "train":
        train(model, arguments.files[0], arguments.out, device)
    elif arguments.work == "evaluate":
        loss, accuracy = evaluate(model, test_images(arguments.files[0]), device)
        print(f"loss {loss:.4f}, accuracy {accuracy:.1%}")
    else:
        model.eval()
        for file in arguments.files:
            pixels = torch.from_numpy(read_image(file)).permute(2, 0, 1)[None]
            with torch.no_grad():
                row = probabilities(model(pixels.to(device)))[0].tolist()
            print(file, "  ".join(f"{name} {share:.4f}" for name, share in zip(CLASSES, row)))


if __name__ == "__main__":
    main()
