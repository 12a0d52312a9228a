import Backend
import Core
import Transformer
import Wire

/// What the last stage makes of a step's final hidden states: new tokens, log-probabilities, logits, pooled rows.
struct StageHead {
  private var sampler: LogitsSampler
  private let constraints: ConstraintMasks

  init(vocabularySize: Int, constraints: ConstraintMasks) {
    sampler = LogitsSampler(vocabularySize: vocabularySize)
    self.constraints = constraints
  }

  /// A row of hidden states whose logits are needed.
  private struct Need {
    let entry: StepEntry
    /// Index of the entry's result.
    let result: Int
    /// Of the entry's.
    let offset: Int
    /// Among the backend's rows.
    let row: Int
    /// The token whose log-probability this row gives.
    let target: TokenID?

    /// Position of the row's token in its sequence.
    var position: Int { entry.startPosition + offset }
    var isSampled: Bool { entry.output.sampledRows.contains(offset) }
    var isReported: Bool { entry.output.logitsRows.contains(offset) }
  }

  /// What came of a step: an entry for each sequence but the refused ones, and the numbers of the result's frame 2.
  struct Results {
    var entries: [StepResultEntry] = []
    var numbers: [Float] = []
    var refusals: [FrameRefusal] = []
  }

  /// Runs the head over the rows that matter.
  /// - Parameter progress: called after each row.
  /// - Throws: what the backend throws.
  mutating func results(
    of rows: [StepRow], backend: any StageBackend, sequences: StageSequences, progress: () -> Void
  ) throws -> Results {
    var entries: [StepResultEntry] = []
    var needs: [Need] = []
    var numbers: [SequenceID: [Float]] = [:]
    var refused: [SequenceID: FrameRefusal] = [:]
    for row in rows {
      guard let computed = row.rows else { continue }
      needs += self.needs(of: row.entry, rows: computed, result: entries.count)
      entries.append(
        StepResultEntry(
          sequence: row.entry.sequence, position: row.entry.endPosition,
          promptLogprobsFirst: row.entry.output.scoresFrom ?? 0))
    }
    constraints.keep { sequences.holds($0) }
    try backend.logits(of: needs.map(\.row)) { index, row in
      let need = needs[index]
      progress()
      guard let row else {
        refused[need.entry.sequence] = FrameRefusal(
          sequence: need.entry.sequence, reason: "has logits that are not finite at position \(need.position)")
        return
      }
      do throws(ConstraintMasks.Refusal) {
        try apply(row, need: need, sequences: sequences, result: &entries[need.result])
      } catch {
        refused[need.entry.sequence] = FrameRefusal(sequence: need.entry.sequence, reason: error.reason)
      }
      if need.isReported { numbers[need.entry.sequence, default: []] += row }
    }
    for row in rows {
      guard let pooling = row.entry.output.pooling, let computed = row.rows,
        let index = entries.firstIndex(where: { $0.sequence == row.entry.sequence })
      else { continue }
      numbers[row.entry.sequence, default: []] += try PooledRow(pooling, of: computed, backend: backend).numbers
      entries[index].hasPooledRow = true
    }
    let kept = entries.filter { refused[$0.sequence] == nil }
    return Results(
      entries: kept, numbers: kept.flatMap { numbers[$0.sequence] ?? [] },
      refusals: entries.compactMap { refused[$0.sequence] })
  }

  private func needs(of entry: StepEntry, rows: Range<Int>, result: Int) -> [Need] {
    entry.tokens.indices.compactMap { offset in
      var target: TokenID?
      if let from = entry.output.scoresFrom, entry.startPosition + offset + 1 >= from {
        target = offset + 1 < entry.tokens.count ? entry.tokens[offset + 1] : entry.output.followingToken
      }
      let need = Need(entry: entry, result: result, offset: offset, row: rows.lowerBound + offset, target: target)
      return target != nil || need.isSampled || need.isReported ? need : nil
    }
  }

  private mutating func apply(
    _ row: UnsafeBufferPointer<Float>, need: Need, sequences: StageSequences, result: inout StepResultEntry
  ) throws(ConstraintMasks.Refusal) {
    let output = need.entry.output
    if let target = need.target {
      if result.promptLogprobs.isEmpty { result.promptLogprobsFirst = need.position + 1 }
      let logprobs = Logprobs(row)
      result.promptLogprobs.append(logprobs.logprob(of: target))
      if let count = output.topLogprobCount, count > 0 { result.promptTop.append(logprobs.top(count)) }
    }
    if need.isReported { result.logitsRowCount += 1 }
    let following = need.entry.tokens.count - 1 - need.offset
    guard need.isSampled, let sampling = sequences.sampling(of: need.entry.sequence, behind: following) else { return }
    let logits = try allowed(row, need: need, following: following, sequences)
    var sampled = SampledToken(
      sampler.sample(
        logits, parameters: sampling.parameters, history: sampling.history, text: sampling.text,
        position: need.position + 1, answerIndex: need.position + 1 - sampling.answerStart))
    if let count = output.topLogprobCount {
      let logprobs = Logprobs(row)
      sampled.logprob = logprobs.logprob(of: sampled.token)
      sampled.top = logprobs.top(count)
    }
    result.sampled.append(sampled)
  }

  /// The row as the sequence's constraint allows it.
  private func allowed(
    _ row: UnsafeBufferPointer<Float>, need: Need, following: Int, _ sequences: StageSequences
  ) throws(ConstraintMasks.Refusal) -> UnsafeBufferPointer<Float> {
    let sequence = need.entry.sequence
    guard let (constraint, answer) = sequences.constraint(of: sequence, behind: following) else { return row }
    if let masked = try constraints.masked(row, of: sequence, constraint, answer: answer) { return masked }
    // A draft that does not match was not sampled before it, so what follows it is dropped.
    guard need.offset > need.entry.output.sampledRows.lowerBound else {
      throw ConstraintMasks.Refusal(reason: "has an answer that does not match its constraint")
    }
    return row
  }
}
