// Feature maps as cells of a grid: each instance is one cell with rounded corners, which shows one
// layer of a texture array, scaled by its own range and coloured by viridis. Nearest sampling: what
// is seen are the network's numbers, not a blend of them.

struct Strip {
    // Where the strip begins on the screen, and the screen's size, in pixels.
    origin: vec2<f32>,
    screen: vec2<f32>,
    pixels_per_point: f32,
    // Radius of the cells' corners, in points.
    corner: f32,
    // 1 where the target stores linear light and encodes by itself.
    linear_target: f32,
    opacity: f32,
}

struct Cell {
    // Position and size within the strip, in points.
    @location(0) rect: vec4<f32>,
    // The value that becomes the darkest colour, and 1 / (largest - smallest).
    @location(1) scale: vec2<f32>,
    // Which layer of the texture it shows.
    @location(2) layer: u32,
}

struct Corner {
    @builtin(position) position: vec4<f32>,
    // Within the cell, in pixels from its middle.
    @location(0) from_middle: vec2<f32>,
    // Within the cell, from 0 to 1.
    @location(1) at: vec2<f32>,
    @location(2) @interpolate(flat) half_size: vec2<f32>,
    @location(3) @interpolate(flat) scale: vec2<f32>,
    @location(4) @interpolate(flat) layer: u32,
}

@group(0) @binding(0) var<uniform> strip: Strip;
@group(0) @binding(1) var maps: texture_2d_array<f32>;

@vertex
fn vs_main(@builtin(vertex_index) index: u32, cell: Cell) -> Corner {
    let at = vec2<f32>(f32(index & 1u), f32(index >> 1u));
    // Cells start and end on whole pixels, so that gaps are equal and edges crisp.
    let low = round(strip.origin + cell.rect.xy * strip.pixels_per_point);
    let high = round(strip.origin + (cell.rect.xy + cell.rect.zw) * strip.pixels_per_point);
    let size = max(high - low, vec2<f32>(1.0, 1.0));
    let pixel = low + at * size;
    let clip = pixel / strip.screen * 2.0 - 1.0;

    var corner: Corner;
    corner.position = vec4<f32>(clip.x, -clip.y, 0.0, 1.0);
    corner.from_middle = (at - 0.5) * size;
    corner.at = at;
    corner.half_size = size * 0.5;
    corner.scale = cell.scale;
    corner.layer = cell.layer;
    return corner;
}

@fragment
fn fs_main(corner: Corner) -> @location(0) vec4<f32> {
    let size = textureDimensions(maps);
    let texel = vec2<u32>(clamp(corner.at * vec2<f32>(size), vec2<f32>(0.0), vec2<f32>(size) - 1.0));
    let value = textureLoad(maps, texel, corner.layer, 0).r;
    let share = clamp((value - corner.scale.x) * corner.scale.y, 0.0, 1.0);

    var colour = viridis(share);
    if strip.linear_target > 0.5 {
        colour = to_linear(colour);
    }
    let alpha = coverage(corner.from_middle, corner.half_size) * strip.opacity;
    return vec4<f32>(colour * alpha, alpha);
}

// How much of the pixel lies inside the cell's rounded rectangle (signed distance, one pixel soft).
fn coverage(from_middle: vec2<f32>, half_size: vec2<f32>) -> f32 {
    let radius = min(strip.corner * strip.pixels_per_point, min(half_size.x, half_size.y));
    let beyond = abs(from_middle) - half_size + radius;
    let distance = length(max(beyond, vec2<f32>(0.0))) + min(max(beyond.x, beyond.y), 0.0) - radius;
    return clamp(0.5 - distance, 0.0, 1.0);
}

// matplotlib's viridis, as the polynomial of degree 6 that Matt Zucker fitted (public domain,
// https://www.shadertoy.com/view/WlfXRN); the largest error is below 1 %. Gamma-encoded sRGB.
fn viridis(t: f32) -> vec3<f32> {
    let c0 = vec3<f32>(0.2777273272234177, 0.005407344544966578, 0.3340998053353061);
    let c1 = vec3<f32>(0.1050930431085774, 1.404613529898575, 1.384590162594685);
    let c2 = vec3<f32>(-0.3308618287255563, 0.214847559468213, 0.09509516302823659);
    let c3 = vec3<f32>(-4.634230498983486, -5.799100973351585, -19.33244095627987);
    let c4 = vec3<f32>(6.228269936347081, 14.17993336680509, 56.69055260068105);
    let c5 = vec3<f32>(4.776384997670288, -13.74514537774601, -65.35303263337234);
    let c6 = vec3<f32>(-5.435455855934631, 4.645852612178535, 26.3124352495832);
    let colour = c0 + t * (c1 + t * (c2 + t * (c3 + t * (c4 + t * (c5 + t * c6)))));
    return clamp(colour, vec3<f32>(0.0), vec3<f32>(1.0));
}

fn to_linear(colour: vec3<f32>) -> vec3<f32> {
    let low = colour / 12.92;
    let high = pow((colour + 0.055) / 1.055, vec3<f32>(2.4));
    return select(high, low, colour <= vec3<f32>(0.04045));
}
