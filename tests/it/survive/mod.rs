//! Nothing is lost when the process is killed or AWS fails: whatever happens to a run and
//! whenever, `apply` brings AWS and the site file to where an undisturbed run leaves them.

mod faults;
mod kill;
mod meanwhile;
mod rounds;
mod scene;
