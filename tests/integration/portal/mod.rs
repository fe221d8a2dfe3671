//! The portal: its door, asked over bare TCP, and its pages, clicked through in a real browser.

mod browser;
mod door;
