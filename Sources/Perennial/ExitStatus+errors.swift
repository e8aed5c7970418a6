import Adapters
import Models
import Pipeline
import Replay
import Schema
import Store
import Tensors
import Tokenizers
import Transformers

/// Which exit code an error of a lower layer is. Those not listed are plain failures.
extension ModelError: ExitStatusProviding {
    var exitStatus: ExitStatus {
        switch self {
        case .invalidReference: .usage
        case .invalidAddress: .badConfiguration
        case .connectionFailed, .unexpectedStatus, .malformedResponse: .unreachable
        case .cannotWrite: .cannotWrite
        case .checksumMismatch, .sizeMismatch, .corruptArchive, .lostFile, .cannotRead: .badData
        default: .failed
        }
    }
}

extension StoreError: ExitStatusProviding {
    var exitStatus: ExitStatus {
        switch self {
        case .cannotOpen, .cannotWrite, .full: .cannotWrite
        case .corrupt: .badData
        default: .failed
        }
    }
}

extension WorkerLockError: ExitStatusProviding {
    var exitStatus: ExitStatus {
        switch self {
        case .held: .failed
        case .cannotOpen: .cannotWrite
        }
    }
}

extension TransformerError: ExitStatusProviding {
    var exitStatus: ExitStatus { .badData }
}

extension TensorError: ExitStatusProviding {
    var exitStatus: ExitStatus {
        switch self {
        case .unsupportedPrecision, .unknownKernels: .badConfiguration
        default: .badData
        }
    }
}

extension AdapterError: ExitStatusProviding {
    var exitStatus: ExitStatus {
        switch self {
        case .unwritable: .cannotWrite
        default: .badData
        }
    }
}

extension ReplayError: ExitStatusProviding {
    var exitStatus: ExitStatus { .badData }
}

extension TokenizerError: ExitStatusProviding {
    var exitStatus: ExitStatus { .badData }
}
