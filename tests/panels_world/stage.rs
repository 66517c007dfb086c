//! A panel standing on a made-up project, driven by its accessible names.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::cell::RefCell;
use std::rc::Rc;

use egui_kittest::Harness;
use mapsto::app::command::Command;
use mapsto::app::view::Panel;

use super::World;

/// A panel on a world, and everything that it has asked for.
pub struct Stage {
    pub world: World,
    panel: Box<dyn Panel>,
    commands: Rc<RefCell<Vec<Command>>>,
}

impl Stage {
    pub fn harness(world: World, panel: impl Panel + 'static) -> Harness<'static, Self> {
        let stage = Self {
            world,
            panel: Box::new(panel),
            commands: Rc::default(),
        };
        let mut harness = Harness::builder()
            .with_size([1280.0, 800.0])
            .with_max_steps(12)
            .allow_missing_glyphs()
            .build_ui_state(
                |ui, stage: &mut Self| {
                    let mut commands = Vec::new();
                    stage.panel.show(ui, &stage.world.view(), &mut commands);
                    stage.commands.borrow_mut().append(&mut commands);
                },
                stage,
            );
        harness.run_steps(3);
        harness
    }
}

/// Everything that the panel has asked for so far.
pub fn commands(harness: &Harness<'_, Stage>) -> Vec<Command> {
    harness.state().commands.borrow().clone()
}
