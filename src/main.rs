//! The command `jmc-site`.

fn main() {}
