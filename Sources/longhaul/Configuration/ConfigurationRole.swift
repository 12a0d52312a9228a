import ArgumentParser

/// The two services that a configuration file is for.
enum ConfigurationRole: String, CaseIterable, ExpressibleByArgument {
  case serve
  case worker

  var command: any ParsableCommand.Type {
    switch self {
    case .serve: ServeCommand.self
    case .worker: WorkerCommand.self
    }
  }
}
