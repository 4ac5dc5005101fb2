//! What the end-to-end tests share: a whole control plane on this machine.
