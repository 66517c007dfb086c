//! How often news of the engine draw the window.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// News draw the window at most this often.
const EVERY: Duration = Duration::from_millis(33);
/// Where it is drawn in software, this long divided by the processor's cores: a frame takes about a tenth of it on one
/// core, and the rest is the training's.
const SOFTWARE: Duration = Duration::from_secs(1);
/// In software after the user has done something, for so long: what comes of it is not waited for.
const TOUCHED: Duration = Duration::from_secs(1);
const SOFTWARE_TOUCHED: Duration = Duration::from_millis(100);

/// Asks for frames.
pub struct Waker {
    ctx: egui::Context,
    /// Between two frames.
    every: Duration,
    touched_every: Duration,
    touched: Mutex<Option<Instant>>,
    /// The newest frame that was asked for.
    due: Mutex<Option<Instant>>,
}

impl Waker {
    pub fn new(ctx: &egui::Context, software: bool) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let (every, touched_every) = if software {
            let every = (SOFTWARE / cores as u32).max(EVERY);
            (every, every.min(SOFTWARE_TOUCHED))
        } else {
            (EVERY, EVERY)
        };
        Self {
            ctx: ctx.clone(),
            every,
            touched_every,
            touched: Mutex::new(None),
            due: Mutex::new(None),
        }
    }

    /// The user has done something.
    pub fn touched(&self) {
        *self.touched.lock() = Some(Instant::now());
    }

    /// There are news, of which the engine tells after it has published them.
    pub fn news(&self) {
        let now = Instant::now();
        let touched = self.touched.lock().is_some_and(|at| now - at < TOUCHED);
        let every = if touched {
            self.touched_every
        } else {
            self.every
        };
        let mut last = self.due.lock();
        // Asked for without any delay, egui draws two frames.
        let soon = now + Duration::from_millis(1);
        let due = match *last {
            Some(due) if due > now => due.min(now + every),
            Some(drawn) => soon.max(drawn + every),
            None => soon,
        };
        *last = Some(due);
        // Asked for by all news: a frame in between has made egui forget it, and the last of a burst is drawn too.
        self.ctx.request_repaint_after(due - now);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use parking_lot::Mutex;

    use super::{EVERY, Waker};

    /// When egui will draw next.
    fn next(ctx: &egui::Context) -> Arc<Mutex<Option<Instant>>> {
        // After its first frames it draws another by itself.
        (0..5).for_each(|_| draw(ctx));
        let next = Arc::new(Mutex::new(None::<Instant>));
        let asked = next.clone();
        ctx.set_request_repaint_callback(move |info| {
            let at = Instant::now() + info.delay;
            let mut next = asked.lock();
            *next = Some(next.map_or(at, |next| next.min(at)));
        });
        next
    }

    fn draw(ctx: &egui::Context) {
        drop(ctx.run_ui(egui::RawInput::default(), |_| {}));
    }

    #[test]
    fn news_draw_one_frame_in_each_interval_and_the_last_ones_too() {
        let ctx = egui::Context::default();
        let next = next(&ctx);
        let waker = Waker::new(&ctx, false);
        let (start, mut frames) = (Instant::now(), 0_u32);
        while start.elapsed() < 10 * EVERY {
            waker.news();
            let is_due = next.lock().take_if(|at| *at <= Instant::now()).is_some();
            if is_due {
                draw(&ctx);
                frames += 1;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let intervals = start.elapsed().as_millis() / EVERY.as_millis();
        assert!(frames > 0, "news are drawn");
        assert!(
            u128::from(frames) <= intervals + 1,
            "{frames} frames in {intervals} intervals"
        );
        waker.news();
        assert!(next.lock().is_some(), "the last news are drawn");
    }

    #[test]
    fn in_software_the_window_leaves_time_to_the_training_until_it_is_touched() {
        let ctx = egui::Context::default();
        let next = next(&ctx);
        let waker = Waker {
            every: Duration::from_secs(600),
            touched_every: Duration::from_secs(60),
            ..Waker::new(&ctx, true)
        };
        let ask = || {
            draw(&ctx);
            *next.lock() = None;
            waker.news();
            let at = next.lock().expect("a frame");
            at - Instant::now()
        };
        assert!(ask() < Duration::from_secs(1), "the first news at once");
        std::thread::sleep(Duration::from_millis(2));
        let alone = ask();
        assert!(alone > Duration::from_secs(500), "{alone:?}");
        waker.touched();
        let touched = ask();
        assert!(touched <= Duration::from_secs(60), "{touched:?}");
        assert!(touched > Duration::from_secs(1), "{touched:?}");
    }
}
