import CProcess
import Foundation

/// How the trainer behaves towards the service beside it.
enum TrainingPriority {
    /// Runs only when nothing else wants the processor.
    ///
    /// Scheduling belongs to a thread: those that run already are set one by one, later ones inherit it.
    static func yieldToServing() {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        for thread in threads.compactMap({ Int32($0) }) { process_make_idle(thread) }
    }

    /// Ends this process when its parent dies, however that happens.
    ///
    /// To be called on the main thread: the kernel forgets the wish of a thread that ends.
    ///
    /// - Parameter parent: process number of the service; it may have died before this call.
    static func dieWith(parent: Int32) {
        if process_die_with_parent() != 0 || getppid() != parent { Glibc.exit(ExitStatus.failed.rawValue) }
    }
}
