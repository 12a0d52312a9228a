import ChatTemplates
import JSON
import Synchronization

/// The responses that clients may ask for again or continue, in memory: the newest ones, up to a number and a size.
final class ResponseStore: Sendable {
  struct Entry: Sendable {
    var response: ResponseObject
    /// The chat up to its answer, without instructions; the answer's message comes last once it is complete.
    var messages: [ChatMessage]
    /// What the client sent as input.
    var input: JSONValue
    /// What makes the answer, while it is made in the background.
    var task: Task<Void, Never>?

    /// About.
    var byteCount: Int {
      messages.reduce(response.output.reduce(1024) { $0 + $1.text.utf8.count }) {
        $0 + ($1.content?.utf8.count ?? 0) + JSONValue.object($1.fields).text.utf8.count + 64
      } + input.text.utf8.count
    }
  }

  private struct State {
    var entries: [String: (entry: Entry, byteCount: Int)] = [:]
    /// Oldest first.
    var order: [String] = []
    var byteCount = 0

    mutating func remove(_ id: String) -> Entry? {
      guard let old = entries.removeValue(forKey: id) else { return nil }
      byteCount -= old.byteCount
      order.removeAll { $0 == id }
      return old.entry
    }
  }

  private let maximumCount: Int
  private let maximumByteCount: Int
  private let state = Mutex(State())

  init(maximumCount: Int = 1024, maximumByteCount: Int = 64 << 20) {
    self.maximumCount = maximumCount
    self.maximumByteCount = maximumByteCount
  }

  subscript(_ id: String) -> Entry? { state.withLock { $0.entries[id]?.entry } }

  /// Keeps an entry, and drops the oldest ones that have no room beside it. One that is too large alone is not kept.
  func insert(_ entry: Entry) {
    let byteCount = entry.byteCount
    state.withLock { state in
      _ = state.remove(entry.response.id)
      guard byteCount <= maximumByteCount else { return }
      while let oldest = state.order.first,
        state.order.count >= maximumCount || state.byteCount + byteCount > maximumByteCount
      {
        state.remove(oldest)?.task?.cancel()
      }
      state.entries[entry.response.id] = (entry, byteCount)
      state.order.append(entry.response.id)
      state.byteCount += byteCount
    }
  }

  /// Replaces an entry that is still kept and not at its end.
  func update(_ id: String, _ change: (inout Entry) -> Void) {
    state.withLock { state in
      guard var (entry, byteCount) = state.entries[id],
        entry.response.status == .running || entry.response.status == .queued
      else { return }
      change(&entry)
      state.byteCount -= byteCount
      byteCount = entry.byteCount
      state.byteCount += byteCount
      state.entries[id] = (entry, byteCount)
    }
  }

  func remove(_ id: String) -> Entry? { state.withLock { $0.remove(id) } }
}
