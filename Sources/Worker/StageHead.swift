import Backend
import Core
import Transformer
import Wire

/// What the last stage makes of a step's final hidden states: new tokens, log-probabilities, logits.
struct StageHead {
  private var sampler: LogitsSampler

  init(vocabularySize: Int) {
    sampler = LogitsSampler(vocabularySize: vocabularySize)
  }

  /// A row of hidden states whose logits are needed.
  private struct Need {
    let entry: ForwardEntry
    /// Index of the entry's result.
    let result: Int
    /// Among the backend's rows.
    let row: Int
    /// Position of the row's token in its sequence.
    let position: Int
    let isLastRow: Bool
    /// The token whose log-probability this row gives.
    let target: TokenID?
  }

  /// What came of a step: an entry for each sequence but the refused ones, and the wanted logits, row after row.
  struct Results {
    var entries: [StepResultEntry] = []
    var logits: [Float] = []
    var refusals: [FrameRefusal] = []
  }

  /// Runs the head over the rows that matter.
  /// - Throws: what the backend throws.
  mutating func results(
    of rows: [StepRow], backend: any StageBackend, sequences: StageSequences
  ) throws -> Results {
    var entries: [StepResultEntry] = []
    var needs: [Need] = []
    for row in rows {
      guard let computed = row.rows else { continue }
      needs += self.needs(of: row.entry, rows: computed, result: entries.count)
      entries.append(
        StepResultEntry(
          sequence: row.entry.sequence, position: row.entry.startPosition + row.entry.tokens.count,
          promptLogprobsFirst: row.entry.scoresFrom ?? 0))
    }
    var logits: [SequenceID: [Float]] = [:]
    var refused: [SequenceID: FrameRefusal] = [:]
    try backend.logits(of: needs.map(\.row)) { index, row in
      let need = needs[index]
      guard let row else {
        refused[need.entry.sequence] = FrameRefusal(
          sequence: need.entry.sequence, reason: "has logits that are not finite at position \(need.position)")
        return
      }
      apply(row, need: need, sequences: sequences, result: &entries[need.result])
      if need.isLastRow, need.entry.wantsLogits { logits[need.entry.sequence] = Array(row) }
    }
    let kept = entries.filter { refused[$0.sequence] == nil }
    return Results(
      entries: kept, logits: kept.flatMap { logits[$0.sequence] ?? [] },
      refusals: entries.compactMap { refused[$0.sequence] })
  }

  private func needs(of entry: ForwardEntry, rows: Range<Int>, result: Int) -> [Need] {
    let last = entry.tokens.count - 1
    return (0...last).compactMap { offset in
      var target: TokenID?
      if let from = entry.scoresFrom, entry.startPosition + offset + 1 >= from {
        target = offset < last ? entry.tokens[offset + 1] : entry.followingToken
      }
      let isLastRow = offset == last
      guard target != nil || (isLastRow && (entry.samples || entry.wantsLogits)) else { return nil }
      return Need(
        entry: entry, result: result, row: rows.lowerBound + offset, position: entry.startPosition + offset,
        isLastRow: isLastRow, target: target)
    }
  }

  private mutating func apply(
    _ row: UnsafeBufferPointer<Float>, need: Need, sequences: StageSequences, result: inout StepResultEntry
  ) {
    let entry = need.entry
    if let target = need.target {
      if result.promptLogprobs.isEmpty { result.promptLogprobsFirst = need.position + 1 }
      let logprobs = Logprobs(row)
      result.promptLogprobs.append(logprobs.logprob(of: target))
      if let count = entry.topLogprobCount, count > 0 { result.promptTop.append(logprobs.top(count)) }
    }
    guard need.isLastRow else { return }
    if entry.wantsLogits { result.hasLogits = true }
    guard entry.samples, let sampling = sequences.sampling(of: entry.sequence) else { return }
    let token = sampler.sample(
      row, parameters: sampling.parameters, history: sampling.history, position: need.position + 1)
    result.token = token
    if let count = entry.topLogprobCount {
      let logprobs = Logprobs(row)
      result.logprob = logprobs.logprob(of: token)
      result.top = logprobs.top(count)
    }
  }
}
