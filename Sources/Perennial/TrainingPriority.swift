import Foundation

/// How the trainer behaves towards the service beside it.
enum TrainingPriority {
    /// Runs only when nothing else wants the processor (sched(7), SCHED_IDLE; setpriority(2) where that is refused).
    static func yieldToServing() {
        var parameters = sched_param()
        if sched_setscheduler(0, SCHED_IDLE, &parameters) != 0 { setpriority(PRIO_PROCESS, 0, 19) }
    }

    /// Ends this process when its parent dies, however that happens (prctl(2), PR_SET_PDEATHSIG).
    ///
    /// - Parameter parent: process number of the service; it may have died before this call.
    static func dieWith(parent: Int32) {
        prctl(PR_SET_PDEATHSIG, UInt(SIGKILL), 0, 0, 0)
        if getppid() != parent { Glibc.exit(ExitStatus.failed.rawValue) }
    }
}
