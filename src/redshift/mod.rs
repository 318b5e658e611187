//! Owns talking to the warehouse itself: addresses, TLS, login and the connection test.
