import Cluster
import Evaluation
import Core
import Tokenization

/// The completion as it arrives: printed at once and kept for the report.
struct RunningAnswer {
  private var detokenizer: StreamingDetokenizer?
  private var text = ""
  private var tokens: [TokenID] = []
  private var policy: PositionPolicy?
  private var finish: (reason: FinishReason, timings: GenerationTimings)?
  private(set) var logits: [Float] = []
  private var bar: ProgressBar
  private let showsText: Bool

  init(tokenizer: Tokenizer?, showsText: Bool) {
    detokenizer = tokenizer.map { StreamingDetokenizer($0, continuing: true) }
    bar = ProgressBar("prefill", isWanted: showsText)
    self.showsText = showsText
  }

  mutating func take(_ event: GenerationEvent) throws {
    switch event {
    case .admitted(let choice): policy = choice.policy
    case .prefillProgress(let done, let total):
      bar.update(done: done, total: total)
      if done == total { bar.clear() }
    case .cached, .promptLogprobs, .pooled: break
    case .promptLogits(let row): logits = row
    case .token(let token, _, _):
      tokens.append(token)
      try show(detokenizer?.append(token) ?? "")
    case .finished(let reason, let timings):
      try show(detokenizer?.finish() ?? "")
      if showsText { try StandardOutput.write(detokenizer == nil ? "\(tokens)\n" : "\n") }
      finish = (reason, timings)
    }
  }

  private mutating func show(_ piece: String) throws {
    guard !piece.isEmpty else { return }
    text += piece
    if showsText { try StandardOutput.write(piece) }
  }

  func report(model: String, prompt: [TokenID], cluster: LocalCluster) throws -> RunReport {
    guard let policy, let finish else { throw EngineError.failed("the completion ended without a final event") }
    return RunReport(
      model: model, text: text, tokens: tokens, promptTokens: prompt, finishReason: finish.reason.rawValue,
      policy: PolicyReport(policy), plan: cluster.plan.stages.map(StageReport.init),
      timings: RunReport.Timings(loadSeconds: cluster.loadSeconds, finish.timings))
  }
}
