package import Wire

/// Compares a model's files on this machine with the coordinator's manifest, in what a stage needs of them.
package struct ModelComparison {
  let manifest: ModelManifest
  let threadCount: Int
  let memo: VerificationMemo
  let disk: any Disk
  let cancellation: Cancellation

  /// - Parameters:
  ///   - threadCount: threads that hash.
  ///   - memo: what was verified before is not read again.
  package init(
    manifest: ModelManifest, threadCount: Int, memo: VerificationMemo, disk: any Disk, cancellation: Cancellation
  ) {
    self.manifest = manifest
    self.threadCount = threadCount
    self.memo = memo
    self.disk = disk
    self.cancellation = cancellation
  }

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

  /// How the files differ, for people; nil when their headers and the needed tensors are the same.
  ///
  /// - Parameters:
  ///   - needed: names of tensors.
  ///   - progress: given bytes that were verified, on any thread.
  /// - Throws: `Cancelled`.
  package func difference(
    _ model: ModelContents, needed: Set<String>, progress: @Sendable (Int) -> Void = { _ in }
  ) throws -> String? {
    do {
      let claims = try claims(model, needed: needed)
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

  private func claims(_ model: ModelContents, needed: Set<String>) throws(Difference) -> [Claim] {
    let files = model.files
    guard files.count == manifest.files.count,
      zip(files, manifest.files).allSatisfy({
        $0.byteCount == $1.byteCount && $0.headerByteCount == $1.header.byteCount
      })
    else { throw Difference(text: "its size or its header's differs from the coordinator's") }
    var claims = zip(files, manifest.files).map {
      Claim(path: $0.path, offset: 0, content: $1.header, subject: "the header of \($0.name)")
    }
    let contents = Dictionary(manifest.tensors.map { ($0.name, $0.content) }) { first, _ in first }
    for tensor in model.tensors where needed.contains(tensor.name) {
      guard let content = contents[tensor.name], content.byteCount == tensor.byteCount else {
        throw Difference(text: "tensor \(tensor.name) is not the coordinator's")
      }
      claims.append(
        Claim(
          path: files[tensor.fileIndex].path, offset: tensor.offset, content: content,
          subject: "tensor \(tensor.name)"))
    }
    return claims
  }

  private func verify(_ claim: Claim, progress: (Int) -> Void) throws {
    let name = "\(claim.path):\(claim.offset):\(claim.content.id)"
    guard let status = try disk.status(of: claim.path) else { throw Difference(text: "\(claim.path) has gone") }
    if memo.knows(name, status) { return progress(claim.content.byteCount) }
    let wrong = try FileCheck(disk: disk).firstWrongBlock(
      of: claim.content, at: claim.offset, in: claim.path, cancellation: cancellation, progress: progress)
    if let wrong {
      throw Difference(
        text: "\(claim.subject) differs from the coordinator's, in block \(wrong + 1) of \(claim.content.blockCount)")
    }
    memo.note(name, status)
  }
}
