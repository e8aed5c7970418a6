import ArgumentParser
import Foundation
import Schema

/// Why a command ended badly, and the sysexits code it ends with.
struct CommandFailure: Error, CustomStringConvertible {
    let message: String
    let exitCode: ExitStatus
    /// False for what the argument parser reports itself (usage, help, version).
    var isOurs = true

    init(_ message: String, _ exitCode: ExitStatus = .failed) {
        self.message = message
        self.exitCode = exitCode
    }

    /// Where a directory is to be made: said before the work that is to fill it.
    static func requireNew(_ directory: String) throws {
        guard FileManager.default.fileExists(atPath: directory) else { return }
        throw CommandFailure("\(directory) exists already; name a new directory", .cannotWrite)
    }

    init(_ error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case is ExitCode, is CleanExit, is ValidationError:
            self.init("\(error)", .usage)
            isOurs = false
        case let error as SchemaError: self.init("\(error)", .usage)
        case let error as any ExitStatusProviding: self.init("\(error)", error.exitStatus)
        default:
            self.init("\(error)")
            // Errors of the argument parser itself have no public type.
            isOurs = !String(reflecting: type(of: error)).hasPrefix("ArgumentParser.")
        }
    }

    var description: String { message }
}

/// sysexits(3), as far as we use it.
enum ExitStatus: Int32 {
    case done = 0
    case failed = 1
    case usage = 64
    case badData = 65
    case unreachable = 69
    case cannotWrite = 73
    case badConfiguration = 78
}

/// An error that knows which exit code it is.
protocol ExitStatusProviding: Error, CustomStringConvertible {
    var exitStatus: ExitStatus { get }
}
