import ArgumentParser
import Cluster
import Credentials
import Evaluation
import Foundation
import Inference
import OpenAIAPI
import Tokenization
import Transport
import Weights
import Worker

/// The exit codes of every command.
enum ExitStatus: Int32 {
  case success = 0
  case runtime = 1
  case usage = 2
  /// The layers do not fit the workers.
  case infeasible = 3
  /// Something that must be there is not: a coordinator, a port, a worker that died.
  case unavailable = 69
  /// A configuration or model file that cannot be used.
  case badConfiguration = 78
  /// Ctrl-C.
  case interrupted = 130

  /// Nil for the argument parser's own errors.
  init?(of error: any Error) {
    switch error {
    case let failure as CommandFailure: self = failure.status
    case is CancellationError: self = .interrupted
    case is CheckpointError, is TokenizerError, is CredentialError: self = .badConfiguration
    case is InfeasiblePlan: self = .infeasible
    case is PolicyRefusal, is PolicyArgumentError, is InvalidParameter, is EndpointError: self = .usage
    case is RetrievalRefusal, is TextTooShort, is BenchmarkFileError: self = .usage
    case let error as EngineError:
      switch error {
      case .contextExceeded, .emptyPrompt, .tokenOutOfRange: self = .usage
      case .notReady, .stopped, .overloaded: self = .unavailable
      case .failed: self = .unavailable
      }
    case is WorkerFailure, is TransportError, is ListenError: self = .unavailable
    case is ValidationError, is CleanExit, is ExitCode: return nil
    default:
      guard type(of: error) != Self.parserErrorType else { return nil }
      self = .runtime
    }
  }

  /// The parser's error type is its own secret; this is how it shows.
  private static let parserErrorType: any Error.Type = {
    do {
      _ = try RunCommand.parse(["--no-such-option"])
    } catch {
      return type(of: error)
    }
    return CommandFailure.self
  }()
}

/// A failure of a command's own, with its status and a sentence.
struct CommandFailure: Error, CustomStringConvertible {
  let status: ExitStatus
  let description: String

  init(_ status: ExitStatus, _ description: String) {
    self.status = status
    self.description = description
  }
}
