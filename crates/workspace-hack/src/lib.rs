//! Nothing. Its manifest makes every build of the binary turn on the same features of the crates that it shares with the
//! tests, so that cargo compiles each of them once, and what is tested is what is released.
