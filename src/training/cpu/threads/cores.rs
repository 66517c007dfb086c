//! Where a pool's first thread computes the others do not.
//!
//! Linux in a virtual machine takes a core that sleeps for one that is gone, wakes threads on the core of the one that
//! wakes them, and parts them only some milliseconds later: steps shorter than that ran on one core. Elsewhere threads
//! are left to the system.

#[cfg(target_os = "linux")]
pub use linux::{Home, Id, Kept, id, pays};
#[cfg(not(target_os = "linux"))]
pub use other::{Home, Id, Kept, id, pays};

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::File;
    use std::io::{BufRead as _, BufReader};

    use rustix::thread::{CpuSet, Pid, gettid, sched_getaffinity, sched_getcpu, sched_setaffinity};

    /// Whether to keep threads apart: in a virtual machine, as Linux tells on x86.
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

    /// The core that the others are kept off, and those that they were allowed then.
    #[derive(Debug, Default)]
    pub struct Home(Option<(usize, CpuSet)>);

    /// As long as it lives, this thread stays on its core. What else runs there may leave it.
    #[derive(Debug)]
    pub struct Kept(Option<CpuSet>);

    impl Home {
        /// Keeps this thread on the core that it is on, and these off it. Does nothing where it cannot.
        pub fn keep(&mut self, others: &[Id]) -> Kept {
            let core = sched_getcpu();
            let Ok(allowed) = sched_getaffinity(None) else {
                return Kept(None);
            };
            let (mut only, mut rest) = (CpuSet::new(), allowed);
            only.set(core);
            rest.unset(core);
            if rest.count() == 0 || sched_setaffinity(None, &only).is_err() {
                return Kept(None);
            }
            if self.0 != Some((core, allowed)) {
                for id in others {
                    // One that cannot be kept off may stay.
                    sched_setaffinity(Some(*id), &rest).ok();
                }
                self.0 = Some((core, allowed));
            }
            Kept(Some(allowed))
        }
    }

    impl Drop for Kept {
        fn drop(&mut self) {
            if let Some(allowed) = self.0 {
                // What was allowed before is allowed still; else the thread stays, as it may.
                sched_setaffinity(None, &allowed).ok();
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

    #[derive(Debug, Default)]
    pub struct Home;

    #[derive(Debug)]
    pub struct Kept;

    impl Home {
        pub fn keep(&mut self, _: &[Id]) -> Kept {
            Kept
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::thread::{CpuSet, sched_getaffinity};

    use super::{Home, id};

    fn cores(thread: Option<super::Id>) -> CpuSet {
        sched_getaffinity(thread).expect("the cores of a thread")
    }

    #[test]
    fn while_the_first_thread_computes_the_others_are_off_its_core() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build();
        let pool = pool.expect("threads");
        let others = pool.broadcast(|_| id());
        let allowed = cores(None);
        let kept = Home::default().keep(&others);
        let own = cores(None);
        if allowed.count() == 1 {
            assert!(own == allowed, "there is nowhere to go");
            return;
        }
        assert_eq!(own.count(), 1, "the first thread stays where it is");
        let core = (0..CpuSet::MAX_CPU).find(|core| own.is_set(*core));
        for other in others {
            let found = cores(Some(other));
            assert_eq!(found.count(), allowed.count() - 1, "all cores but one");
            assert!(!found.is_set(core.expect("a core")));
        }
        drop(kept);
        assert!(cores(None) == allowed, "it may go everywhere again");
    }
}
