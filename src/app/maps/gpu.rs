//! The GPU's side of feature maps: one pipeline, and a texture array, a uniform and the cells of each
//! strip, kept in the renderer's `callback_resources`.

use std::collections::BTreeMap;
use std::mem::size_of;
use std::num::NonZeroU64;

use bytemuck::{Pod, Zeroable};
use eframe::egui_wgpu::{CallbackResources, CallbackTrait, ScreenDescriptor};
use eframe::wgpu;
use egui::{PaintCallbackInfo, Pos2};

use super::picture::{Numbers, Picture, range};

/// A strip that was not drawn for so many frames gives its memory back.
const KEPT_FRAMES: u64 = 120;

/// The format of the window's pixels.
pub(super) struct Target(pub wgpu::TextureFormat);

/// One strip in one frame.
pub(super) struct Draw {
    /// Which strip, so that its texture is found again.
    pub id: u64,
    pub frame: u64,
    pub numbers: Numbers,
    /// Corner of the strip on the screen, in points.
    pub origin: Pos2,
    pub corner: f32,
    pub opacity: f32,
}

/// `Strip` of the shader.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Pod, Zeroable)]
struct Uniform {
    origin: [f32; 2],
    screen: [f32; 2],
    pixels_per_point: f32,
    corner: f32,
    linear_target: f32,
    opacity: f32,
}

/// `Cell` of the shader.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Cell {
    rect: [f32; 4],
    scale: [f32; 2],
    layer: u32,
}

/// The pipeline and the strips.
struct Strips {
    pipeline: wgpu::RenderPipeline,
    layout: wgpu::BindGroupLayout,
    linear_target: bool,
    frame: u64,
    strips: BTreeMap<u64, Strip>,
}

/// What one strip has on the GPU.
struct Strip {
    texture: wgpu::Texture,
    bind_group: wgpu::BindGroup,
    uniform: wgpu::Buffer,
    uniform_content: Option<Uniform>,
    cells: wgpu::Buffer,
    count: u32,
    /// What the texture and the cells were made from.
    content: Option<(Numbers, usize)>,
    used: u64,
}

impl CallbackTrait for Draw {
    fn prepare(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        screen: &ScreenDescriptor,
        _encoder: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        let Some(&Target(format)) = resources.get::<Target>() else {
            return Vec::new();
        };
        let strips = resources
            .entry::<Strips>()
            .or_insert_with(|| Strips::new(device, format));
        strips.begin_frame(self.frame);
        strips.update(device, queue, screen, self);
        Vec::new()
    }

    fn paint(
        &self,
        info: PaintCallbackInfo,
        pass: &mut wgpu::RenderPass<'static>,
        resources: &CallbackResources,
    ) {
        let Some(strips) = resources.get::<Strips>() else {
            return;
        };
        let Some(strip) = strips.strips.get(&self.id) else {
            return;
        };
        // egui's viewport is cut where the strip is scrolled half out of the screen; the shader
        // counts from the screen's corner instead.
        let [width, height] = info.screen_size_px.map(|length| length as f32);
        pass.set_viewport(0.0, 0.0, width, height, 0.0, 1.0);
        pass.set_pipeline(&strips.pipeline);
        pass.set_bind_group(0, &strip.bind_group, &[]);
        pass.set_vertex_buffer(0, strip.cells.slice(..));
        pass.draw(0..4, 0..strip.count);
    }
}

impl Strips {
    fn new(device: &wgpu::Device, format: wgpu::TextureFormat) -> Self {
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("feature maps"),
            source: wgpu::ShaderSource::Wgsl(
                include_str!("../../../shaders/feature_maps.wgsl").into(),
            ),
        });
        let layout = bind_group_layout(device);
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("feature maps"),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some("feature maps"),
            layout: Some(&pipeline_layout),
            vertex: wgpu::VertexState {
                module: &module,
                entry_point: Some("vs_main"),
                buffers: &[Some(wgpu::VertexBufferLayout {
                    array_stride: size_of::<Cell>() as u64,
                    step_mode: wgpu::VertexStepMode::Instance,
                    attributes: &wgpu::vertex_attr_array![0 => Float32x4, 1 => Float32x2, 2 => Uint32],
                })],
                compilation_options: wgpu::PipelineCompilationOptions::default(),
            },
            primitive: wgpu::PrimitiveState {
                topology: wgpu::PrimitiveTopology::TriangleStrip,
                ..wgpu::PrimitiveState::default()
            },
            depth_stencil: None,
            multisample: wgpu::MultisampleState::default(),
            fragment: Some(wgpu::FragmentState {
                module: &module,
                entry_point: Some("fs_main"),
                targets: &[Some(wgpu::ColorTargetState {
                    format,
                    blend: Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
                    write_mask: wgpu::ColorWrites::ALL,
                })],
                compilation_options: wgpu::PipelineCompilationOptions::default(),
            }),
            multiview_mask: None,
            cache: None,
        });
        Self {
            pipeline,
            layout,
            linear_target: format.is_srgb(),
            frame: 0,
            strips: BTreeMap::new(),
        }
    }

    /// Lets go of strips that are no longer drawn, once a frame.
    fn begin_frame(&mut self, frame: u64) {
        if frame != self.frame {
            self.frame = frame;
            self.strips
                .retain(|_, strip| frame.saturating_sub(strip.used) < KEPT_FRAMES);
        }
    }

    fn update(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        screen: &ScreenDescriptor,
        draw: &Draw,
    ) {
        let cell_pixels = draw.numbers.grid.cell.max_elem() * screen.pixels_per_point;
        let picture = Picture::of(&draw.numbers, cell_pixels);
        let strip = match self.strips.remove(&draw.id) {
            Some(strip) if fits(&picture, &strip.texture) => strip,
            _ => Strip::new(device, &self.layout, &picture),
        };
        let strip = self.strips.entry(draw.id).or_insert(strip);
        strip.used = draw.frame;

        let content = strip.content.as_ref();
        let fresh = content
            .is_some_and(|(numbers, step)| numbers.same_as(&draw.numbers) && *step == picture.step);
        if !fresh {
            strip.upload(queue, &picture, &draw.numbers);
        }
        let uniform = Uniform {
            origin: [draw.origin.x, draw.origin.y].map(|length| length * screen.pixels_per_point),
            screen: screen.size_in_pixels.map(|length| length as f32),
            pixels_per_point: screen.pixels_per_point,
            corner: draw.corner,
            linear_target: f32::from(u8::from(self.linear_target)),
            opacity: draw.opacity,
        };
        if strip.uniform_content != Some(uniform) {
            strip.uniform_content = Some(uniform);
            queue.write_buffer(&strip.uniform, 0, bytemuck::bytes_of(&uniform));
        }
    }
}

impl Strip {
    fn new(device: &wgpu::Device, layout: &wgpu::BindGroupLayout, picture: &Picture) -> Self {
        let texture = device.create_texture(&wgpu::TextureDescriptor {
            label: Some("feature maps"),
            size: extent(picture),
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: wgpu::TextureFormat::R32Float,
            usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
            view_formats: &[],
        });
        let view = texture.create_view(&wgpu::TextureViewDescriptor {
            dimension: Some(wgpu::TextureViewDimension::D2Array),
            ..wgpu::TextureViewDescriptor::default()
        });
        let buffer = |size: usize, usage| {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("feature maps"),
                size: size as u64,
                usage: usage | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        };
        let uniform = buffer(size_of::<Uniform>(), wgpu::BufferUsages::UNIFORM);
        let cells = buffer(
            size_of::<Cell>() * picture.layers,
            wgpu::BufferUsages::VERTEX,
        );
        let bind_group = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("feature maps"),
            layout,
            entries: &[
                wgpu::BindGroupEntry {
                    binding: 0,
                    resource: uniform.as_entire_binding(),
                },
                wgpu::BindGroupEntry {
                    binding: 1,
                    resource: wgpu::BindingResource::TextureView(&view),
                },
            ],
        });
        Self {
            texture,
            bind_group,
            uniform,
            uniform_content: None,
            cells,
            count: 0,
            content: None,
            used: 0,
        }
    }

    fn upload(&mut self, queue: &wgpu::Queue, picture: &Picture, numbers: &Numbers) {
        let mut texels = Vec::with_capacity(picture.layers * picture.width * picture.height);
        let mut cells = Vec::with_capacity(picture.layers);
        for number in 0..picture.layers {
            let start = texels.len();
            picture.append(numbers, number, &mut texels);
            let (low, high) = range(texels.get(start..));
            let rect = numbers.grid.place(number);
            let scale = if high > low {
                (high - low).recip()
            } else {
                0.0
            };
            cells.push(Cell {
                rect: [rect.min.x, rect.min.y, rect.width(), rect.height()],
                scale: [low, if scale.is_finite() { scale } else { 0.0 }],
                layer: number as u32,
            });
        }
        queue.write_texture(
            self.texture.as_image_copy(),
            bytemuck::cast_slice(&texels),
            wgpu::TexelCopyBufferLayout {
                offset: 0,
                bytes_per_row: Some((picture.width * size_of::<f32>()) as u32),
                rows_per_image: Some(picture.height as u32),
            },
            extent(picture),
        );
        queue.write_buffer(&self.cells, 0, bytemuck::cast_slice(&cells));
        self.count = cells.len() as u32;
        self.content = Some((numbers.clone(), picture.step));
    }
}

fn bind_group_layout(device: &wgpu::Device) -> wgpu::BindGroupLayout {
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("feature maps"),
        entries: &[
            wgpu::BindGroupLayoutEntry {
                binding: 0,
                visibility: wgpu::ShaderStages::VERTEX_FRAGMENT,
                ty: wgpu::BindingType::Buffer {
                    ty: wgpu::BufferBindingType::Uniform,
                    has_dynamic_offset: false,
                    min_binding_size: NonZeroU64::new(size_of::<Uniform>() as u64),
                },
                count: None,
            },
            wgpu::BindGroupLayoutEntry {
                binding: 1,
                visibility: wgpu::ShaderStages::FRAGMENT,
                ty: wgpu::BindingType::Texture {
                    // 32-bit floats cannot be filtered everywhere, and are not to be.
                    sample_type: wgpu::TextureSampleType::Float { filterable: false },
                    view_dimension: wgpu::TextureViewDimension::D2Array,
                    multisampled: false,
                },
                count: None,
            },
        ],
    })
}

/// The texture's size.
fn extent(picture: &Picture) -> wgpu::Extent3d {
    wgpu::Extent3d {
        width: picture.width as u32,
        height: picture.height as u32,
        depth_or_array_layers: picture.layers as u32,
    }
}

fn fits(picture: &Picture, texture: &wgpu::Texture) -> bool {
    texture.size() == extent(picture)
}
