import Foundation

/// How the trainer behaves towards the service beside it.
enum TrainingPriority {
    /// Runs only when nothing else wants the processor (sched(7), SCHED_IDLE; setpriority(2) where that is refused).
    ///
    /// Scheduling belongs to a thread: those that run already are set one by one, later ones inherit it.
    static func yieldToServing() {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        for thread in threads.compactMap({ Int32($0) }) {
            var parameters = sched_param()
            if sched_setscheduler(thread, SCHED_IDLE, &parameters) != 0 { setpriority(PRIO_PROCESS, id_t(thread), 19) }
        }
    }

    /// Ends this process when its parent dies, however that happens (prctl(2), PR_SET_PDEATHSIG).
    ///
    /// To be called on the main thread: the kernel forgets the wish of a thread that ends.
    ///
    /// - Parameter parent: process number of the service; it may have died before this call.
    static func dieWith(parent: Int32) {
        prctl(PR_SET_PDEATHSIG, UInt(SIGKILL), 0, 0, 0)
        if getppid() != parent { Glibc.exit(ExitStatus.failed.rawValue) }
    }
}
