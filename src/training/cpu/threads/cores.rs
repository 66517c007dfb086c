//! Where threads wake up.
//!
//! Linux in a virtual machine (KVM's, Xen's) takes a core that sleeps for one that is gone, wakes threads on the core of
//! the one that wakes them, and parts them only some milliseconds later: steps shorter than that ran on one core.
//! Elsewhere threads are left to the system.

#[cfg(target_os = "linux")]
pub use linux::{Id, id, pays, send_away};
#[cfg(not(target_os = "linux"))]
pub use other::{Id, id, pays, send_away};

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::File;
    use std::io::{BufRead as _, BufReader};

    use rustix::thread::{CpuSet, Pid, gettid, sched_getaffinity, sched_getcpu, sched_setaffinity};

    /// Whether to send threads away: in a virtual machine, as Linux tells on x86.
    pub fn pays() -> bool {
        let Ok(told) = File::open("/proc/cpuinfo") else {
            return false;
        };
        let mut lines = BufReader::new(told).lines().map_while(Result::ok);
        let flags = lines.find(|line| line.starts_with("flags"));
        flags.is_some_and(|flags| flags.split(' ').any(|flag| flag == "hypervisor"))
    }

    /// Names a thread.
    pub type Id = Pid;

    /// That of this thread.
    pub fn id() -> Id {
        gettid()
    }

    /// Lets sleeping threads wake up on any core but this thread's. Does nothing where it cannot.
    pub fn send_away(sleeping: impl Iterator<Item = Id>) -> Sent {
        let Ok(allowed) = sched_getaffinity(None) else {
            return Sent(None);
        };
        let mut elsewhere = allowed;
        elsewhere.unset(sched_getcpu());
        if elsewhere.count() == 0 {
            return Sent(None);
        }
        for id in sleeping {
            // One that cannot be sent wakes up where it likes.
            sched_setaffinity(Some(id), &elsewhere).ok();
        }
        Sent(Some(allowed))
    }

    /// The cores that were allowed before.
    #[derive(Debug)]
    pub struct Sent(Option<CpuSet>);

    impl Sent {
        /// Lets this thread, now awake, go everywhere again.
        pub fn arrived(&self) {
            if let Some(allowed) = &self.0 {
                // What was allowed before is allowed still; else the thread stays, as it may.
                sched_setaffinity(None, allowed).ok();
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    pub fn pays() -> bool {
        false
    }

    pub type Id = ();

    pub fn id() -> Id {}

    pub fn send_away(_: impl Iterator<Item = Id>) -> Sent {
        Sent
    }

    #[derive(Debug)]
    pub struct Sent;

    impl Sent {
        pub fn arrived(&self) {}
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu};

    use super::{Id, id, send_away};

    fn cores(thread: Option<Id>) -> CpuSet {
        sched_getaffinity(thread).expect("the cores of a thread")
    }

    #[test]
    fn threads_wake_up_elsewhere_and_then_go_everywhere() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build();
        let pool = pool.expect("threads");
        let others = pool.broadcast(|_| id());
        let allowed = cores(None);
        let sent = send_away(others.iter().copied());
        if allowed.count() > 1 {
            // This thread may move in between, but not each time.
            let off_this_core = (0..100).any(|_| {
                let core = sched_getcpu();
                send_away(others.iter().copied());
                others.iter().all(|other| !cores(Some(*other)).is_set(core))
            });
            assert!(off_this_core, "they stay away from the core of the caller");
            for other in &others {
                assert_eq!(cores(Some(*other)).count(), allowed.count() - 1);
            }
        }
        pool.broadcast(|_| sent.arrived());
        for other in others {
            assert!(cores(Some(other)) == allowed, "it may go everywhere again");
        }
        assert!(cores(None) == allowed, "this thread stays as it was");
    }
}
