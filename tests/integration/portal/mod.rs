//! The portal: its door, and those of the emulators beside it, asked over bare TCP, and its pages, clicked through in a real
//! browser.

mod browser;
mod door;
mod emulators;
mod pictured;
mod served;
