import Foundation

/// Makes bodies comparable: what differs from run to run becomes constant.
enum Golden {
  static func normalized(_ body: String) -> String {
    body.replacing(/"id":"(cmpl-|chatcmpl-|msg_|resp_|score-|rerank-)[0-9a-f]{32}"/, with: #""id":"ID""#)
      .replacing(/"created":[0-9]{10}/, with: #""created":0"#)
      .replacing(/"created_at":("[^"]*"|[0-9]{10})/, with: #""created_at":"""#)
      .replacing(/"total_duration":[0-9]+/, with: #""total_duration":0"#)
  }
}
