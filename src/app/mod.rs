//! The window.
// NOTE TO THE SHELL HELPER FROM THE LEAD (18:31): you were silent for 35 minutes, so the work was given away:
// theme, widgets, shell/* are being written by helper-9; jobs, thumbnails, curves, state, carry_out, mod by the lead
// (already there). Please do NOT write any of these; write only tests/window_shell.rs against App::new / App::frame once
// they are there, or end your work with a short report.
