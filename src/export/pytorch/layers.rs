//! Each kind of layer in PyTorch.

use super::super::marked::mark;
use super::super::plan::Written;
use super::super::window::padding;
use super::plain::plain;
use crate::network::{Activation, CheckedLayer, Shape};

/// A function applied to an expression. Softmax runs over the channels, units or features.
pub fn activated(function: Activation, value: &str, shape: Shape) -> String {
    let name = match function.name() {
        "linear" => return value.to_owned(),
        "leaky_relu" => return format!("F.leaky_relu({value}, 0.01)"),
        "softmax" => {
            let axis = if matches!(shape, Shape::Sequence { .. }) {
                -1
            } else {
                1
            };
            return format!("torch.softmax({value}, dim={axis})");
        }
        "sigmoid" => "torch.sigmoid",
        "tanh" => "torch.tanh",
        "hard_swish" => "F.hardswish",
        "relu" => "F.relu",
        "gelu" => "F.gelu",
        "silu" => "F.silu",
        "mish" => "F.mish",
        "elu" => "F.elu",
        "selu" => "F.selu",
        "softplus" => "F.softplus",
        "relu6" => "F.relu6",
        other => return format!("F.{other}({value})"),
    };
    format!("{name}({value})")
}

/// One layer; `usual` is the initialiser of most layers, and `function` what is left of its activation.
///
/// # Errors
/// Why PyTorch cannot express it.
pub fn write(layer: &CheckedLayer, function: Activation, usual: &str) -> Result<Written, String> {
    let mut written = convolution(layer)
        .or_else(|| dense_or_norm(layer))
        .or_else(|| sequence(layer))
        .or_else(|| {
            Some(Written {
                call: plain(layer)?,
                ..Written::default()
            })
        })
        .ok_or("has no counterpart")?;
    written.call = activated(function, &written.call, layer.output());
    let settings = layer.layer();
    let initialiser = settings.initialiser().name();
    if settings.get("initialiser").is_some() && initialiser != usual {
        written.module = written
            .module
            .map(|module| format!("drawn({module}, \"{initialiser}\")"));
    }
    let decay = settings.real("weight_decay");
    if decay > 0.0 {
        let decay = mark("decay", format!("{decay:?}"));
        written.module = written
            .module
            .map(|module| format!("decayed({module}, {decay})"));
    }
    Ok(written)
}

fn module(module: String) -> Option<Written> {
    Some(Written {
        module: Some(module),
        of_type: String::new(),
        call: "{m}({0})".into(),
        learns: true,
    })
}

/// 3 for 3×3, (3, 5) for others.
pub fn pair([height, width]: [usize; 2]) -> String {
    if height == width {
        height.to_string()
    } else {
        format!("({height}, {width})")
    }
}

/// `stride=2` and the like, where it is not 1; and padding, where PyTorch's own does it.
fn extras(layer: &CheckedLayer, pads: [(usize, usize); 2]) -> String {
    let settings = layer.layer();
    let mut text = String::new();
    if settings.pair("stride") != [1, 1] {
        let stride = mark("stride", pair(settings.pair("stride")));
        text.push_str(&format!(", stride={stride}"));
    }
    if even(pads) && pads != [(0, 0); 2] {
        let padding = mark("padding", pair(pads.map(|(before, _)| before)));
        text.push_str(&format!(", padding={padding}"));
    }
    if settings.pair("dilation") != [1, 1] {
        let dilation = mark("dilation", pair(settings.pair("dilation")));
        text.push_str(&format!(", dilation={dilation}"));
    }
    text
}

/// Whether there are as many zeros after as before.
pub fn even(pads: [(usize, usize); 2]) -> bool {
    pads.iter().all(|(before, after)| before == after)
}

/// `F.pad`'s order.
pub fn around([(top, bottom), (left, right)]: [(usize, usize); 2]) -> String {
    format!("({left}, {right}, {top}, {bottom})")
}

fn bias(layer: &CheckedLayer) -> &'static str {
    // Before the setting there was, a bias always.
    if layer.layer().get("bias").is_some() && !layer.layer().flag("bias") {
        ", bias=False"
    } else {
        ""
    }
}

fn channels(layer: &CheckedLayer) -> String {
    mark("channels", layer.input().features())
}

fn convolution(layer: &CheckedLayer) -> Option<Written> {
    let settings = layer.layer();
    let input = channels(layer);
    let filters = mark("filters", layer.output().features());
    let kernel = mark("kernel", pair(settings.pair("kernel")));
    let bias = bias(layer);
    let kind = settings.kind().entry().name;
    if kind == "transposed_conv2d" {
        let mut more = String::new();
        for (name, word) in [("pad", "padding"), ("output_pad", "output_padding")] {
            if settings.pair(name) != [0, 0] {
                more.push_str(&format!(", {word}={}", pair(settings.pair(name))));
            }
        }
        let stride = pair(settings.pair("stride"));
        return module(format!(
            "nn.ConvTranspose2d({input}, {filters}, {kernel}, stride={stride}{more}{bias})"
        ));
    }
    if kind == "patch_embedding" {
        let patch = pair(settings.pair("patch"));
        return module(format!(
            "PatchEmbedding({input}, {filters}, {patch}, stride={patch}{bias})"
        ));
    }
    let pads = padding(layer, "kernel");
    let extras = extras(layer, pads);
    let mut written = match kind {
        "conv2d" => {
            let groups = match settings.int("groups") {
                0 | 1 => String::new(),
                groups => format!(", groups={}", mark("groups", groups)),
            };
            module(format!(
                "nn.Conv2d({input}, {filters}, {kernel}{extras}{groups}{bias})"
            ))
        }
        "depthwise_conv2d" => module(format!(
            "nn.Conv2d({input}, {filters}, {kernel}{extras}, groups={input}{bias})"
        )),
        "separable_conv2d" => module(format!(
            "SeparableConv2d({input}, {filters}, {kernel}{extras}{bias})"
        )),
        _ => None,
    }?;
    if !even(pads) {
        written.call = format!("{{m}}(F.pad({{0}}, {}))", around(pads));
    }
    Some(written)
}

fn dense_or_norm(layer: &CheckedLayer) -> Option<Written> {
    let settings = layer.layer();
    let input = channels(layer);
    let maps = layer.input().is_maps();
    let epsilon = settings.real("epsilon");
    let epsilon = if epsilon == 1e-5 {
        String::new()
    } else {
        format!(", eps={epsilon:?}")
    };
    match settings.kind().entry().name {
        "dense" => {
            let units = mark("units", settings.int("units"));
            module(format!("nn.Linear({input}, {units}{})", bias(layer)))
        }
        "batch_norm" => {
            let rank = if maps { "2d" } else { "1d" };
            let momentum = settings.real("momentum");
            let momentum = if momentum == 0.1 {
                String::new()
            } else {
                format!(", momentum={momentum:?}")
            };
            module(format!("nn.BatchNorm{rank}({input}{epsilon}{momentum})"))
        }
        "layer_norm" if maps => module(format!("LayerNorm2d({input}{epsilon})")),
        "layer_norm" => module(format!("nn.LayerNorm({input}{epsilon})")),
        "group_norm" => {
            let groups = mark("groups", settings.int("groups"));
            module(format!("nn.GroupNorm({groups}, {input}{epsilon})"))
        }
        "instance_norm" => {
            let affine = settings.flag("affine");
            let scaled = if affine { ", affine=True" } else { "" };
            let written = module(format!("nn.InstanceNorm2d({input}{epsilon}{scaled})"));
            written.map(|it| Written {
                learns: affine,
                ..it
            })
        }
        "layer_scale" => {
            let initial = mark("initial", format!("{:?}", settings.real("initial")));
            module(format!("LayerScale({input}, {initial})"))
        }
        "prelu" => {
            let initial = settings.real("initial");
            module(format!("Prelu({input}, init={initial:?})"))
        }
        "dropout" => random(layer, "nn.Dropout", "rate"),
        "spatial_dropout" => random(layer, "nn.Dropout2d", "rate"),
        "gaussian_noise" => random(layer, "GaussianNoise", "deviation"),
        "stochastic_depth" => random(layer, "StochasticDepth", "rate"),
        _ => None,
    }
}

/// A layer that acts while training only.
fn random(layer: &CheckedLayer, class: &str, setting: &str) -> Option<Written> {
    let value = mark(setting, format!("{:?}", layer.layer().real(setting)));
    module(format!("{class}({value})")).map(|written| Written {
        learns: false,
        ..written
    })
}

fn sequence(layer: &CheckedLayer) -> Option<Written> {
    let settings = layer.layer();
    let input = channels(layer);
    match settings.kind().entry().name {
        "class_token" => module(format!("ClassToken({input})")),
        "position_embedding" if settings.choice("method") == "learnt" => {
            let Shape::Sequence { length, features } = layer.input() else {
                return None;
            };
            module(format!("PositionEmbedding({length}, {features})"))
        }
        "attention" => {
            let heads = mark("heads", settings.int("heads"));
            let mut more = String::from(bias(layer));
            let dropout = settings.real("dropout");
            if dropout > 0.0 {
                more = format!(", dropout={dropout:?}{more}");
            }
            module(format!(
                "SelfAttention({input}, {heads}{more}, batch_first=True)"
            ))
        }
        kind @ ("lstm" | "gru") => {
            let features = steps(layer);
            let units = mark("units", settings.int("units"));
            let mut more = String::new();
            match settings.choice("direction") {
                "both" => more.push_str(", both=True"),
                "backward" => more.push_str(", backward=True"),
                _ => {}
            }
            if settings.choice("output") == "sequence" {
                more.push_str(", sequence=True");
            }
            let kind = kind.to_uppercase();
            let written = module(format!("Recurrent(nn.{kind}, {features}, {units}{more})"))?;
            let over = settings.choice("over");
            Some(Written {
                call: if layer.input().is_maps() {
                    format!("{{m}}({over}_of({{0}}))")
                } else {
                    written.call
                },
                ..written
            })
        }
        _ => None,
    }
}

/// Features of a step of a recurrent layer.
fn steps(layer: &CheckedLayer) -> usize {
    match layer.input() {
        Shape::Maps {
            height,
            width,
            channels,
        } => {
            let by_columns = layer.layer().choice("over") == "columns";
            channels * if by_columns { height } else { width }
        }
        shape => shape.features(),
    }
}
