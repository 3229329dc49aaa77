//! Larger worlds.
