/// What `serve --json` prints.
struct ServeReport: Encodable, Sendable {
  let model: String
  let contextLength: Int
  let httpHost: String
  let httpPort: Int
  let listen: String
  let plan: [StageReport]
}
