import Foundation

/// Decides when a dropped file is complete: renamed into place with an older modification time, or unchanged for
/// the settling time. A value; the clock and the directory come from outside.
public struct InboxScan: Sendable {
    /// What a look at the directory says about one file.
    public struct Sighting: Sendable, Hashable {
        public var path: String
        public var size: Int64
        /// Seconds since 1970.
        public var modified: Double
        public var inode: UInt64

        public init(path: String, size: Int64, modified: Double, inode: UInt64) {
            self.path = path
            self.size = size
            self.modified = modified
            self.inode = inode
        }

        /// A look at one file; `nil` where there is none, or something that is no file.
        init?(path: String) {
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
            self.init(
                path: path, size: Int64(status.st_size),
                modified: Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9,
                inode: UInt64(status.st_ino))
        }
    }

    public let settleSeconds: Double
    private var seen: [String: (sighting: Sighting, since: Double)] = [:]

    public init(settleSeconds: Double) { self.settleSeconds = settleSeconds }

    /// Takes one look; returns the files that are complete, by path.
    ///
    /// - Parameter now: seconds since 1970, by the clock that `modified` is from.
    public mutating func complete(_ sightings: [Sighting], now: Double) -> [Sighting] {
        var next: [String: (sighting: Sighting, since: Double)] = [:]
        var complete: [Sighting] = []
        for sighting in sightings.sorted(by: { $0.path < $1.path }) {
            let old = seen[sighting.path]
            let since = old?.sighting == sighting ? old?.since ?? now : now
            next[sighting.path] = (sighting, since)
            // A modification time in the future (a skewed clock) is no reason to wait for ever: then stillness decides.
            let untouched = now - sighting.modified >= settleSeconds || sighting.modified > now
            let still = sighting.modified > now ? now - since >= settleSeconds : true
            if untouched && still { complete.append(sighting) }
        }
        seen = next
        return complete
    }
}
