//! Where a network is computed: the CPU (burn's Flex) or a GPU (burn on wgpu). A software adapter
//! is never chosen unless it is asked for by name.

use burn::tensor::{Device, DeviceKind};
use parking_lot::Mutex;
use thiserror::Error;

/// A place to compute, as the window and the terminal list it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// What a recipe holds: `cpu`, or `gpu:` and the adapter's name.
    pub id: String,
    /// What people read: `CPU · Flex, 8 threads`.
    pub name: String,
    /// A GPU played by the processor (Mesa's llvmpipe): for tests only, it is slow.
    pub software: bool,
}

/// Why no device could be opened.
#[derive(Debug, Error)]
pub enum DeviceError {
    #[error("no GPU was found on this machine; choose the CPU")]
    NoGpu,
    #[error("no device is called “{name}”; there are: {known}")]
    Unknown { name: String, known: String },
    #[error("the device {name} could not be opened: {reason}; choose the CPU")]
    Open { name: String, reason: String },
}

struct Adapter {
    info: DeviceInfo,
    kind: DeviceKind,
    /// Bytes that one tensor may take.
    largest: u64,
}

fn cpu() -> DeviceInfo {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let plural = if threads == 1 { "" } else { "s" };
    DeviceInfo {
        id: "cpu".to_owned(),
        name: format!("CPU · Flex, {threads} thread{plural}"),
        software: false,
    }
}

/// The adapters of the first graphics API that has any; burn settles on the API in the same order.
fn adapters() -> Vec<Adapter> {
    let apis = [
        wgpu::Backends::VULKAN,
        wgpu::Backends::METAL,
        wgpu::Backends::DX12,
    ];
    let mut found = Vec::new();
    for api in apis {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends: api,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        let adapters = pollster::block_on(instance.enumerate_adapters(api));
        let infos: Vec<_> = adapters.iter().map(wgpu::Adapter::get_info).collect();
        let real = infos
            .iter()
            .any(|info| info.device_type != wgpu::DeviceType::Cpu);
        if real {
            return described(&infos, &adapters);
        }
        if found.is_empty() {
            found = described(&infos, &adapters);
        }
    }
    found
}

/// Whether tensors of a device are the CPU's, where our own arithmetic is.
pub(super) fn is_cpu(device: &Device) -> bool {
    // Whether it keeps a graph is not compared.
    *device == Device::flex()
}

fn described(infos: &[wgpu::AdapterInfo], adapters: &[wgpu::Adapter]) -> Vec<Adapter> {
    let all = infos.iter().zip(kinds(infos)).zip(adapters);
    let described = all.map(|((info, kind), adapter)| {
        let software = info.device_type == wgpu::DeviceType::Cpu;
        let api = format!("{:?}", info.backend);
        let kind_of = if software { " (software)" } else { "" };
        let limits = adapter.limits();
        Adapter {
            info: DeviceInfo {
                id: format!("gpu:{}", info.name),
                name: format!("{} · {api}{kind_of}", info.name),
                software,
            },
            kind,
            largest: limits
                .max_storage_buffer_binding_size
                .min(limits.max_buffer_size),
        }
    });
    described.collect()
}

/// burn counts the adapters of each type from zero.
fn kinds(infos: &[wgpu::AdapterInfo]) -> Vec<DeviceKind> {
    let (mut discrete, mut integrated, mut virtual_) = (0, 0, 0);
    let next = |counter: &mut usize| {
        *counter += 1;
        *counter - 1
    };
    infos
        .iter()
        .map(|info| match info.device_type {
            wgpu::DeviceType::DiscreteGpu => DeviceKind::DiscreteGpu(next(&mut discrete)),
            wgpu::DeviceType::IntegratedGpu => DeviceKind::IntegratedGpu(next(&mut integrated)),
            wgpu::DeviceType::VirtualGpu => DeviceKind::VirtualGpu(next(&mut virtual_)),
            wgpu::DeviceType::Cpu => DeviceKind::Cpu,
            wgpu::DeviceType::Other => DeviceKind::DefaultDevice,
        })
        .collect()
}

/// Everything there is to compute on, the CPU first. Asks the graphics driver, so it takes a
/// moment: not for the window's thread.
pub fn devices() -> Vec<DeviceInfo> {
    std::iter::once(cpu())
        .chain(adapters().into_iter().map(|adapter| adapter.info))
        .collect()
}

/// Opened GPUs: a second initialisation of the same adapter would be an error.
static OPENED: Mutex<Vec<OpenedGpu>> = Mutex::new(Vec::new());

struct OpenedGpu {
    id: String,
    device: Device,
    largest: u64,
}

/// Bytes that one tensor may take on a device: burn keeps each in one buffer of a GPU, and a shader sees no more of
/// it. None on the CPU, where memory as a whole is the limit.
pub(super) fn largest_tensor(device: &Device) -> Option<u64> {
    let opened = OPENED.lock();
    let gpu = opened.iter().find(|gpu| gpu.device == *device)?;
    Some(gpu.largest)
}

/// A device ready for tensors.
#[derive(Clone, Debug)]
pub struct Opened {
    pub info: DeviceInfo,
    pub(super) device: Device,
}

impl Opened {
    /// Whether kernels are compiled at first use.
    pub fn compiles(&self) -> bool {
        self.info.id != "cpu"
    }
}

/// Opens `auto` (the first real GPU, else the CPU), `cpu`, `gpu` (the first real GPU), a device's
/// id, or a part of its name.
///
/// # Errors
/// There is no such device, or the driver refuses it.
pub fn open(choice: &str) -> Result<Opened, DeviceError> {
    let choice = choice.trim();
    let on_cpu = || Opened {
        info: cpu(),
        device: Device::flex(),
    };
    if choice.eq_ignore_ascii_case("cpu") {
        return Ok(on_cpu());
    }
    let adapters = adapters();
    let wanted = choice.strip_prefix("gpu:").unwrap_or(choice).to_lowercase();
    let named = |adapter: &&Adapter| adapter.info.name.to_lowercase().contains(&wanted);
    let found = match wanted.as_str() {
        "auto" | "gpu" | "" => adapters.iter().find(|adapter| !adapter.info.software),
        _ => adapters.iter().find(named),
    };
    match (found, wanted.as_str()) {
        (Some(adapter), _) => open_gpu(adapter),
        (None, "auto" | "") => Ok(on_cpu()),
        (None, "gpu") => Err(DeviceError::NoGpu),
        (None, _) => Err(DeviceError::Unknown {
            name: choice.to_owned(),
            known: devices()
                .into_iter()
                .map(|device| device.name)
                .collect::<Vec<_>>()
                .join("; "),
        }),
    }
}

fn open_gpu(adapter: &Adapter) -> Result<Opened, DeviceError> {
    let mut opened = OPENED.lock();
    let info = adapter.info.clone();
    if let Some(gpu) = opened.iter().find(|gpu| gpu.id == info.id) {
        let device = gpu.device.clone();
        return Ok(Opened { info, device });
    }
    let device = Device::wgpu_options()
        .device_kind(adapter.kind.clone())
        .init()
        .map_err(|error| DeviceError::Open {
            name: info.name.clone(),
            reason: error.to_string(),
        })?;
    opened.push(OpenedGpu {
        id: info.id.clone(),
        device: device.clone(),
        largest: adapter.largest,
    });
    Ok(Opened { info, device })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
pub(super) mod adapter {
    use parking_lot::MutexGuard;

    use super::*;

    /// A device; a GPU that no other test uses meanwhile: what its memory holds is this one's.
    pub struct Alone {
        pub opened: Opened,
        _alone: Option<MutexGuard<'static, ()>>,
    }

    /// The CPU, and the first GPU or what plays one.
    pub fn everywhere() -> Vec<Alone> {
        let cpu = Alone {
            opened: open("cpu").unwrap(),
            _alone: None,
        };
        [cpu].into_iter().chain(adapter()).collect()
    }

    /// The first GPU, or what plays one.
    pub fn adapter() -> Option<Alone> {
        static IN_USE: Mutex<()> = Mutex::new(());
        let Some(adapter) = devices().into_iter().find(|device| device.id != "cpu") else {
            assert!(
                std::env::var_os("MAPSTO_REQUIRE_GPU").is_none(),
                "there is no GPU adapter, not even a software one; install mesa-vulkan-drivers"
            );
            eprintln!("SKIPPED, LOUDLY: this machine has no GPU adapter, not even a software one");
            return None;
        };
        Some(Alone {
            _alone: Some(IN_USE.lock()),
            opened: open(&adapter.id).unwrap(),
        })
    }

    /// Bytes of the largest buffer of a device on which a test can ask for more than that.
    pub fn exceedable(opened: &Opened) -> Option<u64> {
        let limit = largest_tensor(&opened.device).unwrap();
        if limit > 1 << 30 {
            eprintln!(
                "SKIPPED: a buffer of {} is too large to exceed",
                opened.info.name
            );
            return None;
        }
        Some(limit)
    }
}
