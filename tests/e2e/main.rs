//! The whole system, from outside: what the contracts promise, on a real Redis, over several processes.

mod echo;
