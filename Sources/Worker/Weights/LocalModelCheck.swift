import Dispatch
import Inference
import Provisioning
import Synchronization
import Weights
import Wire

/// Holds a model file of this machine against the coordinator's manifest, for what a stage needs of it.
struct LocalModelCheck {
  let manifest: ModelManifest
  let threadCount: Int
  let memo: VerificationMemo
  /// Bytes that are hashed before progress is told.
  private static let batchByteCount = 64 << 20

  /// A stretch of a file that must have these hashes.
  private struct Claim: Sendable {
    let path: String
    let offset: Int
    let content: HashedContent
    /// What it is, for people.
    let subject: String
  }

  /// Says in words how the files differ; nil when all that the stage needs is the same.
  ///
  /// - Parameter progress: told bytes that were hashed, on the calling thread; what it throws ends the work.
  func difference(
    _ checkpoint: Checkpoint, needed: [TensorEntry], progress: (Int) throws -> Void
  ) rethrows -> String? {
    let claims: [Claim]
    switch self.claims(checkpoint, needed: needed) {
    case .success(let found): claims = found
    case .failure(let difference): return difference.words
    }
    var rest = claims[...]
    while !rest.isEmpty {
      var batch: [Claim] = []
      var byteCount = 0
      while let next = rest.first, batch.isEmpty || byteCount + next.content.byteCount <= Self.batchByteCount {
        batch.append(next)
        byteCount += next.content.byteCount
        rest.removeFirst()
      }
      if let words = difference(of: batch) { return words }
      try progress(byteCount)
    }
    return nil
  }

  /// Checks several at once.
  private func difference(of claims: [Claim]) -> String? {
    let next = Atomic<Int>(0)
    let found = Mutex<String?>(nil)
    DispatchQueue.concurrentPerform(iterations: max(1, min(threadCount, claims.count))) { _ in
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < claims.count, found.withLock({ $0 == nil }) else { return }
        if let words = difference(of: claims[index]) { found.withLock { $0 = words } }
      }
    }
    return found.withLock { $0 }
  }

  private struct Difference: Error { let words: String }

  private func claims(_ checkpoint: Checkpoint, needed: [TensorEntry]) -> Result<[Claim], Difference> {
    let files = checkpoint.contents
    guard files.count == manifest.files.count,
      zip(files, manifest.files).allSatisfy({
        $0.byteCount == $1.byteCount && $0.headerByteCount == $1.header.byteCount
      })
    else { return .failure(Difference(words: "its size or its header's differs from the coordinator's")) }
    var claims = zip(files, manifest.files).map {
      Claim(path: $0.path, offset: 0, content: $1.header, subject: "the header of \($0.name)")
    }
    let contents = Dictionary(manifest.tensors.map { ($0.name, $0.content) }) { first, _ in first }
    for entry in needed {
      guard let content = contents[entry.name], content.byteCount == entry.byteCount else {
        return .failure(Difference(words: "tensor \(entry.name) is not the coordinator's"))
      }
      claims.append(
        Claim(
          path: files[entry.fileIndex].path, offset: entry.offset, content: content, subject: "tensor \(entry.name)"))
    }
    return .success(claims)
  }

  private func difference(of claim: Claim) -> String? {
    let disk = PosixDisk()
    let name = "\(claim.path):\(claim.offset):\(claim.content.id)"
    do {
      guard let status = try disk.status(of: claim.path) else { return "\(claim.path) has gone" }
      if memo.knows(name, status) { return nil }
      if let piece = try FileCheck(disk: disk).firstWrongPiece(of: claim.content, at: claim.offset, in: claim.path) {
        return "\(claim.subject) differs from the coordinator's, in piece \(piece + 1) of \(claim.content.pieceCount)"
      }
      memo.note(name, status)
      return nil
    } catch {
      return "\(error)"
    }
  }
}
