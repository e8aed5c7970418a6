import ArgumentParser
import Foundation
import GRDBSQLite
import Replay
import Store
import Tensors

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "What this machine offers, and whether everything needed is there.")
    @OptionGroup var options: GlobalOptions

    func run() async throws {}
}
