//! `scripts/refresh-iam-reference`: what it builds from small made-up packages, and what it refuses to write.

mod built;
mod refused;
mod workshop;
