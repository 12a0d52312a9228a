package import Wire

extension BlobStore {
  /// One file of a cache.
  package struct Entry: Hashable, Sendable {
    package let path: String
    /// Nil for what is not whole, and for manifests.
    package let id: ContentID?
    package let byteCount: Int
    /// Nanoseconds since 1970.
    package let used: Int
  }

  /// Everything in the cache, what was used longest ago first.
  /// - Throws: `DiskError`.
  package func entries() throws(DiskError) -> [Entry] {
    var entries: [Entry] = []
    for folder in [weightFolder, manifestFolder] {
      for name in try disk.names(in: folder) {
        let path = "\(folder)/\(name)"
        guard let status = try disk.status(of: path) else { continue }
        entries.append(
          Entry(
            path: path, id: folder == weightFolder ? ContentID(hexadecimal: name) : nil, byteCount: status.byteCount,
            used: max(status.used, status.modified)))
      }
    }
    return entries.sorted { ($0.used, $0.path) < ($1.used, $1.path) }
  }

  /// Removes what was used longest ago until no more than `limit` bytes are left; `kept` stays in any case. Returns the
  /// bytes that were removed. A file that a worker has open goes when it closes it.
  /// - Throws: `DiskError`.
  @discardableResult
  package func trim(to limit: Int, keeping kept: Set<ContentID> = []) throws(DiskError) -> Int {
    let entries = try entries()
    var total = entries.reduce(0) { $0 + $1.byteCount }
    let before = total
    for entry in entries where total > limit {
      if let id = entry.id, kept.contains(id) { continue }
      // What is being filled belongs to the process that has it locked.
      if entry.path.hasSuffix(".part"), try !isAbandoned(entry.path) { continue }
      try disk.remove(entry.path)
      total -= entry.byteCount
    }
    return before - total
  }

  private func isAbandoned(_ path: String) throws(DiskError) -> Bool {
    let descriptor = try disk.open(path, .writing)
    defer { disk.close(descriptor) }
    return disk.lock(descriptor)
  }
}
