import Inference
import Provisioning
import Weights
import Wire

/// Compares a model file of this machine with the coordinator's manifest, in what a stage needs of it.
struct LocalModelCheck {
  let manifest: ModelManifest
  let threadCount: Int
  let memo: VerificationMemo
  let disk: any Disk
  let cancellation: Cancellation

  /// How the files differ, for people.
  private struct Difference: Error { let text: String }

  /// A stretch of a file that must have these hashes.
  private struct Claim: Sendable {
    let path: String
    let offset: Int
    let content: HashedContent
    /// What it is, for people.
    let subject: String
  }

  /// How the files differ, for people; nil when all that the stage needs is the same.
  ///
  /// - Parameter progress: given bytes that were verified, on any thread.
  /// - Throws: `Cancelled`.
  func difference(
    _ checkpoint: Checkpoint, needed: [TensorEntry], progress: @Sendable (Int) -> Void = { _ in }
  ) throws -> String? {
    do {
      let claims = try claims(checkpoint, needed: needed)
      try SharedWork.run(count: claims.count, threadCount: threadCount) { next in
        while let index = next() { try verify(claims[index], progress: progress) }
      }
      return nil
    } catch let difference as Difference {
      return difference.text
    } catch let error as DiskError {
      return "\(error)"
    }
  }

  private func claims(_ checkpoint: Checkpoint, needed: [TensorEntry]) throws(Difference) -> [Claim] {
    let files = checkpoint.contents
    guard files.count == manifest.files.count,
      zip(files, manifest.files).allSatisfy({
        $0.byteCount == $1.byteCount && $0.headerByteCount == $1.header.byteCount
      })
    else { throw Difference(text: "its size or its header's differs from the coordinator's") }
    var claims = zip(files, manifest.files).map {
      Claim(path: $0.path, offset: 0, content: $1.header, subject: "the header of \($0.name)")
    }
    let contents = Dictionary(manifest.tensors.map { ($0.name, $0.content) }) { first, _ in first }
    for entry in needed {
      guard let content = contents[entry.name], content.byteCount == entry.byteCount else {
        throw Difference(text: "tensor \(entry.name) is not the coordinator's")
      }
      claims.append(
        Claim(
          path: files[entry.fileIndex].path, offset: entry.offset, content: content, subject: "tensor \(entry.name)"))
    }
    return claims
  }

  private func verify(_ claim: Claim, progress: (Int) -> Void) throws {
    let name = "\(claim.path):\(claim.offset):\(claim.content.id)"
    guard let status = try disk.status(of: claim.path) else { throw Difference(text: "\(claim.path) has gone") }
    if memo.knows(name, status) { return progress(claim.content.byteCount) }
    let wrong = try FileCheck(disk: disk).firstWrongPiece(
      of: claim.content, at: claim.offset, in: claim.path, cancellation: cancellation, progress: progress)
    if let wrong {
      throw Difference(
        text: "\(claim.subject) differs from the coordinator's, in piece \(wrong + 1) of \(claim.content.pieceCount)")
    }
    memo.note(name, status)
  }
}
