//! Tells cargo which folders are embedded: on stable, `include_dir!` alone does not notice a file that was added.

fn main() {
    for folder in ["blueprints", "actions", "pages", "workflows"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
