import Crypto
import Foundation
import Replay
import Schema
import Store

/// Replay memories on disk: one immutable file a generation, named by its SHA-256.
public struct ReplayFiles: Sendable {
    private let home: Home

    public init(home: Home) { self.home = home }
}
