import ArgumentParser
import Cluster
import Credentials
import Evaluation
import Foundation
import Core
import Hub
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
  /// A coordinator, port or worker is unavailable.
  case unavailable = 69
  /// A configuration or model file is unusable.
  case badConfiguration = 78
  /// Ctrl-C.
  case interrupted = 130
  /// The reader of the output has gone; the status that shells give to a program that SIGPIPE ended.
  case outputClosed = 141

  /// Whether the user knows without a message.
  var isSilent: Bool { self == .interrupted || self == .outputClosed }

  /// For pages.
  var meaning: String {
    switch self {
    case .success: "done"
    case .runtime: "failed while running"
    case .usage: "wrong usage, or a prompt that no policy admits"
    case .infeasible: "the model does not fit the workers"
    case .unavailable: "a coordinator, a port or a worker is not there; too few open files or threads"
    case .badConfiguration: "a model, key, policy or configuration file cannot be used"
    case .interrupted: "interrupted"
    case .outputClosed: "the reader of the output has gone"
    }
  }

  /// Nil for the argument parser's own errors.
  init?(of error: any Error) {
    switch error {
    case let failure as CommandFailure: self = failure.status
    case is CancellationError: self = .interrupted
    case is OutputClosed: self = .outputClosed
    case let error as HubError:
      self = error.kind == .unavailable ? .unavailable : error.kind == .disk ? .runtime : .badConfiguration
    case is CheckpointError, is TokenizerError, is CredentialError: self = .badConfiguration
    case is InfeasiblePlan: self = .infeasible
    case is PolicyRefusal, is PolicyArgumentError, is InvalidParameter, is EndpointError: self = .usage
    case is RetrievalRefusal, is TextTooShort, is BenchmarkFileError: self = .usage
    case let error as EngineError:
      switch error {
      case .contextExceeded, .neverFits, .emptyPrompt, .tokenOutOfRange: self = .usage
      case .notReady, .stopped, .overloaded, .overloadedTokens, .timedOut: self = .unavailable
      case .failed: self = .unavailable
      }
    case is WorkerFailure, is TransportError, is ListenError: self = .unavailable
    default:
      // The parser gives every error that is not its own the code of a plain failure.
      guard Longhaul.exitCode(for: error) == .failure else { return nil }
      self = .runtime
    }
  }
}

/// A failure of a command, with its exit status and a message.
struct CommandFailure: Error, CustomStringConvertible {
  let status: ExitStatus
  let description: String

  init(_ status: ExitStatus, _ description: String) {
    self.status = status
    self.description = description
  }
}
