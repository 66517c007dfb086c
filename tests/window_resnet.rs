//! ResNet-18 is drawn by clicks, drags and typing alone, and trains.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod whole_window;

use egui::accesskit::Role;
use egui::{Key, Modifiers, Pos2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use mapsto::training::Phase;
use whole_window::Window;

/// The hands of a user.
impl Window {
    fn press_on(&mut self, role: Role, name: &str) {
        self.harness.get_by_role_and_label(role, name).click();
        self.harness.run_steps(3);
    }

    /// Clicks a layer or a block in the palette: it comes after the selected one.
    fn add(&mut self, name: &str) {
        let button = self.harness.get_by_role_and_label(Role::Button, name);
        button.scroll_to_me();
        self.harness.run_steps(8);
        self.press_on(Role::Button, name);
    }

    /// Types a whole number into a field, as the keyboard does.
    fn number(&mut self, name: &str, text: &str) {
        let field = self.harness.get_by_role_and_label(Role::SpinButton, name);
        field.scroll_to_me();
        field.focus();
        self.harness.run_steps(3);
        self.type_in(text);
        self.harness.key_press(Key::Enter);
        self.harness.run_steps(4);
    }

    fn choose(&mut self, name: &str, option: &str) {
        let field = self.harness.get_by_role_and_label(Role::ComboBox, name);
        field.scroll_to_me();
        self.harness.run_steps(4);
        self.press_on(Role::ComboBox, name);
        let options: Vec<_> = self
            .harness
            .get_all_by_label(option)
            .filter(|node| node.accesskit_node().role() != Role::Label)
            .collect();
        options.last().unwrap().click();
        drop(options);
        self.harness.run_steps(3);
    }

    /// Opens "More" where it is closed, and unticks the bias.
    fn without_bias(&mut self) {
        let shown = |window: &Self| {
            let boxes = window
                .harness
                .query_by_role_and_label(Role::CheckBox, "Bias");
            boxes.is_some()
        };
        if !shown(self) {
            self.harness.get_by_label("More").click();
            self.harness.run_steps(20);
        }
        let bias = self.harness.get_by_role_and_label(Role::CheckBox, "Bias");
        bias.scroll_to_me();
        self.harness.run_steps(6);
        self.press_on(Role::CheckBox, "Bias");
    }

    /// A convolution without bias or activation, then a batch norm, as ResNets have them.
    fn normed_conv(&mut self, filters: &str) {
        self.add("Conv 2D");
        self.number("Filters", filters);
        self.choose("Padding", "same");
        self.choose("Activation", "linear");
        self.without_bias();
        self.add("Batch norm");
    }

    fn drag(&mut self, from: Pos2, to: Pos2) {
        let harness = &mut self.harness;
        harness.hover_at(from);
        harness.run_steps(1);
        harness.drag_at(from);
        harness.run_steps(1);
        for share in [0.3, 0.7, 1.0] {
            harness.hover_at(from.lerp(to, share));
            harness.run_steps(1);
        }
        harness.drop_at(to);
        harness.run_steps(3);
    }

    fn parameters(&self) -> u64 {
        self.view().report.parameters
    }
}

/// Stem: a 7×7 convolution of stride 2 and a pool, each padded.
fn stem(window: &mut Window) {
    window.add("Conv 2D");
    window.number("Filters", "64");
    window.number("Kernel height", "7");
    window.number("Stride height", "2");
    window.choose("Padding", "explicit");
    window.without_bias();
    window.number("Pad height", "3");
    window.choose("Activation", "linear");
    window.add("Batch norm");
    window.add("Activation");
    window.add("Max pool");
    window.number("Size height", "3");
    window.number("Stride height", "2");
    window.choose("Padding", "explicit");
    if window
        .harness
        .query_by_role_and_label(Role::SpinButton, "Pad height")
        .is_none()
    {
        window.harness.get_by_label("More").click();
        window.harness.run_steps(20);
    }
    window.number("Pad height", "1");
    assert_eq!(window.parameters(), 64 * 3 * 49 + 128);
}

/// The first residual block by hand: two convolutions, the skip connection drawn as a wire, made a block.
fn first_block(window: &mut Window) {
    window.normed_conv("64");
    window.add("Activation");
    window.normed_conv("64");
    window.add("Activation");
    let port = "Connect from max_pool_1";
    window.press_on(Role::ListBoxOption, "Layer max_pool_1");
    window.harness.run_steps(10);
    let from = window
        .harness
        .get_by_role_and_label(Role::Button, port)
        .rect()
        .center();
    let card = window
        .harness
        .get_by_role_and_label(Role::ListBoxOption, "Layer activation_3");
    let to = card.rect().center() - vec2(60.0, 0.0);
    window.drag(from, to);
    let adds: Vec<_> = window
        .harness
        .get_all_by_role_and_label(Role::Button, "Add")
        .collect();
    adds.last().unwrap().click();
    drop(adds);
    window.harness.run_steps(4);
    assert_eq!(
        window.view().editor.undo_label(),
        Some("skip connection from max_pool_1 to activation_3")
    );

    window.press_on(Role::ListBoxOption, "Layer conv2d_2");
    let last = window
        .harness
        .get_by_role_and_label(Role::ListBoxOption, "Layer activation_3");
    last.click_modifiers(Modifiers::SHIFT);
    window.harness.run_steps(3);
    window.press(Modifiers::COMMAND, Key::G);
    window.type_in("Residual");
    window.harness.key_press(Key::Enter);
    window.harness.run_steps(4);
    window.number("Repeat", "2");
}

#[test]
fn resnet_18_is_drawn_by_hand_and_trains() {
    let mut window = Window::new();
    window.harness.set_size(vec2(1280.0, 1400.0));
    window.press(Modifiers::COMMAND, Key::Num2);
    // Everything but the input goes.
    window.press(Modifiers::COMMAND, Key::A);
    window.press(Modifiers::NONE, Key::Delete);
    assert_eq!(window.view().editor.graph().nodes().len(), 1);
    window.press_on(Role::ListBoxOption, "Layer input");
    window.number("Height", "224");
    window.number("Width", "224");
    window.choose("Channels", "3");
    stem(&mut window);
    first_block(&mut window);
    for filters in ["128", "256", "512"] {
        window.add("Residual, projected");
        window.number("Filters", filters);
        window.number("Stride height", "2");
        window.add("Residual");
        window.number("Filters", filters);
    }
    window.add("Global average pool");
    window.add("Dense");
    window.number("Units", "1000");
    window.choose("Activation", "softmax");

    assert_eq!(window.parameters(), 11_689_512);
    let first = window.view().report.layers.first().unwrap().output;
    assert_eq!(first.unwrap().to_string(), "224×224×3");

    // For the ten digits, at a size that a test can wait for.
    window.number("Units", "10");
    window.press_on(Role::ListBoxOption, "Layer input");
    window.number("Height", "32");
    window.number("Width", "32");
    let errors: Vec<String> = window
        .view()
        .report
        .errors()
        .map(|problem| problem.message.clone())
        .collect();
    assert_eq!(errors, [""; 0]);
    window.press(Modifiers::COMMAND, Key::Num3);
    window.number("Batch", "8");
    window.click_train();
    window.until("a few steps", |view| view.status.steps_done >= 3);
    window.click("Stop");
    window.until("the end", |view| !view.status.phase.is_active());
    assert!(!matches!(window.view().status.phase, Phase::Failed(_)));
}
