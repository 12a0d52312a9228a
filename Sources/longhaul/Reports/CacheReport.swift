/// What `cache list --json` prints.
struct CacheReport: Encodable {
  struct File: Encodable {
    let path: String
    let bytes: Int
    let used: String
  }

  let folder: String
  let bytes: Int
  let files: [File]
}
