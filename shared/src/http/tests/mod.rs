//! The routes, asked as a client asks them.
